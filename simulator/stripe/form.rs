//! Stripe's forms: names with brackets, which become objects and lists. What a method does not know it refuses, as Stripe does.

use serde_json::{Map, Value};

use super::refused::Refused;

/// Reads fields against the names that a method takes. In a name, `[#]` is a place in a list and `[*]` any key.
pub(super) fn read(fields: &[(String, String)], takes: &[&str]) -> Result<Value, Refused> {
    let mut form = Value::Object(Map::new());
    for (name, value) in fields {
        let path =
            path(name).ok_or_else(|| Refused::invalid(name, format!("Invalid parameter name: {name}")))?;
        let known = takes.iter().filter_map(|take| self::path(take)).find(|known| fits(known, &path));
        let known = known.ok_or_else(|| Refused::unknown_parameter(name))?;
        put(&mut form, &known, &path, value)
            .map_err(|what| Refused::invalid(name, format!("Invalid {what}")))?;
    }
    Ok(form)
}

fn path(name: &str) -> Option<Vec<&str>> {
    let Some((first, rest)) = name.split_once('[') else {
        return (!name.is_empty() && !name.contains(']')).then(|| vec![name]);
    };
    let rest = rest.strip_suffix(']')?;
    let path: Vec<_> = std::iter::once(first).chain(rest.split("][")).collect();
    let whole = !first.is_empty() && path.iter().all(|part| !part.contains(['[', ']']));
    whole.then_some(path)
}

fn fits(known: &[&str], path: &[&str]) -> bool {
    let one = |(known, part): (&&str, &&str)| match *known {
        "#" => part.bytes().all(|b| b.is_ascii_digit()),
        "*" => !part.is_empty(),
        known => known == *part,
    };
    known.len() == path.len() && known.iter().zip(path).all(one)
}

fn put(node: &mut Value, known: &[&str], path: &[&str], value: &str) -> Result<(), &'static str> {
    let (Some(kind), Some(part)) = (known.first(), path.first()) else {
        return match node {
            Value::Null => {
                *node = Value::from(value);
                Ok(())
            }
            _ => Err("string: it is given twice"),
        };
    };
    let next = if *kind == "#" {
        if node.is_null() {
            *node = Value::Array(vec![]);
        }
        let list = node.as_array_mut().ok_or("array")?;
        let at = if part.is_empty() { list.len() } else { part.parse().map_err(|_| "array")? };
        if at > list.len() {
            return Err("array: a place before this one is empty");
        }
        if at == list.len() {
            list.push(Value::Null);
        }
        list.get_mut(at).ok_or("array")?
    } else {
        if node.is_null() {
            *node = Value::Object(Map::new());
        }
        node.as_object_mut().ok_or("object")?.entry(*part).or_insert(Value::Null)
    };
    put(next, &known[1..], &path[1..], value)
}

/// A field by its name with brackets.
pub(super) fn find<'a>(form: &'a Value, name: &str) -> Option<&'a Value> {
    path(name)?.into_iter().try_fold(form, |node, part| match node {
        Value::Array(list) => list.get(part.parse::<usize>().ok()?),
        node => node.get(part),
    })
}

/// Text that is there; a field that is given must not be empty.
pub(super) fn text<'a>(form: &'a Value, name: &str) -> Result<Option<&'a str>, Refused> {
    match find(form, name).and_then(Value::as_str) {
        Some("") => Err(Refused::empty(name)),
        other => Ok(other),
    }
}

pub(super) fn needed<'a>(form: &'a Value, name: &str) -> Result<&'a str, Refused> {
    text(form, name)?.ok_or_else(|| Refused::missing(name))
}

pub(super) fn integer(form: &Value, name: &str) -> Result<Option<i64>, Refused> {
    let Some(text) = text(form, name)? else { return Ok(None) };
    text.parse()
        .map(Some)
        .map_err(|_| Refused::coded("parameter_invalid_integer", name, format!("Invalid integer: {text}")))
}

/// One of a few words.
pub(super) fn word<'a>(form: &'a Value, name: &str, words: &[&str]) -> Result<Option<&'a str>, Refused> {
    match text(form, name)? {
        Some(word) if !words.contains(&word) => {
            let words = words.join(", ");
            Err(Refused::invalid(name, format!("Invalid {name}: must be one of {words}")))
        }
        other => Ok(other),
    }
}

/// Up to 50 keys of 40 characters, with values of 500.
pub(super) fn metadata(form: &Value, name: &str) -> Result<Value, Refused> {
    let Some(Value::Object(map)) = find(form, name) else { return Ok(Value::Object(Map::new())) };
    if map.len() > 50 {
        return Err(Refused::invalid(name, "You may only specify up to 50 metadata keys".to_owned()));
    }
    for (key, value) in map {
        let value = value.as_str().unwrap_or_default();
        if key.chars().count() > 40 {
            let said = format!("Metadata keys must be under 40 characters; {key} is too long");
            return Err(Refused::invalid(name, said));
        }
        if value.chars().count() > 500 {
            let said = format!(
                "Metadata values can have up to 500 characters, but you passed in a value that is {} characters",
                value.chars().count()
            );
            return Err(Refused::invalid(&format!("{name}[{key}]"), said));
        }
    }
    let kept = map.iter().filter(|(_, value)| value.as_str() != Some(""));
    Ok(Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(text: &str) -> Vec<(String, String)> {
        url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
    }

    #[test]
    fn brackets_become_objects_and_lists() {
        let takes = ["items[#][price][amount]", "metadata[*]", "expand[#]", "mode"];
        let text =
            "items[0][price][amount]=1&items[1][price][amount]=2&metadata[0]=x&expand[]=a&expand[]=b&mode=m";
        let read = read(&fields(text), &takes).ok();
        let expected = json!({
            "items": [{ "price": { "amount": "1" } }, { "price": { "amount": "2" } }],
            "metadata": { "0": "x" }, "expand": ["a", "b"], "mode": "m",
        });
        assert_eq!(read, Some(expected));
    }

    #[test]
    fn whatever_else_is_refused() {
        let takes = ["items[#][a]", "metadata[*]", "mode"];
        for text in [
            "moda=1",
            "mode[x]=1",
            "items[x][a]=1",
            "items[1][a]=1",
            "mode=1&mode=2",
            "items[0][a=1",
            "]=1",
            "metadata[]=1",
        ] {
            assert!(read(&fields(text), &takes).is_err(), "{text}");
        }
    }
}
