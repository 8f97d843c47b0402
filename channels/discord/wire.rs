//! Discord's shapes, looked at field by field: anything may be missing or odd. serenity's own structs refuse a whole message for one
//! field that they do not know and drop newer components, so only its enums and flags are used here.

use chrono::{DateTime, Utc};
use serde_json::Value;
use serenity::model::{
    channel::{MessageFlags, MessageType},
    id::MessageId,
};

use crate::party::{Party, PartyId};

/// What a user is called by.
pub(super) const USER: &str = "user";
/// A channel or a thread of a server, in which many write.
pub(super) const CHANNEL: &str = "channel";

static NULL: Value = Value::Null;

pub(super) fn field<'a>(value: &'a Value, name: &str) -> &'a Value {
    value.get(name).unwrap_or(&NULL)
}

pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    field(value, name).as_str().unwrap_or_default()
}

pub(super) fn filled(value: &Value, name: &str) -> Option<String> {
    Some(text(value, name)).filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

pub(super) fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    field(value, name).as_array().map_or(&[], Vec::as_slice)
}

pub(super) fn flag(value: &Value, name: &str) -> bool {
    field(value, name).as_bool().unwrap_or_default()
}

pub(super) fn number(value: &Value, name: &str) -> Option<u64> {
    field(value, name).as_u64()
}

/// A snowflake: digits in a text, though some libraries of others write numbers.
pub(super) fn id(value: &Value, name: &str) -> Option<String> {
    match field(value, name) {
        Value::String(id) => Some(id.clone()).filter(|id| is_id(id)),
        Value::Number(id) => id.as_u64().map(|id| id.to_string()).filter(|id| is_id(id)),
        _ => None,
    }
}

pub(super) fn is_id(id: &str) -> bool {
    snowflake(id).is_some()
}

pub(super) fn snowflake(id: &str) -> Option<MessageId> {
    let digits = id.bytes().all(|byte| byte.is_ascii_digit());
    id.parse::<u64>().ok().filter(|id| digits && (1..=i64::MAX as u64).contains(id)).map(MessageId::new)
}

/// When an id was given out. <https://docs.discord.com/developers/reference#snowflakes>
pub(super) fn time_of(id: &str) -> Option<DateTime<Utc>> {
    let millis = (snowflake(id)?.get() >> 22) + 1_420_070_400_000;
    DateTime::from_timestamp_millis(i64::try_from(millis).ok()?)
}

/// Some of the webhook events' times lack a zone: they are UTC.
pub(super) fn time(value: &Value, name: &str) -> Option<DateTime<Utc>> {
    let text = text(value, name);
    let zoned = DateTime::parse_from_rfc3339(text).map(|at| at.to_utc()).ok();
    zoned.or_else(|| text.parse::<chrono::NaiveDateTime>().ok().map(|at| at.and_utc()))
}

pub(super) fn kind(message: &Value) -> MessageType {
    match field(message, "type") {
        Value::Null => MessageType::Regular,
        kind => MessageType::from(kind.as_u64().and_then(|kind| u8::try_from(kind).ok()).unwrap_or(u8::MAX)),
    }
}

pub(super) fn flags(message: &Value) -> MessageFlags {
    MessageFlags::from_bits_truncate(number(message, "flags").unwrap_or_default())
}

/// A user, with their name in the server where they have one there.
pub(super) fn party(user: &Value, member: &Value) -> Option<Party> {
    let name =
        filled(member, "nick").or_else(|| filled(user, "global_name")).or_else(|| filled(user, "username"));
    Some(Party {
        ids: vec![PartyId::plain(USER, id(user, "id")?)],
        name,
        username: filled(user, "username"),
        ..Party::default()
    })
}

/// A channel of a server as the contact that it is; `name` where it is known.
pub(super) fn place(channel: &str, name: Option<String>) -> Party {
    Party { ids: vec![PartyId::plain(CHANNEL, channel)], name, group: true, ..Party::default() }
}

/// As people write it: threads have titles, channels a sign.
pub(super) fn channel_name(channel: &Value) -> Option<String> {
    let name = filled(channel, "name")?;
    let thread = matches!(number(channel, "type"), Some(10..=12));
    Some(if thread { name } else { format!("#{name}") })
}
