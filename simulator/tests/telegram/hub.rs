//! A hub's callback address: takes what comes, or answers what it was told to.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use channels::{Account, Channel, InboundEvent};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};
use webhooks::Unverified;

pub struct Hub {
    pub url: String,
    state: Arc<Inside>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Inside {
    requests: Mutex<Vec<Request>>,
    answers: Mutex<VecDeque<(u16, Option<u64>)>>,
    /// How long each answer takes.
    pause: Mutex<Duration>,
    at_once: Mutex<(usize, usize)>,
}

/// A callback and what it was answered.
#[derive(Clone)]
pub struct Request {
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Bytes,
    pub answered: u16,
}

impl Request {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

impl Hub {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhooks/telegram/1", listener.local_addr().unwrap());
        let state = Arc::new(Inside::default());
        let router = Router::new().route("/webhooks/telegram/1", post(take)).with_state(state.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, state, task }
    }

    /// The next callbacks are answered so: status and `Retry-After`. Then all are taken.
    pub fn answer(&self, answers: impl IntoIterator<Item = (u16, Option<u64>)>) {
        self.state.answers.lock().unwrap().extend(answers);
    }

    pub fn pause(&self, pause: Duration) {
        *self.state.pause.lock().unwrap() = pause;
    }

    pub fn requests(&self) -> Vec<Request> {
        self.state.requests.lock().unwrap().clone()
    }

    /// Most callbacks that were under way at the same time.
    pub fn most_at_once(&self) -> usize {
        self.state.at_once.lock().unwrap().1
    }

    /// Verifies and reads a callback as the hub does.
    pub fn read(&self, channel: &dyn Channel, account: &Account, request: Request) -> Vec<InboundEvent> {
        let headers = request.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
        let request = Unverified::new("POST", &self.url, vec![], headers, request.body.clone());
        let scheme = channel.proof(account, &request);
        let verified = request.verify(&scheme, chrono::Utc::now()).unwrap();
        channel.read(account, &verified).unwrap().events
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn take(State(inside): State<Arc<Inside>>, headers: HeaderMap, body: Bytes) -> Response {
    {
        let mut at_once = inside.at_once.lock().unwrap();
        at_once.0 += 1;
        at_once.1 = at_once.1.max(at_once.0);
    }
    let pause = *inside.pause.lock().unwrap();
    tokio::time::sleep(pause).await;
    let (answered, retry_after) = inside.answers.lock().unwrap().pop_front().unwrap_or((200, None));
    let headers = headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    inside.requests.lock().unwrap().push(Request { headers, body, answered });
    inside.at_once.lock().unwrap().0 -= 1;
    let status = StatusCode::from_u16(answered).unwrap();
    match retry_after {
        Some(seconds) => (status, [("retry-after", seconds.to_string())]).into_response(),
        None => status.into_response(),
    }
}
