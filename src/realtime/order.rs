//! Order between servers: an event names the one that its conversation told before. A server that hears it first holds it
//! until that one has come, or until the sweep has read both from the table.

use std::{collections::HashMap, time::Duration};

use serde::{Deserialize, Serialize};
use sqlx::PgConnection;

use super::event::Event;
use crate::ids::{ConversationId, OrganizationId};

/// How long an event waits for the one before it. Then the table is read.
pub const PATIENCE: Duration = Duration::from_millis(200);
/// Events that wait at most, in one organization. Beyond, they are told as they come.
const MOST: usize = 1000;

/// The event that must be heard first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    pub id: i64,
    /// Number of its transaction.
    pub xid: u64,
}

/// Events that came before the one that they follow.
#[derive(Default)]
pub struct Held(Vec<Event>);

/// Notes these just written events as the newest of their conversations, and each one's predecessor in it. Last before the commit,
/// under the conversations' locks; by itself it waits for nobody who waits for us.
pub async fn link(
    connection: &mut PgConnection,
    organization: OrganizationId,
    events: &mut [Event],
) -> Result<(), sqlx::Error> {
    let mut newest: HashMap<ConversationId, Before> = HashMap::new();
    for event in &mut *events {
        let (Some(subject), Some(id)) = (event.subject, event.id) else { continue };
        let this = Before { id, xid: event.xid };
        event.before = newest.insert(subject.conversation_id, this);
    }
    if newest.is_empty() {
        return Ok(());
    }
    let (conversations, ids): (Vec<_>, Vec<_>) = newest.iter().map(|(key, this)| (*key, this.id)).unzip();
    let known: Vec<(ConversationId, i64, String)> = sqlx::query_as(
        "with now_newest as (select * from unnest($2::uuid[], $3::bigint[]) as n (conversation_id, event_id)),
         noted as (
             insert into conversation_news (organization_id, conversation_id, event_id, xid)
             select $1, conversation_id, event_id, pg_current_xact_id() from now_newest order by conversation_id
             on conflict (organization_id, conversation_id)
             do update set event_id = excluded.event_id, xid = excluded.xid, told_at = excluded.told_at)
         select k.conversation_id, k.event_id, k.xid::text
         from conversation_news k join now_newest using (conversation_id)
         where k.organization_id = $1",
    )
    .bind(organization)
    .bind(conversations)
    .bind(ids)
    .fetch_all(connection)
    .await?;
    let known: HashMap<_, _> = known
        .into_iter()
        .filter_map(|(conversation, id, xid)| Some((conversation, Before { id, xid: xid.parse().ok()? })))
        .collect();
    for event in events.iter_mut().filter(|event| event.before.is_none()) {
        event.before = event.subject.and_then(|subject| known.get(&subject.conversation_id).copied());
    }
    Ok(())
}

impl Held {
    /// Takes the event in. `false`: there are too many already.
    pub fn hold(&mut self, event: &Event) -> bool {
        let room = self.0.len() < MOST;
        if room {
            self.0.push(event.clone());
        }
        room
    }

    /// Takes out the one that waited for the event `id`.
    pub fn follower(&mut self, id: i64) -> Option<Event> {
        let at = self.0.iter().position(|event| event.before.is_some_and(|before| before.id == id))?;
        Some(self.0.swap_remove(at))
    }

    /// Forgets those that were told meanwhile.
    pub fn retain(&mut self, waits: impl Fn(&Event) -> bool) {
        self.0.retain(waits);
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
