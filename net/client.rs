//! One HTTP client for everything the hub calls.

use std::{fmt, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use reqwest::{Method, StatusCode, header, multipart};
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, de::DeserializeOwned};
use url::Url;

use crate::guard::{self, GuardedResolver, Private};

/// Bounds of one call.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub connect: Duration,
    /// From the first byte sent to the last byte read.
    pub total: Duration,
    /// Bytes of the answer's body beyond which reading stops.
    pub answer: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), total: Duration::from_secs(30), answer: 4 << 20 }
    }
}

/// Cheap to clone; keeps connections open between calls. Follows no redirects.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    sdk: reqwest012::Client,
    private: Private,
    limits: Limits,
}

/// One call. Secrets travel in `bearer` and in the URL's path where a platform wants them there; neither is
/// ever shown.
pub struct Request {
    method: Method,
    url: Url,
    bearer: Option<SecretString>,
    headers: Vec<(String, String)>,
    body: Body,
    limits: Option<Limits>,
}

/// What a request carries.
pub enum Body {
    Empty,
    Json(Vec<u8>),
    /// A body that was signed, or is of another type.
    Bytes {
        mime: &'static str,
        bytes: Bytes,
    },
    Form(Vec<(String, String)>),
    Multipart(multipart::Form),
}

/// Any answer, whatever its status.
pub struct Response {
    pub status: StatusCode,
    pub headers: header::HeaderMap,
    pub body: Bytes,
}

/// Why there is no answer. The caller's one question is whether the request may have been carried out.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Nothing left the hub: trying again cannot double anything.
    #[error("could not connect: {0}")]
    NotSent(Cause),
    /// The request, or part of it, left: it may have been carried out.
    #[error("no answer: {0}")]
    MaybeSent(Cause),
    /// The answer was larger than allowed. The request was carried out.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The address may not be called.
    #[error("{0}")]
    Refused(#[from] guard::Refusal),
}

/// An underlying error without the URL, which may hold a token.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Cause(String);

