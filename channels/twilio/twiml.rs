//! TwiML, the answers that tell Twilio what to do with a call. Only what is used here, and nothing that could be put together
//! wrongly: texts and attributes are escaped, and what Twilio refuses to nest cannot be nested.
//! <https://www.twilio.com/docs/voice/twiml>

use std::fmt::Write;

use bytes::Bytes;
use url::Url;

use crate::event::Answer;

/// What Twilio does, one verb after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Response(Vec<Verb>);

#[derive(Clone, Debug)]
pub(super) enum Verb {
    Say {
        text: String,
        language: String,
    },
    /// For ever, or once.
    Play {
        url: Url,
        repeated: bool,
    },
    Pause {
        seconds: u32,
    },
    /// What stands behind it is done only if no key was pressed.
    Gather {
        text: String,
        language: String,
        action: Url,
        timeout_seconds: u32,
    },
    /// Nothing behind it is reached: `action` says how it goes on.
    Dial(Dial),
    /// Nothing behind it is reached unless nothing was said.
    Record(Record),
    Redirect {
        url: Url,
    },
    Hangup,
    /// Must be the first: the call costs nothing then.
    Reject,
}

#[derive(Clone, Debug)]
pub(super) struct Dial {
    pub action: Url,
    pub caller_id: Option<String>,
    pub timeout_seconds: u32,
    /// Where a recording of the talk is told; `None` records nothing.
    pub recording: Option<Url>,
    /// All ring at once; the first to answer has the call.
    pub legs: Vec<Leg>,
}

#[derive(Clone, Debug)]
pub(super) struct Leg {
    pub to: Telephone,
    /// What the called hears before they are connected.
    pub whisper: Option<Url>,
    /// Where its `events` are told.
    pub status: Option<Url>,
    pub events: &'static str,
    /// The call that a browser is told it rings for.
    pub call: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Telephone {
    /// A browser, by its identity.
    Client(String),
    /// E.164 with plus.
    Number(String),
}

#[derive(Clone, Debug)]
pub(super) struct Record {
    pub action: Url,
    pub status: Url,
    pub max_seconds: u32,
    /// Where a transcript is told; `None` writes nothing down.
    pub transcript: Option<Url>,
}

impl Response {
    pub(super) fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub(super) fn then(mut self, verb: Verb) -> Self {
        self.0.push(verb);
        self
    }

    /// A sentence; nothing for an empty one.
    #[must_use]
    pub(super) fn say(self, text: &str, language: &str) -> Self {
        if text.trim().is_empty() {
            return self;
        }
        self.then(Verb::Say { text: text.to_owned(), language: language.to_owned() })
    }

    pub(super) fn xml(&self) -> String {
        let mut xml = Xml(String::from(r#"<?xml version="1.0" encoding="UTF-8"?><Response>"#));
        self.0.iter().for_each(|verb| verb.write(&mut xml));
        xml.0.push_str("</Response>");
        xml.0
    }

    pub(super) fn answer(&self) -> Answer {
        Answer { status: 200, content_type: "text/xml", body: Bytes::from(self.xml()) }
    }
}

impl Verb {
    fn write(&self, xml: &mut Xml) {
        match self {
            Self::Say { text, language } => xml.text("Say", &[("language", language)], text),
            Self::Play { url, repeated } => {
                xml.text("Play", &[("loop", if *repeated { "0" } else { "1" })], url.as_str());
            }
            Self::Pause { seconds } => xml.empty("Pause", &[("length", &seconds.to_string())]),
            Self::Gather { text, language, action, timeout_seconds } => {
                let attributes = [
                    ("input", "dtmf"),
                    ("numDigits", "1"),
                    ("timeout", &timeout_seconds.to_string()),
                    ("action", action.as_str()),
                    ("method", "POST"),
                ];
                xml.open("Gather", &attributes);
                xml.text("Say", &[("language", language)], text);
                xml.close("Gather");
            }
            Self::Dial(dial) => dial.write(xml),
            Self::Record(record) => record.write(xml),
            Self::Redirect { url } => xml.text("Redirect", &[("method", "POST")], url.as_str()),
            Self::Hangup => xml.empty("Hangup", &[]),
            Self::Reject => xml.empty("Reject", &[("reason", "rejected")]),
        }
    }
}

impl Dial {
    fn write(&self, xml: &mut Xml) {
        let timeout = self.timeout_seconds.to_string();
        let mut attributes =
            vec![("action", self.action.as_str()), ("method", "POST"), ("timeout", &timeout)];
        attributes.extend(self.caller_id.as_deref().map(|number| ("callerId", number)));
        if let Some(recording) = &self.recording {
            attributes.push(("record", "record-from-answer-dual"));
            attributes.push(("recordingStatusCallback", recording.as_str()));
            attributes.push(("recordingStatusCallbackEvent", "completed"));
        }
        xml.open("Dial", &attributes);
        self.legs.iter().for_each(|leg| leg.write(xml));
        xml.close("Dial");
    }
}

impl Leg {
    fn write(&self, xml: &mut Xml) {
        let mut attributes = Vec::new();
        if let Some(url) = &self.status {
            attributes.extend([("statusCallback", url.as_str()), ("statusCallbackEvent", self.events)]);
        }
        attributes.extend(self.whisper.as_ref().map(|url| ("url", url.as_str())));
        match &self.to {
            Telephone::Number(number) => xml.text("Number", &attributes, number),
            Telephone::Client(identity) => {
                xml.open("Client", &attributes);
                xml.text("Identity", &[], identity);
                if let Some(call) = &self.call {
                    xml.empty("Parameter", &[("name", "call"), ("value", call)]);
                }
                xml.close("Client");
            }
        }
    }
}

impl Record {
    fn write(&self, xml: &mut Xml) {
        let length = self.max_seconds.to_string();
        let mut attributes = vec![
            ("action", self.action.as_str()),
            ("method", "POST"),
            ("maxLength", &length),
            ("finishOnKey", "#"),
            ("playBeep", "true"),
            ("recordingStatusCallback", self.status.as_str()),
            ("recordingStatusCallbackEvent", "completed absent"),
        ];
        if let Some(transcript) = &self.transcript {
            attributes.push(("transcribe", "true"));
            attributes.push(("transcribeCallback", transcript.as_str()));
        }
        xml.empty("Record", &attributes);
    }
}

/// XML being written.
struct Xml(String);

impl Xml {
    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.start(name, attributes);
        self.0.push('>');
    }

    fn close(&mut self, name: &str) {
        // Writing to a text does not fail.
        let _ = write!(self.0, "</{name}>");
    }

    fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.start(name, attributes);
        self.0.push_str("/>");
    }

