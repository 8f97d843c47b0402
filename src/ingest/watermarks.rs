//! What a platform tells of many messages at once becomes a change for each of them.

use std::sync::Arc;

use channels::{
    event::{StatusChange, Watermark, What},
    message::MessageStatus,
};
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::AssertSqlSafe;

use super::batch::Item;
use crate::{db::Tx, error::Result, inbox::integration::Integration};

/// A watermark says nothing new of what is older than so many messages of its conversation.
const LOOKED_AT: i64 = 500;

/// How much later than a watermark's moment the platform's answer to a message may have come here, by our clock, that the watermark
/// still means. Platforms name the moment by their clock, ours is when their answer arrived: between the two lie the answer's way back
/// and the difference of the clocks, which must be kept (NTP). A customer whose chat is open reads in the moment of taking, so that
/// without this the newest message would stay unread; with it, one that was taken less than this after an older one was read is marked
/// that much too early. What was still waiting for its turn, or for the platform, at the watermark's moment is never marked.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::seconds(2);

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

/// When the platform took a message: its own word where it told that first, else when its answer came. Of an echo that is its time; of a
/// message whose delivery was told before both, all that is known is when somebody pressed send.
fn taken_at(message: &str) -> String {
    format!(
        "coalesce((select min((told ->> 'at')::timestamptz) from jsonb_array_elements({message}.status_history) as told
                   where told ->> 'status' = 'sent'), {message}.sent_at)"
    )
}

async fn find(tx: &mut Tx, marks: &[Mark<'_>]) -> Result<Vec<(usize, What)>> {
    if marks.is_empty() {
        return Ok(Vec::new());
    }
    let organization = tx.organization();
    let rows: Vec<(i64, String)> = sqlx::query_as(AssertSqlSafe(format!(
        "select w.place, m.external_id
         from unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::text[], $6::boolean[], $8::text[], $9::text[], $10::text[]) with ordinality
              as w (integration_id, thread, up_to, external_id, read, channel, kind, key, place)
         join contact_identities i on i.organization_id = $1 and i.channel = w.channel and i.kind = w.kind and i.key = w.key
         join conversations c on c.organization_id = $1 and c.contact_id = i.contact_id and c.integration_id = w.integration_id and c.thread = w.thread
         left join messages newest on newest.organization_id = $1 and newest.integration_id = w.integration_id
              and newest.external_id = w.external_id
         cross join lateral (
             select m.external_id, m.integration_id, m.direction, m.status, m.seq, m.sent_at, m.status_history, m.conversation_id
             from messages m
             where m.organization_id = $1 and m.conversation_id = c.id
             order by m.seq desc limit $7) m
         where m.direction = 'outbound' and m.integration_id = w.integration_id and m.external_id is not null
           and (m.status = 'sent' or w.read and m.status = 'delivered')
           and case when w.external_id is null then {taken} <= w.up_to + $11
                    else m.seq <= newest.seq and m.conversation_id = newest.conversation_id or {taken} <= {taken_newest} end",
        taken = taken_at("m"),
        taken_newest = taken_at("newest"),
    )))
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
    .bind(CLOCKS_DIFFER)
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
