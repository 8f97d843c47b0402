//! Calls of the API through the door, counted against what Discord said of its limits.

use net::{Method, Request, Response};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::{account, buckets::Key, errors};
use crate::{Account, Refusal, SendError, error::NextStep};

/// Discord's network refuses clients that do not name themselves so.
const USER_AGENT: &str =
    concat!("DiscordBot (https://github.com/switchboard-hub, ", env!("CARGO_PKG_VERSION"), ")");

/// One account's way to the API.
pub(super) struct Api<'a> {
    net: &'a net::Client,
    base: Url,
    token: SecretString,
}

/// A call's address, and what of it Discord counts: the method, the path with its channel, and nothing finer.
pub(super) struct Route {
    method: Method,
    path: Vec<String>,
    query: Vec<(&'static str, String)>,
    counted: String,
}

/// What a call carries.
pub(super) enum Body {
    Empty,
    Json(Value),
    Multipart(net::multipart::Form),
}

impl Route {
    /// `path` below `/api/v10`; each of its pieces is escaped. Beyond `counted` pieces, calls share a bucket.
    pub(super) fn new(method: Method, path: &[&str], counted: usize) -> Self {
        let bucket = path.iter().take(counted).copied().collect::<Vec<_>>().join("/");
        let counted = format!("{method} {bucket} {}", path.len());
        Self { method, path: path.iter().map(|one| (*one).to_owned()).collect(), query: Vec::new(), counted }
    }

    pub(super) fn get(path: &[&str]) -> Self {
        Self::new(Method::GET, path, 3)
    }

    #[must_use]
    pub(super) fn query(mut self, name: &'static str, value: impl ToString) -> Self {
        self.query.push((name, value.to_string()));
        self
    }
}

impl<'a> Api<'a> {
    pub(super) fn new(account: &Account, net: &'a net::Client) -> Result<Self, SendError> {
        Ok(Self { net, base: account::base(account, net)?, token: account::token(account) })
    }

    /// The answer's JSON, `null` where there is none.
    pub(super) async fn call(&self, route: Route, body: Body) -> Result<Value, SendError> {
        let key = Key::new(&self.token, self.base.as_str(), route.counted.clone());
        key.take().map_err(|after| errors::later(after, false))?;
        let request = self.request(&route)?;
        let request = match body {
            Body::Empty => request,
            Body::Json(value) => request.json(&value),
            Body::Multipart(form) => request.multipart(form),
        };
        let answer = self.net.send(request).await.map_err(|failure| SendError::from_failure(&failure))?;
        key.learn(&answer);
        if answer.status.is_success() {
            return parsed(&answer);
        }
        if answer.status.as_u16() == 429 {
            let body = serde_json::from_slice(&answer.body).unwrap_or_default();
            let (after, everything) = errors::limited(&answer, &body);
            key.close(everything, after);
        }
        Err(errors::of(&answer))
    }

    /// A call that may be repeated without harm.
    pub(super) async fn repeatable(&self, route: Route, body: Body) -> Result<Value, SendError> {
        self.call(route, body).await.map_err(errors::repeatable)
    }

    pub(super) async fn get(&self, path: &[&str]) -> Result<Value, SendError> {
        self.repeatable(Route::get(path), Body::Empty).await
    }

    fn request(&self, route: &Route) -> Result<Request, SendError> {
        let mut url = self.base.clone();
        let broken = || {
            let why = "the API address cannot carry a path";
            SendError::AccountBroken(Refusal::new("address_refused", why, NextStep::Reconnect))
        };
        url.path_segments_mut()
            .map_err(|()| broken())?
            .pop_if_empty()
            .extend(["api", "v10"])
            .extend(&route.path);
        if !route.query.is_empty() {
            url.query_pairs_mut()
                .extend_pairs(route.query.iter().map(|(name, value)| (name, value.as_str())));
        }
        Ok(Request::new(route.method.clone(), url)
            .header("Authorization", format!("Bot {}", self.token.expose_secret()))
            .header("User-Agent", USER_AGENT))
    }
}

/// A page instead of JSON came from somebody in between: whether the call was carried out is not known.
fn parsed(answer: &Response) -> Result<Value, SendError> {
    if answer.body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(&answer.body)
        .map_err(|error| SendError::Unknown(format!("Discord's answer is not JSON: {error}")))
}
