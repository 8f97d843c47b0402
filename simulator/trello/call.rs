//! Calls of the API. Errors are plain text, as most of Trello's are; too many calls are answered in JSON.

use std::sync::Arc;

use axum::{
    body::{self, Body},
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{
    Player,
    books::{Account, Actor, Books, Webhook, new_id},
    lock, text,
};
use crate::cashier::suffer;

/// What a call carries: its query, and over it its body.
type Fields = Map<String, Value>;

/// What is answered, and what it makes known.
struct Done {
    answer: Value,
    actions: Vec<Value>,
}

type Outcome = Result<Done, Refused>;

/// Status and words.
struct Refused(u16, &'static str);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (StatusCode::from_u16(self.0).unwrap_or(StatusCode::BAD_REQUEST), self.1).into_response()
    }
}

fn said(answer: Value) -> Outcome {
    Ok(Done { answer, actions: Vec::new() })
}

fn trouble(code: i64, retry_after: Option<u64>) -> Response {
    let status = u16::try_from(code).unwrap_or(400);
    let mut response = match status {
        429 => {
            let body = json!({"error": "API_TOKEN_LIMIT_EXCEEDED", "message": "Rate limit exceeded"});
            (StatusCode::TOO_MANY_REQUESTS, axum::Json(body)).into_response()
        }
        401 => Refused(401, "invalid token").into_response(),
        404 => Refused(404, "The requested resource was not found.").into_response(),
        status => Refused(status, "invalid value").into_response(),
    };
    if let Some(seconds) = retry_after {
        response.headers_mut().insert("retry-after", seconds.into());
    }
    response
}

pub(super) async fn handle(State(player): State<Arc<Player>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (proof, client) = (header("authorization"), header("x-trello-client-identifier"));
    let path: Vec<String> = head.uri.path().split('/').skip(2).map(str::to_owned).collect();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let fields = fields(head.uri.query().unwrap_or_default(), body).await;
    let Some(name) = name(head.method.as_str(), &path) else {
        return Refused(404, "Cannot find it").into_response();
    };
    lock(&player.calls).push(name.to_owned());
    let account = match account(&lock(&player.books), proof.as_deref()) {
        Ok(account) => account,
        Err(refused) => return refused.into_response(),
    };
    // Trello asks for the address before it answers.
    if name == "webhooks.create" && player.messenger.ask(text(&fields, "callbackURL")).await != 200 {
        return Refused(400, "URL (callbackURL) did not return 200 status code").into_response();
    }
    let work = || {
        let outcome = act(&mut lock(&player.books), &account, name, &path, &fields);
        match outcome {
            Ok(done) => {
                player.send_off(done.actions, client);
                axum::Json(done.answer).into_response()
            }
            Err(refused) => refused.into_response(),
        }
    };
    suffer(&player.faults, name, trouble, work).await
}

async fn fields(query: &str, body: Body) -> Fields {
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    let mut fields: Fields = pairs.into_owned().map(|(name, value)| (name, json!(value))).collect();
    let body = body::to_bytes(body, 1024 * 1024).await.unwrap_or_default();
    if let Ok(Value::Object(given)) = serde_json::from_slice(&body) {
        fields.extend(given);
    }
    fields
}

/// As faults and tests call it.
fn name(method: &str, path: &[&str]) -> Option<&'static str> {
    Some(match (method, path) {
        ("GET", ["members", "me"]) => "members.me",
        ("GET", ["members", "me", "boards"]) => "boards.list",
        ("GET", ["boards", _]) => "boards.get",
        ("GET", ["boards", _, "lists"]) => "boards.lists",
        ("GET", ["boards", _, "cards"]) => "boards.cards",
        ("GET", ["boards", _, "actions"]) => "boards.actions",
        ("GET", ["cards", _]) => "cards.get",
        ("POST", ["cards"]) => "cards.create",
        ("PUT", ["cards", _]) => "cards.update",
        ("GET", ["tokens", _, "webhooks"]) => "webhooks.list",
        ("POST", ["webhooks"]) => "webhooks.create",
        ("PUT", ["webhooks", _]) => "webhooks.update",
        ("DELETE", ["webhooks", _]) => "webhooks.delete",
        _ => return None,
    })
}

/// `OAuth oauth_consumer_key="…", oauth_token="…"`.
fn account(books: &Books, proof: Option<&str>) -> Result<Account, Refused> {
    let proof = proof.and_then(|proof| proof.strip_prefix("OAuth ")).unwrap_or_default();
    let part = |name: &str| {
        let (_, rest) = proof.split_once(&format!("{name}=\""))?;
        rest.split_once('"').map(|(value, _)| value)
    };
    let key = part("oauth_consumer_key").unwrap_or_default();
    if !books.accounts.iter().any(|one| one.key == key) {
        return Err(Refused(401, "invalid key"));
    }
    let token = part("oauth_token").unwrap_or_default();
    let found = books.accounts.iter().find(|one| one.key == key && one.token == token && !one.revoked);
    found.cloned().ok_or(Refused(401, "invalid token"))
}

