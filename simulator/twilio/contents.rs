//! Content templates: what an account has made on Twilio's pages, and what a message that names one says.

use std::{collections::BTreeMap, sync::Arc};

use axum::{extract::State, response::Response};
use serde_json::{Value, json};

use super::{
    Platform,
    api::{ApiError, Call, ok},
    world::sid,
};
use crate::ChatButton;

/// Templates that one list holds, so that an account with more has several lists.
const LIST: usize = 2;

pub(super) struct Content {
    sid: String,
    name: &'static str,
    language: &'static str,
    types: Value,
    status: &'static str,
}

/// What every account has from the beginning.
pub(super) fn usual() -> Vec<Content> {
    let content = |name, status, types| Content { sid: sid("HX"), name, language: "en", types, status };
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

/// The words and the buttons of a message that names a template.
pub(super) fn said(contents: &[Content], call: &Call) -> Option<Result<(String, Vec<ChatButton>), ApiError>> {
    let sid = call.text("ContentSid")?;
    Some(filled(contents, sid, call.text("ContentVariables").unwrap_or("{}")))
}

fn filled(contents: &[Content], sid: &str, variables: &str) -> Result<(String, Vec<ChatButton>), ApiError> {
    let content = contents.iter().find(|one| one.sid == sid);
    let content = content.ok_or_else(|| ApiError::new(400, 21655, "The ContentSid is Invalid"))?;
    let wrong = || ApiError::new(400, 21656, "The ContentVariables Parameter is invalid");
    let variables: BTreeMap<String, String> = serde_json::from_str(variables).map_err(|_| wrong())?;
    let shape = content.types.as_object().and_then(|types| types.values().next()).unwrap_or(&Value::Null);
    let body = shape["body"].as_str().unwrap_or_default();
    let said = variables
        .iter()
        .fold(body.to_owned(), |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value));
    if said.contains("{{") {
        return Err(wrong());
    }
    let buttons = shape["actions"].as_array().into_iter().flatten().map(|action| ChatButton {
        id: action["id"].as_str().unwrap_or_default().to_owned(),
        title: action["title"].as_str().unwrap_or_default().to_owned(),
        description: None,
        url: None,
    });
    Ok((said, buttons.collect()))
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
