//! Holds calls to Telegram's own description of the Bot API, if `SWITCHBOARD_SPECS` names the folder that has it
//! (`telegram-bot-api-10.1.json.gz`, from PaulSonOfLars/telegram-bot-api-spec).

use std::{
    fs::{self, File},
    io::Read,
    path::Path,
};

use flate2::read::GzDecoder;
use serde_json::{Map, Value};
use simulator::telegram::{Call, Upload};

pub struct Description(Value);

impl Description {
    /// `None`, with a word about it, where the description is not at hand.
    pub fn load() -> Option<Self> {
        #[expect(clippy::disallowed_methods, reason = "tests have no configuration")]
        let Ok(folder) = std::env::var("SWITCHBOARD_SPECS") else {
            eprintln!("SWITCHBOARD_SPECS is not set: calls are not held to Telegram's own description");
            return None;
        };
        let file = File::open(Path::new(&folder).join("telegram-bot-api-10.1.json.gz")).unwrap();
        let mut text = String::new();
        GzDecoder::new(file).read_to_string(&mut text).unwrap();
        Some(Self(serde_json::from_str(&text).unwrap()))
    }

    /// Every fault of a call: unknown method or parameter, missing one, wrong type.
    pub fn faults(&self, call: &Call) -> Vec<String> {
        let methods = self.0["methods"].as_object().unwrap();
        let Some((name, method)) = methods.iter().find(|(name, _)| name.eq_ignore_ascii_case(&call.method))
        else {
            return vec![format!("{}: no such method", call.method)];
        };
        let mut given = call.fields.clone();
        // A file that is its own part counts as its parameter; attached ones are named by another parameter.
        let attached = Value::Object(call.fields.clone()).to_string();
        for part in call.files.keys().filter(|part| !part.starts_with("http")) {
            if !attached.contains(&format!("attach://{part}")) {
                given.insert(part.clone(), Value::from("attach://"));
            }
        }
        self.object(name, method, &given)
    }

    fn object(&self, name: &str, described: &Value, given: &Map<String, Value>) -> Vec<String> {
        let fields = described["fields"].as_array().cloned().unwrap_or_default();
        let known = |name: &str| fields.iter().find(|field| field["name"] == name);
        let mut faults = Vec::new();
        for (key, value) in given {
            match known(key) {
                None => faults.push(format!("{name}.{key}: no such parameter")),
                Some(field) if !self.fits(&field["types"], value) => {
                    faults.push(format!("{name}.{key}: {value} is none of {}", field["types"]));
                }
                Some(_) => {}
            }
        }
        let missing = fields.iter().filter(|field| field["required"] == true);
        let missing =
            missing.filter_map(|field| field["name"].as_str()).filter(|key| !given.contains_key(*key));
        faults.extend(missing.map(|key| format!("{name}.{key}: missing")));
        faults
    }

    fn fits(&self, types: &Value, value: &Value) -> bool {
        types.as_array().unwrap().iter().any(|kind| self.is(kind.as_str().unwrap(), value))
    }

    fn is(&self, kind: &str, value: &Value) -> bool {
        if let Some(inner) = kind.strip_prefix("Array of ") {
            // A list may name several types: "Array of A, B and C".
            let kinds: Vec<_> = inner.split(", ").flat_map(|kind| kind.split(" and ")).collect();
            return match value {
                Value::Array(items) => items.iter().all(|item| kinds.iter().any(|kind| self.is(kind, item))),
                Value::String(text) => {
                    parsed(text).is_some_and(|list| list.is_array() && self.is(kind, &list))
                }
                _ => false,
            };
        }
        match (kind, value) {
            ("String" | "InputFile", value) => value.is_string(),
            ("Integer", Value::Number(number)) => number.is_i64(),
            ("Float", value) if value.is_number() => true,
            ("Boolean" | "True", Value::Bool(flag)) => kind == "Boolean" || *flag,
            ("Integer" | "Float" | "Boolean" | "True", Value::String(text)) => {
                parsed(text).is_some_and(|value| !value.is_string() && self.is(kind, &value))
            }
            (_, Value::String(text)) => {
                parsed(text).is_some_and(|value| value.is_object() && self.is(kind, &value))
            }
            (_, Value::Object(given)) => {
                let described = &self.0["types"][kind];
                match described["subtypes"].as_array().filter(|subtypes| !subtypes.is_empty()) {
                    Some(subtypes) => {
                        subtypes.iter().any(|subtype| self.is(subtype.as_str().unwrap(), value))
                    }
                    None => described.is_object() && self.object(kind, described, given).is_empty(),
                }
            }
            _ => false,
        }
    }
}

