//! What a platform tells of many messages at once becomes a change for each of them.

use std::sync::Arc;

use channels::{
    event::{StatusChange, Watermark, What},
    message::MessageStatus,
};
use chrono::{DateTime, Utc};

use super::batch::Item;
use crate::{db::Tx, error::Result, inbox::integration::Integration};

/// A watermark says nothing new of what is older than so many messages of its conversation.
const LOOKED_AT: i64 = 500;

/// The place of its event, the account, and what was told.
type Mark<'a> = (usize, Arc<Integration>, &'a Watermark);

/// Finds the messages that the watermarks mean and that are not as far yet. What was not taken by the platform when this is asked is never
/// meant.
pub(super) async fn resolve(tx: &mut Tx, items: &mut [Item<'_>]) -> Result<()> {
    let marks: Vec<Mark<'_>> = items
        .iter()
        .enumerate()
        .filter_map(|(index, item)| match (item.what, &item.integration) {
            (What::Watermark(mark), Some(integration)) => Some((index, integration.clone(), mark)),
            _ => None,
        })
        .collect();
    for (index, change) in find(tx, &marks).await? {
        if let Some(item) = items.get_mut(index) {
            item.marked.push(change);
        }
    }
    Ok(())
}

async fn find(tx: &mut Tx, marks: &[Mark<'_>]) -> Result<Vec<(usize, What)>> {
    if marks.is_empty() {
        return Ok(Vec::new());
    }
    let organization = tx.organization();
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "select w.place, m.external_id
         from unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::text[], $6::boolean[], $8::text[], $9::text[], $10::text[]) with ordinality
              as w (integration_id, thread, up_to, external_id, read, channel, kind, key, place)
         join contact_identities i on i.organization_id = $1 and i.channel = w.channel and i.kind = w.kind and i.key = w.key
         join conversations c on c.organization_id = $1 and c.contact_id = i.contact_id and c.integration_id = w.integration_id and c.thread = w.thread
         left join messages newest on newest.organization_id = $1 and newest.integration_id = w.integration_id
              and newest.external_id = w.external_id
         cross join lateral (
             select m.external_id, m.integration_id, m.direction, m.status, m.sent_at
             from messages m
             where m.organization_id = $1 and m.conversation_id = c.id
             order by m.seq desc limit $7) m
         where m.direction = 'outbound' and m.integration_id = w.integration_id and m.external_id is not null
           and (m.status = 'sent' or w.read and m.status = 'delivered')
           and m.sent_at <= case when w.external_id is null then w.up_to else newest.sent_at end",
    )
    .bind(organization)
    .bind(marks.iter().map(|one| one.1.id).collect::<Vec<_>>())
    .bind(marks.iter().map(|one| one.2.thread.as_str()).collect::<Vec<_>>())
    .bind(marks.iter().map(|one| one.2.up_to).collect::<Vec<DateTime<Utc>>>())
    .bind(marks.iter().map(|one| one.2.external_id.as_deref()).collect::<Vec<_>>())
    .bind(marks.iter().map(|one| one.2.status == MessageStatus::Read).collect::<Vec<_>>())
    .bind(LOOKED_AT)
    .bind(marks.iter().map(|one| one.1.channel.id().as_str()).collect::<Vec<_>>())
    .bind(marks.iter().map(|one| one.2.contact.kind.as_str()).collect::<Vec<_>>())
    .bind(marks.iter().map(|one| one.2.contact.key.as_str()).collect::<Vec<_>>())
    .fetch_all(tx.sql())
    .await?;
    let change = |(place, external_id): (i64, String)| {
        let (index, _, mark) = usize::try_from(place - 1).ok().and_then(|place| marks.get(place))?;
        let change = StatusChange {
            external_id,
            status: mark.status,
            at: mark.at,
            error: None,
            message_id: None,
            contact: None,
        };
        Some((*index, What::Status(change)))
    };
    Ok(rows.into_iter().filter_map(change).collect())
}
