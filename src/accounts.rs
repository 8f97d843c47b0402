//! Connected accounts, be it of channels or of payment providers: checked when they are filled in, split into what lies open in its
//! row and what is sealed, and masked for people.

use std::collections::BTreeMap;

use account::{API_BASE_URL, Account, Form};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use crate::{
    config,
    error::{Error, FieldError, Result},
    vault::{Place, Vault},
};

/// Begins what is shown of a secret.
const MASK: &str = "••••";

/// The form's own checks, and that the API address does not point into the hub's network.
pub fn fill(server: &config::Server, form: &Form, given: BTreeMap<String, String>) -> Result<Account> {
    let fault = |field: &str, detail: String| FieldError { field: format!("account.{field}"), detail };
    let account = form.fill(given).map_err(|faults| {
        Error::invalid(faults.into_iter().map(|one| fault(&one.field, one.detail)).collect())
    })?;
    let private = if server.allow_private_addresses || server.demo {
        net::guard::Private::Allowed
    } else {
        net::guard::Private::Refused
    };
    let address: SecretString = account.secret(API_BASE_URL);
    if let Ok(url) = Url::parse(address.expose_secret()) {
        net::guard::check(&url, private).map_err(|refusal| {
            Error::invalid(vec![fault(API_BASE_URL, format!("This cannot be used: {refusal}."))])
        })?;
    }
    Ok(account)
}

/// The fields as they are to be: those not given stay, those given empty are taken away, and a masked secret that a form sends back
/// unchanged is no new secret.
pub fn with_changes(account: &Account, given: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut fields: BTreeMap<String, String> =
        account.fields().map(|(name, value)| (name.to_owned(), value.expose_secret().to_owned())).collect();
    fields.extend(given.into_iter().filter(|(_, value)| !value.starts_with(MASK)));
    fields
}

/// Splits an account into what may lie open and what is sealed.
pub fn seal(vault: &Vault, place: Place, form: &Form, account: &Account) -> Result<(Value, Vec<u8>)> {
    let (secret, open): (BTreeMap<_, _>, BTreeMap<_, _>) = account
        .fields()
        .map(|(name, value)| (name.to_owned(), value.expose_secret().to_owned()))
        .partition(|(name, _)| form.secrets().any(|secret| secret == name));
    let internal = |error: &dyn std::fmt::Display| Error::Internal(error.to_string());
    let plain = zeroize::Zeroizing::new(serde_json::to_vec(&secret).map_err(|error| internal(&error))?);
    let sealed = vault.seal(place, &plain).map_err(|error| internal(&error))?;
    Ok((serde_json::to_value(open).map_err(|error| internal(&error))?, sealed))
}

/// The secret fields of a sealed account.
pub fn open(vault: &Vault, place: Place, sealed: &[u8]) -> Result<BTreeMap<String, String>> {
    let opened = vault.open(place, sealed).map_err(|error| Error::Internal(error.to_string()))?;
    serde_json::from_slice(&opened).map_err(|error| Error::Internal(error.to_string()))
}

/// A row's fields with the secrets opened.
pub fn whole(vault: &Vault, place: Place, open_fields: Value, sealed: &[u8]) -> Result<Account> {
    let plain: BTreeMap<String, String> =
        serde_json::from_value(open_fields).map_err(|error| Error::Internal(error.to_string()))?;
    let fields = plain.into_iter().chain(open(vault, place, sealed)?);
    Ok(Account::new(fields.map(|(name, value)| (name, SecretString::from(value)))))
}

/// A row's fields as people see them.
pub fn masked(
    vault: &Vault,
    place: Place,
    open_fields: BTreeMap<String, String>,
    sealed: &[u8],
) -> Result<BTreeMap<String, String>> {
    let secrets = open(vault, place, sealed)?;
    Ok(open_fields.into_iter().chain(secrets.iter().map(|(name, one)| (name.clone(), mask(one)))).collect())
}

fn mask(secret: &str) -> String {
    let characters = secret.chars().count();
    let shown = if characters >= 12 { 4 } else { 0 };
    format!("{MASK}{}", secret.chars().skip(characters - shown).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_shows_little_of_long_secrets_and_nothing_of_short_ones() {
        assert_eq!(mask("123456789:ABCDEF"), "••••CDEF");
        assert_eq!(mask("short"), "••••");
        assert_eq!(mask(""), "••••");
    }

    #[test]
    fn a_mask_that_comes_back_changes_nothing() {
        let account = Account::new([("token".to_owned(), "123456789:ABCDEF".into())]);
        let back = BTreeMap::from([("token".to_owned(), "••••CDEF".to_owned())]);
        assert_eq!(with_changes(&account, back)["token"], "123456789:ABCDEF");
    }
}
