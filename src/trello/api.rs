//! Calls of Trello's API, version 1. Every one carries our identifier, which Trello repeats in callbacks about what the call did.

use std::time::Duration;

use account::Account;
use chrono::{DateTime, SecondsFormat, Utc};
use net::{Failure, Method, Request, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    form::{API_KEY, TOKEN},
    wire::{Action, Board, Card, List, Member, Webhook},
};

const ORIGIN: &str = "https://api.trello.com";
/// How long Trello wants to be left alone after too many calls: its counts begin anew every ten seconds.
const PAUSE: Duration = Duration::from_secs(10);
/// Most actions of one answer, and most answers that are asked for at once.
const PAGE: usize = 1000;
const PAGES: usize = 20;
const CARD_FIELDS: &str = "name,desc,idList,idBoard,closed,due,pos,dateLastActivity";

/// The header by which what we did ourselves is known again.
pub const CLIENT: &str = "X-Trello-Client-Identifier";

/// Why a call has no answer that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrelloError {
    /// The token is refused: nothing goes any more until an admin has mended it.
    #[error("{0}")]
    TokenRefused(String),
    /// There is no such thing, or the token does not see it.
    #[error("Trello has no such thing: {0}")]
    Gone(String),
    #[error("Trello refused: {0}")]
    Refused(String),
    /// Not carried out: too many calls. Comes again after the pause.
    #[error("too many calls of Trello")]
    Slower(Duration),
    /// Trello is away, or gave no answer. What was to be written may be written.
    #[error("{0}")]
    Unclear(String),
}

/// One token's way to Trello.
pub struct Trello<'a> {
    account: &'a Account,
    net: &'a net::Client,
    client: String,
}

/// What of a card is to be written; `None` is left as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CardChange {
    pub name: Option<String>,
    pub list: Option<String>,
    pub closed: Option<bool>,
    /// `Some(None)`: none any more.
    pub due: Option<Option<DateTime<Utc>>>,
}

impl CardChange {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl<'a> Trello<'a> {
    /// `client` names us in [`CLIENT`].
    pub const fn new(account: &'a Account, net: &'a net::Client, client: String) -> Self {
        Self { account, net, client }
    }

    /// Whose the token is.
    pub async fn me(&self) -> Result<Member, TrelloError> {
        self.get(&["members", "me"], &[("fields", "fullName,username")]).await
    }

    /// Open boards with their open lists.
    pub async fn boards(&self) -> Result<Vec<Board>, TrelloError> {
        let query = [("filter", "open"), ("fields", "name,url,closed"), ("lists", "open")];
        self.get(&["members", "me", "boards"], &query).await
    }

    pub async fn board(&self, id: &str) -> Result<Board, TrelloError> {
        self.get(&["boards", id], &[("fields", "name,url,closed"), ("lists", "open")]).await
    }

    pub async fn lists(&self, board: &str) -> Result<Vec<List>, TrelloError> {
        self.get(&["boards", board, "lists"], &[("filter", "open"), ("fields", "name,closed")]).await
    }

    /// `filter`: `open`, or `all` with those in the archive.
    pub async fn cards(&self, board: &str, filter: &str) -> Result<Vec<Card>, TrelloError> {
        self.get(&["boards", board, "cards"], &[("filter", filter), ("fields", CARD_FIELDS)]).await
    }

    pub async fn card(&self, id: &str) -> Result<Card, TrelloError> {
        self.get(&["cards", id], &[("fields", CARD_FIELDS)]).await
    }

    pub async fn make_card(&self, change: &CardChange, desc: &str) -> Result<Card, TrelloError> {
        let mut body = written(change);
        body["desc"] = json!(desc);
        body["pos"] = json!("top");
        self.read(self.request(Method::POST, &["cards"], &[])?.json(&body)).await
    }

    pub async fn change_card(&self, id: &str, change: &CardChange) -> Result<Card, TrelloError> {
        self.read(self.request(Method::PUT, &["cards", id], &[])?.json(&written(change))).await
    }

    /// What happened on a board since then, oldest first.
    pub async fn actions(
        &self,
        board: &str,
        since: DateTime<Utc>,
        kinds: &str,
    ) -> Result<Vec<Action>, TrelloError> {
        let (since, limit) = (since.to_rfc3339_opts(SecondsFormat::Millis, true), PAGE.to_string());
        let mut all: Vec<Action> = Vec::new();
        for _ in 0..PAGES {
            let before = all.last().map(|last| last.id.clone());
            let mut query = vec![("since", since.as_str()), ("limit", &limit), ("filter", kinds)];
            if let Some(before) = &before {
                query.push(("before", before));
            }
            let page: Vec<Action> = self.get(&["boards", board, "actions"], &query).await?;
            let last = page.len() < PAGE;
            all.extend(page);
            if last {
                break;
            }
        }
        all.sort_by(|one, other| (one.date, &one.id).cmp(&(other.date, &other.id)));
        Ok(all)
    }

