//! Twilio's content templates: listing them, and filling one in. Twilio keeps the words; a message names the template and gives its
//! variables. <https://www.twilio.com/docs/content>

use std::collections::{BTreeMap, HashSet};

use serde_json::{Value, json};
use url::Url;

use super::super::{
    account,
    api::{Call, refused, word},
};
use crate::{
    Account, SendError, Template,
    error::NextStep,
    message::MediaSource,
    template::{OutboundTemplate, TemplateButton, TemplateHeader, TemplateValueKind},
};

pub(super) const HOST: &str = "https://content.twilio.com";
/// What names of contents begin with that are no templates: see [`super::offers`].
pub(super) const MADE: &str = "switchboard_";
const PAGE: &str = "100";
/// The bound stops a list that never ends.
const PAGES_MAX: usize = 50;

/// `ContentSid` and `ContentVariables` of a message. A blank value is refused: customers would see the gap.
pub(super) fn filled(template: &OutboundTemplate) -> Result<Vec<(String, String)>, SendError> {
    let Some(sid) = template.external_id.as_deref().filter(|sid| !sid.is_empty()) else {
        let detail =
            "This template is not known any more. Fetch the templates in the integration's settings.";
        return Err(refused("template_unknown", detail, NextStep::FixTemplate));
    };
    let mut variables = BTreeMap::new();
    for value in template.header.iter().chain(&template.body) {
        let text = text(&value.value)?;
        if text.is_empty() {
            let detail = format!("The template's value “{}” is blank.", value.name);
            return Err(refused("template_parameters", detail, NextStep::FixTemplate));
        }
        variables.insert(value.name.as_str(), text);
    }
    let mut form = vec![("ContentSid".to_owned(), sid.to_owned())];
    if !variables.is_empty() {
        form.push(("ContentVariables".to_owned(), json!(variables).to_string()));
    }
    Ok(form)
}

/// On one line: WhatsApp refuses line breaks, tabs and long gaps inside a variable.
fn text(value: &TemplateValueKind) -> Result<String, SendError> {
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(match value {
        TemplateValueKind::Text { text } => one_line(text),
        TemplateValueKind::Currency { fallback, .. } | TemplateValueKind::DateTime { fallback } => {
            one_line(fallback)
        }
        TemplateValueKind::Image { link }
        | TemplateValueKind::Video { link }
        | TemplateValueKind::Document { link, .. } => link.to_string(),
        TemplateValueKind::File(file) => match &file.source {
            MediaSource::Link(link) => link.to_string(),
            MediaSource::Bytes(_) => {
                let detail = "Twilio fetches files from an address, and this file has none.";
                return Err(refused("media_rejected", detail, NextStep::FixContent));
            }
        },
        TemplateValueKind::Location { .. } => {
            let detail = "The places of Twilio's templates are fixed when the template is made.";
            return Err(refused("template_parameters", detail, NextStep::FixTemplate));
        }
    })
}

/// All of the account, page by page.
pub(super) async fn list(account: &Account, net: &net::Client) -> Result<Vec<Template>, SendError> {
    let mut templates = Vec::new();
    let mut seen = HashSet::new();
    let mut next = vec![("PageSize".to_owned(), PAGE.to_owned())];
    for _ in 0..PAGES_MAX {
        let mut url = account::url(account, HOST, &["v1", "ContentAndApprovals"])?;
        url.query_pairs_mut().extend_pairs(&next);
        let page = Call::get(account, url).run(net).await?;
        let contents = page.get("contents").and_then(Value::as_array).into_iter().flatten();
        for mut one in contents.filter_map(template) {
            // Names are for people, and several may have the same.
            if !seen.insert((one.name.clone(), one.language.clone())) {
                let tail: String = one.external_id.chars().rev().take(6).collect();
                one.name = format!("{} ({})", one.name, tail.chars().rev().collect::<String>());
            }
            templates.push(one);
        }
        // Only what follows the question mark: the token goes nowhere else.
        let after = page.get("meta").and_then(|meta| word(meta, "next_page_url"));
        match after.and_then(|after| Url::parse(after).ok()) {
            Some(after) => next = after.query_pairs().into_owned().collect(),
            None => break,
        }
    }
    Ok(templates)
}

/// `None` for an item that could not be sent anyway, and for what the hub itself made for a message.
fn template(content: &Value) -> Option<Template> {
    let (kind, shape) = shape(content)?;
    let approval = content.get("approval_requests").unwrap_or(&Value::Null);
    let sid = word(content, "sid")?.to_owned();
    let name = word(content, "friendly_name").map_or_else(|| sid.clone(), str::to_owned);
    if name.starts_with(MADE) {
        return None;
    }
    let text = |names: &[&str]| names.iter().find_map(|name| word(shape, name)).map(str::to_owned);
    Some(Template {
        name,
        language: word(content, "language")?.to_owned(),
        category: word(approval, "category").unwrap_or("none").to_lowercase(),
        status: status(word(approval, "status")),
        header: text(&["header_text"]).map(|text| TemplateHeader {
            format: "text".to_owned(),
            text: Some(text),
            parameters: Vec::new(),
        }),
        body: text(&["body", "title"]).unwrap_or_else(|| kind.to_owned()),
        footer: text(&["footer", "subtitle"]),
        buttons: buttons(shape),
        parameters: variables(shape),
        external_id: sid,
    })
}

