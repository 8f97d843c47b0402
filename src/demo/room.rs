//! The channel of the played Slack in which the demo's people can follow conversations and answer them: what stands in it, and a
//! way to write there.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Query, State},
    routing::get,
};
use serde::Deserialize;
use serde_json::{Value, json};
use simulator::{Customer, Player, Simulator};

use super::{playground::untaken, seed::LOGINS};
use crate::error::{Error, Result};

const ROOM: &str = "C0SUPPORT";
const NAME: &str = "support";

#[derive(Deserialize)]
struct Which {
    account: String,
}

#[derive(Deserialize)]
struct Said {
    account: String,
    /// One of the demo's people.
    name: String,
    /// The thread to write in; a message of its own without one.
    thread: Option<String>,
    text: String,
}

/// Opens the channel in each played workspace. The demo's people have their addresses there, so that they are known.
pub(super) fn open(simulator: &Simulator) {
    for account in simulator.slack.accounts() {
        simulator.slack.open_channel(&account, ROOM, NAME);
        for (number, (email, ..)) in LOGINS.iter().enumerate() {
            simulator.slack.set_email(&account, &person_id(number), email, true);
        }
    }
}

pub(super) fn router(simulator: Arc<Simulator>) -> Router {
    Router::new().route("/playground/api/room", get(show).post(say)).with_state(simulator)
}

async fn show(State(simulator): State<Arc<Simulator>>, Query(which): Query<Which>) -> Json<Value> {
    let posted = simulator.slack.posted(&which.account, ROOM);
    let lines = posted.into_iter().filter(|one| !one.deleted).map(|one| {
        let by = one.event["user"].as_str().and_then(name_of);
        json!({"id": one.id, "thread": one.thread, "text": one.text, "name": by.filter(|_| !one.ours)})
    });
    let people: Vec<_> = LOGINS.iter().map(|(_, name, _)| name).collect();
    Json(json!({"name": format!("#{NAME}"), "people": people, "data": lines.collect::<Vec<_>>()}))
}

async fn say(State(simulator): State<Arc<Simulator>>, Json(said): Json<Said>) -> Result<Json<Value>> {
    let number = LOGINS.iter().position(|(_, name, _)| *name == said.name);
    let number = number.ok_or_else(|| Error::not_found("person"))?;
    let person = Customer { id: person_id(number), name: said.name, username: None };
    let thread = said.thread.as_deref();
    let id = simulator.slack.say_in(&said.account, &person, ROOM, &said.text, thread).await;
    Ok(Json(json!({"id": id.map_err(untaken)?})))
}

fn person_id(number: usize) -> String {
    format!("U0NORTHWIND{number}")
}

fn name_of(id: &str) -> Option<&'static str> {
    let number = (0..LOGINS.len()).find(|number| person_id(*number) == id)?;
    Some(LOGINS[number].1)
}
