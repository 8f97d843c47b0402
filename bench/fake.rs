//! Meta's side of sending: answers every message, notes when it came, and says "too many" beyond its rate.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle, time::Instant};

use crate::Result;

/// A running platform; it ends when this is dropped.
pub struct Fake {
    pub address: SocketAddr,
    calls: Arc<Calls>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Calls(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    /// When each text came.
    arrived: HashMap<String, Instant>,
    /// By phone number: when messages were taken, in order.
    taken: HashMap<String, Vec<Instant>>,
    /// By phone number: messages beyond which it refuses, in any second.
    rates: HashMap<String, usize>,
    refused: usize,
}

impl Fake {
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let calls = Arc::<Calls>::default();
        let routes =
            Router::new().route("/{version}/{number}/messages", post(take)).with_state(calls.clone());
        let server = tokio::spawn(async move {
            let _ = axum::serve(listener, routes).await;
        });
        Ok(Self { address, calls, server })
    }

    /// Refuses what this number sends beyond the rate, in any second.
    pub fn limit(&self, number: &str, per_second: usize) {
        self.lock().rates.insert(number.to_owned(), per_second);
    }

    /// When this text came, if it did.
    pub fn arrival(&self, text: &str) -> Option<Instant> {
        self.lock().arrived.get(text).copied()
    }

    /// When messages of the number were taken.
    pub fn taken(&self, number: &str) -> Vec<Instant> {
        self.lock().taken.get(number).cloned().unwrap_or_default()
    }

    pub fn refused(&self) -> usize {
        self.lock().refused
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.calls.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn take(
    State(calls): State<Arc<Calls>>,
    Path((_, number)): Path<(String, String)>,
    Json(body): Json<Value>,
) -> Response {
    let now = Instant::now();
    let mut inner = calls.0.lock().unwrap_or_else(PoisonError::into_inner);
    if body["status"] == "read" {
        return Json(json!({"success": true})).into_response();
    }
    let rate = inner.rates.get(&number).copied();
    let taken = inner.taken.entry(number).or_default();
    // The window slides: in no second may more be taken than allowed.
    if let Some(rate) = rate
        && taken.len() >= rate
        && now.duration_since(taken[taken.len() - rate]) < Duration::from_secs(1)
    {
        inner.refused += 1;
        let error = json!({"error": {"message": "(#130429) Rate limit hit", "type": "OAuthException", "code": 130429,
                                     "error_data": {"messaging_product": "whatsapp", "details": "Cloud API message throughput has been reached."}}});
        return (StatusCode::TOO_MANY_REQUESTS, Json(error)).into_response();
    }
    taken.push(now);
    let id = format!("wamid.BENCH{:016X}", uuid::Uuid::now_v7().as_u128());
    inner.arrived.insert(body["text"]["body"].as_str().unwrap_or_default().to_owned(), now);
    Json(json!({"messaging_product": "whatsapp", "contacts": [{"input": body["to"], "wa_id": body["to"]}],
                "messages": [{"id": id}]}))
    .into_response()
}
