//! Whose account a key opens.

use ::account::Account;

use crate::{
    error::ProviderError,
    provider::Identity,
    stripe::{
        account,
        client::Client,
        wire::{Balance, StripeAccount},
    },
};

/// A restricted key may be denied its account's page; then its balance proves it, and the refusal names the account.
pub(super) async fn check(account: &Account, client: &Client<'_>) -> Result<Identity, ProviderError> {
    let seen: StripeAccount = match client.get(&["account"], &[]).await {
        Err(ProviderError::AccountBroken(why)) => {
            let Ok(balance) = client.get::<Balance>(&["balance"], &[]).await else {
                return Err(ProviderError::AccountBroken(why));
            };
            let id = named(&why).unwrap_or_default();
            let name = if id.is_empty() { "Stripe".to_owned() } else { id.clone() };
            return Ok(Identity { id, name, live: balance.livemode, currency: None });
        }
        other => other?,
    };
    if seen.charges_enabled == Some(false) {
        let why =
            "Stripe does not let this account take payments yet: complete its activation in the dashboard.";
        return Err(ProviderError::AccountBroken(why.to_owned()));
    }
    let shown = seen.settings.and_then(|settings| settings.dashboard?.display_name);
    let business = seen.business_profile.and_then(|profile| profile.name);
    let filled = |text: &String| !text.trim().is_empty();
    let name = [shown, business, seen.email].into_iter().flatten().find(filled);
    Ok(Identity {
        name: name.unwrap_or_else(|| seen.id.clone()),
        id: seen.id,
        live: account::is_live(account),
        currency: None,
    })
}

/// The account's id in a sentence.
fn named(why: &str) -> Option<String> {
    let from = &why[why.find("acct_")?..];
    Some(from.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect())
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn a_refusal_names_the_account() {
        let why = "The provided key 'rk_test_***' does not have the required permissions for this endpoint on account 'acct_1Hub'.";
        assert_eq!(named(why).as_deref(), Some("acct_1Hub"));
        assert_eq!(named("Invalid API Key provided"), None);
    }
}
