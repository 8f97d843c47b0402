//! The approved messages of a business account: a handful to begin with, listed page by page, and filled in with the
//! checks that Meta makes.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use serde_json::{Value, json};

use super::{
    Player,
    graph::{Call, GraphError, ok},
};
use crate::ChatButton;

/// What a new business account has: positional, named, with an image, with buttons, plain, and two that cannot be sent.
pub(super) fn seeded() -> Vec<Value> {
    let body = |text: &str| json!({ "type": "BODY", "text": text });
    let footer = |text: &str| json!({ "type": "FOOTER", "text": text });
    let templates = [
        ("hello_world", "UTILITY", "APPROVED", vec![body("Welcome! This is a first message.")]),
        (
            "order_update",
            "UTILITY",
            "APPROVED",
            vec![
                json!({ "type": "HEADER", "format": "TEXT", "text": "Order {{1}}" }),
                body("Hello {{1}}, your order is on its way and arrives on {{2}}."),
                footer("Reply STOP to opt out"),
            ],
        ),
        (
            "appointment_reminder",
            "UTILITY",
            "APPROVED",
            vec![body("Hi {{first_name}}, we expect you on {{day}} at {{time}}.")],
        ),
        (
            "seasonal_offer",
            "MARKETING",
            "APPROVED",
            vec![
                json!({ "type": "HEADER", "format": "IMAGE" }),
                body("{{1}}, this week everything is {{2}} off."),
                json!({ "type": "BUTTONS", "buttons": [{ "type": "COPY_CODE", "text": "Copy code" }] }),
            ],
        ),
        (
            "feedback_request",
            "UTILITY",
            "APPROVED",
            vec![
                body("How was your order, {{1}}?"),
                json!({ "type": "BUTTONS", "buttons": [
                    { "type": "QUICK_REPLY", "text": "Good" },
                    { "type": "QUICK_REPLY", "text": "Could be better" },
                    { "type": "URL", "text": "Tell us more", "url": "https://example.org/feedback/{{1}}" },
                ]}),
            ],
        ),
        ("payment_reminder", "UTILITY", "PENDING", vec![body("Your invoice {{1}} is due.")]),
        ("spring_campaign", "MARKETING", "PAUSED", vec![body("Spring is here, {{1}}!")]),
    ];
    let with_ids = templates.into_iter().zip(1_780_000_000_000_001_u64..);
    with_ids
        .map(|((name, category, status, components), id)| {
            let named = name == "appointment_reminder";
            json!({
                "id": id.to_string(),
                "name": name,
                "language": "en_US",
                "category": category,
                "status": status,
                "parameter_format": if named { "NAMED" } else { "POSITIONAL" },
                "components": components,
            })
        })
        .collect()
}

/// `GET /{waba}/message_templates?limit&after`
pub(super) async fn list(State(player): State<Arc<Player>>, call: Call) -> Response {
    let work = async {
        let id = player.caller(&call)?;
        let world = player.world();
        let templates = world.numbers.get(&id).map_or(&[][..], |number| &number.templates);
        let number = |key: &str| call.query.get(key).and_then(|text| text.parse::<usize>().ok());
        let (start, limit) = (number("after").unwrap_or(0), number("limit").unwrap_or(25).max(1));
        let end = (start + limit).min(templates.len());
        let mut paging = json!({ "cursors": { "before": start.to_string(), "after": end.to_string() } });
        if end < templates.len() {
            paging["next"] = json!(format!("{}/next-page?after={end}", player.base_url));
        }
        ok(json!({ "data": templates.get(start..end).unwrap_or_default(), "paging": paging }))
    };
    player.answer("message_templates", work).await
}

/// What a customer sees of a template.
pub(super) struct Rendered {
    pub text: String,
    pub buttons: Vec<ChatButton>,
    /// The object of the header's file: `{"id"}` or `{"link"}`.
    pub file: Option<Value>,
}

/// Fills a template in, or says why Meta would not send it.
pub(super) fn rendered(templates: &[Value], asked: &Value) -> Result<Rendered, GraphError> {
    let template = approved(templates, asked)?;
    let parts = list_of(template, "components");
    let part = |kind: &str| parts.iter().find(|part| part["type"] == kind);
    let given = |kind: &str| list_of(asked, "components").iter().find(|part| part["type"] == kind);

    let mut lines = Vec::new();
    let mut file = None;
    if let Some(header) = part("HEADER") {
        let values = given("header").map_or(&[][..], |given| list_of(given, "parameters"));
        match header["format"].as_str() {
            Some("TEXT") | None => lines.push(filled("header", word(header, "text"), values)?),
            Some(format) => file = Some(header_file(format, values)?),
        }
    }
    let values = given("body").map_or(&[][..], |given| list_of(given, "parameters"));
    lines.push(filled("body", part("BODY").map_or("", |body| word(body, "text")), values)?);
    lines.extend(part("FOOTER").map(|footer| word(footer, "text").to_owned()));
    let buttons = part("BUTTONS").map_or(&[][..], |buttons| list_of(buttons, "buttons"));
    let buttons = buttons
        .iter()
        .enumerate()
        .map(|(index, button)| pressed(index, button, asked))
        .collect::<Result<_, _>>()?;
    Ok(Rendered { text: lines.join("\n"), buttons, file })
}

