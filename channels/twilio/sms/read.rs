//! One callback into events: a message, or how far one of ours got.

use bytes::Bytes;
use webhooks::Verified;

use super::{
    super::{
        account,
        number::{self, Address},
        wire::Fields,
    },
    content, form,
    opt_out::{self, Wish},
    statuses,
};
use crate::{
    Account, InboundEvent, Incoming, ReadError,
    event::{Answer, ContactChange, InboundMessage, Notice, Severity, TimelineLine, What},
    message::Quote,
};

/// Twilio would send a text that it gets as an answer to the customer.
const NOTHING_TO_SAY: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Response/>"#;

pub(super) fn read(account: &Account, request: &Verified) -> Result<Incoming, ReadError> {
    let fields = Fields::read(request)?;
    if let Some(word) = statuses::word(&fields) {
        return Ok(Incoming::events(vec![statuses::status(word, &fields, request).into()]));
    }
    let events = inbound(account, &fields, request);
    let body = Bytes::from_static(NOTHING_TO_SAY.as_bytes());
    Ok(Incoming { events, answer: Some(Answer { status: 200, content_type: "text/xml", body }) })
}

fn inbound(account: &Account, fields: &Fields, request: &Verified) -> Vec<InboundEvent> {
    let belongs = belongs(account, fields);
    let events = match message(fields, request) {
        Ok(message) => with_wish(account, fields, message),
        Err(other) => vec![*other],
    };
    events.into_iter().map(|what| InboundEvent { account: belongs.clone(), what }).collect()
}

/// The number that was written to, where it is not this account's and no messaging service stands before it.
fn belongs(account: &Account, fields: &Fields) -> Option<String> {
    let service = fields.text("MessagingServiceSid");
    if service.is_some() && service == form::service(account) {
        return None;
    }
    fields.text("To").map(number::normal).filter(|to| *to != account::key(account))
}

fn message(fields: &Fields, request: &Verified) -> Result<InboundMessage, Box<What>> {
    let Some(external_id) = fields.any(&["MessageSid", "SmsSid", "SmsMessageSid"]) else {
        return Err(Box::new(no_message(fields)));
    };
    let Some(from) = fields.text("From") else {
        return Err(Box::new(unreadable(format!("Message {external_id} names no sender."))));
    };
    let Some(contact) = number::party(from, fields) else {
        return Err(Box::new(unreadable(format!("Message {external_id} names no sender."))));
    };
    let Some(content) = content::content(fields) else {
        return Err(Box::new(ignored(format!("{external_id} has no content"))));
    };
    Ok(InboundMessage {
        text: content.text,
        parts: content.parts,
        media: content.media,
        reply_to: fields
            .text("OriginalRepliedMessageSid")
            .map(|sid| Quote { external_id: sid.to_owned(), text: None }),
        forwarded: fields.is_true("Forwarded") || fields.is_true("FrequentlyForwarded"),
        referral: content::referral(fields),
        opens_window: true,
        ..InboundMessage::new(
            external_id.to_owned(),
            Address::parse(from).thread(),
            contact,
            content.kind,
            request.received_at(),
        )
    })
}

/// A word like STOP is a message, and changes whether the customer may be written to.
fn with_wish(account: &Account, fields: &Fields, message: InboundMessage) -> Vec<What> {
    let Some(wish) = opt_out::wish(account, fields, message.thread.is_empty()) else {
        return vec![What::Message(Box::new(message))];
    };
    let Some(find) = message.contact.ids.first().cloned() else {
        return vec![What::Message(Box::new(message))];
    };
    let text = match wish {
        Wish::Stop => {
            Some("The customer wants no more messages here. Nothing can be sent until they write START.")
        }
        Wish::Start => Some("The customer wants messages again."),
        Wish::MaybeStart => None,
    };
    let line = text.map(|text| TimelineLine {
        external_id: format!("{}:opt_out", message.external_id),
        thread: message.thread.clone(),
        text: text.to_owned(),
        at: message.sent_at,
    });
    let change = ContactChange {
        find,
        party: message.contact.clone(),
        gone: Vec::new(),
        reachable: None,
        opted_out: Some(wish == Wish::Stop),
        marketing: None,
        line,
    };
    vec![What::Message(Box::new(message)), What::Contact(change)]
}

fn no_message(fields: &Fields) -> What {
    match fields.text("CallSid") {
        Some(_) => unreadable(
            "A telephone call came to the address for messages: set the number's voice address to an integration of the \
             channel Voice."
                .to_owned(),
        ),
        None => ignored("the callback names no message".to_owned()),
    }
}

/// Told to the admin, so that it is never silently lost.
fn unreadable(text: String) -> What {
    What::Notice(Notice { topic: "messages".into(), severity: Severity::Warning, text })
}

pub(super) fn ignored(reason: String) -> What {
    What::Ignored { reason }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;

    fn read_form(pairs: &[(String, String)]) -> Incoming {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let request = Verified::from_record("POST", vec![], vec![], body.into(), DateTime::UNIX_EPOCH);
        read(&Account::new([]), &request).unwrap()
    }

    /// Names that mean something here, and others.
    fn name() -> impl Strategy<Value = String> {
        prop_oneof![
            prop::sample::select(vec![
                "From",
                "To",
                "Body",
                "NumMedia",
                "MediaUrl0",
                "MediaContentType0",
                "MediaUrl19",
                "Latitude",
                "Longitude",
                "Label",
                "ButtonText",
                "ListId",
                "FlowData",
                "OptOutType",
                "ProfileName",
                "ExternalUserId",
                "MessageStatus",
                "SmsStatus",
                "ErrorCode",
                "MessagingServiceSid",
                "ReferralSourceId",
                "MessageType",
                "CallSid",
            ])
            .prop_map(str::to_owned),
            ".{0,12}",
        ]
    }

    proptest! {
        #[test]
        fn whatever_a_message_holds_it_is_shown(fields in prop::collection::vec((name(), ".{0,40}"), 0..12)) {
            let mut pairs = vec![
                ("MessageSid".to_owned(), "SM1".to_owned()),
                ("From".to_owned(), "+15551230001".to_owned()),
                ("Body".to_owned(), "Hello".to_owned()),
                ("SmsStatus".to_owned(), "received".to_owned()),
                ("MessageStatus".to_owned(), "received".to_owned()),
            ];
            pairs.extend(fields);
            let incoming = read_form(&pairs);
            let shown = incoming.events.iter().any(|event| match &event.what {
                What::Message(message) => message.external_id == "SM1" && message.text == "Hello",
                _ => false,
            });
            prop_assert!(shown);
            prop_assert_eq!(incoming.answer.map(|answer| answer.content_type), Some("text/xml"));
        }

        #[test]
        fn any_form_is_survived(fields in prop::collection::vec((name(), ".{0,20}"), 0..12), body: Vec<u8>) {
            let _ = read_form(&fields);
            for kind in ["application/json", "application/x-www-form-urlencoded"] {
                let headers = vec![("content-type".to_owned(), kind.into())];
                let request = Verified::from_record("POST", vec![], headers, body.clone().into(), DateTime::UNIX_EPOCH);
                let _ = read(&Account::new([]), &request);
            }
        }
    }
}
