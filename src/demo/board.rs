//! A board of the played Trello, to be connected by hand: what an admin fills in, what stands on it, and a way to move cards there.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};
use simulator::{Simulator, trello::Opened};

use crate::error::{Error, Result};

/// Called as the stages that a pipeline begins with, but for the last one.
const LISTS: [&str; 4] = ["New", "Offer sent", "Won", "Ideas"];

#[derive(Clone)]
struct Desk {
    simulator: Arc<Simulator>,
    opened: Opened,
}

#[derive(Deserialize)]
struct NewCard {
    /// A list's name.
    list: String,
    name: String,
}

#[derive(Deserialize)]
struct Move {
    list: String,
}

pub(super) fn router(simulator: Arc<Simulator>) -> Router {
    let opened = simulator.trello.open_board("Northwind", &LISTS);
    Router::new()
        .route("/playground/api/board", get(show))
        .route("/playground/api/board/cards", post(add))
        .route("/playground/api/board/cards/{id}", post(put))
        .with_state(Desk { simulator, opened })
}

async fn show(State(desk): State<Desk>) -> Json<Value> {
    let card = |card: &Value| {
        let list = desk.opened.lists.iter().position(|list| card["idList"] == *list);
        json!({"id": card["id"], "name": card["name"], "list": list.and_then(|at| LISTS.get(at)), "closed": card["closed"]})
    };
    let cards: Vec<_> = desk.simulator.trello.cards(&desk.opened.board).iter().map(card).collect();
    Json(json!({"account": desk.opened.fields, "lists": LISTS, "cards": cards}))
}

async fn add(State(desk): State<Desk>, Json(body): Json<NewCard>) -> Result<Json<Value>> {
    let list = desk.list(&body.list)?;
    let made = desk.simulator.trello.add_card(list, &body.name, "").await;
    Ok(Json(json!({"id": made.ok_or_else(|| Error::not_found("list"))?})))
}

async fn put(
    State(desk): State<Desk>,
    Path(id): Path<String>,
    Json(body): Json<Move>,
) -> Result<Json<Value>> {
    let list = desk.list(&body.list)?;
    desk.simulator.trello.change_card(&id, &json!({"idList": list})).await;
    Ok(Json(json!({"id": id})))
}

impl Desk {
    fn list(&self, name: &str) -> Result<&str> {
        let at = LISTS.iter().position(|one| *one == name);
        let list = at.and_then(|at| self.opened.lists.get(at)).map(String::as_str);
        list.ok_or_else(|| Error::invalid_field("list", "There is no such list."))
    }
}
