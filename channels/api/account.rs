//! The fields of a connected system.

use rand::RngCore;
use secrecy::SecretString;
use url::Url;
use webhooks::standard;

use crate::{Account, Field, FieldKind, Form, account::API_BASE_URL};

pub(super) const ENDPOINT: &str = "endpoint_url";
pub(super) const SECRET: &str = "signing_secret";
const FORMER_SECRET: &str = "former_signing_secret";
pub(super) const SYSTEM: &str = "system_id";

/// Bytes, as the specification asks for.
const KEY: usize = 32;

pub(super) fn form() -> Form {
    let mut endpoint = Field::text(
        ENDPOINT,
        "Your endpoint",
        "Where the hub posts what agents write, for instance https://chat.example.com/switchboard.",
    );
    endpoint.kind = FieldKind::Url;
    Form::new(vec![
        endpoint,
        Field::secret(
            SECRET,
            "Signing secret",
            "Signs both ways: whsec_ and base64 of 24 to 64 random bytes. Leave it empty to have one made.",
        )
        .optional(),
        Field::secret(
            FORMER_SECRET,
            "Former signing secret",
            "While you exchange the secret: the one before, which is accepted and signed with as well.",
        )
        .optional(),
        Field::text(
            SYSTEM,
            "Name of your system",
            "Tells several connected systems apart, for instance shop-app. Leave it empty to have one made.",
        )
        .optional(),
    ])
}

pub(super) fn complete(account: &mut Account) {
    if !account.has(SECRET) {
        let mut key = [0; KEY];
        rand::rng().fill_bytes(&mut key);
        account.set(SECRET, standard::secret(&key));
    }
    if !account.has(SYSTEM) {
        let name = format!("system-{:08x}", rand::rng().next_u32());
        account.set(SYSTEM, SecretString::from(name));
    }
}

/// The newest first.
pub(super) fn secrets(account: &Account) -> Vec<SecretString> {
    [SECRET, FORMER_SECRET]
        .into_iter()
        .filter(|name| account.has(name))
        .map(|name| account.secret(name))
        .collect()
}

/// The endpoint; on another origin if the account names one.
pub(super) fn endpoint(account: &Account) -> Result<Url, url::ParseError> {
    let endpoint = Url::parse(account.text(ENDPOINT))?;
    if !account.has(API_BASE_URL) {
        return Ok(endpoint);
    }
    let origin = Url::parse(account.text(API_BASE_URL))?;
    origin.join(&endpoint[url::Position::BeforePath..])
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn account(fields: &[(&str, &str)]) -> Account {
        form().fill(fields.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()).unwrap()
    }

    #[test]
    fn a_secret_is_made_once_and_is_a_key() {
        let mut account = account(&[(ENDPOINT, "https://chat.example.com/hook")]);
        complete(&mut account);
        let secret = account.secret(SECRET);
        assert_eq!(standard::key(&secret).unwrap().len(), KEY);
        let name = account.text(SYSTEM).to_owned();
        complete(&mut account);
        assert_eq!(account.secret(SECRET).expose_secret(), secret.expose_secret());
        assert_eq!(account.text(SYSTEM), name);
    }

    #[test]
    fn another_origin_keeps_the_path() {
        let fields = [(ENDPOINT, "https://chat.example.com/hook?a=1"), (API_BASE_URL, "http://127.0.0.1:9")];
        assert_eq!(endpoint(&account(&fields)).unwrap().as_str(), "http://127.0.0.1:9/hook?a=1");
        assert_eq!(endpoint(&account(&fields[..1])).unwrap().as_str(), "https://chat.example.com/hook?a=1");
    }
}
