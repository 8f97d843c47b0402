//! One request about a call: which call, whose, and the addresses of what may come next.

use chrono::{DateTime, TimeDelta, Utc};
use url::Url;
use uuid::Uuid;
use webhooks::Verified;

use super::{
    super::{
        number::{self, Address},
        twiml::Telephone,
        wire::Fields,
    },
    form::Desk,
    step::Step,
};
use crate::{
    Account,
    call::{CallChange, CallDirection, CallState},
    event::What,
    party::{Party, PartyId},
};

/// The kind of id of a caller who shows no number.
pub(super) const WITHHELD: &str = "withheld";
const CALL: &str = "call";
const WAY: &str = "way";
const OUT: &str = "out";
const MESSAGE: &str = "message";

pub(super) struct Context<'a> {
    pub account: &'a Account,
    pub desk: Desk<'a>,
    pub fields: Fields,
    pub request: &'a Verified,
    /// The platform's id of the call that the message stands for: the leg that Twilio or we began with.
    pub call: String,
    pub direction: CallDirection,
    pub message: Option<Uuid>,
    pub at: DateTime<Utc>,
    base: Option<Url>,
}

impl<'a> Context<'a> {
    /// `None` if the request names no call.
    pub(super) fn new(account: &'a Account, request: &'a Verified, fields: Fields) -> Option<Self> {
        let call = request.query(CALL).or_else(|| fields.text("CallSid"))?.to_owned();
        let out = request.query(WAY) == Some(OUT);
        let told = fields.text("Timestamp").and_then(|text| DateTime::parse_from_rfc2822(text).ok());
        Some(Self {
            account,
            desk: Desk(account),
            request,
            call,
            direction: if out { CallDirection::Outbound } else { CallDirection::Inbound },
            message: request.query(MESSAGE).and_then(|id| Uuid::parse_str(id).ok()),
            at: happened_at(told.map(|at| at.to_utc()), request.received_at()),
            base: base(request).or_else(|| account.webhook_url().cloned()),
            fields,
        })
    }

    /// The address of another step of this call. `None` only for a replay of an account without address, whose answer goes nowhere.
    pub(super) fn link(&self, step: Step, query: &[(&str, &str)]) -> Option<Url> {
        let message = self.message.map(|id| id.to_string());
        let mut all = vec![(CALL, self.call.as_str())];
        if self.direction == CallDirection::Outbound {
            all.push((WAY, OUT));
        }
        all.extend(message.as_deref().map(|id| (MESSAGE, id)));
        all.extend(query);
        Some(step.address(self.base.as_ref()?, &all))
    }

    /// The caller of an incoming call.
    pub(super) fn caller(&self) -> Option<Party> {
        let from = self.fields.text("From")?;
        let address = Address::parse(from);
        if address.prefix.is_none() && !is_withheld(address.id) {
            return Some(number::telephone(address.id));
        }
        if address.prefix.is_some() {
            return number::party(from, &self.fields);
        }
        // Two people who hide their numbers are two people.
        Some(Party {
            ids: vec![PartyId { kind: WITHHELD.into(), key: self.call.clone(), address: from.to_owned() }],
            name: Some("Withheld number".into()),
            ..Party::default()
        })
    }

    /// News of the call, to which its own is added.
    pub(super) fn change(&self) -> CallChange {
        CallChange {
            external_id: self.call.clone(),
            thread: String::new(),
            contact: None,
            direction: self.direction,
            state: None,
            at: self.at,
            duration_seconds: None,
            answered_by: None,
            recording: None,
            transcript: None,
            reason: None,
            message_id: self.message,
        }
    }

    pub(super) fn becomes(&self, state: CallState) -> What {
        What::Call(Box::new(CallChange { state: Some(state), ..self.change() }))
    }
}

/// Twilio's time has whole seconds, and not every request has one: what comes at once is dated by its coming, so that it stands behind
/// what came before it.
fn happened_at(told: Option<DateTime<Utc>>, received: DateTime<Utc>) -> DateTime<Utc> {
    told.filter(|told| received - *told > TimeDelta::seconds(2)).unwrap_or(received)
}

/// How a call that we begin carries our message's id and whom to call through the platform.
pub(super) fn begun(base: &Url, step: Step, message: Uuid, query: &[(&str, &str)]) -> Url {
    let message = message.to_string();
    let mut all = vec![(WAY, OUT), (MESSAGE, message.as_str())];
    all.extend(query);
    step.address(base, &all)
}

/// How a call that goes on is led elsewhere.
pub(super) fn led(
    base: &Url,
    step: Step,
    call: &str,
    direction: CallDirection,
    query: &[(&str, &str)],
) -> Url {
    let mut all = vec![(CALL, call)];
    if direction == CallDirection::Outbound {
        all.push((WAY, OUT));
    }
    all.extend(query);
    step.address(base, &all)
}

/// A telephone as a query carries it.
pub(super) fn telephone(text: &str) -> Telephone {
    match text.strip_prefix("client:") {
        Some(identity) => Telephone::Client(identity.to_owned()),
        None => Telephone::Number(text.to_owned()),
    }
}

/// The integration's address, out of the request's own.
fn base(request: &Verified) -> Option<Url> {
    let mut url = request.url().parse::<Url>().ok()?;
    url.set_query(None);
    url.set_fragment(None);
    Some(url)
}

/// Twilio's words for it, and ANONYMOUS as it is dialled.
fn is_withheld(number: &str) -> bool {
    let word = number.trim_start_matches('+').to_ascii_lowercase();
    matches!(
        word.as_str(),
        "anonymous"
            | "unknown"
            | "restricted"
            | "unavailable"
            | "private"
            | "blocked"
            | "266696687"
            | "7378742833"
            | "2562533"
            | "8656696"
            | "86282452253"
    )
}
