//! What organizations keep beside the fields that everybody has: attributes by name, and tags. Contacts, deals and accounts carry them.

use serde_json::{Map, Value};

use crate::error::FieldError;

pub const MOST: usize = 50;
const MOST_TAGS: usize = 50;

/// `known` with the change: given keys are set, `null` removes one. What does not fit is left out and told.
pub fn changed(
    known: &Map<String, Value>,
    change: Option<&Map<String, Value>>,
    errors: &mut Vec<FieldError>,
) -> Map<String, Value> {
    let mut attributes = known.clone();
    for (key, value) in change.into_iter().flatten() {
        if value.is_null() {
            attributes.remove(key);
        } else if fits(key, value) {
            attributes.insert(key.clone(), value.clone());
        } else {
            let detail = "An attribute is a text of up to 1000 characters, a number or true or false; its name has 1 to 64.";
            errors.push(FieldError { field: format!("attributes.{key}"), detail: detail.into() });
        }
    }
    if attributes.len() > MOST {
        errors.push(FieldError {
            field: "attributes".into(),
            detail: "There are at most 50 attributes.".into(),
        });
    }
    attributes
}

pub fn fits(key: &str, value: &Value) -> bool {
    let value_fits = match value {
        Value::String(text) => text.chars().count() <= 1000,
        Value::Number(_) | Value::Bool(_) => true,
        _ => false,
    };
    value_fits && (1..=64).contains(&key.chars().count())
}

pub fn check_tags(tags: Option<&[String]>, errors: &mut Vec<FieldError>) {
    let fits = |tag: &String| (1..=50).contains(&tag.chars().count());
    if tags.is_some_and(|tags| tags.len() > MOST_TAGS || !tags.iter().all(fits)) {
        errors.push(FieldError {
            field: "tags".into(),
            detail: "At most 50 tags of 1 to 50 characters.".into(),
        });
    }
}
