//! Holds calls to Stripe's own description of its API, if `SWITCHBOARD_SPECS` names the folder that has it
//! (`stripe-spec3-2022-04-12.json.gz`, from stripe/openapi). That one is years older than the version that we speak: what is newer is
//! listed here, and must be missing there.

use std::{fs::File, io::Read, path::Path};

use flate2::read::GzDecoder;
use serde_json::Value;
use simulator::cashier::Call;

/// Fields, and values of fields that are enumerated, which came after April 2022.
const NEWER: [(&str, &str); 3] = [
    ("payment_method_data[type]", "pix"),
    ("payment_method_options[pix]", ""),
    ("payment_method_types[0]", "pix"),
];

struct Description(Value);

impl Description {
    /// `None`, with a word about it, where the description is not at hand.
    fn load() -> Option<Self> {
        #[expect(clippy::disallowed_methods, reason = "tests have no configuration")]
        let Ok(folder) = std::env::var("SWITCHBOARD_SPECS") else {
            eprintln!("SWITCHBOARD_SPECS is not set: calls are not held to Stripe's own description");
            return None;
        };
        let file = File::open(Path::new(&folder).join("stripe-spec3-2022-04-12.json.gz")).unwrap();
        let mut text = String::new();
        GzDecoder::new(file).read_to_string(&mut text).unwrap();
        Some(Self(serde_json::from_str(&text).unwrap()))
    }

    /// The address as it is described, and its operation.
    fn operation(&self, verb: &str, path: &str) -> Option<&Value> {
        let pieces: Vec<_> = path.split('/').collect();
        let fits = |described: &str| {
            let described: Vec<_> = described.split('/').collect();
            described.len() == pieces.len()
                && described.iter().zip(&pieces).all(|(one, other)| one == other || one.starts_with('{'))
        };
        let exact = self.0["paths"].get(path).filter(|found| found.get(verb).is_some());
        let paths = self.0["paths"].as_object()?;
        let found = exact.or_else(|| {
            paths
                .iter()
                .find(|(known, found)| fits(known) && found.get(verb).is_some())
                .map(|(_, found)| found)
        });
        found?.get(verb)
    }

    fn faults(&self, call: &Call) -> Vec<String> {
        let verb = if ["create", "expire", "cancel"].iter().any(|verb| call.method.ends_with(verb)) {
            "post"
        } else {
            "get"
        };
        let Some(operation) = self.operation(verb, &call.path) else {
            return vec![format!("{verb} {}: no such call", call.path)];
        };
        let schema = &operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"];
        let mut faults = Vec::new();
        for (name, value) in &call.fields {
            let described = if verb == "post" { within(schema, name) } else { asked(operation, name) };
            let fault = match described {
                None => Some("no such field".to_owned()),
                Some(described) => (!fits(described, value)).then(|| format!("{value} does not fit")),
            };
            if let Some(fault) = fault.filter(|_| !newer(name, value)) {
                faults.push(format!("{verb} {} {name}: {fault}", call.path));
            }
        }
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let given = |field: &&str| !call.fields.iter().any(|(name, _)| name.split('[').next() == Some(field));
        faults.extend(required.filter(given).map(|field| format!("{verb} {} {field}: missing", call.path)));
        faults
    }
}

fn newer(name: &str, value: &str) -> bool {
    NEWER.iter().any(|(known, only)| name.starts_with(known) && (only.is_empty() || *only == value))
}

/// A parameter of a query: `expand[]`, `created[gte]`.
fn asked<'a>(operation: &'a Value, name: &str) -> Option<&'a Value> {
    let first = name.split('[').next()?;
    let rest = &name[first.len()..];
    let parameter = operation["parameters"].as_array()?.iter().find(|one| one["name"] == first)?;
    inside(&parameter["schema"], rest)
}

fn within<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    let first = name.split('[').next()?;
    inside(schema["properties"].get(first)?, &name[first.len()..])
}

/// What stands behind brackets: `[0][price_data][currency]`.
fn inside<'a>(schema: &'a Value, rest: &str) -> Option<&'a Value> {
    let Some((key, rest)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
        return Some(schema);
    };
    if let Some(any) = schema["anyOf"].as_array() {
        return any.iter().find_map(|one| inside(one, &format!("[{key}]{rest}")));
    }
    let of_list = (key.is_empty() || key.parse::<usize>().is_ok()).then(|| schema.get("items")).flatten();
    let free = schema.get("additionalProperties").filter(|free| free.is_object());
    inside(of_list.or_else(|| schema["properties"].get(key)).or(free)?, rest)
}

fn fits(schema: &Value, value: &str) -> bool {
    if let Some(any) = schema["anyOf"].as_array() {
        return any.iter().any(|one| fits(one, value));
    }
    if let Some(known) = schema["enum"].as_array() {
        return known.iter().any(|one| one == value);
    }
    match schema["type"].as_str() {
        Some("integer") => value.parse::<i64>().is_ok(),
        Some("boolean") => matches!(value, "true" | "false"),
        Some("string") => {
            schema["maxLength"].as_u64().is_none_or(|most| value.chars().count() as u64 <= most)
        }
        Some("array" | "object") => false,
        _ => true,
    }
}

/// Fails with every fault of the calls that the played Stripe got.
pub fn hold(calls: &[Call]) {
    let Some(description) = Description::load() else { return };
    assert!(!calls.is_empty());
    let faults: Vec<_> = calls.iter().flat_map(|call| description.faults(call)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_description_tells_right_from_wrong() {
    let Some(description) = Description::load() else { return };
    let call = |method: &str, path: &str, fields: &[(&str, &str)]| Call {
        method: method.into(),
        account: String::new(),
        path: path.into(),
        fields: fields.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        idempotency_key: None,
    };
    let sessions = "/v1/checkout/sessions";
    let right =
        [("success_url", "x"), ("cancel_url", "x"), ("line_items[0][quantity]", "1"), ("metadata[a]", "b")];
    assert_eq!(description.faults(&call("checkout.sessions.create", sessions, &right)), Vec::<String>::new());
    for wrong in [
        &[("success_url", "x"), ("cancel_url", "x"), ("line_items[0][amounts]", "1")][..],
        &[("success_url", "x"), ("cancel_url", "x"), ("line_items[0][quantity]", "one")],
        &[("success_url", "x"), ("cancel_url", "x"), ("mode", "gift")],
        &[("cancel_url", "x")],
    ] {
        assert_eq!(
            description.faults(&call("checkout.sessions.create", sessions, wrong)).len(),
            1,
            "{wrong:?}"
        );
    }
    assert_eq!(description.faults(&call("x.list", "/v1/payment_intents", &[("status", "paid")])).len(), 1);
    assert_eq!(description.faults(&call("x.list", "/v1/payment_intentions", &[])).len(), 1);
}

#[test]
fn what_is_called_newer_is_missing_in_the_description() {
    let Some(description) = Description::load() else { return };
    let intents = description.operation("post", "/v1/payment_intents").unwrap();
    let schema = &intents["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"];
    assert!(!fits(within(schema, "payment_method_data[type]").unwrap(), "pix"));
    assert!(within(schema, "payment_method_options[pix][expires_at]").is_none());
    let sessions = description.operation("post", "/v1/checkout/sessions").unwrap();
    let schema = &sessions["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"];
    assert!(!fits(within(schema, "payment_method_types[0]").unwrap(), "pix"));
}
