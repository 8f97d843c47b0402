//! A callback before and after its signature was checked.

use std::{borrow::Cow, fmt, sync::Arc};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, HeaderValue, request::Parts};

use crate::{Envelope, Scheme, sns::Certificate};

/// A request as it came from the wire. Headers and query may be looked at, because they say which
/// scheme applies; the body may not.
pub struct Unverified {
    head: Head,
    body: Bytes,
    certificate: Option<Certificate>,
}

/// A request whose sender has proved to hold the shared secret.
#[derive(Clone)]
pub struct Verified {
    head: Head,
    body: Bytes,
    received_at: DateTime<Utc>,
}

#[derive(Clone)]
struct Head {
    method: Cow<'static, str>,
    url: Url,
    query: Vec<(String, String)>,
    headers: HeaderMap,
}

/// The public address that was called; few schemes ask for it, so it is put together when one does.
#[derive(Clone)]
enum Url {
    Whole(String),
    /// The server's own address without a slash at its end, and what was asked of it.
    Of(Arc<str>, http::Uri),
}

impl Url {
    fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Whole(url) => Cow::Borrowed(url),
            Self::Of(server, uri) => {
                let path = uri.path_and_query().map_or("", |path| path.as_str());
                Cow::Owned(format!("{server}{path}"))
            }
        }
    }
}

/// Why a request was not believed. Never says what the right value would have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Forged {
    #[error("the signature is missing")]
    Missing,
    #[error("the signature is malformed")]
    Malformed,
    #[error("the signature does not match")]
    Mismatch,
    #[error("the signature's time is outside the tolerance")]
    Stale,
    #[error("this integration cannot verify callbacks: {0}")]
    Unconfigured(&'static str),
}

impl Unverified {
    /// `url` is the public address the platform called, as some schemes sign it. Header names are
    /// matched without regard to case; of a repeated header the first one counts.
    pub fn new<'a>(
        method: &str,
        url: &str,
        query: Vec<(String, String)>,
        headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
        body: Bytes,
    ) -> Self {
        let head = Head {
            method: method.to_owned().into(),
            url: Url::Whole(url.to_owned()),
            query,
            headers: collect(headers),
        };
        Self { head, body, certificate: None }
    }

    /// The same from a request as the server holds it, without copying its head. `server` is the public address without a slash at its
    /// end.
    pub fn received(server: Arc<str>, head: Parts, query: Vec<(String, String)>, body: Bytes) -> Self {
        let method = match head.method {
            http::Method::GET => Cow::Borrowed("GET"),
            http::Method::POST => Cow::Borrowed("POST"),
            other => Cow::Owned(other.as_str().to_owned()),
        };
        let head = Head { method, url: Url::Of(server, head.uri), query, headers: head.headers };
        Self { head, body, certificate: None }
    }

    /// With the certificate that it names, which the platform has published. It proves nothing by itself.
    #[must_use]
    pub fn certified(mut self, certificate: Certificate) -> Self {
        self.certificate = Some(certificate);
        self
    }

    /// Upper-case HTTP method.
    pub fn method(&self) -> &str {
        &self.head.method
    }

    /// A header's raw bytes; a forger may send any.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.head.header(name)
    }

    /// The first query parameter of that name, percent-decoded.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.head.query(name)
    }

    /// Bytes in the body, which may be counted before they may be read.
    pub fn body_len(&self) -> usize {
        self.body.len()
    }

    /// What may be seen before the request is believed; for choosing the proof, and for nothing else.
    pub fn envelope(&self) -> Envelope<'_> {
        Envelope::new(self, &self.body)
    }

    /// Whether `verify` would succeed. For a request that several accounts may have to prove.
    pub fn satisfies(&self, scheme: &Scheme, now: DateTime<Utc>) -> Result<(), Forged> {
        scheme.check(&Claim { request: self, now })
    }

    /// Consumes the request; a forgery's body is dropped with it.
    pub fn verify(self, scheme: &Scheme, now: DateTime<Utc>) -> Result<Verified, Forged> {
        self.satisfies(scheme, now)?;
        Ok(Verified { head: self.head, body: self.body, received_at: now })
    }
}

/// What a scheme looks at. Only this crate can make one, so only it sees an unverified body.
pub(crate) struct Claim<'a> {
    request: &'a Unverified,
    pub(crate) now: DateTime<Utc>,
}

impl Claim<'_> {
    pub(crate) fn url(&self) -> Cow<'_, str> {
        self.request.head.url.text()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&[u8]> {
        self.request.header(name)
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.request.query(name)
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.request.body
    }

    pub(crate) fn certificate(&self) -> Option<&Certificate> {
        self.request.certificate.as_ref()
    }
}

