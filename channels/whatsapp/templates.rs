//! Messages that Meta approved beforehand: filling one in, and listing all.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    account::BUSINESS_ACCOUNT_ID,
    graph::Call,
    media,
    send::{refused, set},
};
use crate::{
    Account, SendError, Template,
    abilities::MediaKind,
    error::NextStep,
    message::OutboundMedia,
    template::{
        OutboundTemplate, TemplateButton, TemplateButtonKind, TemplateButtonValue, TemplateHeader,
        TemplateValue, TemplateValueKind,
    },
};

/// Meta gives at most 6,000 templates to an account; the bound stops a list that never ends.
const PAGES_MAX: usize = 100;
const PAGE: &str = "100";

/// The `template` object of a message. A blank value is refused: Meta would send the gap.
pub(super) async fn outbound(
    account: &Account,
    template: &OutboundTemplate,
    net: &net::Client,
) -> Result<Value, SendError> {
    let mut components = Vec::new();
    if !template.header.is_empty() {
        let parameters = parameters(account, &template.header, net).await?;
        components.push(json!({ "type": "header", "parameters": parameters }));
    }
    if !template.body.is_empty() {
        let parameters = parameters(account, &template.body, net).await?;
        components.push(json!({ "type": "body", "parameters": parameters }));
    }
    for button in &template.buttons {
        components.push(pressed(button)?);
    }
    let mut object = json!({ "name": template.name, "language": { "code": template.language } });
    if !components.is_empty() {
        object["components"] = Value::Array(components);
    }
    Ok(object)
}

async fn parameters(
    account: &Account,
    values: &[TemplateValue],
    net: &net::Client,
) -> Result<Vec<Value>, SendError> {
    let mut sorted: Vec<&TemplateValue> = values.iter().collect();
    // Positions decide, whatever order they came in; names keep theirs.
    sorted.sort_by_key(|value| value.name.parse::<u32>().unwrap_or(0));
    let named = values.iter().any(|value| value.name.parse::<u32>().is_err());
    let mut parameters = Vec::with_capacity(sorted.len());
    for value in sorted {
        let mut parameter = parameter(account, value, net).await?;
        let text = !matches!(parameter["type"].as_str(), Some("image" | "video" | "document" | "location"));
        if named && text {
            parameter["parameter_name"] = json!(value.name);
        }
        parameters.push(parameter);
    }
    Ok(parameters)
}

async fn parameter(account: &Account, value: &TemplateValue, net: &net::Client) -> Result<Value, SendError> {
    Ok(match &value.value {
        TemplateValueKind::Text { text } => json!({ "type": "text", "text": filled(&value.name, text)? }),
        TemplateValueKind::Currency { fallback, code, amount_1000 } => json!({
            "type": "currency",
            "currency": {
                "fallback_value": filled(&value.name, fallback)?, "code": code, "amount_1000": amount_1000,
            },
        }),
        TemplateValueKind::DateTime { fallback } => {
            json!({ "type": "date_time", "date_time": { "fallback_value": filled(&value.name, fallback)? } })
        }
        TemplateValueKind::Image { link } => json!({ "type": "image", "image": { "link": link } }),
        TemplateValueKind::Video { link } => json!({ "type": "video", "video": { "link": link } }),
        TemplateValueKind::Document { link, file_name } => {
            let mut document = json!({ "link": link });
            set(&mut document, "filename", file_name.as_deref());
            json!({ "type": "document", "document": document })
        }
        TemplateValueKind::Location { latitude, longitude, place, address } => json!({
            "type": "location",
            "location": { "latitude": latitude, "longitude": longitude, "name": place, "address": address },
        }),
        TemplateValueKind::File(media) => file(account, media, net).await?,
    })
}

async fn file(account: &Account, media: &OutboundMedia, net: &net::Client) -> Result<Value, SendError> {
    if !matches!(media.kind, MediaKind::Image | MediaKind::Video | MediaKind::Document) {
        let detail = "A template's header takes an image, a video or a document.";
        return Err(refused("template_parameters", detail, NextStep::FixTemplate));
    }
    let (kind, object) = media::outbound(account, media, None, net).await?;
    let mut parameter = json!({ "type": kind });
    parameter[kind] = object;
    Ok(parameter)
}

fn pressed(button: &TemplateButtonValue) -> Result<Value, SendError> {
    let name = format!("button {}", button.index + 1);
    let (kind, parameter) = match &button.value {
        TemplateButtonKind::QuickReply { payload } => {
            ("quick_reply", json!({ "type": "payload", "payload": filled(&name, payload)? }))
        }
        TemplateButtonKind::Url { suffix } => {
            ("url", json!({ "type": "text", "text": filled(&name, suffix)? }))
        }
        TemplateButtonKind::CopyCode { code } => {
            ("copy_code", json!({ "type": "coupon_code", "coupon_code": filled(&name, code)? }))
        }
    };
    let index = button.index.to_string();
    Ok(json!({ "type": "button", "sub_type": kind, "index": index, "parameters": [parameter] }))
}

