//! Telephone calls. A platform tells of a call piece by piece, in any order and more than once; [`Call::take`] puts the pieces
//! together, and a call only ever moves forward.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::{
    event::{InboundMedia, InboundMessage},
    message::{Kind, Part},
    party::Party,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum CallDirection {
    /// The customer calls.
    Inbound,
    Outbound,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum CallState {
    Queued,
    Ringing,
    InProgress,
    OnHold,
    Completed,
    NoAnswer,
    Busy,
    Failed,
    Cancelled,
    /// The caller left a message. May follow any other end.
    Voicemail,
}

/// A call as its message's part shows it. A recording is the message's attachment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Call {
    pub direction: CallDirection,
    pub state: CallState,
    /// Since when it is in this state.
    pub at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub answered_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended_at: Option<DateTime<Utc>>,
    /// Of talking.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub duration_seconds: Option<u32>,
    /// A member's id, or a name or number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub answered_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub transcript: Option<String>,
    /// Why it ended, where the platform says more than the state.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

/// Something that a platform told about a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallChange {
    /// The platform's id of the call, unique within the account: the message's external id.
    pub external_id: String,
    pub thread: String,
    /// The customer. Without one, news of a call that nobody knows waits for the call.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub contact: Option<Party>,
    pub direction: CallDirection,
    /// `None` for what is no change of state: a recording, a transcript.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub state: Option<CallState>,
    pub at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub duration_seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub answered_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub recording: Option<InboundMedia>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub transcript: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// Our own message's id. A call that we began must carry it through the platform, or news that overtakes the answer to
    /// our request would make a second message.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub message_id: Option<uuid::Uuid>,
}

/// Whose telephone rings first when we call a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum CallLeg {
    /// The member's browser, by the member's id.
    Browser { identity: String },
    /// E.164 with plus.
    Phone { number: String },
}

/// With which a browser becomes a telephone, by the platform's own library.
#[derive(Clone, Debug)]
pub struct BrowserPhone {
    /// Rings when the member begins a call, or is given one.
    pub own: PhoneToken,
    /// Rings in all browsers when a customer calls.
    pub shared: PhoneToken,
    pub expires_at: DateTime<Utc>,
    /// The platform's library that carries the sound: `twilio`. `None` where the account stands behind another address than the
    /// platform's own, which the library cannot reach: calls are led and shown, and nothing is heard.
    pub library: Option<&'static str>,
}

/// Sources of a Content-Security-Policy, for the platform's library in the browser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BrowserSources {
    /// `connect-src`
    pub connect: &'static [&'static str],
    /// `media-src`
    pub media: &'static [&'static str],
}

#[derive(Clone, Debug)]
pub struct PhoneToken {
    pub identity: String,
    pub token: SecretString,
}

/// What a member does to a call that goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallAct {
    /// The platform's id of the call.
    pub external_id: String,
    pub thread: String,
    pub verb: CallVerb,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallVerb {
    HangUp,
    Hold,
    Resume,
    Transfer { to: CallLeg },
}

impl CallState {
    pub fn has_ended(self) -> bool {
        self.rank() >= 3
    }

    /// Whether this is further than `before`. The two states of talking follow each other by their time alone.
    pub fn may_follow(self, before: Self) -> bool {
        self.rank() > before.rank()
    }

    fn rank(self) -> u8 {
        match self {
            Self::Queued => 0,
            Self::Ringing => 1,
            Self::InProgress | Self::OnHold => 2,
            Self::NoAnswer | Self::Busy | Self::Failed | Self::Cancelled => 3,
            // Whoever says that somebody spoke knows more.
            Self::Completed => 4,
            Self::Voicemail => 5,
        }
    }
}

impl Call {
    pub fn new(direction: CallDirection, at: DateTime<Utc>) -> Self {
        Self {
            direction,
            state: CallState::Queued,
            at,
            answered_at: None,
            ended_at: None,
            duration_seconds: None,
            answered_by: None,
            transcript: None,
            reason: None,
        }
    }

