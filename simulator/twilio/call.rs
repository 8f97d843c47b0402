//! The telephones of a call: each leg is a call of its own to Twilio, with its status and its parent.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::{
    Platform,
    callback::{Callback, form},
    world::sid,
};

/// One leg.
#[derive(Clone, Debug)]
pub(super) struct Leg {
    pub sid: String,
    pub parent: Option<String>,
    /// The number of the account.
    pub number: String,
    pub from: String,
    /// `+4915…` or `client:…`.
    pub to: String,
    pub direction: &'static str,
    pub status: &'static str,
    /// Where its status is told, and which events of it.
    pub status_callback: Option<(String, String)>,
    /// Somebody took the telephone off the hook.
    pub picked_up: bool,
    pub digit: Option<char>,
    /// Seconds that were spoken after the tone.
    pub message: Option<u32>,
    /// Counts how often the API led it elsewhere.
    pub epoch: u32,
    /// What it waits for: `record`, `gather`, `dial`.
    pub waits: &'static str,
    pub answered_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub sequence: u32,
}

impl Leg {
    pub(super) fn new(number: &str, from: &str, to: &str, direction: &'static str) -> Self {
        Self {
            sid: sid("CA"),
            parent: None,
            number: number.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            direction,
            status: "ringing",
            status_callback: None,
            picked_up: false,
            digit: None,
            message: None,
            epoch: 0,
            waits: "",
            answered_at: None,
            ended_at: None,
            sequence: 0,
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended_at.is_some()
    }

    /// Seconds since it was answered; a started second counts.
    pub(super) fn duration(&self) -> i64 {
        let until = self.ended_at.unwrap_or_else(Utc::now);
        self.answered_at.map_or(0, |at| (until - at).num_milliseconds().div_euclid(1000) + 1)
    }

    pub(super) fn shown(&self) -> Value {
        json!({
            "sid": self.sid,
            "parent_call_sid": self.parent,
            "from": self.from,
            "to": self.to,
            "direction": self.direction,
            "status": self.status,
            "duration": self.ended_at.map(|_| self.duration().to_string()),
        })
    }

    /// The fields that every request about it has.
    fn fields(&self, account: &str) -> Vec<(String, String)> {
        let mut fields = form(&[
            ("CallSid", &self.sid),
            ("AccountSid", account),
            ("From", &self.from),
            ("To", &self.to),
            ("Caller", &self.from),
            ("Called", &self.to),
            ("CallStatus", self.status),
            ("Direction", self.direction),
            ("ApiVersion", "2010-04-01"),
        ]);
        fields.extend(self.parent.clone().map(|parent| ("ParentCallSid".to_owned(), parent)));
        fields
    }
}

impl Platform {
    pub(super) fn leg(&self, sid: &str) -> Option<Leg> {
        self.world().calls.get(sid).cloned()
    }

    pub(super) fn change_leg(&self, sid: &str, change: impl FnOnce(&mut Leg)) {
        if let Some(leg) = self.world().calls.get_mut(sid) {
            change(leg);
        }
    }

    /// Waits until `look` finds something, or for that many seconds of the played time.
    pub(super) async fn wait<T>(&self, seconds: u32, look: impl Fn(&Self) -> Option<T>) -> Option<T> {
        let until = tokio::time::Instant::now() + self.settings().second * seconds;
        loop {
            if let Some(found) = look(self) {
                return Some(found);
            }
            if tokio::time::Instant::now() >= until {
                return None;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// A leg moves on, and says so where it was asked to.
    pub(super) async fn move_leg(&self, sid: &str, status: &'static str, event: &str) {
        let told = {
            let mut world = self.world();
            let Some(leg) = world.calls.get_mut(sid).filter(|leg| !leg.has_ended()) else { return };
            leg.status = status;
            match event {
                "answered" => leg.answered_at = Some(Utc::now()),
                "completed" => leg.ended_at = Some(Utc::now()),
                _ => {}
            }
            let wanted =
                leg.status_callback.clone().filter(|(_, events)| events.split(' ').any(|one| one == event));
            leg.sequence += 1;
            wanted.map(|(url, _)| (url, leg.clone()))
        };
        if let Some((url, leg)) = told {
            let mut more = form(&[
                ("CallbackSource", "call-progress-events"),
                ("Timestamp", &Utc::now().to_rfc2822()),
                ("SequenceNumber", &leg.sequence.to_string()),
            ]);
            if event == "completed" {
                more.push(("CallDuration".into(), leg.duration().to_string()));
            }
            self.tell_of(&leg, &url, more).await;
        }
        self.show_call(sid);
    }

    /// Posts about a leg; what the hub answered, if it did.
    pub(super) async fn tell_of(&self, leg: &Leg, url: &str, more: Vec<(String, String)>) -> Option<String> {
        let (account, token) = {
            let world = self.world();
            let number = world.numbers.get(&leg.number)?;
            (number.account.sid.clone(), number.account.token.clone())
        };
        let mut fields = leg.fields(&account);
        fields.extend(more);
        let callback = Callback { url: url.to_owned(), token, form: fields };
        self.deliver(&callback).await.ok().map(|taken| taken.body)
    }
}