    /// Those of the token.
    pub async fn webhooks(&self) -> Result<Vec<Webhook>, TrelloError> {
        let token = self.token();
        self.get(&["tokens", token.expose_secret(), "webhooks"], &[]).await
    }

    /// Trello asks for the address (`HEAD`) before it answers.
    pub async fn make_webhook(&self, board: &str, url: &str) -> Result<Webhook, TrelloError> {
        let body = json!({"callbackURL": url, "idModel": board, "description": "Switchboard"});
        self.read(self.request(Method::POST, &["webhooks"], &[])?.json(&body)).await
    }

    pub async fn activate_webhook(&self, id: &str) -> Result<Webhook, TrelloError> {
        self.read(self.request(Method::PUT, &["webhooks", id], &[])?.json(&json!({"active": true}))).await
    }

    pub async fn delete_webhook(&self, id: &str) -> Result<(), TrelloError> {
        let request = self.request(Method::DELETE, &["webhooks", id], &[])?;
        self.send(request).await.map(drop)
    }

    async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<T, TrelloError> {
        self.read(self.request(Method::GET, path, query)?).await
    }

    fn request(&self, method: Method, path: &[&str], query: &[(&str, &str)]) -> Result<Request, TrelloError> {
        let unusable = || TrelloError::TokenRefused("The API address cannot be used.".to_owned());
        let mut url = self.account.api_base(ORIGIN).map_err(|_| unusable())?;
        url.path_segments_mut().map_err(|()| unusable())?.pop_if_empty().push("1").extend(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let (key, token) = (self.account.text(API_KEY), self.token());
        let proof = format!("OAuth oauth_consumer_key=\"{key}\", oauth_token=\"{}\"", token.expose_secret());
        Ok(Request::new(method, url).header("Authorization", proof).header(CLIENT, &*self.client))
    }

    fn token(&self) -> SecretString {
        self.account.secret(TOKEN)
    }

    async fn read<T: DeserializeOwned>(&self, request: Request) -> Result<T, TrelloError> {
        let response = self.send(request).await?;
        response
            .json()
            .map_err(|error| TrelloError::Unclear(format!("Trello's answer makes no sense: {error}")))
    }

    async fn send(&self, request: Request) -> Result<Response, TrelloError> {
        let response = self.net.send(request).await.map_err(|failure| match failure {
            Failure::Refused(why) => {
                TrelloError::TokenRefused(format!("The API address cannot be used: {why}."))
            }
            other => TrelloError::Unclear(other.to_string()),
        })?;
        if response.status.is_success() { Ok(response) } else { Err(refusal(&response)) }
    }
}

/// Errors are mostly plain text, now and then JSON with a `message`.
fn refusal(response: &Response) -> TrelloError {
    let text = String::from_utf8_lossy(&response.body).trim().replace('\0', "");
    let said = serde_json::from_str::<Value>(&text).ok();
    let said = said.as_ref().and_then(|said| said["message"].as_str()).map_or(text.clone(), str::to_owned);
    let said: String = said.chars().take(200).collect();
    match response.status.as_u16() {
        // The token is good, but does not reach this thing.
        401 if said.contains("permission requested") => TrelloError::Gone(said),
        401 => TrelloError::TokenRefused(format!(
            "Trello does not accept the token ({said}). Connect with a new one."
        )),
        404 => TrelloError::Gone(said),
        429 => TrelloError::Slower(response.retry_after().unwrap_or(PAUSE)),
        400..=499 => TrelloError::Refused(said),
        status => TrelloError::Unclear(format!("Trello answered {status}: {said}")),
    }
}

fn written(change: &CardChange) -> Value {
    let mut body = serde_json::Map::new();
    let mut put = |name: &str, value: Value| body.insert(name.to_owned(), value);
    if let Some(name) = &change.name {
        put("name", json!(name));
    }
    if let Some(list) = &change.list {
        put("idList", json!(list));
    }
    if let Some(closed) = change.closed {
        put("closed", json!(closed));
    }
    if let Some(due) = change.due {
        put("due", json!(due.map(|due| due.to_rfc3339_opts(SecondsFormat::Millis, true))));
    }
    Value::Object(body)
}