    fn text(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.open(name, attributes);
        self.escaped(text);
        self.close(name);
    }

    fn start(&mut self, name: &str, attributes: &[(&str, &str)]) {
        let _ = write!(self.0, "<{name}");
        for (name, value) in attributes {
            let _ = write!(self.0, " {name}=\"");
            self.escaped(value);
            self.0.push('"');
        }
    }

    /// Control characters have no place in XML, escaped or not.
    fn escaped(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\n' | '\t' => self.0.push(character),
                '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
                _ => self.0.push(character),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn url(query: &str) -> Url {
        format!("https://hub.example/webhooks/voice/1?{query}").parse().unwrap()
    }

    #[test]
    fn verbs_are_written_as_twilio_reads_them() {
        let dial = Dial {
            action: url("step=rung&round=1"),
            caller_id: Some("+15005550006".into()),
            timeout_seconds: 20,
            recording: Some(url("step=recording")),
            legs: vec![
                Leg {
                    to: Telephone::Client("desk_1".into()),
                    whisper: None,
                    status: Some(url("step=leg")),
                    events: "answered",
                    call: Some("CA1".into()),
                },
                Leg {
                    to: Telephone::Number("+4915100000001".into()),
                    whisper: Some(url("step=whisper")),
                    status: None,
                    events: "",
                    call: None,
                },
            ],
        };
        let xml = Response::new().say("Hello & \"welcome\" <you>", "en-GB").then(Verb::Dial(dial)).xml();
        assert_eq!(
            xml,
            concat!(
                r#"<?xml version="1.0" encoding="UTF-8"?><Response>"#,
                r#"<Say language="en-GB">Hello &amp; &quot;welcome&quot; &lt;you&gt;</Say>"#,
                r#"<Dial action="https://hub.example/webhooks/voice/1?step=rung&amp;round=1" method="POST" timeout="20""#,
                r#" callerId="+15005550006" record="record-from-answer-dual""#,
                r#" recordingStatusCallback="https://hub.example/webhooks/voice/1?step=recording""#,
                r#" recordingStatusCallbackEvent="completed">"#,
                r#"<Client statusCallback="https://hub.example/webhooks/voice/1?step=leg""#,
                r#" statusCallbackEvent="answered"><Identity>desk_1</Identity><Parameter name="call" value="CA1"/></Client>"#,
                r#"<Number url="https://hub.example/webhooks/voice/1?step=whisper">+4915100000001</Number></Dial></Response>"#,
            )
        );
    }

    #[test]
    fn nothing_to_do_is_an_empty_response() {
        assert_eq!(
            Response::new().say("  ", "en").xml(),
            r#"<?xml version="1.0" encoding="UTF-8"?><Response></Response>"#
        );
    }

    proptest! {
        #[test]
        fn a_text_never_becomes_markup(text in ".{0,60}") {
            let xml = Response::new().say(&text, "en").xml();
            let inner = xml.split_once("<Response>").map_or("", |(_, rest)| rest);
            prop_assert!(inner.matches('<').count() <= 3, "{}", xml);
            prop_assert!(!xml.contains('\0'));
        }
    }
}
