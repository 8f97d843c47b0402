//! Calls to Meta's Graph API: address, token, proof.

use net::{Limits, Method, Request};
use secrecy::SecretString;
use serde::{Serialize, de::DeserializeOwned};

use super::{account, errors};
use crate::{
    Account, Refusal, SendError,
    error::NextStep,
    graph_api::{self, FILE_TIME},
};

/// A call that an account makes, not yet sent.
pub(super) struct Call {
    request: Request,
    /// Whether it may be repeated without doing anything twice.
    repeatable: bool,
}

impl Call {
    pub(super) fn get(account: &Account, path: &[&str], query: &[(&str, &str)]) -> Result<Self, SendError> {
        let token = token(account);
        Ok(Self { request: request(account, &token, Method::GET, path, query)?, repeatable: true })
    }

    pub(super) fn post(account: &Account, path: &[&str], body: &impl Serialize) -> Result<Self, SendError> {
        let token = token(account);
        let request = request(account, &token, Method::POST, path, &[])?.json(body);
        Ok(Self { request, repeatable: false })
    }

    pub(super) fn delete(account: &Account, path: &[&str]) -> Result<Self, SendError> {
        let token = token(account);
        Ok(Self { request: request(account, &token, Method::DELETE, path, &[])?, repeatable: true })
    }

    /// As somebody else than the Page: the app, or the admin who is connecting it.
    pub(super) fn get_as(
        account: &Account,
        token: &SecretString,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Self, SendError> {
        Ok(Self { request: request(account, token, Method::GET, path, query)?, repeatable: true })
    }

    pub(super) fn post_as(
        account: &Account,
        token: &SecretString,
        path: &[&str],
        body: &impl Serialize,
    ) -> Result<Self, SendError> {
        Ok(Self { request: request(account, token, Method::POST, path, &[])?.json(body), repeatable: true })
    }

    /// Before there is a token. The fields hold secrets, which an address must not.
    pub(super) fn form(account: &Account, path: &[&str], fields: &[(&str, &str)]) -> Result<Self, SendError> {
        let url = account::url(account, path).map_err(|error| address(&error))?;
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Ok(Self { request: Request::post(url).form(fields), repeatable: false })
    }

    /// A file; nobody sees it before a message names it, so it may be uploaded again.
    pub(super) fn upload(
        account: &Account,
        path: &[&str],
        form: net::multipart::Form,
    ) -> Result<Self, SendError> {
        let limits = Limits { total: FILE_TIME, ..Limits::default() };
        let token = token(account);
        let request = request(account, &token, Method::POST, path, &[])?.multipart(form).limits(limits);
        Ok(Self { request, repeatable: true })
    }

    #[must_use]
    pub(super) fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// The answer's body, of success only.
    pub(super) async fn run<T: DeserializeOwned>(self, net: &net::Client) -> Result<T, SendError> {
        graph_api::run(self.request, self.repeatable, net, "Meta", errors::of).await
    }
}

fn request(
    account: &Account,
    token: &SecretString,
    method: Method,
    path: &[&str],
    query: &[(&str, &str)],
) -> Result<Request, SendError> {
    let mut url = account::url(account, path).map_err(|error| address(&error))?;
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    if let Some(proof) = account::appsecret_proof(account, token) {
        url.query_pairs_mut().append_pair("appsecret_proof", &proof);
    }
    Ok(Request::new(method, url).bearer(token))
}

fn token(account: &Account) -> SecretString {
    account.secret(account::PAGE_ACCESS_TOKEN)
}

fn address(error: &url::ParseError) -> SendError {
    SendError::AccountBroken(Refusal::new("address_invalid", error.to_string(), NextStep::Reconnect))
}
