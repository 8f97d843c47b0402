//! Reads TwiML as strictly as Twilio does: one root, known verbs, names in their case. What is not well-formed is an application
//! error that the caller hears.

use std::collections::BTreeMap;

/// An element: what it is called, says and holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
    pub text: String,
    pub children: Vec<Element>,
}

const VERBS: [&str; 9] = ["Say", "Play", "Pause", "Gather", "Dial", "Record", "Redirect", "Hangup", "Reject"];

/// The verbs of a document, or Twilio's code for what is wrong with it.
pub(super) fn verbs(xml: &str) -> Result<Vec<Element>, i64> {
    let body = xml.trim_start_matches('\u{feff}').trim_start();
    let body = match body.strip_prefix("<?xml") {
        Some(rest) => rest.split_once("?>").ok_or(12100)?.1,
        None => body,
    };
    let mut rest = body.trim_start();
    let root = element(&mut rest).ok_or(12100)?;
    if !rest.trim().is_empty() || root.name != "Response" {
        return Err(12100);
    }
    match root.children.iter().all(|verb| VERBS.contains(&verb.name.as_str())) {
        true => Ok(root.children),
        false => Err(12200),
    }
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    pub(super) fn seconds(&self, name: &str, otherwise: u32) -> u32 {
        self.attribute(name).and_then(|text| text.parse().ok()).unwrap_or(otherwise)
    }
}

/// Takes one element from the front.
fn element(rest: &mut &str) -> Option<Element> {
    let inside = rest.strip_prefix('<')?;
    let (head, after) = inside.split_once('>')?;
    let (head, empty) = head.strip_suffix('/').map_or((head, false), |head| (head, true));
    let (name, attributes) = head.split_once(char::is_whitespace).unwrap_or((head, ""));
    let mut found =
        Element { name: name.to_owned(), attributes: read_attributes(attributes)?, ..Element::default() };
    *rest = after;
    if empty {
        return Some(found);
    }
    loop {
        let (text, _) = rest.split_once('<')?;
        found.text.push_str(&unescaped(text)?);
        *rest = &rest[text.len()..];
        match rest.strip_prefix("</") {
            Some(end) => {
                let (name, after) = end.split_once('>')?;
                *rest = after;
                return (name.trim_end() == found.name).then_some(found);
            }
            None => found.children.push(element(rest)?),
        }
    }
}

fn read_attributes(mut text: &str) -> Option<BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    loop {
        text = text.trim();
        if text.is_empty() {
            return Some(all);
        }
        let (name, value) = text.split_once("=\"")?;
        let (value, after) = value.split_once('"')?;
        all.insert(name.to_owned(), unescaped(value)?);
        text = after;
    }
}

/// A bare `&` is no XML.
fn unescaped(text: &str) -> Option<String> {
    let mut pieces = text.split('&');
    let mut out = pieces.next()?.to_owned();
    for piece in pieces {
        let (entity, after) = piece.split_once(';')?;
        out.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => return None,
        });
        out.push_str(after);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_read_or_refused() {
        let xml = r#"<?xml version="1.0" encoding="UTF-8"?><Response><Say language="en">A &amp; B</Say><Dial action="/x?a=1&amp;b=2"><Client><Identity>desk</Identity></Client></Dial><Hangup/></Response>"#;
        let read = verbs(xml).unwrap();
        assert_eq!(read.iter().map(|verb| verb.name.as_str()).collect::<Vec<_>>(), ["Say", "Dial", "Hangup"]);
        assert_eq!((read[0].text.as_str(), read[1].attribute("action")), ("A & B", Some("/x?a=1&b=2")));
        assert_eq!(read[1].children[0].children[0].text, "desk");
        assert_eq!(verbs("<Response></Response>"), Ok(Vec::new()));
        assert_eq!(verbs("<Response/>"), Ok(Vec::new()));
        for (wrong, code) in [
            ("OK", 12100),
            ("<Response><Say>a & b</Say></Response>", 12100),
            ("<Response><Say></Response>", 12100),
            ("<response/>", 12100),
            ("<Response/><Response/>", 12100),
            ("<Response><say>a</say></Response>", 12200),
        ] {
            assert_eq!(verbs(wrong), Err(code), "{wrong}");
        }
    }
}
