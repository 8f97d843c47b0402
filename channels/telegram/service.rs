//! Service messages as lines of the timeline, and the few that are more than a line.

use serde_json::Value;

use super::{
    content::{Content, text_at},
    party,
    wire::Rest,
};
use crate::message::{Kind, Part};

/// Events that need no more than a fixed sentence.
const LINES: [(&str, &str); 36] = [
    ("boost_added", "The group was boosted."),
    ("channel_chat_created", "The channel was created."),
    ("chat_background_set", "The chat's background was changed."),
    ("chat_owner_changed", "The chat has a new owner."),
    ("chat_owner_left", "The chat's owner left."),
    ("chat_shared", "Shared a chat."),
    ("checklist_tasks_added", "Tasks were added to a checklist."),
    ("checklist_tasks_done", "Tasks of a checklist were ticked or reopened."),
    ("delete_chat_photo", "The group's photo was removed."),
    ("direct_message_price_changed", "The price of direct messages was changed."),
    ("forum_topic_closed", "The topic was closed."),
    ("forum_topic_reopened", "The topic was reopened."),
    ("general_forum_topic_hidden", "The general topic was hidden."),
    ("general_forum_topic_unhidden", "The general topic is shown again."),
    ("giveaway_created", "A giveaway was announced."),
    ("group_chat_created", "The group was created."),
    ("managed_bot_created", "A managed bot was created."),
    ("message_auto_delete_timer_changed", "The timer that deletes messages was changed."),
    ("new_chat_photo", "The group has a new photo."),
    ("paid_message_price_changed", "The price of paid messages was changed."),
    ("passport_data", "Shared documents through Telegram Passport, which the hub does not read."),
    ("pinned_message", "A message was pinned."),
    ("poll_option_added", "An option was added to a poll."),
    ("poll_option_deleted", "An option was removed from a poll."),
    ("proximity_alert_triggered", "Somebody came near a shared live location."),
    ("suggested_post_approval_failed", "The approval of a suggested post failed."),
    ("suggested_post_approved", "A suggested post was approved."),
    ("suggested_post_declined", "A suggested post was declined."),
    ("suggested_post_paid", "A suggested post was paid."),
    ("suggested_post_refunded", "A suggested post was refunded."),
    ("supergroup_chat_created", "The supergroup was created."),
    ("video_chat_ended", "A video chat ended."),
    ("video_chat_participants_invited", "People were invited to a video chat."),
    ("video_chat_scheduled", "A video chat was scheduled."),
    ("video_chat_started", "A video chat started."),
    ("write_access_allowed", "Allowed the bot to write."),
];

pub(super) fn of(rest: &Rest<Value>) -> Option<Content> {
    web_app(rest).or_else(|| payment(rest)).or_else(|| {
        let text = told(rest).or_else(|| {
            LINES.iter().find(|(name, _)| rest.contains_key(*name)).map(|(_, line)| (*line).to_owned())
        })?;
        Some(Content { kind: Kind::System, text, parts: Vec::new(), media: Vec::new() })
    })
}

/// Events whose sentence names somebody or something.
fn told(rest: &Rest<Value>) -> Option<String> {
    let names = |field: &str| {
        let people = rest.get(field)?.as_array()?;
        let names: Vec<_> = people.iter().filter_map(party::name_of).collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    if let Some(names) = names("new_chat_members") {
        return Some(format!("{names} joined."));
    }
    if let Some(member) = rest.get("left_chat_member") {
        return Some(format!("{} left.", party::name_of(member).unwrap_or_else(|| "A member".to_owned())));
    }
    if let Some(title) = rest.get("new_chat_title").and_then(Value::as_str) {
        return Some(format!("The group is now called “{title}”."));
    }
    if let Some(name) = text_at(rest, "forum_topic_created", "name") {
        return Some(format!("The topic “{name}” was opened."));
    }
    if rest.contains_key("forum_topic_edited") {
        return Some(match text_at(rest, "forum_topic_edited", "name") {
            Some(name) => format!("The topic is now called “{name}”."),
            None => "The topic's icon was changed.".to_owned(),
        });
    }
    if let Some(site) = rest.get("connected_website").and_then(Value::as_str) {
        return Some(format!("Logged in to {site} with Telegram."));
    }
    let users = rest.get("users_shared")?.get("users").and_then(Value::as_array);
    let names: Vec<_> = users.into_iter().flatten().filter_map(party::name_of).collect();
    Some(if names.is_empty() { "Shared people.".to_owned() } else { format!("Shared {}.", names.join(", ")) })
}

/// What a mini app sent back through its button.
fn web_app(rest: &Rest<Value>) -> Option<Content> {
    let data = text_at(rest, "web_app_data", "data")?;
    let title = text_at(rest, "web_app_data", "button_text").unwrap_or_default().to_owned();
    let choice = Part::Choice {
        id: "web_app_data".to_owned(),
        title: title.clone(),
        description: None,
        data: Some(serde_json::from_str(data).unwrap_or_else(|_| Value::String(data.to_owned()))),
    };
    Some(Content { kind: Kind::Interactive, text: title, parts: vec![choice], media: Vec::new() })
}

fn payment(rest: &Rest<Value>) -> Option<Content> {
    let (field, verb) = [("successful_payment", "Paid"), ("refunded_payment", "Was refunded")]
        .into_iter()
        .find(|(field, _)| rest.contains_key(*field))?;
    let currency = text_at(rest, field, "currency").unwrap_or_default();
    let amount = rest.get(field)?.get("total_amount").and_then(Value::as_i64).unwrap_or_default();
    let text = format!("{verb} {} through Telegram.", money(amount, currency));
    Some(Content { kind: Kind::Payment, text, parts: Vec::new(), media: Vec::new() })
}

/// The smallest units of a currency as people write them; Telegram's stars (XTR) and a few others have no fraction.
fn money(amount: i64, currency: &str) -> String {
    let digits = match currency {
        "XTR" | "JPY" | "KRW" | "CLP" | "VND" | "PYG" | "UGX" | "ISK" => 0,
        _ => 2,
    };
    if digits == 0 {
        return format!("{amount} {currency}");
    }
    let sign = if amount < 0 { "-" } else { "" };
    let amount = amount.unsigned_abs();
    format!("{sign}{}.{:02} {currency}", amount / 100, amount % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_as_people_do() {
        assert_eq!(money(1999, "EUR"), "19.99 EUR");
        assert_eq!(money(5, "EUR"), "0.05 EUR");
        assert_eq!(money(250, "XTR"), "250 XTR");
    }
}
