//! The playground's own interface: write as a customer on a played platform, and see what the customer sees.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Json, Router,
    body::Body,
    extract::{DefaultBodyLimit, Multipart, Query, State},
    http::{StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::{get, post},
};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use simulator::{Act, ActError, ChatMessage, Customer, Fault, Media, Simulator};
use tokio::sync::broadcast;

use super::{board, room, seed};
use crate::{
    app::App,
    error::{Error, Problem, Result},
};

/// Bytes of a file that a customer sends.
const FILE_BYTES: usize = 32 << 20;

#[derive(Clone)]
struct Playground {
    app: App,
    simulator: Arc<Simulator>,
}

/// `digits` are this person's alone.
#[derive(Deserialize)]
struct Person {
    channel: String,
    name: String,
    digits: String,
}

#[derive(Deserialize)]
struct Chat {
    channel: String,
    account: String,
    customer: String,
}

#[derive(Deserialize)]
struct ActBody {
    channel: String,
    account: String,
    customer: Customer,
    act: Act,
}

/// The next `times` calls of that name are refused with the platform's error of this code.
#[derive(Deserialize)]
struct Trouble {
    channel: String,
    method: String,
    code: i64,
    #[serde(default)]
    times: u8,
}

#[derive(Serialize, sqlx::FromRow)]
struct AccountRow {
    channel: String,
    account: String,
    name: String,
}

#[derive(Serialize)]
struct ShownAccount {
    #[serde(flatten)]
    row: AccountRow,
    /// Customers call and do not write.
    telephone: bool,
    /// Where a person can be the customer with their own hands.
    page: Option<String>,
}

#[derive(Deserialize)]
struct File {
    url: String,
}

pub(super) fn router(app: App, simulator: Arc<Simulator>) -> Router {
    Router::new()
        .route("/playground/api/accounts", get(accounts))
        .route("/playground/api/customer", get(customer))
        .route("/playground/api/chat", get(chat))
        .route("/playground/api/act", post(act))
        .route("/playground/api/trouble", post(trouble))
        .route("/playground/api/media", post(media).layer(DefaultBodyLimit::max(FILE_BYTES)))
        .route("/playground/api/file", get(file))
        .route("/playground/api/changes", get(changes))
        .with_state(Playground { app, simulator: simulator.clone() })
        .merge(board::router(simulator.clone()))
        .merge(room::router(simulator))
}

async fn accounts(State(playground): State<Playground>) -> Result<Json<Value>> {
    let rows: Vec<AccountRow> = sqlx::query_as(
        "select channel, account_key as account, name from integrations where deleted_at is null order by created_at",
    )
    .fetch_all(playground.app.db.system())
    .await?;
    let shown = |row: AccountRow| {
        let player = playground.simulator.player(&row.channel)?;
        let is_played = player.accounts().contains(&row.account);
        let channel = channels::find(&row.channel).filter(|_| is_played)?;
        let page = player.page(&row.account);
        Some(ShownAccount { row, telephone: channel.abilities().text.max == 0, page })
    };
    let accounts: Vec<_> = rows.into_iter().filter_map(shown).collect();
    // Whether the demo has connected all of them, and everybody has said what they say.
    let settled = seed::find(&playground.app).await?.is_some_and(|(_, finished)| finished);
    Ok(Json(json!({"data": accounts, "settled": settled})))
}

/// A person as the platform calls people.
async fn customer(
    State(playground): State<Playground>,
    Query(person): Query<Person>,
) -> Result<Json<Customer>> {
    let player = playground.simulator.player(&person.channel).ok_or_else(|| Error::not_found("platform"))?;
    Ok(Json(player.customer(&person.name, &person.digits)))
}

async fn chat(State(playground): State<Playground>, Query(chat): Query<Chat>) -> Result<Json<Value>> {
    let player = playground.simulator.player(&chat.channel).ok_or_else(|| Error::not_found("platform"))?;
    let messages: Vec<_> = player.chat(&chat.account, &chat.customer).into_iter().map(reachable).collect();
    Ok(Json(json!({"data": messages})))
}

/// The browser may only load from the hub itself.
fn reachable(mut message: ChatMessage) -> ChatMessage {
    message.media_url = message.media_url.map(|url| {
        let query: String =
            url::form_urlencoded::Serializer::new(String::new()).append_pair("url", &url).finish();
        format!("/playground/api/file?{query}")
    });
    message
}