impl Verified {
    /// Upper-case HTTP method.
    pub fn method(&self) -> &str {
        &self.head.method
    }

    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.head.header(name)
    }

    /// The first query parameter of that name, percent-decoded.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.head.query(name)
    }

    /// The body, byte for byte as it was signed.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The public address that was called, query and all; empty for a replay.
    pub fn url(&self) -> Cow<'_, str> {
        self.head.url.text()
    }

    /// When it came in: the time of what the platform does not date itself.
    pub fn received_at(&self) -> DateTime<Utc> {
        self.received_at
    }

    /// Names and first values of the headers, for the flight recorder; the caller removes secrets.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let first = |name| self.head.headers.get(name).map_or(&b""[..], HeaderValue::as_bytes);
        self.head.headers.keys().map(move |name| (name.as_str(), first(name)))
    }

    /// Query names and values, for the flight recorder; the caller removes secrets.
    pub fn query_pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.head.query.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A request that was verified when it came in and has been kept since: the replay of a recorded
    /// callback. Never call it on anything that the network just delivered.
    pub fn from_record(
        method: &str,
        query: Vec<(String, String)>,
        headers: Vec<(String, Vec<u8>)>,
        body: Bytes,
        received_at: DateTime<Utc>,
    ) -> Self {
        Self {
            head: Head {
                method: method.to_owned().into(),
                url: Url::Whole(String::new()),
                query,
                headers: collect(headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()))),
            },
            body,
            received_at,
        }
    }
}

/// What HTTP cannot carry is left out.
fn collect<'a>(headers: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> HeaderMap {
    let read = |(name, value): (&str, &[u8])| {
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_bytes(value).ok()?))
    };
    let mut map = HeaderMap::new();
    for (name, value) in headers.into_iter().filter_map(read) {
        map.append(name, value);
    }
    map
}

/// What a live connection brought. The connection itself is the proof: the hub opened it, to the platform's own address, with the
/// account's credentials.
impl Verified {
    /// The method of what came over a live connection; [`Verified::method`] tells it from a callback, also when it is replayed.
    pub const LIVE: &str = "LIVE";

    /// For the supervisor of live connections and the visitors' door (`src/listeners.rs`, `src/webchat/acts.rs`; clippy refuses every
    /// other caller): nothing is checked.
    pub fn from_live_connection(raw: Bytes, received_at: DateTime<Utc>) -> Self {
        Self::from_record(Self::LIVE, Vec::new(), Vec::new(), raw, received_at)
    }

    /// The method of what is left of a callback that spoke for several organizations: the body is what it said to one of them, as the
    /// hub read it.
    pub const PART: &str = "PART";

    /// That part, to be recorded instead of the whole. Headers and query stay behind: they may name the others.
    #[must_use]
    pub fn part(&self, body: Bytes) -> Self {
        Self::from_record(Self::PART, Vec::new(), Vec::new(), body, self.received_at)
    }
}

impl Head {
    fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.get(name).map(HeaderValue::as_bytes)
    }

    fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Unverified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unverified")
            .field("method", &self.head.method)
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("method", &self.head.method)
            .field("body_len", &self.body.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scheme;

    fn received() -> Unverified {
        let request = http::Request::post("/webhooks/x?a=1&b=%20")
            .header("X-Token", "first")
            .header("x-token", "second")
            .body(())
            .unwrap();
        let query = vec![("a".to_owned(), "1".to_owned())];
        Unverified::received("https://hub.example".into(), request.into_parts().0, query, Bytes::from("{}"))
    }

    #[test]
    fn a_request_of_the_server_is_seen_as_it_came() {
        let request = received();
        assert_eq!((request.method(), request.query("a"), request.body_len()), ("POST", Some("1"), 2));
        assert_eq!(request.header("X-TOKEN"), Some(b"first".as_slice()));
        let claim = Claim { request: &request, now: DateTime::UNIX_EPOCH };
        assert_eq!(claim.url(), "https://hub.example/webhooks/x?a=1&b=%20");
    }

    #[test]
    fn of_a_repeated_header_the_first_is_recorded() {
        let scheme = Scheme::HeaderToken { header: "x-token", secret: "first".into() };
        let verified = received().verify(&scheme, DateTime::UNIX_EPOCH).unwrap();
        assert_eq!(verified.headers().collect::<Vec<_>>(), [("x-token", b"first".as_slice())]);
    }
}
