//! What happened to messages that exist: statuses, reactions, edits, deletions. Statuses only move forward; what comes
//! before its message waits for it.

use std::collections::{HashMap, HashSet};

use channels::event::What;
use uuid::Uuid;

use super::{
    batch::Item,
    calls::{self, CallNews},
    early,
    messages::{self, NewMessages, became},
    people::People,
    record::{Became, Effect},
    state::{self, State, StatusTold},
};
use crate::{
    db::Tx,
    error::Result,
    ids::{ConversationId, IntegrationId, MessageId},
};

type Found = (MessageId, ConversationId);

/// The messages that the batch's changes speak of, as far as they existed before it.
pub(super) struct Targets(HashMap<(IntegrationId, String), Found>);

/// What the batch changed, for telling.
#[derive(Default)]
pub(super) struct Changes {
    updated: HashSet<MessageId>,
    statuses: HashMap<MessageId, StatusTold>,
    pub(super) calls: Vec<CallNews>,
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
        let id = match pending.what {
            What::Status(change) => change.message_id,
            What::Call(change) => change.message_id,
            _ => None,
        };
        if let Some(id) = id {
            ours.push((id, pending.integration, pending.external_id.to_owned()));
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
        let early = early::take(tx, new.by_external.keys()).await?;
        let mut work: Vec<(Option<usize>, Pending<'_>, Option<Found>)> = Vec::new();
        for (integration, external, what) in &early {
            let found = new.by_external.get(&(*integration, external.clone())).copied();
            let channel = channel_of(items, *integration);
            work.push((
                None,
                Pending { what, integration: *integration, channel, external_id: external },
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
        let mut states = state::load(tx, &ids).await?;
        let mut changes = Self::default();
        let mut waiting = Vec::new();
        for (index, pending, found) in &work {
            let effect = match found.and_then(|found| states.get_mut(&found.0)) {
                Some(state) => changes.change(state, pending, people),
                None => {
                    waiting.push((pending.integration, pending.external_id, pending.what));
                    Effect::KeptForLater
                }
            };
            if let Some(index) = index {
                // News of a call may have made the message that it then changed.
                let stored = became_of[*index].as_ref().is_some_and(|one| one.effect == Effect::Stored);
                let effect = if stored { Effect::Stored } else { effect };
                became_of[*index] = Some(became(&items[*index], pending.external_id, *found, effect));
            }
        }
        early::keep(tx, &waiting).await?;
        state::write(tx, &states, &changes.updated, changes.statuses.keys()).await?;
        changes.updated.extend(calls::keep_recordings(tx, &changes.calls).await?);
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
            What::Call(change) => {
                let news = state.call(change, pending.integration);
                let changed = news.as_ref().is_some_and(|news| news.changed);
                self.calls.extend(news);
                self.note(changed, state.id)
            }
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
}

/// Applies what waited for messages that have just been given their platform ids by a send. The caller holds the conversation's
/// lock and [`super::lock_early`] for these ids, and tells the world.
pub async fn apply_early(
    tx: &mut Tx,
    sent: &[(IntegrationId, String, MessageId, ConversationId)],
) -> Result<Vec<MessageId>> {
    let keys: Vec<_> = sent.iter().map(|one| (one.0, one.1.clone())).collect();
    let early = early::take(tx, keys.iter()).await?;
    if early.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<_> = sent.iter().map(|one| one.2).collect();
    let mut states = state::load(tx, &ids).await?;
    let mut changes = Changes::default();
    let nobody = People::nobody();
    for (integration, external, what) in &early {
        let pending = Pending { what, integration: *integration, channel: "", external_id: external };
        let target = sent.iter().find(|one| one.0 == *integration && one.1 == *external).map(|one| one.2);
        if let Some(state) = target.and_then(|id| states.get_mut(&id)) {
            changes.change(state, &pending, &nobody);
        }
    }
    state::write(tx, &states, &changes.updated, changes.statuses.keys()).await?;
    calls::keep_recordings(tx, &changes.calls).await?;
    Ok(states.into_keys().collect())
}

/// Looks once more, under the lock, for messages that a send named in the meantime.
async fn find_late(tx: &mut Tx, work: &mut [(Option<usize>, Pending<'_>, Option<Found>)]) -> Result<()> {
    let missing: Vec<_> =
        work.iter().filter(|one| one.2.is_none()).map(|one| (one.1.integration, one.1.external_id)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    early::lock(tx, &missing).await?;
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

/// Every change of the batch with the message id it names; a deletion of several counts once for each.
fn pending<'a>(items: &'a [Item<'a>]) -> impl Iterator<Item = (usize, Pending<'a>)> {
    items.iter().enumerate().flat_map(|(index, item)| {
        item.integration.iter().flat_map(move |integration| {
            let (id, channel) = (integration.id, integration.channel.id().as_str());
            std::iter::once(item.what).chain(&item.marked).flat_map(move |what| {
                externals(what)
                    .into_iter()
                    .map(move |external_id| (index, Pending { what, integration: id, channel, external_id }))
            })
        })
    })
}

fn externals(what: &What) -> Vec<&str> {
    match what {
        What::Status(change) => vec![&change.external_id],
        What::Reaction(change) => vec![&change.external_id],
        What::Edit(change) => vec![&change.external_id],
        What::Delete(change) => change.external_ids.iter().map(String::as_str).collect(),
        What::Call(change) => vec![&change.external_id],
        _ => Vec::new(),
    }
}

fn channel_of(items: &[Item<'_>], id: IntegrationId) -> &'static str {
    let mut integrations = items.iter().filter_map(|item| item.integration.as_ref());
    integrations.find(|integration| integration.id == id).map_or("", |found| found.channel.id().as_str())
}
