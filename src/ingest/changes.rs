//! What happened to messages that exist: statuses, reactions, edits, deletions. Statuses only move forward; what comes
//! before its message waits for it.

use std::collections::{HashMap, HashSet};

use channels::{
    event::{DeleteChange, EditChange, ReactionChange, StatusChange, What},
    message::MessageStatus,
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use super::{
    batch::Item,
    messages::{self, NewMessages, became},
    people::People,
    record::{Became, Effect},
};
use crate::{
    db::Tx,
    error::{Error, Result},
    ids::{ConversationId, IntegrationId, MessageId},
    inbox::message::{Reaction, StatusAt},
};

type Found = (MessageId, ConversationId);

/// The messages that the batch's changes speak of, as far as they existed before it.
pub(super) struct Targets(HashMap<(IntegrationId, String), Found>);

/// What the batch changed, for telling.
#[derive(Default)]
pub(super) struct Changes {
    updated: HashSet<MessageId>,
    statuses: HashMap<MessageId, StatusTold>,
}

/// The `data` of a `message_status` event.
#[derive(Clone, Debug, Serialize)]
pub(super) struct StatusTold {
    pub message_id: MessageId,
    pub conversation_id: ConversationId,
    pub status: String,
    pub status_history: Vec<StatusAt>,
    pub error: Option<Value>,
}

/// A message's changeable state, under its conversation's lock.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
struct State {
    id: MessageId,
    #[serde(skip)]
    conversation_id: ConversationId,
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

/// A change with the message it was found for.
struct Pending<'a> {
    what: &'a What,
    integration: IntegrationId,
    channel: &'static str,
    external_id: &'a str,
}

impl Targets {
    pub(super) fn conversations(&self) -> impl Iterator<Item = ConversationId> {
        self.0.values().map(|found| found.1)
    }
}

/// Finds the messages that changes speak of: by the platform's id, or by ours where the platform carried it through.
pub(super) async fn targets(tx: &mut Tx, items: &[Item<'_>]) -> Result<Targets> {
    let mut wanted = Vec::new();
    let mut ours = Vec::new();
    for (_, pending) in pending(items) {
        wanted.push((pending.integration, pending.external_id));
        if let What::Status(StatusChange { message_id: Some(id), .. }) = pending.what {
            ours.push((*id, pending.integration, pending.external_id.to_owned()));
        }
    }
    let mut found = messages::find(tx, &wanted).await?;
    ours.retain(|(_, integration, external)| !found.contains_key(&(*integration, external.clone())));
    for (id, conversation) in by_our_ids(tx, &ours).await? {
        for (_, integration, external) in ours.iter().filter(|(ours, ..)| *ours == id.0) {
            found.insert((*integration, external.clone()), (id, conversation));
        }
    }
    Ok(Targets(found))
}

async fn by_our_ids(tx: &mut Tx, ours: &[(Uuid, IntegrationId, String)]) -> Result<Vec<Found>> {
    if ours.is_empty() {
        return Ok(Vec::new());
    }
    let organization = tx.organization();
    Ok(sqlx::query_as(
        "select m.id, m.conversation_id
         from (select distinct * from unnest($2::uuid[], $3::uuid[]) as w (id, integration_id)) w
         join messages m on m.organization_id = $1 and m.id = w.id and m.integration_id = w.integration_id
         where m.direction = 'outbound'",
    )
    .bind(organization)
    .bind(ours.iter().map(|one| one.0).collect::<Vec<_>>())
    .bind(ours.iter().map(|one| one.1).collect::<Vec<_>>())
    .fetch_all(tx.sql())
    .await?)
}

impl Changes {
    pub(super) fn updated(&self) -> impl Iterator<Item = MessageId> {
        self.updated.iter().copied()
    }

    pub(super) fn statuses(&self) -> impl Iterator<Item = &StatusTold> {
        self.statuses.values()
    }

    /// Applies the batch's changes, and those that waited for its new messages. Conversations of `targets` are locked.
    pub(super) async fn apply(
        tx: &mut Tx,
        items: &[Item<'_>],
        people: &People,
        targets: &Targets,
        new: &NewMessages,
        became_of: &mut [Option<Became>],
    ) -> Result<Self> {
        let early = take_early(tx, new.by_external.keys()).await?;
        let mut work: Vec<(Option<usize>, Pending<'_>, Option<Found>)> = Vec::new();
        for (integration, external, what) in &early {
            let found = new.by_external.get(&(*integration, external.clone())).copied();
            work.push((
                None,
                Pending { what, integration: *integration, channel: "", external_id: external },
                found,
            ));
        }
        for (index, pending) in pending(items) {
            let key = (pending.integration, pending.external_id.to_owned());
            let found = targets.0.get(&key).or_else(|| new.by_external.get(&key)).copied();
            work.push((Some(index), pending, found));
        }
        find_late(tx, &mut work).await?;
        let ids: Vec<_> = work.iter().filter_map(|(_, _, found)| found.map(|found| found.0)).collect();
        let mut states = load(tx, &ids).await?;
        let mut changes = Self::default();
        let mut waiting = Vec::new();
        for (index, pending, found) in &work {
            let effect = match found.and_then(|found| states.get_mut(&found.0)) {
                Some(state) => changes.change(state, pending, people),
                None => {
                    waiting.push(pending);
                    Effect::KeptForLater
                }
            };
            if let Some(index) = index {
                became_of[*index] = Some(became(&items[*index], pending.external_id, *found, effect));
            }
        }
        keep_early(tx, &waiting).await?;
        changes.write(tx, &states).await?;
        Ok(changes)
    }

    fn change(&mut self, state: &mut State, pending: &Pending<'_>, people: &People) -> Effect {
        let changed = match pending.what {
            What::Status(change) => {
                let changed = state.status(change);
                if changed {
                    self.statuses.insert(state.id, state.told());
                }
                changed
            }
            What::Reaction(change) => {
                let contact = people.of(pending.channel, &change.contact);
                self.note(state.react(change, contact.map(|id| id.0)), state.id)
            }
            What::Edit(change) => self.note(state.edit(change), state.id),
            What::Delete(change) => self.note(state.delete(change), state.id),
            _ => false,
        };
        if changed { Effect::Stored } else { Effect::Repeated }
    }

    fn note(&mut self, changed: bool, id: MessageId) -> bool {
        if changed {
            self.updated.insert(id);
        }
        changed
    }

    async fn write(&self, tx: &mut Tx, states: &HashMap<MessageId, State>) -> Result<()> {
        let changed: Vec<_> = states
            .values()
            .filter(|state| self.updated.contains(&state.id) || self.statuses.contains_key(&state.id))
            .collect();
        if changed.is_empty() {
            return Ok(());
        }
        let organization = tx.organization();
        let versions: Vec<(MessageId, &str)> = changed
            .iter()
            .filter_map(|state| state.before.as_deref().map(|before| (state.id, before)))
            .collect();
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
}

impl State {
    /// Forward only. Learns the platform's id where the answer to our call never came.
    fn status(&mut self, change: &StatusChange) -> bool {
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

    /// Replaces the person's reactions unless a newer word of theirs is stored. An empty emoji remembers a removal.
    fn react(&mut self, change: &ReactionChange, contact: Option<Uuid>) -> bool {
        let by = if change.echo { "business" } else { "contact" };
        let theirs = |reaction: &Reaction| reaction.by == by && reaction.id == contact;
        if self.reactions.iter().any(|one| theirs(one) && one.at > change.at) {
            return false;
        }
        let before: Vec<_> = self
            .reactions
            .iter()
            .filter(|one| theirs(one) && !one.emoji.is_empty())
            .map(|one| one.emoji.clone())
            .collect();
        self.reactions.retain(|one| !theirs(one));
        let name = change.contact.name.clone();
        let emoji = if change.emoji.is_empty() { vec![String::new()] } else { change.emoji.clone() };
        self.reactions.extend(emoji.into_iter().map(|emoji| Reaction {
            emoji,
            by: by.to_owned(),
            id: contact,
            name: name.clone(),
            at: change.at,
        }));
        before != change.emoji
    }

    fn edit(&mut self, change: &EditChange) -> bool {
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

    fn delete(&mut self, change: &DeleteChange) -> bool {
        if self.deleted_at.is_some() {
            return false;
        }
        self.before.get_or_insert_with(|| std::mem::take(&mut self.text));
        self.text.clear();
        self.parts = Value::Array(Vec::new());
        self.deleted_at = Some(change.at);
        true
    }

    fn told(&self) -> StatusTold {
        StatusTold {
            message_id: self.id,
            conversation_id: self.conversation_id,
            status: self.status.clone().unwrap_or_default(),
            status_history: self.status_history.clone(),
            error: self.error.clone(),
        }
    }
}

/// Applies what waited for messages that have just been given their platform ids by a send. The caller holds the conversation's
/// lock and [`lock_early`] for these ids, and tells the world.
pub async fn apply_early(
    tx: &mut Tx,
    sent: &[(IntegrationId, String, MessageId, ConversationId)],
) -> Result<Vec<MessageId>> {
    let keys: Vec<_> = sent.iter().map(|one| (one.0, one.1.clone())).collect();
    let early = take_early(tx, keys.iter()).await?;
    if early.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<_> = sent.iter().map(|one| one.2).collect();
    let mut states = load(tx, &ids).await?;
    let mut changes = Changes::default();
    let nobody = People::nobody();
    for (integration, external, what) in &early {
        let pending = Pending { what, integration: *integration, channel: "", external_id: external };
        let target = sent.iter().find(|one| one.0 == *integration && one.1 == *external).map(|one| one.2);
        if let Some(state) = target.and_then(|id| states.get_mut(&id)) {
            changes.change(state, &pending, &nobody);
        }
    }
    changes.write(tx, &states).await?;
    Ok(states.into_keys().collect())
}

/// Serialises "this id is not known" with "this id is now known": whoever comes second sees what the first one committed.
pub async fn lock_early(tx: &mut Tx, keys: &[(IntegrationId, &str)]) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "select pg_advisory_xact_lock(key) from (
             select distinct hashtextextended(integration_id::text || external_id, 0) as key
             from unnest($1::uuid[], $2::text[]) as w (integration_id, external_id) order by 1) keys",
    )
    .bind(keys.iter().map(|key| key.0).collect::<Vec<_>>())
    .bind(keys.iter().map(|key| key.1).collect::<Vec<_>>())
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Looks once more, under the lock, for messages that a send named in the meantime.
async fn find_late(tx: &mut Tx, work: &mut [(Option<usize>, Pending<'_>, Option<Found>)]) -> Result<()> {
    let missing: Vec<_> =
        work.iter().filter(|one| one.2.is_none()).map(|one| (one.1.integration, one.1.external_id)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    lock_early(tx, &missing).await?;
    let found = messages::find(tx, &missing).await?;
    let mut conversations: Vec<_> = found.values().map(|found| found.1).collect();
    conversations.sort_unstable();
    conversations.dedup();
    if !conversations.is_empty() {
        let organization = tx.organization();
        sqlx::query("select from conversations where organization_id = $1 and id = any($2) order by id for no key update")
            .bind(organization)
            .bind(&conversations)
            .execute(tx.sql())
            .await?;
    }
    for (_, pending, target) in work.iter_mut().filter(|one| one.2.is_none()) {
        *target = found.get(&(pending.integration, pending.external_id.to_owned())).copied();
    }
    Ok(())
}

async fn load(tx: &mut Tx, ids: &[MessageId]) -> Result<HashMap<MessageId, State>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let organization = tx.organization();
    let states: Vec<State> = sqlx::query_as(
        "select id, conversation_id, direction, status, status_history, error, external_id, reactions, text, parts, edited_at, deleted_at
         from messages where organization_id = $1 and id = any($2)",
    )
    .bind(organization)
    .bind(ids)
    .fetch_all(tx.sql())
    .await?;
    Ok(states.into_iter().map(|state| (state.id, state)).collect())
}

/// Takes out what waited for these messages, oldest first.
async fn take_early<'a>(
    tx: &mut Tx,
    keys: impl Iterator<Item = &'a (IntegrationId, String)>,
) -> Result<Vec<(IntegrationId, String, What)>> {
    let (integrations, externals): (Vec<_>, Vec<_>) = keys.map(|key| (key.0, key.1.as_str())).unzip();
    if integrations.is_empty() {
        return Ok(Vec::new());
    }
    let organization = tx.organization();
    let mut rows: Vec<(Uuid, IntegrationId, String, Value)> = sqlx::query_as(
        "delete from early_changes e using unnest($2::uuid[], $3::text[]) as w (integration_id, external_id)
         where e.organization_id = $1 and e.integration_id = w.integration_id and e.external_id = w.external_id
         returning e.id, e.integration_id, e.external_id, e.change",
    )
    .bind(organization)
    .bind(integrations)
    .bind(externals)
    .fetch_all(tx.sql())
    .await?;
    // Ids are UUIDv7: their order is the order of coming.
    rows.sort_unstable_by_key(|row| row.0);
    rows.into_iter()
        .map(|(_, integration, external, change)| {
            let what = serde_json::from_value(change)
                .map_err(|error| Error::Internal(format!("an early change: {error}")))?;
            Ok((integration, external, what))
        })
        .collect()
}

async fn keep_early(tx: &mut Tx, waiting: &[&Pending<'_>]) -> Result<()> {
    if waiting.is_empty() {
        return Ok(());
    }
    let organization = tx.organization();
    sqlx::query(
        "insert into early_changes (organization_id, id, integration_id, external_id, change)
         select $1, * from unnest($2::uuid[], $3::uuid[], $4::text[], $5::jsonb[])",
    )
    .bind(organization)
    .bind(waiting.iter().map(|_| Uuid::now_v7()).collect::<Vec<_>>())
    .bind(waiting.iter().map(|one| one.integration).collect::<Vec<_>>())
    .bind(waiting.iter().map(|one| one.external_id).collect::<Vec<_>>())
    .bind(waiting.iter().map(|one| Json(one.what)).collect::<Vec<_>>())
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Every change of the batch with the message id it names; a deletion of several counts once for each.
fn pending<'a>(items: &'a [Item<'a>]) -> impl Iterator<Item = (usize, Pending<'a>)> {
    items.iter().enumerate().flat_map(|(index, item)| {
        let externals: Vec<&str> = match item.what {
            What::Status(change) => vec![&change.external_id],
            What::Reaction(change) => vec![&change.external_id],
            What::Edit(change) => vec![&change.external_id],
            What::Delete(change) => change.external_ids.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        };
        item.integration.iter().flat_map(move |integration| {
            let (id, channel) = (integration.id, integration.channel.id().as_str());
            externals.clone().into_iter().map(move |external_id| {
                (index, Pending { what: item.what, integration: id, channel, external_id })
            })
        })
    })
}

fn parse_status(text: &str) -> Option<MessageStatus> {
    serde_json::from_value(Value::String(text.to_owned())).ok()
}