/// The richest of a content's shapes, which WhatsApp takes; others stand in where a network cannot show it.
fn shape(content: &Value) -> Option<(&str, &Value)> {
    let shapes = content.get("types")?.as_object()?;
    let plain = |kind: &str| kind == "twilio/text";
    let rich = shapes.iter().find(|(kind, _)| !plain(kind));
    rich.or_else(|| shapes.iter().next()).map(|(kind, shape)| (kind.as_str(), shape))
}

/// What was not handed in for approval can be sent all the same, to WhatsApp within 24 hours only.
fn status(told: Option<&str>) -> String {
    match told.unwrap_or("unsubmitted") {
        "unsubmitted" => "approved",
        "received" => "pending",
        other => other,
    }
    .to_lowercase()
}

fn buttons(shape: &Value) -> Vec<TemplateButton> {
    let list = |name: &str| shape.get(name).and_then(Value::as_array).into_iter().flatten();
    let actions = list("actions").filter_map(|action| {
        let kind = match word(action, "type").unwrap_or("QUICK_REPLY") {
            "QUICK_REPLY" => "quick_reply".to_owned(),
            other => other.to_lowercase(),
        };
        let url = word(action, "url").map(str::to_owned);
        Some(TemplateButton { kind, text: word(action, "title")?.to_owned(), url, parameter: false })
    });
    let rows = list("items").filter_map(|item| {
        let text = word(item, "item")?.to_owned();
        Some(TemplateButton { kind: "quick_reply".to_owned(), text, url: None, parameter: false })
    });
    actions.chain(rows).collect()
}

/// Every variable, wherever it stands: in the words, in a button's address, in a file's. Numbers in their order, then names.
fn variables(shape: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(shape, &mut found);
    found.sort_by_key(|name| (name.parse::<u32>().unwrap_or(u32::MAX), name.clone()));
    found.dedup();
    found
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.extend(
            text.split("{{").skip(1).filter_map(|rest| Some(rest.split_once("}}")?.0.trim().to_owned())),
        ),
        Value::Array(list) => list.iter().for_each(|one| collect(one, found)),
        Value::Object(fields) => fields.values().for_each(|one| collect(one, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(types: Value, approval: &str) -> Value {
        json!({ "sid": "HX0001", "friendly_name": "order", "language": "en", "types": types,
            "approval_requests": { "status": approval, "category": "UTILITY" } })
    }

    #[test]
    fn shapes_become_templates() {
        let card = json!({ "twilio/text": { "body": "{{1}}" }, "whatsapp/card": { "body": "Hi {{1}}, look at {{ 2 }}",
            "header_text": "Order", "footer": "The shop", "actions": [
                { "type": "QUICK_REPLY", "title": "Yes", "id": "yes" }, { "type": "URL", "title": "Track", "url": "https://x.example/{{10}}" }] } });
        let found = template(&content(card, "approved")).unwrap();
        assert_eq!(
            (found.body.as_str(), found.footer.as_deref()),
            ("Hi {{1}}, look at {{ 2 }}", Some("The shop"))
        );
        assert_eq!(found.parameters, ["1", "2", "10"]);
        let kinds: Vec<_> = found.buttons.iter().map(|one| (one.kind.as_str(), one.text.as_str())).collect();
        assert_eq!(kinds, [("quick_reply", "Yes"), ("url", "Track")]);
        assert_eq!((found.status.as_str(), found.category.as_str()), ("approved", "utility"));
        let list = json!({ "twilio/list-picker": { "body": "Which?", "button": "Choose", "items": [{ "item": "Red", "id": "r" }] } });
        assert_eq!(template(&content(list, "received")).unwrap().buttons[0].text, "Red");
    }

    #[test]
    fn odd_contents_are_survived() {
        let bare = serde_json::Map::new();
        for odd in
            [Value::Null, json!([]), Value::Object(bare), content(json!({}), ""), content(json!([1]), "x")]
        {
            assert_eq!(template(&odd), None, "{odd}");
        }
        let unnamed =
            json!({ "sid": "HX1", "language": "en", "types": { "twilio/text": { "body": "a {{1" } } });
        let found = template(&unnamed).unwrap();
        assert_eq!(
            (found.name.as_str(), found.parameters.len(), found.status.as_str()),
            ("HX1", 0, "approved")
        );
    }
}
