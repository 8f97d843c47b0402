//! The fields of a Stripe account.

use ::account::{Account, Field, Form};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::error::ProviderError;

pub(super) const SECRET_KEY: &str = "secret_key";
pub(super) const WEBHOOK_SECRET: &str = "webhook_secret";
const OFFICIAL: &str = "https://api.stripe.com";

pub(super) fn form() -> Form {
    Form::new(vec![
        Field::secret(
            SECRET_KEY,
            "Secret key",
            "Dashboard → Developers → API keys: a restricted key (rk_…) with the permissions that the guide lists, or the secret key (sk_…).",
        ),
        Field::secret(
            WEBHOOK_SECRET,
            "Signing secret",
            "Dashboard → Developers → Webhooks → your endpoint: whsec_…. While one is rolled, both, separated by a comma.",
        ),
    ])
}

pub(super) fn key(account: &Account) -> SecretString {
    account.secret(SECRET_KEY)
}

/// Whether real money moves with this key.
pub(super) fn is_live(account: &Account) -> bool {
    !account.text(SECRET_KEY).contains("_test_")
}

/// Each that is valid now.
pub(super) fn webhook_secrets(account: &Account) -> Vec<SecretString> {
    let all = account.secret(WEBHOOK_SECRET);
    let each = all.expose_secret().split(',').map(str::trim).filter(|secret| !secret.is_empty());
    each.map(SecretString::from).collect()
}

pub(super) fn base(account: &Account) -> Result<Url, ProviderError> {
    account
        .api_base(OFFICIAL)
        .map_err(|error| ProviderError::AccountBroken(format!("the API address: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_separated_by_commas() {
        let fields = [(SECRET_KEY, "rk_live_1"), (WEBHOOK_SECRET, "whsec_a, whsec_b,")];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let account = form().fill(fields.into()).unwrap();
        let secrets: Vec<_> =
            webhook_secrets(&account).iter().map(|secret| secret.expose_secret().to_owned()).collect();
        assert_eq!(secrets, ["whsec_a", "whsec_b"]);
        assert!(is_live(&account));
        assert_eq!(base(&account).unwrap().as_str(), "https://api.stripe.com/");
        assert!(form().secrets().eq([SECRET_KEY, WEBHOOK_SECRET]));
    }
}
