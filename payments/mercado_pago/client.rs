//! Calls of Mercado Pago's API (<https://www.mercadopago.com.br/developers/en/reference>).

use ::account::Account;
use chrono::{DateTime, Utc};
use net::{Method, Request, Response, StatusCode};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    error::ProviderError,
    http::{self, Call, Said},
    mercado_pago::{
        account,
        wire::{Found, Payment, Problem},
    },
};

/// Payments of one search's page.
pub(super) const PAGE: usize = 50;

/// One account's way to Mercado Pago.
pub(super) struct Client<'a> {
    account: &'a Account,
    net: &'a net::Client,
    pub(super) now: DateTime<Utc>,
}

impl<'a> Client<'a> {
    pub(super) fn new(account: &'a Account, net: &'a net::Client) -> Self {
        Self { account, net, now: Utc::now() }
    }

    pub(super) fn is_sandbox(&self) -> bool {
        account::is_sandbox(self.account)
    }

    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, ProviderError> {
        let mut url = http::below(&account::base(self.account)?, path)?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let response = self.send(Request::get(url), Call::Reads).await?;
        if response.status.is_success() {
            Call::Reads.answer(&response)
        } else {
            Err(refused(&response, Call::Reads))
        }
    }

    /// `None` where there is no such thing, or not yet: right after a notice of a payment, it may be missing for a moment.
    pub(super) async fn find<T: DeserializeOwned>(&self, path: &[&str]) -> Result<Option<T>, ProviderError> {
        let url = http::below(&account::base(self.account)?, path)?;
        let response = self.send(Request::get(url), Call::Reads).await?;
        match response.status {
            StatusCode::NOT_FOUND => Ok(None),
            status if status.is_success() => Call::Reads.answer(&response).map(Some),
            _ => Err(refused(&response, Call::Reads)),
        }
    }

    /// `key` is the call's own; with it, the call may be repeated without being carried out again.
    pub(super) async fn write<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &[&str],
        key: &str,
        body: &impl Serialize,
    ) -> Result<T, ProviderError> {
        let url = http::below(&account::base(self.account)?, path)?;
        let request = Request::new(method, url).header("X-Idempotency-Key", key).json(body);
        let response = self.send(request, Call::Writes).await?;
        if response.status.is_success() {
            Call::Writes.answer(&response)
        } else {
            Err(refused(&response, Call::Writes))
        }
    }

    /// A page of payments, and whether there are more.
    pub(super) async fn search(
        &self,
        wanted: &[(&str, &str)],
        offset: usize,
    ) -> Result<(Vec<Payment>, bool), ProviderError> {
        let (limit, from) = (PAGE.to_string(), offset.to_string());
        let mut query = wanted.to_vec();
        query.extend([("limit", limit.as_str()), ("offset", from.as_str())]);
        let found: Found = self.get(&["v1", "payments", "search"], &query).await?;
        let seen = offset + found.results.len();
        let more =
            !found.results.is_empty() && u64::try_from(seen).is_ok_and(|seen| seen < found.paging.total);
        Ok((found.results, more))
    }

    async fn send(&self, request: Request, call: Call) -> Result<Response, ProviderError> {
        let request = request.bearer(&account::token(self.account));
        self.net.send(request).await.map_err(|failure| call.failed(&failure))
    }
}

fn refused(response: &Response, call: Call) -> ProviderError {
    let problem: Problem = serde_json::from_slice(&http::without_nul(&response.body)).unwrap_or_default();
    let cause = problem.cause.into_iter().next();
    let (code, why) = cause.map_or((None, None), |cause| (Some(cause.code.0), cause.description));
    let filled = |text: &String| !text.is_empty();
    let said = Said {
        code: code.filter(filled).or(problem.error).unwrap_or_else(|| "unknown".to_owned()),
        detail: why.filter(filled).or(problem.message).unwrap_or_else(|| format!("HTTP {}", response.status)),
    };
    call.refused(response.status, response.retry_after(), None, said)
}

#[cfg(test)]
mod tests {
    use net::header::HeaderMap;

    use super::*;

    fn answer(status: u16, body: &str) -> ProviderError {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", "7".parse().unwrap());
        let status = StatusCode::from_u16(status).unwrap();
        refused(&Response { status, headers, body: body.to_owned().into() }, Call::Writes)
    }

    #[test]
    fn errors_are_mercado_pagos_words() {
        let refused =
            |code: &str, detail: &str| ProviderError::Refused { code: code.into(), detail: detail.into() };
        let caused = r#"{"message":"The amount is too high","error":"bad_request","status":400,"cause":[{"code":4020,"description":"notification_url attribute must be url valid","data":"x"}]}"#;
        assert_eq!(answer(400, caused), refused("4020", "notification_url attribute must be url valid"));
        let plain = r#"{"message":"Payment not found","error":"not_found","status":404,"cause":[]}"#;
        assert_eq!(answer(404, plain), refused("not_found", "Payment not found"));
        assert_eq!(answer(400, "<html>"), refused("unknown", "HTTP 400 Bad Request"));
        let texts = r#"{"message":"m","error":"e","status":400,"cause":[{"code":"2034"}]}"#;
        assert_eq!(answer(400, texts), refused("2034", "m"));
    }

    #[test]
    fn what_may_pass_is_tried_later() {
        for status in [409, 423, 424, 429] {
            let ProviderError::Later { after, .. } = answer(status, "{}") else { panic!("{status}") };
            assert_eq!(after.unwrap().as_secs(), 7);
        }
        assert!(
            matches!(answer(401, r#"{"message":"invalid access token"}"#), ProviderError::AccountBroken(why) if why == "invalid access token")
        );
        assert!(matches!(answer(500, ""), ProviderError::Unknown(_)));
    }
}
