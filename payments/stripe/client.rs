//! Calls of Stripe's API: form-encoded with brackets, of one pinned version (<https://docs.stripe.com/api>).

use ::account::Account;
use net::{Request, Response};
use serde::de::DeserializeOwned;

use crate::{
    error::ProviderError,
    http::{self, Call, Said},
    stripe::{
        account,
        wire::{List, Problem},
    },
};

/// The shapes that [`super::wire`] was written for, whatever the account's own version is.
pub(super) const VERSION: &str = "2026-10-28.endive";

/// Names with brackets and their values.
pub(super) type Fields = Vec<(String, String)>;

/// One account's way to Stripe.
pub(super) struct Client<'a> {
    account: &'a Account,
    net: &'a net::Client,
}

impl<'a> Client<'a> {
    pub(super) const fn new(account: &'a Account, net: &'a net::Client) -> Self {
        Self { account, net }
    }

    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, ProviderError> {
        let mut url = http::below(&account::base(self.account)?, &[&["v1"], path].concat())?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.call(Request::get(url), Call::Reads).await
    }

    /// With a `key` the call may be repeated without being carried out again.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        key: Option<&str>,
        fields: Fields,
    ) -> Result<T, ProviderError> {
        let url = http::below(&account::base(self.account)?, &[&["v1"], path].concat())?;
        let request = Request::post(url).form(fields);
        let request = match key {
            Some(key) => request.header("Idempotency-Key", key),
            None => request,
        };
        self.call(request, Call::Writes).await
    }

    /// Every page of a short list.
    pub(super) async fn list<T: DeserializeOwned + HasId>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Vec<T>, ProviderError> {
        /// Far beyond what one payment has; an end even if the answers make no sense.
        const PAGES: usize = 20;
        let mut all: Vec<T> = Vec::new();
        for _ in 0..PAGES {
            let after = all.last().map(|last| last.id().to_owned());
            let mut query = query.to_vec();
            query.push(("limit", "100"));
            if let Some(after) = &after {
                query.push(("starting_after", after));
            }
            let page: List<T> = self.get(path, &query).await?;
            let more = page.has_more && !page.data.is_empty();
            all.extend(page.data);
            if !more {
                break;
            }
        }
        Ok(all)
    }

    async fn call<T: DeserializeOwned>(&self, request: Request, call: Call) -> Result<T, ProviderError> {
        let request = request.bearer(&account::key(self.account)).header("Stripe-Version", VERSION);
        let response = self.net.send(request).await.map_err(|failure| call.failed(&failure))?;
        if response.status.is_success() { call.answer(&response) } else { Err(refused(&response, call)) }
    }
}

/// What a list is paged by.
pub(super) trait HasId {
    fn id(&self) -> &str;
}

fn refused(response: &Response, call: Call) -> ProviderError {
    let again = response.headers.get("stripe-should-retry").and_then(|value| match value.as_bytes() {
        b"true" => Some(true),
        b"false" => Some(false),
        _ => None,
    });
    let problem: Problem = serde_json::from_slice(&http::without_nul(&response.body)).unwrap_or_default();
    let error = problem.error;
    let said = Said {
        code: error.decline_code.or(error.code).or(error.kind).unwrap_or_else(|| "unknown".to_owned()),
        detail: error.message.unwrap_or_else(|| format!("HTTP {}", response.status)),
    };
    call.refused(response.status, response.retry_after(), again, said)
}

#[cfg(test)]
mod tests {
    use net::{StatusCode, header::HeaderMap};

    use super::*;

    fn answer(status: u16, again: Option<&str>, body: &str) -> ProviderError {
        let mut headers = HeaderMap::new();
        if let Some(again) = again {
            headers.insert("stripe-should-retry", again.parse().unwrap());
        }
        let status = StatusCode::from_u16(status).unwrap();
        refused(&Response { status, headers, body: body.to_owned().into() }, Call::Writes)
    }

    #[test]
    fn errors_are_stripes_words() {
        let declined = r#"{"error":{"type":"card_error","code":"card_declined","decline_code":"insufficient_funds","message":"Your card has insufficient funds."}}"#;
        let refused =
            |code: &str, detail: &str| ProviderError::Refused { code: code.into(), detail: detail.into() };
        assert_eq!(
            answer(402, None, declined),
            refused("insufficient_funds", "Your card has insufficient funds.")
        );
        let over = r#"{"error":{"type":"invalid_request_error","code":"charge_already_refunded","message":"Charge ch_1 has already been refunded."}}"#;
        assert_eq!(
            answer(400, None, over),
            refused("charge_already_refunded", "Charge ch_1 has already been refunded.")
        );
        let idempotency = r#"{"error":{"type":"idempotency_error","message":"Other parameters."}}"#;
        assert_eq!(answer(400, None, idempotency), refused("idempotency_error", "Other parameters."));
        assert_eq!(answer(404, None, "<html>"), refused("unknown", "HTTP 404 Not Found"));
        let key = r#"{"error":{"message":"Invalid API Key provided: sk_test_***1"}}"#;
        assert!(
            matches!(answer(401, None, key), ProviderError::AccountBroken(why) if why.starts_with("Invalid API Key"))
        );
    }

    #[test]
    fn stripes_word_on_repeating_counts() {
        assert!(matches!(answer(409, None, "{}"), ProviderError::Later { .. }));
        assert!(matches!(answer(409, Some("false"), "{}"), ProviderError::Refused { .. }));
        assert!(matches!(answer(400, Some("true"), "{}"), ProviderError::Later { .. }));
        assert!(matches!(answer(500, Some("false"), "{}"), ProviderError::Unknown(_)));
    }
}
