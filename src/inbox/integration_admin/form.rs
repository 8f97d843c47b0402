//! From what an admin filled in to an account.

use std::collections::BTreeMap;

use channels::{Account, Form, account::API_BASE_URL};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::{
    app::App,
    error::{Error, FieldError, Result},
};

/// The form's own checks, and that the API address does not point into the hub's network.
pub fn fill(app: &App, form: &Form, given: BTreeMap<String, String>) -> Result<Account> {
    let fault = |field: &str, detail: String| FieldError { field: format!("account.{field}"), detail };
    let account = form.fill(given).map_err(|faults| {
        Error::invalid(faults.into_iter().map(|one| fault(&one.field, one.detail)).collect())
    })?;
    let server = &app.config.server;
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
