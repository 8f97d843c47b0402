//! A message's changeable state: what may follow what. Everything here happens under the conversation's lock.

use std::collections::{BTreeSet, HashMap, HashSet};

use channels::{
    call::{Call, CallChange, CallState},
    event::{DeleteChange, EditChange, ReactionChange, Reacts, StatusChange},
    message::{MessageStatus, Part},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use super::calls::CallNews;
use crate::{
    db::Tx,
    error::Result,
    ids::{ConversationId, IntegrationId, MessageId},
    inbox::message::{Reaction, StatusAt},
};

/// The `data` of a `message_status` event.
#[derive(Clone, Debug, Serialize)]
pub(super) struct StatusTold {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    pub status: String,
    pub status_history: Vec<StatusAt>,
    pub error: Option<Value>,
    /// Known once the platform has answered the send, or named the message by itself.
    pub external_id: Option<String>,
}

/// A message's changeable state, under its conversation's lock.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub(super) struct State {
    pub(super) id: MessageId,
    #[serde(skip)]
    conversation_id: ConversationId,
    #[serde(skip)]
    seq: i64,
    direction: String,
    status: Option<String>,
    #[sqlx(json)]
    status_history: Vec<StatusAt>,
    error: Option<Value>,
    external_id: Option<String>,
    #[sqlx(json)]
    reactions: Vec<Reaction>,
    text: String,
    parts: Value,
    edited_at: Option<DateTime<Utc>>,
    deleted_at: Option<DateTime<Utc>>,
    #[sqlx(skip)]
    #[serde(skip)]
    before: Option<String>,
}

impl State {
    /// Forward only. Learns the platform's id where the answer to our call never came.
    pub(super) fn status(&mut self, change: &StatusChange) -> bool {
        let before = self.status.as_deref().and_then(parse_status);
        let (Some(before), "outbound") = (before, self.direction.as_str()) else { return false };
        if self.external_id.is_none() {
            self.external_id = Some(change.external_id.clone());
        }
        if !change.status.may_follow(before) {
            return false;
        }
        self.status = Some(change.status.as_str().to_owned());
        self.status_history.push(StatusAt { status: change.status.as_str().to_owned(), at: change.at });
        self.error = change.error.as_ref().and_then(|error| serde_json::to_value(error).ok());
        true
    }

    /// Changes the person's reactions unless a newer word of theirs is stored. An empty emoji remembers that they took all back.
    pub(super) fn react(&mut self, change: &ReactionChange, contact: Option<Uuid>) -> bool {
        if change.reacts == Reacts::Cleared {
            return self.clear(change);
        }
        let by = if change.echo { "business" } else { "contact" };
        // A reaction that came before its message may not have found its contact: then the side alone decides.
        let same = |id: Option<Uuid>| id == contact || id.is_none() || contact.is_none();
        let theirs = |reaction: &Reaction| reaction.by == by && same(reaction.id);
        let meant =
            |emoji: &String| change.reacts == Reacts::All || emoji.is_empty() || change.emoji.contains(emoji);
        if self.reactions.iter().any(|one| theirs(one) && meant(&one.emoji) && one.at > change.at) {
            return false;
        }
        let shown = |all: &[Reaction]| -> BTreeSet<String> {
            let theirs = all.iter().filter(|one| theirs(one) && !one.emoji.is_empty());
            theirs.map(|one| one.emoji.clone()).collect()
        };
        let before = shown(&self.reactions);
        self.reactions.retain(|one| !theirs(one) || !meant(&one.emoji));
        let mut set = if change.reacts == Reacts::Removed { Vec::new() } else { change.emoji.clone() };
        if set.is_empty() && !self.reactions.iter().any(theirs) {
            set.push(String::new());
        }
        let name = change.contact.name.clone();
        self.reactions.extend(set.into_iter().map(|emoji| Reaction {
            emoji,
            by: by.to_owned(),
            id: contact,
            name: name.clone(),
            at: change.at,
        }));
        before != shown(&self.reactions)
    }

    /// From everybody, us included.
    fn clear(&mut self, change: &ReactionChange) -> bool {
        let before = self.reactions.len();
        let meant = |emoji: &String| change.emoji.is_empty() || change.emoji.contains(emoji);
        self.reactions.retain(|one| one.at > change.at || !meant(&one.emoji));
        before != self.reactions.len()
    }

    pub(super) fn edit(&mut self, change: &EditChange) -> bool {
        let parts = serde_json::to_value(&change.parts).unwrap_or_default();
        let older = self.edited_at.is_some_and(|edited| edited > change.at);
        if older || self.deleted_at.is_some() || (self.text == change.text && self.parts == parts) {
            return false;
        }
        self.before.get_or_insert_with(|| self.text.clone());
        self.text.clone_from(&change.text);
        self.parts = parts;
        self.edited_at = Some(change.at);
        true
    }

    pub(super) fn delete(&mut self, change: &DeleteChange) -> bool {
        if self.deleted_at.is_some() {
            return false;
        }
        self.before.get_or_insert_with(|| std::mem::take(&mut self.text));
        self.text.clear();
        self.parts = Value::Array(Vec::new());
        self.deleted_at = Some(change.at);
        true
    }