    /// Whether the change said anything new. Late, repeated and unordered changes are safe.
    pub fn take(&mut self, change: &CallChange) -> bool {
        let before = self.clone();
        if let Some(state) = change.state {
            self.enter(state, change);
        }
        // A longer talk is the later word of it.
        self.duration_seconds = self.duration_seconds.max(change.duration_seconds);
        if let Some(by) =
            change.answered_by.as_ref().filter(|_| self.answered_by.is_none() || change.at >= self.at)
        {
            self.answered_by = Some(by.clone());
        }
        if let Some(transcript) = change.transcript.as_ref().filter(|text| !text.trim().is_empty()) {
            self.transcript = Some(transcript.clone());
        }
        *self != before
    }

    fn enter(&mut self, state: CallState, change: &CallChange) {
        let talking = |state| matches!(state, CallState::InProgress | CallState::OnHold);
        if state == CallState::InProgress {
            let earliest = self.answered_at.map_or(change.at, |known| known.min(change.at));
            self.answered_at = Some(earliest);
            if self.state == CallState::NoAnswer {
                self.state = CallState::Completed;
            }
        }
        // Platforms end an answered call in words of their own: it was spoken, whatever they call its end, and cannot be cancelled.
        let state = match state {
            CallState::NoAnswer if self.answered_at.is_some() => CallState::Completed,
            CallState::Cancelled if self.answered_at.is_some() => return,
            other => other,
        };
        let toggles = talking(state) && talking(self.state) && change.at > self.at;
        if !state.may_follow(self.state) && !toggles {
            if self.reason.is_none() && state == self.state {
                self.reason.clone_from(&change.reason);
            }
            return;
        }
        if state.has_ended() && self.ended_at.is_none() {
            self.ended_at = Some(change.at);
        }
        self.state = state;
        self.at = change.at;
        if change.reason.is_some() {
            self.reason.clone_from(&change.reason);
        }
    }

    /// A customer called and spoke to nobody.
    pub fn is_missed(&self) -> bool {
        self.direction == CallDirection::Inbound
            && self.state.has_ended()
            && self.state != CallState::Completed
    }

    /// What lists and searches show: a headline, and what was said where it was written down.
    pub fn text(&self) -> String {
        match &self.transcript {
            Some(transcript) => format!("{}\n{transcript}", self.headline()),
            None => self.headline(),
        }
    }

    fn headline(&self) -> String {
        let length = self.duration_seconds.filter(|seconds| *seconds > 0);
        let length = length.map(|seconds| format!(", {}:{:02} min", seconds / 60, seconds % 60));
        let length = length.unwrap_or_default();
        match (self.direction, self.state) {
            (CallDirection::Inbound, CallState::Completed) => format!("Incoming call{length}"),
            (CallDirection::Inbound, CallState::Voicemail) => format!("Voicemail{length}"),
            (CallDirection::Inbound, state) if state.has_ended() => "Missed call".to_owned(),
            (CallDirection::Inbound, _) => "Incoming call".to_owned(),
            (CallDirection::Outbound, CallState::Completed) => format!("Outgoing call{length}"),
            (CallDirection::Outbound, CallState::NoAnswer) => "Outgoing call, not answered".to_owned(),
            (CallDirection::Outbound, CallState::Busy) => "Outgoing call, busy".to_owned(),
            (CallDirection::Outbound, CallState::Failed) => "Outgoing call, failed".to_owned(),
            (CallDirection::Outbound, CallState::Cancelled) => "Outgoing call, cancelled".to_owned(),
            (CallDirection::Outbound, CallState::Voicemail) => format!("Outgoing call, voicemail{length}"),
            (CallDirection::Outbound, _) => "Outgoing call".to_owned(),
        }
    }
}