fn approved<'a>(templates: &'a [Value], asked: &Value) -> Result<&'a Value, GraphError> {
    let (name, language) = (word(asked, "name"), asked["language"]["code"].as_str().unwrap_or_default());
    let found =
        templates.iter().find(|template| template["name"] == name && template["language"] == language);
    let refused = |code, title: &str, details: String| {
        let status = if code == 132001 { 404 } else { 400 };
        Err(GraphError::new(status, code, format!("(#{code}) {title}")).details(details))
    };
    match found.map(|template| (template, word(template, "status"))) {
        Some((template, "APPROVED")) => Ok(template),
        Some((_, "PAUSED")) => refused(132015, "Template is paused", format!("template {name} is paused")),
        Some((_, "DISABLED")) => {
            refused(132016, "Template is disabled", format!("template {name} is disabled"))
        }
        _ => {
            let details = format!("template name ({name}) does not exist in {language}");
            refused(132001, "Template name does not exist in the translation", details)
        }
    }
}

/// Puts the values into `text`; their number and names must fit.
fn filled(place: &str, text: &str, values: &[Value]) -> Result<String, GraphError> {
    let names = names(text);
    if names.len() != values.len() {
        let details = format!(
            "{place}: number of localizable_params ({}) does not match the expected number of params ({})",
            values.len(),
            names.len()
        );
        let title = "(#132000) Number of parameters does not match the expected number of params";
        return Err(GraphError::new(400, 132000, title).details(details));
    }
    let mut filled = text.to_owned();
    for (at, name) in names.iter().enumerate() {
        let positional = name.bytes().all(|byte| byte.is_ascii_digit());
        let value = if positional {
            values.get(at)
        } else {
            values.iter().find(|value| value["parameter_name"] == name.as_str())
        };
        let value = value.ok_or_else(|| missing(format!("{place}: parameter {name} is missing")))?;
        filled = filled.replace(&format!("{{{{{name}}}}}"), &value_text(place, value)?);
    }
    Ok(filled)
}

fn value_text(place: &str, value: &Value) -> Result<String, GraphError> {
    let text = match word(value, "type") {
        "currency" => value["currency"]["fallback_value"].as_str(),
        "date_time" => value["date_time"]["fallback_value"].as_str(),
        _ => value["text"].as_str(),
    };
    let text =
        text.filter(|text| !text.is_empty()).ok_or_else(|| missing(format!("{place}: a value is empty")))?;
    if text.contains(['\n', '\t']) || text.contains("     ") {
        let details = "Param text cannot have new-line/tab characters or more than 4 consecutive spaces";
        return Err(GraphError::new(400, 132018, "(#132018) Parameter is not valid").details(details));
    }
    Ok(text.to_owned())
}

fn header_file(format: &str, values: &[Value]) -> Result<Value, GraphError> {
    let kind = format.to_lowercase();
    match values.first().map(|value| &value[kind.as_str()]) {
        Some(file) if file.is_object() => Ok(file.clone()),
        _ => {
            let details = format!("header: Format mismatch, expected {format}, received UNKNOWN");
            let title = "(#132012) Parameter format does not match format in the created template";
            Err(GraphError::new(400, 132012, title).details(details))
        }
    }
}

/// A button as the customer sees it; its id is what comes back when it is pressed.
fn pressed(index: usize, button: &Value, asked: &Value) -> Result<ChatButton, GraphError> {
    let text = word(button, "text").to_owned();
    let given = list_of(asked, "components").iter().find(|part| {
        let at = &part["index"];
        part["type"] == "button"
            && (at.as_str() == Some(&index.to_string()) || at.as_u64() == u64::try_from(index).ok())
    });
    let value = given.and_then(|part| list_of(part, "parameters").first());
    let needs =
        |what: &str| missing(format!("buttons: Button at index {index} of type {what} requires a parameter"));
    let (id, url) = match word(button, "type") {
        "URL" => {
            let url = word(button, "url");
            let suffix = value.and_then(|value| value["text"].as_str());
            match (names(url).is_empty(), suffix) {
                (true, _) => (String::new(), Some(url.to_owned())),
                (false, Some(suffix)) => (String::new(), Some(url.replace("{{1}}", suffix))),
                (false, None) => return Err(needs("Url")),
            }
        }
        "COPY_CODE" => {
            let code =
                value.and_then(|value| value["coupon_code"].as_str()).ok_or_else(|| needs("CopyCode"))?;
            (code.to_owned(), None)
        }
        _ => (value.and_then(|value| value["payload"].as_str()).unwrap_or(&text).to_owned(), None),
    };
    Ok(ChatButton { id, title: text, description: None, url })
}

fn missing(details: String) -> GraphError {
    GraphError::new(400, 131008, "(#131008) Required parameter is missing").details(details)
}

/// What stands between double braces, each once, in order.
fn names(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for piece in text.split("{{").skip(1) {
        if let Some((name, _)) = piece.split_once("}}")
            && !names.iter().any(|known| known == name)
        {
            names.push(name.to_owned());
        }
    }
    names
}

fn list_of<'a>(object: &'a Value, key: &str) -> &'a [Value] {
    object[key].as_array().map_or(&[], Vec::as_slice)
}

fn word<'a>(object: &'a Value, key: &str) -> &'a str {
    object[key].as_str().unwrap_or_default()
}
