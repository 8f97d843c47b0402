//! What may be seen of a request before it is believed: the names that say whose it is.
//!
//! A platform with one address per app sends every customer's callbacks to the same place, signed with a secret that is found
//! only through the account that the body names. So the body has to be looked at before it is verified. [`Envelope`] keeps that
//! look narrow: it gives out short names from places that the channel knows beforehand, never a text, a number of something or
//! the body itself, and what it gives is used to choose the proof and for nothing else.

use std::{borrow::Cow, fmt};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::Unverified;

/// Bytes of the longest name; anything longer names no account.
const LONGEST_NAME: usize = 256;
/// Names given out of one request: more accounts than any platform puts into one callback.
const MOST_NAMES: usize = 1_000;

/// The outside of a request that nobody has verified. A forger may have written every name on it.
pub struct Envelope<'a> {
    request: &'a Unverified,
    body: &'a [u8],
}

/// Reads a JSON text past everything that is not on the way, without keeping any of it.
struct Walk<'p, 'f> {
    path: &'p [&'p str],
    found: &'f mut Vec<String>,
}

impl<'a> Envelope<'a> {
    pub(crate) fn new(request: &'a Unverified, body: &'a [u8]) -> Self {
        Self { request, body }
    }

    /// Upper-case HTTP method.
    pub fn method(&self) -> &str {
        self.request.method()
    }

    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.request.header(name)
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        self.request.query(name)
    }

    /// Names in a JSON body at `path`, where `*` stands for every item of a list: `["entry", "*", "id"]`. Whole numbers are given as
    /// text. Each name once, in the order in which they stand; those before the fault if the body is no JSON.
    pub fn json_names(&self, path: &[&str]) -> Vec<String> {
        names(self.body, path)
    }

    /// The name in a field of a form body.
    pub fn form_name(&self, field: &str) -> Option<String> {
        self.field(field).filter(|name| is_name(name))
    }

    /// Names in the JSON text that a form's field holds.
    pub fn form_json_names(&self, field: &str, path: &[&str]) -> Vec<String> {
        self.field(field).map_or_else(Vec::new, |text| names(text.as_bytes(), path))
    }

    fn field(&self, field: &str) -> Option<String> {
        let mut pairs = form_urlencoded::parse(self.body);
        pairs.find(|(name, _)| name == field).map(|(_, value)| value.into_owned())
    }
}

fn names(json: &[u8], path: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    // What stands before a fault counts: whether the body is sound is for those who believe it to say.
    let _ = Walk { path, found: &mut found }.deserialize(&mut serde_json::Deserializer::from_slice(json));
    found
}

impl<'de> DeserializeSeed<'de> for Walk<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match self.path {
                [field, path @ ..] if *field == key => {
                    map.next_value_seed(Walk { path, found: &mut *self.found })?
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        match self.path {
            ["*", path @ ..] => {
                while items.next_element_seed(Walk { path, found: &mut *self.found })?.is_some() {}
            }
            _ => while items.next_element::<IgnoredAny>()?.is_some() {},
        }
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.take(text.to_owned());
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        self.take(number.to_string());
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        self.take(number.to_string());
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

impl Walk<'_, '_> {
    fn take(self, name: String) {
        let here = self.path.is_empty() && is_name(&name);
        if here && self.found.len() < MOST_NAMES && !self.found.contains(&name) {
            self.found.push(name);
        }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST_NAME && !text.contains('\0')
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn request(body: &str) -> Unverified {
        Unverified::new("POST", "https://hub.example/x", vec![], [], Bytes::from(body.to_owned()))
    }

    #[test]
    fn names_are_found_at_every_level_and_given_once() {
        let body = r#"{"entry":[{"id":"1","changes":[{"to":"a"},{"to":"b"}]},{"id":1,"changes":[{"to":"a"},{"to":7}]},{"id":"1"},3]}"#;
        let request = request(body);
        let envelope = request.envelope();
        assert_eq!(envelope.json_names(&["entry", "*", "id"]), ["1"]);
        assert_eq!(envelope.json_names(&["entry", "*", "changes", "*", "to"]), ["a", "b", "7"]);
    }

    #[test]
    fn what_is_no_short_name_is_not_given() {
        let long = format!(r#"{{"id":"{}","text":["x"],"n":1.5,"nul":"a\u0000"}}"#, "x".repeat(257));
        let request = request(&long);
        let envelope = request.envelope();
        for path in [&["id"][..], &["text"], &["n"], &["nul"], &["missing"], &[], &["id", "*"]] {
            assert!(envelope.json_names(path).is_empty(), "{path:?}");
        }
    }

    #[test]
    fn faults_beside_the_way_hide_no_name() {
        let request = request(
            r#"{"text":"half \ud83d of a pair","entry":[{"text":"\ud83d","id":"1"},{"id":"2"}],"rest":"#,
        );
        assert_eq!(request.envelope().json_names(&["entry", "*", "id"]), ["1", "2"]);
    }

    #[test]
    fn forms_hold_names_and_json() {
        let request = request("team_id=T1&payload=%7B%22team%22%3A%7B%22id%22%3A%22T2%22%7D%7D");
        let envelope = request.envelope();
        assert_eq!(envelope.form_name("team_id").as_deref(), Some("T1"));
        assert_eq!(envelope.form_json_names("payload", &["team", "id"]), ["T2"]);
        assert!(envelope.form_name("other").is_none() && envelope.json_names(&["team_id"]).is_empty());
    }
}