/// The value as Meta takes it: not blank, and on one line with single spaces (Meta refuses line breaks, tabs and
/// runs of more than four spaces inside a parameter).
fn filled(name: &str, text: &str) -> Result<String, SendError> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        let detail = format!("The template's value “{name}” is blank.");
        return Err(refused("template_parameters", detail, NextStep::FixTemplate));
    }
    Ok(text)
}

#[derive(Deserialize)]
struct Page {
    data: Vec<Value>,
    #[serde(default)]
    paging: Paging,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Paging {
    cursors: Cursors,
    next: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Cursors {
    after: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Component {
    #[serde(rename = "type")]
    kind: String,
    format: Option<String>,
    text: Option<String>,
    buttons: Vec<ListedButton>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ListedButton {
    #[serde(rename = "type")]
    kind: String,
    text: String,
    url: Option<String>,
}

/// All templates of the business account, page by page.
pub(super) async fn list(account: &Account, net: &net::Client) -> Result<Vec<Template>, SendError> {
    let path = [account.text(BUSINESS_ACCOUNT_ID), "message_templates"];
    let fields = ("fields", "id,name,language,category,status,components");
    let mut templates = Vec::new();
    let mut after = String::new();
    for _ in 0..PAGES_MAX {
        let mut query = vec![fields, ("limit", PAGE)];
        if !after.is_empty() {
            query.push(("after", &after));
        }
        let page: Page = Call::get(account, &path, &query)?.run(net).await?;
        templates.extend(page.data.iter().filter_map(template));
        match (page.paging.next, page.paging.cursors.after) {
            (Some(_), Some(cursor)) if cursor != after => after = cursor,
            _ => break,
        }
    }
    Ok(templates)
}

/// `None` for an item without a name or language, which could not be sent anyway.
fn template(item: &Value) -> Option<Template> {
    let text = |key: &str| item.get(key).and_then(Value::as_str).map(str::to_owned);
    let components: Vec<Component> = item
        .get("components")
        .and_then(Value::as_array)
        .map(|items| items.iter().filter_map(|item| Component::deserialize(item).ok()).collect())
        .unwrap_or_default();
    let of = |kind: &str| components.iter().find(|component| component.kind.eq_ignore_ascii_case(kind));
    let body = of("BODY").and_then(|body| body.text.clone()).unwrap_or_default();
    Some(Template {
        external_id: text("id").unwrap_or_default(),
        name: text("name")?,
        language: text("language")?,
        category: text("category").unwrap_or_default().to_lowercase(),
        status: text("status").unwrap_or_default().to_lowercase(),
        header: of("HEADER").map(header),
        parameters: names(&body),
        body,
        footer: of("FOOTER").and_then(|footer| footer.text.clone()),
        buttons: of("BUTTONS")
            .map(|component| component.buttons.iter().map(button).collect())
            .unwrap_or_default(),
    })
}

fn header(component: &Component) -> TemplateHeader {
    let format = component.format.as_deref().unwrap_or("text").to_lowercase();
    let text = component.text.clone();
    let parameters = text.as_deref().map(names).unwrap_or_default();
    TemplateHeader { format, text, parameters }
}

fn button(button: &ListedButton) -> TemplateButton {
    let kind = button.kind.to_lowercase();
    let parameter = kind == "copy_code" || button.url.as_deref().is_some_and(|url| !names(url).is_empty());
    TemplateButton { kind, text: button.text.clone(), url: button.url.clone(), parameter }
}

/// What stands between double braces, each once, in order.
fn names(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for piece in text.split("{{").skip(1) {
        let Some((name, _)) = piece.split_once("}}") else { continue };
        let name = name.trim().to_owned();
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_named_once_and_in_order() {
        assert_eq!(names("Hi {{1}}, {{ 2 }} and {{1}}, {{open"), ["1", "2"]);
        assert_eq!(names("{{first_name}} {{order}} {{}}"), ["first_name", "order"]);
    }

    #[test]
    fn odd_items_are_left_out_or_read_as_far_as_they_go() {
        assert_eq!(template(&json!({ "id": "1" })), None);
        assert_eq!(template(&json!("x")), None);
        let odd = json!({ "name": "a", "language": "en", "components": [1, { "type": "BODY", "text": "x {{1}}" }] });
        let read = template(&odd).unwrap();
        assert_eq!(
            (read.body.as_str(), read.parameters.as_slice()),
            ("x {{1}}", ["1".to_owned()].as_slice())
        );
    }
}