fn act(books: &mut Books, account: &Account, name: &str, path: &[&str], fields: &Fields) -> Outcome {
    let id = path.get(1).copied().unwrap_or_default();
    match name {
        "members.me" => said(account.member.clone()),
        "boards.list" => {
            let seen =
                books.boards.values().filter(|board| board.tokens.contains(&account.token) && !board.closed);
            said(seen.map(|board| board.show()).collect())
        }
        name if name.starts_with("boards.") => about_board(books, account, name, id, fields),
        name if name.starts_with("cards.") => about_card(books, account, name, id, fields),
        _ => about_webhook(books, account, name, id, fields),
    }
}

fn about_board(books: &Books, account: &Account, name: &str, id: &str, fields: &Fields) -> Outcome {
    let board = books.boards.get(id).ok_or(Refused(404, "The requested resource was not found."))?;
    if !board.tokens.contains(&account.token) {
        return Err(Refused(401, "unauthorized permission requested"));
    }
    let open = text(fields, "filter") == "open";
    said(match name {
        "boards.get" => board.show(),
        "boards.lists" => board.lists_shown().into(),
        "boards.cards" => {
            let cards = books.cards.values().filter(|card| card["idBoard"] == *board.id);
            cards.filter(|card| !open || card["closed"] == false).cloned().collect()
        }
        _ => actions(books, id, fields),
    })
}

/// Newest first, after `since`, before `before`.
fn actions(books: &Books, board: &str, fields: &Fields) -> Value {
    let since = text(fields, "since");
    let before = Some(text(fields, "before")).filter(|id| !id.is_empty());
    let kinds: Vec<&str> = text(fields, "filter").split(',').collect();
    let limit = text(fields, "limit").parse().unwrap_or(50);
    let of = |action: &&Value, name: &str| action[name].as_str().unwrap_or_default().to_owned();
    let found = books.actions.iter().rev().filter(|action| action["data"]["board"]["id"] == board);
    found
        .filter(|action| {
            of(action, "date").as_str() > since
                && before.is_none_or(|before| of(action, "id").as_str() < before)
        })
        .filter(|action| kinds.contains(&of(action, "type").as_str()))
        .take(limit)
        .cloned()
        .collect()
}

fn about_card(books: &mut Books, account: &Account, name: &str, id: &str, fields: &Fields) -> Outcome {
    let by = Actor { member: account.member.clone() };
    if name == "cards.create" {
        if text(fields, "idList").is_empty() {
            return Err(Refused(400, "invalid value for idList"));
        }
        let made = books.make_card(text(fields, "idList"), &Value::Object(fields.clone()), &by);
        let (id, actions) = made.ok_or(Refused(404, "could not find the list"))?;
        return Ok(Done { answer: books.cards.get(&id).cloned().unwrap_or_default(), actions });
    }
    let known = books.cards.get(id).cloned().ok_or(Refused(404, "The requested resource was not found."))?;
    if name == "cards.get" {
        return said(known);
    }
    let actions = books.change_card(id, fields, &by).ok_or(Refused(400, "invalid value for idList"))?;
    Ok(Done { answer: books.cards.get(id).cloned().unwrap_or_default(), actions })
}

fn about_webhook(books: &mut Books, account: &Account, name: &str, id: &str, fields: &Fields) -> Outcome {
    let mine = |hook: &&Webhook| hook.token == account.token;
    match name {
        "webhooks.list" => said(books.webhooks.values().filter(mine).map(Webhook::show).collect()),
        "webhooks.create" => {
            let (url, model) = (text(fields, "callbackURL"), text(fields, "idModel"));
            if books
                .webhooks
                .values()
                .filter(mine)
                .any(|hook| hook.callback_url == url && hook.model == model)
            {
                return Err(Refused(400, "A webhook with that callback, model, and token already exists"));
            }
            let hook = Webhook {
                id: new_id(),
                token: account.token.clone(),
                model: model.to_owned(),
                callback_url: url.to_owned(),
                active: true,
                failures: 0,
            };
            let answer = hook.show();
            books.webhooks.insert(hook.id.clone(), hook);
            said(answer)
        }
        _ => {
            let hook = books.webhooks.get_mut(id).filter(|hook| hook.token == account.token);
            let hook = hook.ok_or(Refused(404, "The requested resource was not found."))?;
            if name == "webhooks.delete" {
                books.webhooks.remove(id);
                return said(json!({"_value": null}));
            }
            hook.active = fields.get("active").and_then(Value::as_bool).unwrap_or(hook.active);
            hook.failures = 0;
            said(hook.show())
        }
    }
}
