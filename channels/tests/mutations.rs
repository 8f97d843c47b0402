//! Whatever stands in a verified callback, reading it answers or errs; it never panics. Every inbound fixture is
//! taken apart in all the ways that JSON can be wrong.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeMap, fs, path::Path, sync::LazyLock};

use bytes::Bytes;
use channels::{Account, Channel};
use proptest::prelude::*;
use serde_json::{Value, json};
use webhooks::Verified;

struct Subject {
    channel: &'static dyn Channel,
    account: Account,
    bodies: Vec<Body>,
}

/// A fixture's body: JSON, or the fields of a form.
#[derive(Clone)]
struct Body {
    value: Value,
    form: bool,
}

impl Body {
    fn of(case: &Path) -> Option<Self> {
        let json = |name: &str| serde_json::from_slice::<Value>(&fs::read(case.join(name)).ok()?).ok();
        if let Some(value) = json("callback.json") {
            return Some(Self { value, form: false });
        }
        let value = json("request.json")?.get("form")?.clone();
        Some(Self { value, form: true })
    }

    fn bytes(&self) -> Vec<u8> {
        match &self.value {
            Value::Object(fields) if self.form => {
                let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let pairs = fields.iter().map(|(name, value)| (name, text(value)));
                url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into()
            }
            other => other.to_string().into(),
        }
    }
}

/// Every channel with its fixtures' bodies.
static SUBJECTS: LazyLock<Vec<Subject>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/channels");
    let mut subjects = Vec::new();
    for channel in channels::all() {
        let folder = root.join(channel.id().as_str());
        let Ok(entries) = fs::read_dir(folder.join("inbound")) else { continue };
        let bodies: Vec<Body> = entries.filter_map(|case| Body::of(&case.unwrap().path())).collect();
        let fields: BTreeMap<String, String> =
            serde_json::from_slice(&fs::read(folder.join("account.json")).unwrap()).unwrap();
        let account = channel.account_form().fill(fields).unwrap();
        subjects.push(Subject { channel: *channel, account, bodies });
    }
    subjects
});

fn read(subject: &Subject, body: impl Into<Bytes>) {
    let now = "2026-01-02T03:04:05Z".parse().unwrap();
    let request = Verified::from_record("POST", vec![], vec![], body.into(), now);
    let _ = subject.channel.read(&subject.account, &request);
}

/// What may stand anywhere instead of what belongs there.
fn intruder() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!([])),
        Just(json!({})),
        Just(json!(true)),
        any::<i64>().prop_map(|number| json!(number)),
        any::<u64>().prop_map(|number| json!(number)),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,12}".prop_map(|text| json!(text)),
        Just(json!([[[{"id": {"id": []}}]]])),
        Just(json!({"id": "x", "type": 5, "text": {}, "date": -1})),
    ]
}

/// Counts the values inside a value, itself included.
fn size(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(fields) => fields.values().map(size).sum(),
        _ => 0,
    }
}

/// Replaces the value that comes at `place` when all are counted from the outside in.
fn replace(value: &mut Value, place: &mut usize, with: &Value) {
    if *place == 0 {
        value.clone_from(with);
    }
    *place = place.wrapping_sub(1);
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, place, with)),
        Value::Object(fields) => fields.values_mut().for_each(|field| replace(field, place, with)),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn fixtures_with_foreign_values_are_read(
        channel: prop::sample::Index, body: prop::sample::Index, places in prop::collection::vec((any::<prop::sample::Index>(), intruder()), 1..4),
    ) {
        prop_assume!(!SUBJECTS.is_empty());
        let subject = &SUBJECTS[channel.index(SUBJECTS.len())];
        let mut body = subject.bodies[body.index(subject.bodies.len())].clone();
        for (place, with) in &places {
            let mut place = place.index(size(&body.value));
            replace(&mut body.value, &mut place, with);
        }
        read(subject, body.bytes());
    }

    #[test]
    fn fixtures_cut_short_are_read(channel: prop::sample::Index, body: prop::sample::Index, end: prop::sample::Index) {
        let subject = &SUBJECTS[channel.index(SUBJECTS.len())];
        let text = subject.bodies[body.index(subject.bodies.len())].bytes();
        read(subject, text[..end.index(text.len())].to_vec());
    }

    #[test]
    fn any_bytes_are_read(bytes: Vec<u8>) {
        SUBJECTS.iter().for_each(|subject| read(subject, bytes.clone()));
    }
}

#[test]
fn deep_nesting_is_refused() {
    for subject in SUBJECTS.iter() {
        for (open, close) in [("[", "]"), ("{\"message\":", "}")] {
            read(subject, [open.repeat(100_000), close.repeat(100_000)].concat());
        }
    }
}
