//! Everything that is not a message: templates, limits, bans, quality, preferences.

use serde_json::Value;

use super::{
    errors,
    identity::Ids,
    read::{Beside, unreadable},
    wire,
};
use crate::InboundEvent;
use crate::event::{ContactChange, Notice, Severity, TemplateChange, TimelineLine, What};

/// Events of a field that is about the account as a whole; `None` for fields that carry items.
pub(super) fn read(field: &str, value: &Value) -> Option<Vec<InboundEvent>> {
    let what = match field {
        "message_template_status_update"
        | "template_category_update"
        | "message_template_components_update" => template(field, value),
        "message_template_quality_update" => notice(field, template_quality(value)),
        "phone_number_quality_update" => notice(field, number_quality(value)),
        "phone_number_name_update" => notice(field, number_name(value)),
        "account_update" | "account_review_update" => notice(field, account(value)),
        "account_alerts" => notice(field, alert(value)),
        "business_capability_update" => notice(field, capability(value)),
        "security" => notice(field, security(value)),
        _ => return None,
    };
    let account = text(value.get("metadata").unwrap_or(&Value::Null), "phone_number_id");
    Some(vec![InboundEvent { account, what }])
}

/// `value.errors` without a message: the app or the account is in trouble.
pub(super) fn fault(fault: &wire::Fault) -> What {
    let severity = Severity::Warning;
    What::Notice(Notice { topic: "errors".into(), severity, text: errors::refusal(fault).to_string() })
}

/// The customer's word on marketing messages.
pub(super) fn preference(item: Value, beside: Beside<'_>) -> What {
    let Some(preference) = wire::item::<wire::Preference>(item) else {
        return unreadable("user_preferences", "A preference is no object.");
    };
    let ids = Ids::new(&preference.user_id, &preference.parent_user_id, &preference.wa_id);
    let party = ids.party(beside.contacts).unwrap_or_default();
    let Some(find) = party.ids.first().cloned() else {
        return unreadable("user_preferences", "A preference names nobody.");
    };
    let marketing = match (preference.category.as_deref(), preference.value.as_deref()) {
        (Some("marketing_messages") | None, Some("stop")) => Some(false),
        (Some("marketing_messages") | None, Some("resume")) => Some(true),
        _ => None,
    };
    let value = preference.value.unwrap_or_else(|| "changed".into());
    let text = preference.detail.unwrap_or_else(|| format!("Marketing messages: {value}"));
    let at = preference.timestamp.unwrap_or(beside.received_at);
    let seconds = at.timestamp();
    let line = TimelineLine {
        external_id: format!("user_preferences:{}:{value}:{seconds}", find.key),
        thread: String::new(),
        text,
        at,
    };
    What::Contact(ContactChange {
        find,
        party,
        gone: Vec::new(),
        reachable: None,
        opted_out: None,
        marketing,
        line: Some(line),
    })
}

fn template(field: &str, value: &Value) -> What {
    let (Some(name), Some(language)) =
        (text(value, "message_template_name"), text(value, "message_template_language"))
    else {
        return unreadable(field, "A change of a template does not name the template.");
    };
    let lower = |key: &str| text(value, key).map(|word| word.to_lowercase());
    let said = text(value, "reason").filter(|reason| reason != "NONE");
    let reason = match field {
        "message_template_components_update" => Some("The template's content was changed.".to_owned()),
        _ => said.or_else(|| value.get("other_info").and_then(|info| text(info, "description"))),
    };
    What::Template(TemplateChange {
        name,
        language,
        status: lower("event"),
        category: lower("new_category"),
        reason,
        template: None,
    })
}

fn template_quality(value: &Value) -> (Severity, String) {
    let score = word(value, "new_quality_score");
    let severity = match score.as_str() {
        "RED" => Severity::Critical,
        "YELLOW" => Severity::Warning,
        _ => Severity::Info,
    };
    let template = word(value, "message_template_name");
    (
        severity,
        format!("Quality of template {template}: {score} (was {})", word(value, "previous_quality_score")),
    )
}

fn number_quality(value: &Value) -> (Severity, String) {
    let event = word(value, "event");
    let severity = match event.as_str() {
        "FLAGGED" | "DOWNGRADE" => Severity::Warning,
        _ => Severity::Info,
    };
    let limit = text(value, "max_daily_conversations_per_business").or_else(|| text(value, "current_limit"));
    let limit = limit.map(|limit| format!(", messaging limit {limit}")).unwrap_or_default();
    (severity, format!("Number {}: {event}{limit}", word(value, "display_phone_number")))
}

fn number_name(value: &Value) -> (Severity, String) {
    let decision = word(value, "decision");
    let severity = if decision == "REJECTED" { Severity::Warning } else { Severity::Info };
    let reason = text(value, "rejection_reason").filter(|reason| reason != "NONE");
    let reason = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
    (severity, format!("Display name “{}”: {decision}{reason}", word(value, "requested_verified_name")))
}

fn account(value: &Value) -> (Severity, String) {
    let event = text(value, "event").unwrap_or_else(|| word(value, "decision"));
    let severity = match event.as_str() {
        "DISABLED_UPDATE"
        | "ACCOUNT_VIOLATION"
        | "ACCOUNT_RESTRICTION"
        | "ACCOUNT_DELETED"
        | "PARTNER_REMOVED"
        | "REJECTED" => Severity::Critical,
        "VERIFIED_ACCOUNT" | "APPROVED" | "PARTNER_ADDED" | "PHONE_NUMBER_ADDED" => Severity::Info,
        _ => Severity::Warning,
    };
    let details = [("ban_info", "waba_ban_state"), ("violation_info", "violation_type")];
    let details: Vec<String> = details
        .into_iter()
        .filter_map(|(outer, inner)| value.get(outer).and_then(|info| text(info, inner)))
        .chain(value.get("restriction_info").map(Value::to_string))
        .collect();
    let details = if details.is_empty() { String::new() } else { format!(" ({})", details.join(", ")) };
    (severity, format!("WhatsApp Business account: {event}{details}"))
}

fn alert(value: &Value) -> (Severity, String) {
    let info = value.get("alert_info").unwrap_or(value);
    let severity = match word(info, "alert_severity").as_str() {
        "CRITICAL" => Severity::Critical,
        "WARNING" => Severity::Warning,
        _ => Severity::Info,
    };
    let kind = word(info, "alert_type");
    let description = text(info, "alert_description").map(|text| format!(": {text}")).unwrap_or_default();
    (severity, format!("{kind} ({}){description}", word(info, "alert_status")))
}

fn capability(value: &Value) -> (Severity, String) {
    let daily = text(value, "max_daily_conversations_per_business")
        .or_else(|| text(value, "max_daily_conversation_per_phone"))
        .unwrap_or_else(|| "unknown".into());
    (Severity::Info, format!("Conversations that the business may start per day: {daily}"))
}

fn security(value: &Value) -> (Severity, String) {
    (Severity::Warning, format!("Number {}: {}", word(value, "display_phone_number"), word(value, "event")))
}

fn notice(field: &str, (severity, text): (Severity, String)) -> What {
    What::Notice(Notice { topic: field.to_owned(), severity, text })
}

pub(super) fn text(value: &Value, key: &str) -> Option<String> {
    match value.get(key)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn word(value: &Value, key: &str) -> String {
    text(value, key).unwrap_or_else(|| "unknown".into())
}
