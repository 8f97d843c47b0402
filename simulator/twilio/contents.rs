//! Content templates: what an account has made on Twilio's pages, and what a message that names one says.

use std::{collections::BTreeMap, sync::Arc};

use axum::{extract::State, response::Response};
use serde_json::{Value, json};

use super::{
    Platform,
    api::{ApiError, Call, created, ok},
    world::sid,
};
use crate::ChatButton;

/// Templates that one list holds, so that an account with more has several lists.
const LIST: usize = 2;

pub(super) struct Content {
    sid: String,
    name: String,
    language: &'static str,
    types: Value,
    status: &'static str,
}

/// What a message that names a content says.
#[derive(Default)]
pub(super) struct Said {
    pub text: String,
    pub buttons: Vec<ChatButton>,
    /// `text`, `interactive` or `location`.
    pub kind: &'static str,
    /// Nobody has approved it, and nobody need: within a day of the customer's last word it may go.
    pub in_session: bool,
}

/// Limits of contents that are made for a session.
const BODY_MAX: usize = 1024;
const REPLIES_MAX: usize = 3;
const ITEMS_MAX: usize = 10;

/// What every account has from the beginning.
pub(super) fn usual() -> Vec<Content> {
    let content = |name: &str, status, types| Content {
        sid: sid("HX"),
        name: String::from(name),
        language: "en",
        types,
        status,
    };
    vec![
        content(
            "order_ready",
            "approved",
            json!({ "twilio/text": { "body": "Hi {{1}}, your order {{2}} is ready." } }),
        ),
        content(
            "rate_us",
            "approved",
            json!({ "twilio/quick-reply": { "body": "How was it, {{1}}?",
                "actions": [{ "title": "Good", "id": "good" }, { "title": "Bad", "id": "bad" }] } }),
        ),
        content("spring_sale", "rejected", json!({ "twilio/text": { "body": "Everything must go." } })),
        content("opening_hours", "unsubmitted", json!({ "twilio/text": { "body": "We open at nine." } })),
    ]
}

/// `GET /v1/ContentAndApprovals`
pub(super) async fn list(State(platform): State<Arc<Platform>>, call: Call) -> Response {
    let work = async {
        let phone = platform.caller(&call)?;
        let world = platform.world();
        let number = world.numbers.get(&phone).ok_or_else(|| ApiError::not_found(&phone))?;
        let page: usize = call.query.get("Page").and_then(|text| text.parse().ok()).unwrap_or_default();
        let shown = number.contents.iter().skip(page * LIST).take(LIST);
        let contents: Vec<_> = shown.map(|one| one.shown(&number.account.sid)).collect();
        let more = number.contents.len() > (page + 1) * LIST;
        let next = format!(
            "https://content.twilio.com/v1/ContentAndApprovals?PageSize={LIST}&Page={}&PageToken=PT1",
            page + 1
        );
        ok(json!({ "contents": contents, "meta": { "key": "contents", "page": page, "page_size": LIST,
            "next_page_url": more.then_some(next), "previous_page_url": null } }))
    };
    platform.answer("contents", work).await
}

/// `POST /v1/Content`
pub(super) async fn make(State(platform): State<Arc<Platform>>, call: Call) -> Response {
    let work = async {
        let phone = platform.caller(&call)?;
        let mut world = platform.world();
        let number = world.numbers.get_mut(&phone).ok_or_else(|| ApiError::not_found(&phone))?;
        let types = call.json["types"].clone();
        sound(&types)?;
        let name = call.json["friendly_name"].as_str().unwrap_or_default().to_owned();
        let made = Content { sid: sid("HX"), name, language: "en", types, status: "unsubmitted" };
        let shown = made.shown(&number.account.sid);
        number.contents.push(made);
        created(shown)
    };
    platform.answer("content", work).await
}

fn sound(types: &Value) -> Result<(), ApiError> {
    let wrong = |what: &str| ApiError::new(400, 20001, format!("Invalid Parameter: {what}"));
    let (kind, shape) =
        types.as_object().and_then(|types| types.iter().next()).ok_or_else(|| wrong("types"))?;
    let list = |name: &str| shape[name].as_array().map_or(0, Vec::len);
    let titles = |name: &str, field: &str, most: usize| {
        let all = shape[name].as_array().into_iter().flatten();
        let mut lengths = all.map(|one| one[field].as_str().unwrap_or_default().chars().count());
        lengths.all(|length| (1..=most).contains(&length))
    };
    let body = shape["body"].as_str().unwrap_or_default().chars().count();
    let fits = match kind.as_str() {
        "twilio/location" => {
            shape["latitude"].is_number() && shape["longitude"].is_number() && shape["label"].is_string()
        }
        "twilio/quick-reply" => {
            (1..=REPLIES_MAX).contains(&list("actions")) && titles("actions", "title", 20)
        }
        "twilio/list-picker" => {
            (1..=ITEMS_MAX).contains(&list("items"))
                && titles("items", "item", 24)
                && shape["button"].is_string()
        }
        "twilio/text" => true,
        _ => false,
    };
    let placed = kind == "twilio/location" || (1..=BODY_MAX).contains(&body);
    if fits && placed { Ok(()) } else { Err(wrong(kind)) }
}

/// What a message that names a content says.
pub(super) fn said(contents: &[Content], call: &Call) -> Option<Result<Said, ApiError>> {
    let sid = call.text("ContentSid")?;
    Some(filled(contents, sid, call.text("ContentVariables").unwrap_or("{}")))
}

fn filled(contents: &[Content], sid: &str, variables: &str) -> Result<Said, ApiError> {
    let content = contents.iter().find(|one| one.sid == sid);
    let content = content.ok_or_else(|| ApiError::new(400, 21655, "The ContentSid is Invalid"))?;
    let wrong = || ApiError::new(400, 21656, "The ContentVariables Parameter is invalid");
    let variables: BTreeMap<String, String> = serde_json::from_str(variables).map_err(|_| wrong())?;
    let types = content.types.as_object();
    let (kind, shape) = types
        .and_then(|types| types.iter().next())
        .map_or(("", &Value::Null), |(kind, shape)| (kind.as_str(), shape));
    let body = shape["body"].as_str().or(shape["label"].as_str()).unwrap_or_default();
    let text = variables
        .iter()
        .fold(body.to_owned(), |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value));
    if text.contains("{{") {
        return Err(wrong());
    }
    let word = |value: &Value| value.as_str().map(str::to_owned);
    let button = |one: &Value| ChatButton {
        id: word(&one["id"]).unwrap_or_default(),
        title: word(&one["title"]).or(word(&one["item"])).unwrap_or_default(),
        description: word(&one["description"]),
        url: None,
    };
    let offered = ["actions", "items"].iter().flat_map(|list| shape[*list].as_array().into_iter().flatten());
    Ok(Said {
        text,
        buttons: offered.map(button).collect(),
        kind: if kind == "twilio/location" { "location" } else { "text" },
        in_session: content.status == "unsubmitted",
    })
}

impl Content {
    fn shown(&self, account: &str) -> Value {
        json!({
            "sid": self.sid, "account_sid": account, "friendly_name": self.name, "language": self.language,
            "variables": { "1": "Ana" }, "types": self.types, "date_created": "2026-01-02T03:04:05Z",
            "approval_requests": { "name": self.name, "category": "UTILITY", "status": self.status, "rejection_reason": "" },
        })
    }
}
