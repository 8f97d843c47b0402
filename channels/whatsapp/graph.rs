//! Calls to Meta's Graph API: address, token, proof.

use net::{Limits, Method, Request};
use secrecy::SecretString;
use serde::{Serialize, de::DeserializeOwned};
use url::Url;

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
        Ok(Self { request: request(account, Method::GET, path, query)?, repeatable: true })
    }

    pub(super) fn post(account: &Account, path: &[&str], body: &impl Serialize) -> Result<Self, SendError> {
        let request = request(account, Method::POST, path, &[])?.json(body);
        Ok(Self { request, repeatable: false })
    }

    pub(super) fn delete(account: &Account, path: &[&str]) -> Result<Self, SendError> {
        Ok(Self { request: request(account, Method::DELETE, path, &[])?, repeatable: true })
    }

    /// A file; nobody sees it before a message names it, so it may be uploaded again.
    pub(super) fn upload(
        account: &Account,
        path: &[&str],
        form: net::multipart::Form,
    ) -> Result<Self, SendError> {
        let limits = Limits { total: FILE_TIME, ..Limits::default() };
        let request = request(account, Method::POST, path, &[])?.multipart(form).limits(limits);
        Ok(Self { request, repeatable: true })
    }

    #[must_use]
    pub(super) fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// The answer's body, of success only.
    pub(super) async fn run<T: DeserializeOwned>(self, net: &net::Client) -> Result<T, SendError> {
        graph_api::run(self.request, self.repeatable, net, "WhatsApp", errors::of).await
    }
}

fn request(
    account: &Account,
    method: Method,
    path: &[&str],
    query: &[(&str, &str)],
) -> Result<Request, SendError> {
    let mut url = account::url(account, path).map_err(|error| {
        SendError::AccountBroken(Refusal::new("address_invalid", error.to_string(), NextStep::Reconnect))
    })?;
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    prove(account, &mut url);
    Ok(Request::new(method, url).bearer(&token(account)))
}

pub(super) fn token(account: &Account) -> SecretString {
    account.secret(account::ACCESS_TOKEN)
}

fn prove(account: &Account, url: &mut Url) {
    if let Some(proof) = account::appsecret_proof(account) {
        url.query_pairs_mut().append_pair("appsecret_proof", &proof);
    }
}
