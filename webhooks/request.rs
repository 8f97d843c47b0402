//! A callback before and after its signature was checked.

use std::{collections::BTreeMap, fmt};

use bytes::Bytes;
use chrono::{DateTime, Utc};

use crate::{Envelope, Scheme};

/// A request as it came from the wire. Headers and query may be looked at, because they say which
/// scheme applies; the body may not.
pub struct Unverified {
    head: Head,
    body: Bytes,
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
    method: String,
    url: String,
    query: Vec<(String, String)>,
    headers: BTreeMap<String, Vec<u8>>,
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
        let mut map = BTreeMap::new();
        for (name, value) in headers {
            map.entry(name.to_ascii_lowercase()).or_insert_with(|| value.to_vec());
        }
        Self { head: Head { method: method.to_owned(), url: url.to_owned(), query, headers: map }, body }
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
    pub(crate) fn url(&self) -> &str {
        &self.request.head.url
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
    pub fn url(&self) -> &str {
        &self.head.url
    }

    /// When it came in: the time of what the platform does not date itself.
    pub fn received_at(&self) -> DateTime<Utc> {
        self.received_at
    }

    /// Header names and values, for the flight recorder; the caller removes secrets.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.head.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()))
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
                method: method.to_owned(),
                url: String::new(),
                query,
                headers: headers.into_iter().collect(),
            },
            body,
            received_at,
        }
    }
}

/// What a live connection brought. The connection itself is the proof: the hub opened it, to the platform's own address, with the
/// account's credentials.
impl Verified {
    /// The method of what came over a live connection; [`Verified::method`] tells it from a callback, also when it is replayed.
    pub const LIVE: &str = "LIVE";

    /// For the supervisor of live connections alone (`src/listeners.rs`; clippy refuses every other caller): nothing is checked.
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
        self.headers.get(&name.to_ascii_lowercase()).map(Vec::as_slice)
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