fn parsed(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

/// Fails with every fault of the calls that a played platform got.
pub fn hold(calls: &[Call]) {
    let Some(description) = Description::load() else { return };
    assert!(!calls.is_empty());
    let faults: Vec<_> = calls.iter().flat_map(|call| description.faults(call)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_description_tells_right_from_wrong() {
    let Some(description) = Description::load() else { return };
    let call = |method: &str, fields: Value| Call {
        method: method.into(),
        fields: fields.as_object().unwrap().clone(),
        ..Call::default()
    };
    let right = serde_json::json!({
        "chat_id": 5, "text": "Hi", "reply_parameters": { "message_id": 7 },
        "reply_markup": { "inline_keyboard": [[{ "text": "Yes", "callback_data": "y" }]] },
        "entities": "[{\"type\":\"bold\",\"offset\":0,\"length\":2}]",
    });
    assert_eq!(description.faults(&call("sendmessage", right)), Vec::<String>::new());
    for (method, fields, fault) in [
        ("sendmassage", serde_json::json!({}), "no such method"),
        ("sendmessage", serde_json::json!({ "chat_id": 5 }), "sendMessage.text: missing"),
        ("sendmessage", serde_json::json!({ "chat_id": 5, "text": 6 }), "sendMessage.text"),
        ("sendmessage", serde_json::json!({ "chat_id": 5, "text": "x", "to": 1 }), "sendMessage.to"),
        (
            "sendmessage",
            serde_json::json!({ "chat_id": 5, "text": "x", "reply_parameters": { "id": 7 } }),
            "sendMessage.reply_parameters",
        ),
    ] {
        let faults = description.faults(&call(method, fields));
        assert!(faults.len() == 1 && faults[0].contains(fault), "{faults:?}");
    }
}

/// What the hub calls in a conversation. Webhooks, files and presses are held to the description where they are played.
const METHODS: [&str; 18] = [
    "sendMessage",
    "sendPhoto",
    "sendVideo",
    "sendAnimation",
    "sendAudio",
    "sendVoice",
    "sendDocument",
    "sendSticker",
    "sendMediaGroup",
    "sendLocation",
    "sendVenue",
    "sendChatAction",
    "setMessageReaction",
    "editMessageText",
    "editMessageCaption",
    "deleteMessage",
    "deleteBusinessMessages",
    "readBusinessMessage",
];

/// Every call that the channel's outbound fixtures make, business accounts and topics included.
#[test]
fn the_fixtures_calls_are_telegrams() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/channels/telegram/outbound");
    let mut calls = Vec::new();
    for case in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(case.unwrap().path().join("exchange.json")).unwrap();
        let exchange: Value = serde_json::from_str(&text).unwrap();
        calls.extend(exchange.as_array().unwrap().iter().map(|call| recorded(&call["request"])));
    }
    assert!(calls.len() > 50, "{}", calls.len());
    let missing: Vec<_> = METHODS
        .into_iter()
        .filter(|method| !calls.iter().any(|call| call.method.eq_ignore_ascii_case(method)))
        .collect();
    assert!(missing.is_empty(), "no fixture calls {missing:?}");
    hold(&calls);
}

/// A call as the fixtures write it down.
fn recorded(request: &Value) -> Call {
    let method = request["path"].as_str().unwrap().rsplit('/').next().unwrap().to_ascii_lowercase();
    let mut call = Call { method, ..Call::default() };
    call.fields.extend(request["json"].as_object().cloned().unwrap_or_default());
    for part in request["multipart"].as_array().into_iter().flatten() {
        let name = part["name"].as_str().unwrap().to_owned();
        match part["file_name"].as_str() {
            Some(file_name) => {
                call.files.insert(name, Upload { file_name: file_name.to_owned(), ..Upload::default() });
            }
            None => {
                call.fields.insert(name, part["text"].clone());
            }
        }
    }
    call
}
