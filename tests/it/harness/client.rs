//! A browser as the REST interface sees it: requests under `/api/v1`, an access token, a refresh cookie.

use reqwest::{
    Method, RequestBuilder, StatusCode,
    header::{COOKIE, HeaderMap, SET_COOKIE},
};
use serde_json::Value;

/// Sends requests, with a token where there is one.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    pub token: Option<String>,
}

/// Somebody who is logged in. Paths are those below `/api/v1`.
#[derive(Clone)]
pub struct Session {
    pub client: Client,
    pub user_id: String,
    pub organization_id: String,
    /// What the browser keeps.
    pub refresh_cookie: String,
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// `null` where the answer was no JSON.
    pub body: Value,
    pub bytes: Vec<u8>,
}

impl Client {
    #[expect(clippy::disallowed_methods, reason = "a test's own client, to the test's own hub")]
    pub fn new(url: &str) -> Self {
        // Installed by the hub as well; the second installation is refused.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { http, url: url.to_owned(), token: None }
    }

    /// For what is no REST call: callbacks, sockets' handshakes.
    pub fn http(&self) -> reqwest::Client {
        self.http.clone()
    }

    #[must_use]
    pub fn with_token(self, token: Option<String>) -> Self {
        Self { token, ..self }
    }

    /// `path` from the root where it begins with `/api`, `/webhooks` or the like; under `/api/v1` otherwise.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let rooted = ["/api/", "/oauth/", "/webhooks/", "/health", "/ws", "/metrics"]
            .iter()
            .any(|root| path.starts_with(root));
        let prefix = if rooted { "" } else { "/api/v1" };
        let request = self.http.request(method, format!("{}{prefix}{path}", self.url));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let request = self.request(method, path);
        Answer::of(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PATCH, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    /// Trades a refresh cookie, with a body or without.
    pub async fn refresh(&self, cookie: &str, body: Option<&Value>) -> Answer {
        let request = self.request(Method::POST, "/auth/refresh").header(COOKIE, cookie);
        Answer::of(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }
}

impl Session {
    /// From the answer to a log-in.
    pub fn from(client: Client, answer: Answer) -> Self {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Self {
            user_id: text(&answer.body["user"]["id"]),
            organization_id: text(&answer.body["organization"]["id"]),
            refresh_cookie: answer.cookie(),
            client: Client { token: Some(text(&answer.body["access_token"])), ..client },
        }
    }
}

impl std::ops::Deref for Session {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Answer {
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await.unwrap().to_vec();
        Self { status, headers, body: serde_json::from_slice(&bytes).unwrap_or_default(), bytes }
    }

    /// Fails the test, showing the answer, unless it has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.bytes));
        self
    }

    /// Fails the test unless this is a complete problem with this status and code.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{:?}", answer.body);
        assert_eq!(answer.body["code"], code, "{:?}", answer.body);
        assert_eq!(answer.body["status"], status);
        assert_eq!(
            answer.body["request_id"].as_str().unwrap(),
            answer.headers["x-request-id"].to_str().unwrap()
        );
        answer
    }

    /// Fails the test unless exactly this field is found at fault.
    #[track_caller]
    pub fn expect_field(self, field: &str) -> Self {
        let answer = self.expect(422);
        let fields: Vec<_> = answer.body["errors"].as_array().into_iter().flatten().collect();
        assert!(fields.len() == 1 && fields[0]["field"] == field, "{:?}", answer.body);
        answer
    }

    /// The refresh cookie that the answer sets, as a browser sends it back.
    #[track_caller]
    pub fn cookie(&self) -> String {
        let set = self.headers[SET_COOKIE].to_str().unwrap();
        set.split(';').next().unwrap().to_owned()
    }

    #[track_caller]
    pub fn id(&self) -> String {
        self.body["id"].as_str().unwrap().to_owned()
    }
}