async fn act(State(playground): State<Playground>, Json(body): Json<ActBody>) -> Result<Json<Value>> {
    perform(&playground, &body.channel, &body.account, &body.customer, body.act).await
}

async fn trouble(State(playground): State<Playground>, Json(asked): Json<Trouble>) -> Result<StatusCode> {
    let player = playground.simulator.player(&asked.channel);
    let faults = player.as_ref().and_then(|player| player.trouble());
    let faults = faults.ok_or_else(|| Error::not_found("platform"))?;
    for _ in 0..asked.times.max(1) {
        faults.next(&asked.method, Fault::Refuse { code: asked.code, retry_after: None });
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn media(State(playground): State<Playground>, mut form: Multipart) -> Result<Json<Value>> {
    let malformed = |error: axum::extract::multipart::MultipartError| {
        Error::bad_request("malformed_form", error.body_text())
    };
    let mut fields = std::collections::BTreeMap::new();
    let mut file: Option<(String, String, Bytes)> = None;
    while let Some(field) = form.next_field().await.map_err(malformed)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            let file_name = field.file_name().unwrap_or("file").to_owned();
            let mime = field.content_type().unwrap_or("application/octet-stream").to_owned();
            file = Some((file_name, mime, field.bytes().await.map_err(malformed)?));
        } else {
            fields.insert(name, field.text().await.map_err(malformed)?);
        }
    }
    let (file_name, mime, bytes) = file.ok_or_else(|| Error::invalid_field("file", "Choose a file."))?;
    let mut take = |name: &str| fields.remove(name).unwrap_or_default();
    let (channel, account) = (take("channel"), take("account"));
    let customer = Customer { id: take("customer_id"), name: take("customer_name"), username: None };
    let caption = Some(take("caption")).filter(|caption| !caption.is_empty());
    let act = Act::Media(Media { kind: take("kind"), file_name, mime, bytes, caption });
    perform(&playground, &channel, &account, &customer, act).await
}

async fn perform(
    playground: &Playground,
    channel: &str,
    account: &str,
    customer: &Customer,
    act: Act,
) -> Result<Json<Value>> {
    let player = playground.simulator.player(channel).ok_or_else(|| Error::not_found("platform"))?;
    let id = player.act(account, customer, act).await.map_err(untaken)?;
    Ok(Json(json!({"id": id})))
}

/// Why somebody on a played platform could not do something.
pub(super) fn untaken(error: ActError) -> Error {
    let (status, code) = match error {
        ActError::NoSuchAccount | ActError::NoSuchMessage => (StatusCode::NOT_FOUND, "not_found"),
        ActError::Unsupported(_) => (StatusCode::UNPROCESSABLE_ENTITY, "unsupported"),
        ActError::NoWebhook | ActError::NotTaken(_) => (StatusCode::BAD_GATEWAY, "not_taken"),
    };
    Error::from(Problem::new(status, code, error.to_string()))
}

/// A file of a chat, fetched from the played platform and from nowhere else.
async fn file(State(playground): State<Playground>, Query(file): Query<File>) -> Result<Response> {
    let base = playground.simulator.base_url();
    let inside = file.url.strip_prefix(&base).is_some_and(|rest| rest.starts_with('/'));
    let url = url::Url::parse(&file.url).ok().filter(|_| inside).ok_or_else(|| Error::not_found("file"))?;
    let fetched = playground
        .app
        .net
        .send(net::Request::get(url))
        .await
        .map_err(|error| Error::Internal(error.to_string()))?;
    let mime = fetched.headers.get(header::CONTENT_TYPE).cloned();
    let mut response = (fetched.status, Body::from(fetched.body)).into_response();
    if let Some(mime) = mime {
        response.headers_mut().insert(header::CONTENT_TYPE, mime);
    }
    Ok(response)
}

async fn changes(State(playground): State<Playground>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let all = playground.simulator.players().into_iter().map(|player| told(player.changes()));
    Sse::new(stream::select_all(all)).keep_alive(KeepAlive::default())
}

/// A listener that lagged looks again at everything when it hears of the next change.
fn told(
    changes: broadcast::Receiver<simulator::ChatChanged>,
) -> std::pin::Pin<Box<dyn Stream<Item = Result<Event, Infallible>> + Send>> {
    stream::unfold(changes, async |mut changes| {
        loop {
            match changes.recv().await {
                Ok(change) => return Some((change, changes)),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    })
    .filter_map(async |change| Event::default().json_data(change).ok().map(Ok))
    .boxed()
}
