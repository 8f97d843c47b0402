//! The fields of a Mercado Pago account.

use ::account::{Account, Field, Form};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::error::ProviderError;

pub(super) const ACCESS_TOKEN: &str = "access_token";
pub(super) const WEBHOOK_SECRET: &str = "webhook_secret";
const OFFICIAL: &str = "https://api.mercadopago.com";

pub(super) fn form() -> Form {
    Form::new(vec![
        Field::secret(
            ACCESS_TOKEN,
            "Access token",
            "Your integrations → your application → Production (or test) credentials: APP_USR-….",
        ),
        Field::secret(
            WEBHOOK_SECRET,
            "Webhook secret",
            "Your integrations → your application → Webhooks: the secret signature. While one is exchanged, both, separated by a comma.",
        ),
    ])
}

pub(super) fn token(account: &Account) -> SecretString {
    account.secret(ACCESS_TOKEN)
}

/// One of the older sandbox, whose pages are others.
pub(super) fn is_sandbox(account: &Account) -> bool {
    account.text(ACCESS_TOKEN).starts_with("TEST-")
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
