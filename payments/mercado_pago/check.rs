//! Whose account a token opens (<https://api.mercadopago.com/users/me>).

use crate::{
    currency::Currency,
    error::ProviderError,
    mercado_pago::{client::Client, wire::User},
    provider::Identity,
};

/// An account belongs to a country's site, which takes one currency.
const SITES: [(&str, &str); 7] = [
    ("MLA", "ARS"),
    ("MLB", "BRL"),
    ("MLC", "CLP"),
    ("MCO", "COP"),
    ("MLM", "MXN"),
    ("MPE", "PEN"),
    ("MLU", "UYU"),
];

pub(super) async fn check(client: &Client<'_>) -> Result<Identity, ProviderError> {
    let user: User = client.get(&["users", "me"], &[]).await?;
    Ok(identity(user, client.is_sandbox()))
}

pub(super) fn identity(user: User, sandbox: bool) -> Identity {
    let code = SITES.iter().find(|(site, _)| user.site_id.as_deref() == Some(site)).map(|(_, code)| code);
    let brand = user.company.and_then(|company| company.brand_name);
    let filled = |text: &String| !text.trim().is_empty();
    Identity {
        name: [brand, user.nickname].into_iter().flatten().find(filled).unwrap_or_else(|| user.id.0.clone()),
        id: user.id.0,
        live: !sandbox && !user.tags.iter().any(|tag| tag == "test_user"),
        currency: code.and_then(|code| code.parse::<Currency>().ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_of_a_site_takes_its_currency() {
        let seen = |json: &str, sandbox| identity(serde_json::from_str(json).unwrap(), sandbox);
        let real = seen(
            r#"{"id":44444,"nickname":"ACME","site_id":"MLB","tags":["normal"],"company":{"brand_name":""}}"#,
            false,
        );
        let brl = "BRL".parse().ok();
        assert_eq!(real, Identity { id: "44444".into(), name: "ACME".into(), live: true, currency: brl });
        assert!(!seen(r#"{"id":1,"tags":["normal","test_user"]}"#, false).live);
        assert!(!seen(r#"{"id":1,"tags":null}"#, true).live);
        assert_eq!(seen(r#"{"id":1,"site_id":"MLX"}"#, false).currency, None);
        assert!(SITES.iter().all(|(_, code)| code.parse::<Currency>().is_ok()));
    }
}
