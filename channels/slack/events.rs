//! The event inside an envelope. <https://docs.slack.dev/reference/events>

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    emoji, messages, people,
    place::MessageId,
    read::{Context, ignored, notice, text, time, unknown},
};
use crate::error::{NextStep, Refusal};
use crate::event::{ContactChange, ReactionChange, Reacts, Severity, What};
use crate::party::Party;

/// The hub's own, of a list that it has read: the reactions that messages have now.
pub(super) const SHOWN: &str = "reactions_shown";

/// Events that an app may be subscribed to and that say nothing for an inbox.
const SILENT: [&str; 31] = [
    "app_home_opened",
    "app_requested",
    "assistant_thread_context_changed",
    "assistant_thread_started",
    "channel_created",
    "channel_deleted",
    "channel_history_changed",
    "channel_id_changed",
    "channel_shared",
    "channel_unshared",
    "dnd_updated_user",
    "email_domain_changed",
    "emoji_changed",
    "file_change",
    "file_created",
    "file_deleted",
    "file_public",
    "file_shared",
    "file_unshared",
    "im_close",
    "im_created",
    "im_history_changed",
    "im_open",
    "link_shared",
    "message_metadata_posted",
    "pin_added",
    "pin_removed",
    "star_added",
    "subteam_updated",
    "team_join",
    "user_huddle_changed",
];

pub(super) fn read(context: &Context<'_>, event: &Value) -> Vec<What> {
    let Some(kind) = text(event, "type") else { return vec![unknown("an event without a type")] };
    if kind == SHOWN {
        return shown(context, event);
    }
    let what = match kind {
        "message" | "app_mention" => messages::read(context, event),
        "reaction_added" => reaction(context, event, true),
        "reaction_removed" => reaction(context, event, false),
        "user_change" | "user_profile_changed" => person(event),
        "channel_rename" | "group_rename" => renamed(event),
        "channel_archive" | "group_archive" => reachable(event, false),
        "channel_unarchive" | "group_unarchive" => reachable(event, true),
        "member_joined_channel" => member(context, event, true),
        "member_left_channel" => member(context, event, false),
        "channel_left" | "group_left" => text(event, "channel").map(|channel| gone(channel, kind)),
        "app_uninstalled" => {
            Some(broken(kind, "The app was removed from the workspace. Add it to Slack again."))
        }
        "tokens_revoked" => Some(revoked(event)),
        kind if SILENT.contains(&kind) => Some(ignored(format!("{kind} says nothing for the inbox"))),
        _ => None,
    };
    vec![what.unwrap_or_else(|| unknown(kind))]
}

/// Slack tells of one reaction at a time; what else the person has set stays.
fn reaction(context: &Context<'_>, event: &Value, added: bool) -> Option<What> {
    let item = event.get("item")?;
    if text(item, "type") != Some("message") {
        return Some(ignored("a reaction to something else than a message"));
    }
    let user = text(event, "user")?;
    if context.bots.iter().any(|bot| bot == user) {
        return Some(ignored("our own reaction"));
    }
    let emoji = emoji::shown(text(event, "reaction")?);
    Some(What::Reaction(ReactionChange {
        external_id: MessageId::new(text(item, "channel")?, text(item, "ts")?)?.to_string(),
        contact: people::user(user)?,
        emoji: vec![emoji],
        reacts: if added { Reacts::Added } else { Reacts::Removed },
        at: time(context, text(event, "event_ts")),
        echo: false,
    }))
}

/// All reactions of messages as a list of the channel shows them. Nobody's who took all of theirs back is among them.
fn shown(context: &Context<'_>, event: &Value) -> Vec<What> {
    let channel = text(event, "channel").unwrap_or_default();
    let list =
        |value: &Value, field: &str| value.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut told = Vec::new();
    for message in list(event, "messages") {
        let Some(id) = text(&message, "ts").and_then(|ts| MessageId::new(channel, ts)) else { continue };
        let mut of: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for reaction in list(&message, "reactions") {
            let Some(name) = text(&reaction, "name") else { continue };
            for user in list(&reaction, "users").iter().filter_map(Value::as_str) {
                of.entry(user.to_owned()).or_default().push(emoji::shown(name));
            }
        }
        of.retain(|user, _| !context.bots.contains(user));
        told.extend(of.into_iter().filter_map(|(user, emoji)| {
            Some(What::Reaction(ReactionChange {
                external_id: id.to_string(),
                contact: people::user(&user)?,
                emoji,
                reacts: Reacts::All,
                at: time(context, text(event, "event_ts")),
                echo: false,
            }))
        }));
    }
    told
}

fn person(event: &Value) -> Option<What> {
    let party = people::profile(event.get("user")?)?;
    Some(change(party, None))
}

fn renamed(event: &Value) -> Option<What> {
    let channel = event.get("channel")?;
    let party = Party {
        name: text(channel, "name").map(people::channel_name),
        ..people::channel(text(channel, "id")?)?
    };
    Some(change(party, None))
}

fn reachable(event: &Value, reachable: bool) -> Option<What> {
    Some(change(people::channel(text(event, "channel")?)?, Some(reachable)))
}

fn change(party: Party, reachable: Option<bool>) -> What {
    let find = party.ids[0].clone();
    What::Contact(ContactChange {
        find,
        party,
        gone: Vec::new(),
        reachable,
        marketing: None,
        opted_out: None,
        line: None,
    })
}

fn member(context: &Context<'_>, event: &Value, joined: bool) -> Option<What> {
    let (user, channel) = (text(event, "user")?, text(event, "channel")?);
    if !context.bots.iter().any(|bot| bot == user) {
        return Some(ignored("people come to a channel and go"));
    }
    Some(if joined {
        let text = format!(
            "The app was invited into the channel {channel}: what is written there comes in from now on."
        );
        notice("member_joined_channel", Severity::Info, text)
    } else {
        gone(channel, "member_left_channel")
    })
}

fn gone(channel: &str, topic: &str) -> What {
    let text = format!("The app was removed from the channel {channel}: nothing more comes in from there.");
    notice(topic, Severity::Warning, text)
}

/// Tokens of people do not concern us: the hub uses the bot's alone.
fn revoked(event: &Value) -> What {
    let bots = event.get("tokens").and_then(|tokens| tokens.get("bot")).and_then(Value::as_array);
    if bots.is_none_or(Vec::is_empty) {
        return ignored("somebody's own token was revoked");
    }
    broken("tokens_revoked", "The bot token was revoked. Add the app to Slack again.")
}

fn broken(kind: &str, detail: &str) -> What {
    What::Broken(Refusal::new("token_rejected", detail, NextStep::Reconnect).platform_code(kind))
}
