//! One request about a call: what it tells the hub, and what Twilio is to do next.

use webhooks::Verified;

use super::{
    super::{account, number, twiml::Response, wire::Fields},
    answer,
    context::Context,
    news,
    step::Step,
};
use crate::{
    Account, InboundEvent, Incoming, ReadError,
    event::{Notice, Severity, What},
};

pub(super) fn read(account: &Account, request: &Verified) -> Result<Incoming, ReadError> {
    let fields = Fields::read(request)?;
    let belongs = belongs(account, &fields);
    let Some(step) = Step::of(request) else {
        return Ok(nothing(What::Ignored { reason: "a step of a call that is not known here".into() }));
    };
    let Some(context) = Context::new(account, request, fields) else {
        return Ok(nothing(no_call(request)));
    };
    let what = news::news(step, &context);
    let answer = answer::answer(step, &context).map(|response| response.answer());
    // Only what begins at the number itself may have been meant for another one.
    let account = belongs.filter(|_| matches!(step, Step::Call | Step::Ended));
    Ok(Incoming { events: vec![InboundEvent { account, what }], answer })
}

fn belongs(account: &Account, fields: &Fields) -> Option<String> {
    fields.text("To").map(number::normal).filter(|to| to.starts_with('+') && *to != account::key(account))
}

fn nothing(what: What) -> Incoming {
    Incoming { events: vec![what.into()], answer: Some(Response::new().answer()) }
}

fn no_call(request: &Verified) -> What {
    match Fields::read(request) {
        Ok(fields) if fields.any(&["MessageSid", "SmsSid"]).is_some() => What::Notice(Notice {
            topic: "calls".into(),
            severity: Severity::Warning,
            text: "A text message came to the address for calls: set the number's messaging address to an integration of \
                   the channel SMS."
                .into(),
        }),
        _ => What::Ignored { reason: "the callback names no call".into() },
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;

    fn name() -> impl Strategy<Value = String> {
        prop_oneof![
            prop::sample::select(vec![
                "CallSid",
                "From",
                "To",
                "CallStatus",
                "DialCallStatus",
                "DialBridged",
                "DialCallDuration",
                "Timestamp",
                "CallDuration",
                "RecordingUrl",
                "RecordingSid",
                "RecordingStatus",
                "RecordingDuration",
                "TranscriptionText",
                "TranscriptionStatus",
                "Digits",
                "ErrorCode",
                "SipResponseCode",
            ])
            .prop_map(str::to_owned),
            ".{0,12}",
        ]
    }

    fn step() -> impl Strategy<Value = String> {
        prop::sample::select(vec![
            "",
            "rung",
            "again",
            "whisper",
            "accepted",
            "hold",
            "transfer",
            "recorded",
            "confirm",
            "connect",
            "dialled",
            "leg",
            "customer",
            "agent",
            "ended",
            "recording",
            "voicemail",
            "transcript",
            "odd",
        ])
        .prop_map(str::to_owned)
    }

    proptest! {
        #[test]
        fn whatever_is_asked_there_is_an_answer_that_twilio_can_read(
            step in step(),
            query in prop::collection::vec((prop::sample::select(vec!["call", "way", "message", "to", "agent", "since", "again"]), ".{0,20}"), 0..5),
            fields in prop::collection::vec((name(), ".{0,20}"), 0..10),
            place in any::<bool>(),
        ) {
            let mut pairs = vec![("step".to_owned(), step.clone())];
            pairs.extend(query.into_iter().map(|(name, value)| (name.to_owned(), value)));
            let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            let request = Verified::from_record("POST", pairs, vec![], body.into(), DateTime::UNIX_EPOCH);
            let account = Account::new([]);
            let account = match place {
                true => account.called_at("https://hub.example/webhooks/voice/1".parse().unwrap()),
                false => account,
            };
            let incoming = read(&account, &request).unwrap();
            prop_assert_eq!(incoming.events.len(), 1);
            let asks = ["", "rung", "again", "whisper", "accepted", "hold", "transfer", "recorded", "confirm", "connect", "dialled"];
            if asks.contains(&step.as_str()) {
                let answer = incoming.answer.unwrap();
                let xml = String::from_utf8(answer.body.to_vec()).unwrap();
                prop_assert!(xml.starts_with("<?xml") && xml.ends_with("</Response>"), "{}", xml);
            }
        }
    }
}