impl Client {
    /// Uses ring for TLS; installs it as the process default when nobody has.
    pub fn new(private: Private, limits: Limits) -> Result<Self, Failure> {
        // A second installation is refused, which is what we want.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let resolver = GuardedResolver { private };
        #[expect(clippy::disallowed_methods, reason = "this is the door")]
        let http = reqwest::Client::builder()
            .dns_resolver(Arc::new(resolver.clone()))
            .connect_timeout(limits.connect)
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true)
            .user_agent(concat!("switchboard/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| Failure::NotSent(Cause::of(error.without_url())))?;
        #[expect(clippy::disallowed_methods, reason = "this is the door, too")]
        let sdk = reqwest012::Client::builder()
            .dns_resolver(Arc::new(resolver))
            .connect_timeout(limits.connect)
            .timeout(limits.total)
            .redirect(reqwest012::redirect::Policy::none())
            .tcp_nodelay(true)
            .build()
            .map_err(|error| Failure::NotSent(Cause::of(error.without_url())))?;
        Ok(Self { http, sdk, private, limits })
    }

    /// The same door for libraries that bring their own calls. Check the base address with
    /// [`Client::check`] first: a literal IP address never meets the resolver.
    pub fn sdk(&self) -> reqwest012::Client {
        self.sdk.clone()
    }

    pub(crate) fn private(&self) -> Private {
        self.private
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    /// Whether an address may be called, as far as can be told without the DNS.
    pub fn check(&self, url: &Url) -> Result<(), guard::Refusal> {
        guard::check(url, self.private)
    }

    /// Sends and reads the whole answer.
    pub async fn send(&self, request: Request) -> Result<Response, Failure> {
        guard::check(&request.url, self.private)?;
        let limits = request.limits.unwrap_or(self.limits);
        let call = async {
            let mut answer = request.into_builder(&self.http).send().await.map_err(Failure::of)?;
            let mut body = BytesMut::new();
            while let Some(chunk) = answer.chunk().await.map_err(Failure::of)? {
                if body.len() + chunk.len() > limits.answer {
                    return Err(Failure::TooLarge(limits.answer));
                }
                body.extend_from_slice(&chunk);
            }
            Ok(Response { status: answer.status(), headers: answer.headers().clone(), body: body.freeze() })
        };
        tokio::time::timeout(limits.total, call)
            .await
            .unwrap_or_else(|_| Err(Failure::MaybeSent(Cause("it took too long".to_owned()))))
    }
}

impl Request {
    pub fn new(method: Method, url: Url) -> Self {
        Self { method, url, bearer: None, headers: Vec::new(), body: Body::Empty, limits: None }
    }

    pub fn get(url: Url) -> Self {
        Self::new(Method::GET, url)
    }

    pub fn post(url: Url) -> Self {
        Self::new(Method::POST, url)
    }

    #[must_use]
    pub fn bearer(mut self, token: &SecretString) -> Self {
        self.bearer = Some(token.clone());
        self
    }

    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Serialises now; a value that cannot be serialised is sent as `null`, which no platform accepts.
    #[must_use]
    pub fn json(mut self, value: &impl Serialize) -> Self {
        self.body = Body::Json(serde_json::to_vec(value).unwrap_or_else(|_| b"null".to_vec()));
        self
    }

    /// Sent byte for byte.
    #[must_use]
    pub fn bytes(mut self, mime: &'static str, bytes: impl Into<Bytes>) -> Self {
        self.body = Body::Bytes { mime, bytes: bytes.into() };
        self
    }

    #[must_use]
    pub fn form(mut self, fields: Vec<(String, String)>) -> Self {
        self.body = Body::Form(fields);
        self
    }

    #[must_use]
    pub fn multipart(mut self, form: multipart::Form) -> Self {
        self.body = Body::Multipart(form);
        self
    }

    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = Some(limits);
        self
    }

    fn into_builder(self, http: &reqwest::Client) -> reqwest::RequestBuilder {
        let mut builder = http.request(self.method, self.url);
        if let Some(token) = &self.bearer {
            builder = builder.bearer_auth(token.expose_secret());
        }
        for (name, value) in self.headers {
            builder = builder.header(name, value);
        }
        match self.body {
            Body::Empty => builder,
            Body::Json(bytes) => builder.header(header::CONTENT_TYPE, "application/json").body(bytes),
            Body::Bytes { mime, bytes } => builder.header(header::CONTENT_TYPE, mime).body(bytes),
            Body::Form(fields) => builder.form(&fields),
            Body::Multipart(form) => builder.multipart(form),
        }
    }
}

impl Response {
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }

    /// Seconds from a `Retry-After` header; the date form is not used by the platforms we know.
    pub fn retry_after(&self) -> Option<Duration> {
        let value = self.headers.get(header::RETRY_AFTER)?.to_str().ok()?;
        value.trim().parse().ok().map(Duration::from_secs)
    }
}

impl Failure {
    /// Whether the request certainly did not arrive.
    pub fn not_sent(&self) -> bool {
        matches!(self, Self::NotSent(_) | Self::Refused(_))
    }

    fn of(error: reqwest::Error) -> Self {
        let connect = error.is_connect() || error.is_builder();
        let cause = Cause::of(error.without_url());
        if connect { Self::NotSent(cause) } else { Self::MaybeSent(cause) }
    }
}

impl Cause {
    pub(crate) fn said(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// What lies at the bottom of it: people read this, and the layers above say in each library's words that a request failed.
    pub(crate) fn of(error: impl std::error::Error) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(inner) = source {
            text = Some(inner.to_string()).filter(|inner| !inner.is_empty()).unwrap_or(text);
            source = inner.source();
        }
        // The number says nothing beside the word.
        Self(text.split(" (os error").next().unwrap_or_default().to_owned())
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The path may hold a token (Telegram), the query a proof (Meta).
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("host", &self.url.host_str())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}
