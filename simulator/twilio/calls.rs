//! `…/Calls.json` and what belongs to it: calls of the business, and what it does to calls that go on.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    Platform,
    api::{ApiError, Call, created, ok},
    call::Leg,
    world::e164,
};

/// Begins a call: the telephone that is called rings, and what it hears is asked for once it is answered.
pub(super) async fn post(State(platform): State<Arc<Platform>>, call: Call) -> Response {
    let work = async {
        let (leg, url, seconds) = platform.begun(&call)?;
        let answer = leg.shown();
        let sid = leg.sid.clone();
        platform.world().calls.insert(sid.clone(), leg);
        tokio::spawn(platform.clone().reach(sid, url, seconds));
        created(answer)
    };
    platform.answer("calls", work).await
}

/// Filtered by `ParentCallSid`.
pub(super) async fn list(State(platform): State<Arc<Platform>>, call: Call) -> Response {
    let work = async {
        let phone = platform.caller(&call)?;
        let world = platform.world();
        let parent = call.query.get("ParentCallSid");
        let ours = world.calls.values().filter(|leg| leg.number == phone);
        let found: Vec<Value> =
            ours.filter(|leg| parent.is_none() || leg.parent.as_ref() == parent).map(Leg::shown).collect();
        ok(json!({ "calls": found, "next_page_uri": null }))
    };
    platform.answer("calls_list", work).await
}

pub(super) async fn get(State(platform): State<Arc<Platform>>, call: Call) -> Response {
    let work = async { ok(platform.own_leg(&call)?.shown()) };
    platform.answer("call", work).await
}

/// Ends a call, or leads it elsewhere.
pub(super) async fn change(State(platform): State<Arc<Platform>>, call: Call) -> Response {
    let work = async {
        let leg = platform.own_leg(&call)?;
        if leg.has_ended() {
            return Err(ApiError::new(400, 21220, "Call is not in-progress. Cannot redirect."));
        }
        if call.text("Status") == Some("completed") {
            let (platform, sid) = (platform.clone(), leg.sid.clone());
            tokio::spawn(async move { platform.hang_up(&sid).await });
        } else if let Some(url) = call.text("Url") {
            if leg.status != "in-progress" {
                return Err(ApiError::new(400, 21220, "Call is not in-progress. Cannot redirect."));
            }
            platform.change_leg(&leg.sid, |leg| leg.epoch += 1);
            tokio::spawn(platform.clone().follow(leg.sid.clone(), url.to_owned()));
        }
        ok(platform.own_leg(&call)?.shown())
    };
    platform.answer("change_call", work).await
}

/// `GET …/Recordings/{sid}.mp3`
pub(super) async fn recording(
    State(platform): State<Arc<Platform>>,
    Path((_, file)): Path<(String, String)>,
    call: Call,
) -> Response {
    let work = async {
        platform.caller(&call)?;
        let sid = file.split('.').next().unwrap_or_default().to_owned();
        let found = platform.world().media.get(&sid).cloned();
        let found = found.ok_or_else(|| ApiError::not_found(&sid))?;
        Ok(([(header::CONTENT_TYPE, found.mime)], found.bytes).into_response())
    };
    platform.answer("recording", work).await
}

/// `GET …/Keys/{sid}.json`
pub(super) async fn key(State(platform): State<Arc<Platform>>, call: Call) -> Response {
    let work = async {
        let phone = platform.caller(&call)?;
        let world = platform.world();
        let known = world.numbers.get(&phone).is_some_and(|number| number.api_key_sid == call.sid);
        if !known {
            return Err(ApiError::not_found(&call.sid));
        }
        ok(json!({ "sid": call.sid, "friendly_name": "Browsers" }))
    };
    platform.answer("key", work).await
}

impl Platform {
    fn begun(&self, call: &Call) -> Result<(Leg, String, u32), ApiError> {
        let phone = self.caller(call)?;
        let to = call.text("To").ok_or_else(|| ApiError::new(400, 21201, "No 'To' number is specified"))?;
        let from =
            call.text("From").ok_or_else(|| ApiError::new(400, 21213, "A 'From' number is required"))?;
        if e164(from) != phone {
            return Err(ApiError::new(400, 21210, "'From' phone number not verified"));
        }
        if !to.starts_with("client:") && !to.starts_with('+') {
            return Err(ApiError::new(400, 21217, "Phone number does not appear to be valid"));
        }
        let url = call.text("Url").ok_or_else(|| ApiError::new(400, 21205, "Url parameter is required."))?;
        let mut leg = Leg::new(&phone, from, to, "outbound-api");
        leg.status = "queued";
        leg.status_callback = call.text("StatusCallback").map(|url| {
            let events = call.all("StatusCallbackEvent").join(" ");
            (url.to_owned(), if events.is_empty() { "completed".to_owned() } else { events })
        });
        let seconds = call.text("Timeout").and_then(|text| text.parse().ok()).unwrap_or(60);
        Ok((leg, url.to_owned(), seconds))
    }

    fn own_leg(&self, call: &Call) -> Result<Leg, ApiError> {
        let phone = self.caller(call)?;
        let leg = self.leg(&call.sid).filter(|leg| leg.number == phone);
        leg.ok_or_else(|| ApiError::not_found(&call.sid))
    }

    /// Rings a telephone that the API calls.
    async fn reach(self: Arc<Self>, sid: String, url: String, seconds: u32) {
        self.move_leg(&sid, "ringing", "ringing").await;
        self.desk_answers(&sid);
        let picked = self
            .wait(seconds, |this| match this.leg(&sid) {
                Some(leg) if leg.has_ended() => Some(false),
                Some(leg) => leg.picked_up.then_some(true),
                None => Some(false),
            })
            .await;
        match picked {
            Some(true) => {
                self.move_leg(&sid, "in-progress", "answered").await;
                self.follow(sid, url).await;
            }
            Some(false) => {}
            None => self.move_leg(&sid, "no-answer", "completed").await,
        }
    }

    /// The one leg ends; those that talk with it notice by themselves.
    pub(super) async fn hang_up(&self, sid: &str) {
        let Some(leg) = self.leg(sid) else { return };
        let status = match leg.status {
            "in-progress" => "completed",
            _ if leg.direction == "outbound-api" => "canceled",
            "ringing" if leg.direction == "inbound" => "no-answer",
            _ => "busy",
        };
        self.move_leg(sid, status, "completed").await;
    }
}