impl CallChange {
    /// The message that stands for a call nobody has heard of; the change itself is applied to it afterwards. `None` if the
    /// customer is not known, or the message is ours.
    pub fn message(&self) -> Option<InboundMessage> {
        let contact = self.contact.clone().filter(|_| self.message_id.is_none())?;
        let call = Call::new(self.direction, self.at);
        let inbound = self.direction == CallDirection::Inbound;
        Some(InboundMessage {
            echo: !inbound,
            text: call.text(),
            parts: vec![Part::Call(call)],
            opens_window: inbound,
            ..InboundMessage::new(self.external_id.clone(), self.thread.clone(), contact, Kind::Call, self.at)
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    fn change(state: CallState, second: i64) -> CallChange {
        CallChange {
            external_id: "CA1".into(),
            thread: String::new(),
            contact: None,
            direction: CallDirection::Inbound,
            state: Some(state),
            at: DateTime::UNIX_EPOCH + TimeDelta::seconds(second),
            duration_seconds: None,
            answered_by: None,
            recording: None,
            transcript: None,
            reason: None,
            message_id: None,
        }
    }

    fn call() -> Call {
        Call::new(CallDirection::Inbound, DateTime::UNIX_EPOCH)
    }

    #[test]
    fn a_call_is_put_on_hold_and_taken_up_by_time() {
        let mut call = call();
        assert!(call.take(&change(CallState::InProgress, 5)));
        assert!(call.take(&change(CallState::OnHold, 8)));
        assert!(!call.take(&change(CallState::InProgress, 6)), "older than the hold");
        assert_eq!(call.state, CallState::OnHold);
        assert!(call.take(&change(CallState::InProgress, 9)));
        assert_eq!((call.state, call.answered_at.unwrap().timestamp()), (CallState::InProgress, 5));
    }

    #[test]
    fn what_comes_after_the_end_is_added_and_the_end_stays() {
        let mut call = call();
        assert!(call.take(&CallChange { duration_seconds: Some(65), ..change(CallState::Completed, 70) }));
        assert!(
            call.take(&CallChange { answered_by: Some("Ada".into()), ..change(CallState::InProgress, 5) })
        );
        let transcript =
            CallChange { transcript: Some("Hello".into()), state: None, ..change(CallState::Queued, 90) };
        assert!(call.take(&transcript));
        assert!(!call.take(&transcript));
        assert_eq!(
            (call.state, call.duration_seconds, call.answered_by.as_deref()),
            (CallState::Completed, Some(65), Some("Ada"))
        );
        assert_eq!(call.text(), "Incoming call, 1:05 min\nHello");
        assert!(!call.is_missed());
    }

    #[test]
    fn a_missed_call_may_become_a_voicemail() {
        let mut call = call();
        call.take(&change(CallState::NoAnswer, 20));
        assert!(call.is_missed());
        assert_eq!(call.text(), "Missed call");
        call.take(&change(CallState::Voicemail, 40));
        assert!(call.is_missed());
        assert!(!call.take(&change(CallState::Completed, 41)));
        assert_eq!((call.state, call.ended_at.unwrap().timestamp()), (CallState::Voicemail, 20));
    }

    proptest! {
        #[test]
        fn the_order_of_news_does_not_matter(mut order in Just((0..6).collect::<Vec<usize>>()).prop_shuffle(), again in 0usize..6) {
            let news = [
                change(CallState::Queued, 0),
                change(CallState::Ringing, 1),
                CallChange { answered_by: Some("Ada".into()), ..change(CallState::InProgress, 4) },
                change(CallState::OnHold, 8),
                CallChange { duration_seconds: Some(20), ..change(CallState::Completed, 24) },
                CallChange { state: None, transcript: Some("Hi".into()), ..change(CallState::Queued, 60) },
            ];
            let mut expected = call();
            for one in &news { expected.take(one); }
            order.push(again);
            let mut found = call();
            for index in order { found.take(&news[index]); }
            prop_assert_eq!(found, expected);
        }
    }
}