    /// What became of a call; `None` for a message that is gone. News of a call of ours also proves that it left, and names it.
    pub(super) fn call(&mut self, change: &CallChange, integration: IntegrationId) -> Option<CallNews> {
        if self.deleted_at.is_some() {
            return None;
        }
        let mut parts: Vec<Part> = serde_json::from_value(self.parts.clone()).unwrap_or_default();
        let at = parts.iter().position(|part| matches!(part, Part::Call(_)));
        let mut call = match at.map(|at| parts.remove(at)) {
            Some(Part::Call(call)) => call,
            _ => Call::new(change.direction, change.at),
        };
        let (missed_before, ended_before) = (call.is_missed(), call.state.has_ended());
        let mut changed = call.take(change);
        if self.external_id.is_none() {
            self.external_id = Some(change.external_id.clone());
            changed = true;
        }
        let before = self.status.as_deref().and_then(parse_status);
        if before.is_some_and(|before| MessageStatus::Sent.may_follow(before)) {
            self.status = Some(MessageStatus::Sent.as_str().to_owned());
            self.status_history
                .push(StatusAt { status: MessageStatus::Sent.as_str().to_owned(), at: change.at });
            self.error = None;
            changed = true;
        }
        let missed = call.is_missed() && !missed_before;
        let talked = call.state == CallState::Completed && !ended_before;
        if changed {
            self.text = call.text();
            parts.insert(0, Part::Call(call));
            self.parts = serde_json::to_value(&parts).unwrap_or_default();
        }
        Some(CallNews {
            message_id: self.id,
            conversation_id: self.conversation_id,
            seq: self.seq,
            integration_id: integration,
            external_id: change.external_id.clone(),
            at: change.at,
            changed,
            missed,
            talked,
            recording: change.recording.clone(),
        })
    }

    pub(super) fn told(&self) -> StatusTold {
        StatusTold {
            message_id: self.id,
            conversation_id: self.conversation_id,
            status: self.status.clone().unwrap_or_default(),
            status_history: self.status_history.clone(),
            error: self.error.clone(),
            external_id: self.external_id.clone(),
        }
    }
}

pub(super) async fn load(tx: &mut Tx, ids: &[MessageId]) -> Result<HashMap<MessageId, State>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let organization = tx.organization();
    let states: Vec<State> = sqlx::query_as(
        "select id, conversation_id, seq, direction, status, status_history, error, external_id, reactions, text, parts, edited_at, deleted_at
         from messages where organization_id = $1 and id = any($2)",
    )
    .bind(organization)
    .bind(ids)
    .fetch_all(tx.sql())
    .await?;
    Ok(states.into_iter().map(|state| (state.id, state)).collect())
}

/// Writes those that were updated or got a new status, and what they said before an edit or deletion.
pub(super) async fn write(
    tx: &mut Tx,
    states: &HashMap<MessageId, State>,
    updated: &HashSet<MessageId>,
    statuses: impl Iterator<Item = &MessageId>,
) -> Result<()> {
    let statuses: HashSet<_> = statuses.collect();
    let changed: Vec<_> =
        states.values().filter(|state| updated.contains(&state.id) || statuses.contains(&state.id)).collect();
    if changed.is_empty() {
        return Ok(());
    }
    let organization = tx.organization();
    let versions: Vec<(MessageId, &str)> =
        changed.iter().filter_map(|state| state.before.as_deref().map(|before| (state.id, before))).collect();
    if !versions.is_empty() {
        sqlx::query(
            "insert into message_versions (organization_id, message_id, version, text, changed_at)
             select $1, old.id, 1 + (select count(*) from message_versions v where v.organization_id = $1 and v.message_id = old.id), old.text, now()
             from unnest($2::uuid[], $3::text[]) as old (id, text)",
        )
        .bind(organization)
        .bind(versions.iter().map(|one| one.0).collect::<Vec<_>>())
        .bind(versions.iter().map(|one| one.1).collect::<Vec<_>>())
        .execute(tx.sql())
        .await?;
    }
    sqlx::query(
        "update messages m set
             status = news.status, status_history = news.status_history, error = news.error, external_id = news.external_id,
             reactions = news.reactions, text = news.text, parts = news.parts,
             edited_at = news.edited_at, deleted_at = news.deleted_at,
             words = case when news.text = m.text then m.words
                     else message_words($1, news.text) end
         from jsonb_to_recordset($2) as news (id uuid, status text, status_history jsonb, error jsonb, external_id text,
             reactions jsonb, text text, parts jsonb, edited_at timestamptz, deleted_at timestamptz)
         where m.organization_id = $1 and m.id = news.id",
    )
    .bind(organization)
    .bind(Json(&changed))
    .execute(tx.sql())
    .await?;
    Ok(())
}

fn parse_status(text: &str) -> Option<MessageStatus> {
    serde_json::from_value(Value::String(text.to_owned())).ok()
}
