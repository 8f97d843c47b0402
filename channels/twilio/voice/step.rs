//! A call's way, one address after the other: each step says in its query which call it belongs to and what comes next, so that
//! every answer follows from the account and the request alone.

use url::Url;
use webhooks::Verified;

use super::super::account;

/// What Twilio asks, or tells, at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A call comes in.
    Call,
    /// What rang for a caller has stopped ringing.
    Rung,
    /// A caller who waits has heard the music, and is tried again.
    Again,
    /// A telephone that was forwarded to has answered: is it a person?
    Whisper,
    /// A key was pressed on it.
    Accepted,
    /// The customer waits by an agent's wish.
    Hold,
    /// The customer is put through to somebody else.
    Transfer,
    /// A message was recorded, or the caller has hung up.
    Recorded,
    /// A member answered, whom we called to put them through to a customer.
    Confirm,
    Connect,
    /// The customer whom we called for a member has hung up, or did not answer.
    Dialled,
    /// News of an agent's telephone.
    Leg,
    /// News of the customer's telephone, in a call that we began.
    Customer,
    /// News of the telephone of the member who called.
    Agent,
    /// An incoming call is over.
    Ended,
    /// News of recordings and transcripts.
    Recording,
    Voicemail,
    Transcript,
}

const NAMES: [(Step, &str); 18] = [
    (Step::Call, ""),
    (Step::Rung, "rung"),
    (Step::Again, "again"),
    (Step::Whisper, "whisper"),
    (Step::Accepted, "accepted"),
    (Step::Hold, "hold"),
    (Step::Transfer, "transfer"),
    (Step::Recorded, "recorded"),
    (Step::Confirm, "confirm"),
    (Step::Connect, "connect"),
    (Step::Dialled, "dialled"),
    (Step::Leg, "leg"),
    (Step::Customer, "customer"),
    (Step::Agent, "agent"),
    (Step::Ended, "ended"),
    (Step::Recording, "recording"),
    (Step::Voicemail, "voicemail"),
    (Step::Transcript, "transcript"),
];

impl Step {
    /// `None` for a step that is not known here.
    pub(super) fn of(request: &Verified) -> Option<Self> {
        let name = request.query("step").unwrap_or_default();
        NAMES.iter().find(|(_, known)| *known == name).map(|(step, _)| *step)
    }

    fn name(self) -> &'static str {
        NAMES.iter().find(|(step, _)| *step == self).map_or("", |(_, name)| name)
    }

    /// Its address, below the integration's own.
    pub(super) fn address(self, base: &Url, query: &[(&str, &str)]) -> Url {
        let mut all = vec![("step", self.name())];
        all.extend(query);
        account::repeated(account::with_query(base, &all))
    }
}
