//! The crate's client on our own way out: what slack-morphism asks goes through the guarded door, with its limits, its address
//! checks and its word on whether a lost call may have been carried out.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use futures::{FutureExt, future::BoxFuture};
use net::{Limits, Request, Response};
use secrecy::SecretString;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use slack_morphism::{
    ClientResult, SlackClientApiCallContext, SlackClientHttpConnector,
    errors::{
        SlackClientApiError, SlackClientError, SlackClientHttpError, SlackClientProtocolError,
        SlackClientSystemError, SlackRateLimitError,
    },
    multipart_form::FileMultipartData,
    prelude::{SlackClientId, SlackClientSecret},
};
use url::Url;

/// A gigabyte takes its time.
const UPLOAD: Duration = Duration::from_secs(600);

/// Everything about Slack's answer that its body does not say.
#[derive(Debug)]
pub(super) struct Door {
    net: net::Client,
    base: Url,
    scopes: Mutex<Option<String>>,
}

impl Door {
    pub(super) fn new(net: &net::Client, base: Url) -> Self {
        Self { net: net.clone(), base, scopes: Mutex::default() }
    }

    pub(super) fn net(&self) -> &net::Client {
        &self.net
    }

    pub(super) fn base(&self) -> &Url {
        &self.base
    }

    /// What the token of the last call may do: names with commas between them.
    pub(super) fn scopes(&self) -> Option<String> {
        self.scopes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn ask<RS: DeserializeOwned>(&self, request: Request) -> ClientResult<RS> {
        let answer = self.net.send(request).await.map_err(|failure| {
            SlackClientError::SystemError(SlackClientSystemError::new().with_cause(Box::new(failure)))
        })?;
        let scopes = answer.headers.get("x-oauth-scopes").and_then(|value| value.to_str().ok());
        if let Some(scopes) = scopes {
            *self.scopes.lock().unwrap_or_else(PoisonError::into_inner) = Some(scopes.to_owned());
        }
        read(&answer)
    }
}

fn read<RS: DeserializeOwned>(answer: &Response) -> ClientResult<RS> {
    let body = String::from_utf8_lossy(&answer.body).into_owned();
    if answer.status.as_u16() == 429 {
        let limit = SlackRateLimitError::new().opt_retry_after(answer.retry_after());
        return Err(SlackClientError::RateLimitError(limit));
    }
    if !answer.status.is_success() {
        let error = SlackClientHttpError::new(answer.status).with_http_response_body(body);
        return Err(SlackClientError::HttpError(error));
    }
    let value: Value = serde_json::from_str(&body).map_err(|error| protocol(error, &body))?;
    if value.get("ok").and_then(Value::as_bool) == Some(false) {
        let code = value.get("error").and_then(Value::as_str).unwrap_or("unknown_error").to_owned();
        let error = SlackClientApiError::new(code).with_http_response_body(body);
        return Err(SlackClientError::ApiError(error));
    }
    serde_json::from_value(value).map_err(|error| protocol(error, &body))
}

fn protocol(error: serde_json::Error, body: &str) -> SlackClientError {
    SlackClientError::ProtocolError(SlackClientProtocolError::new(error).with_json_body(body.to_owned()))
}

fn authorized(request: Request, context: &SlackClientApiCallContext<'_>) -> Request {
    match context.token {
        Some(token) => request.bearer(&SecretString::from(token.token_value.0.as_str())),
        None => request,
    }
}

impl SlackClientHttpConnector for Door {
    fn http_get_uri<'a, RS>(
        &'a self,
        full_uri: Url,
        context: SlackClientApiCallContext<'a>,
    ) -> BoxFuture<'a, ClientResult<RS>>
    where
        RS: for<'de> serde::de::Deserialize<'de> + Send + 'a,
    {
        self.ask(authorized(Request::get(full_uri), &context)).boxed()
    }

    /// As a form: a code in a query ends up in somebody's log.
    fn http_get_with_client_secret<'a, RS>(
        &'a self,
        mut full_uri: Url,
        client_id: &'a SlackClientId,
        client_secret: &'a SlackClientSecret,
    ) -> BoxFuture<'a, ClientResult<RS>>
    where
        RS: for<'de> serde::de::Deserialize<'de> + Send + 'a,
    {
        let fields = full_uri.query_pairs().into_owned().collect();
        full_uri.set_query(None);
        let basic = STANDARD.encode(format!("{}:{}", client_id.0, client_secret.0));
        let request = Request::post(full_uri).header("authorization", format!("Basic {basic}")).form(fields);
        self.ask(request).boxed()
    }

    fn http_post_uri<'a, RQ, RS>(
        &'a self,
        full_uri: Url,
        request_body: &'a RQ,
        context: SlackClientApiCallContext<'a>,
    ) -> BoxFuture<'a, ClientResult<RS>>
    where
        RQ: Serialize + Send + Sync,
        RS: for<'de> serde::de::Deserialize<'de> + Send + 'a,
    {
        let body = serde_json::to_vec(request_body);
        async move {
            let body = body.map_err(|error| protocol(error, ""))?;
            let request = Request::post(full_uri).bytes("application/json; charset=utf-8", body);
            self.ask(authorized(request, &context)).await
        }
        .boxed()
    }

    /// Only the retired way of uploading files took forms.
    fn http_post_uri_multipart_form<'a, 'p, RS, PT, TS>(
        &'a self,
        _full_uri: Url,
        _file: Option<FileMultipartData<'p>>,
        _params: &'p PT,
        _context: SlackClientApiCallContext<'a>,
    ) -> BoxFuture<'a, ClientResult<RS>>
    where
        RS: for<'de> serde::de::Deserialize<'de> + Send + 'a,
        PT: std::iter::IntoIterator<Item = (&'p str, Option<TS>)> + Clone,
        TS: AsRef<str> + 'p + Send,
    {
        let error = SlackClientSystemError::new().with_message("no method takes a multipart form".to_owned());
        std::future::ready(Err(SlackClientError::SystemError(error))).boxed()
    }

    /// An upload address is its own proof: the token does not go there. It answers in words, not in JSON.
    fn http_post_uri_binary<'a, 'p, RS>(
        &'a self,
        full_uri: Url,
        _content_type: String,
        data: &'a [u8],
        _context: SlackClientApiCallContext<'a>,
    ) -> BoxFuture<'a, ClientResult<RS>>
    where
        RS: for<'de> serde::de::Deserialize<'de> + Send + 'a,
    {
        let limits = Limits { total: UPLOAD, ..Limits::default() };
        let request = Request::post(full_uri)
            .bytes("application/octet-stream", Bytes::copy_from_slice(data))
            .limits(limits);
        async move {
            match self.ask::<Value>(request).await {
                Ok(_) | Err(SlackClientError::ProtocolError(_)) => {
                    serde_json::from_str("{}").map_err(|error| protocol(error, ""))
                }
                Err(error) => Err(error),
            }
        }
        .boxed()
    }

    fn create_method_uri_path(&self, method_relative_uri: &str) -> ClientResult<Url> {
        Ok(self.base.join(&format!("/api/{method_relative_uri}"))?)
    }
}
