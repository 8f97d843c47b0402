//! What happens to conversations, read from the table of events as a browser does that comes back: from the mirror's position to below
//! which nothing can still appear. Posts, their jobs and the new position are one transaction, so that nothing is posted twice or
//! forgotten. Nothing of this is on the way of a message into or out of the hub.

use std::{collections::HashSet, time::Duration};

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{client_prefix, posting_lane};
use crate::{
    app::App,
    db::{NewJob, Tx},
    error::Result,
    ids::{ConversationId, IntegrationId, MessageId, OrganizationId, TeamId},
};

const PAUSE: Duration = Duration::from_millis(500);
/// Events read at once, give or take one transaction's.
const EVENTS: i64 = 2_000;

#[derive(sqlx::FromRow)]
struct Mirror {
    integration_id: IntegrationId,
    place: String,
    channels: Vec<String>,
    team_ids: Vec<TeamId>,
    position: String,
    horizon: String,
}

#[derive(sqlx::FromRow)]
struct News {
    kind: String,
    message_id: MessageId,
}

type Found = (MessageId, ConversationId);

/// Follows until told to stop. Several processes may: each takes the mirrors that no other one has at the moment.
pub async fn run(app: App, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = round(&app).await {
            tracing::warn!(%error, "mirrors could not follow");
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = stop.cancelled() => {}
        }
    }
}

async fn round(app: &App) -> Result<()> {
    let organizations: Vec<OrganizationId> = sqlx::query_scalar(
        "select distinct m.organization_id
         from mirrors m
         join integrations i on i.organization_id = m.organization_id and i.id = m.integration_id
         where i.status = 'active' and i.deleted_at is null
           and exists (select from events e
                       where e.organization_id = m.organization_id and e.xid >= m.position
                         and e.xid < pg_snapshot_xmin(pg_current_snapshot()))",
    )
    .fetch_all(app.db.system())
    .await?;
    for organization in organizations {
        let mut tx = app.db.begin(organization).await?;
        for mirror in mirrors(&mut tx).await? {
            follow(&mut tx, &mirror).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

async fn mirrors(tx: &mut Tx) -> Result<Vec<Mirror>> {
    Ok(sqlx::query_as(
        "select m.integration_id, m.place, m.channels, m.team_ids, m.position::text as position,
                pg_snapshot_xmin(pg_current_snapshot())::text as horizon
         from mirrors m
         join integrations i on i.organization_id = m.organization_id and i.id = m.integration_id
         where m.organization_id = $1 and i.status = 'active' and i.deleted_at is null
         order by m.integration_id
         for update of m skip locked",
    )
    .bind(tx.organization())
    .fetch_all(tx.sql())
    .await?)
}

async fn follow(tx: &mut Tx, mirror: &Mirror) -> Result<()> {
    let end = end(tx, mirror).await?;
    let news = news(tx, mirror, &end).await?;
    if !news.is_empty() {
        let of = |new: bool| {
            let these = news.iter().filter(move |one| (one.kind == "new_message") == new);
            these.map(|one| one.message_id).collect::<Vec<_>>()
        };
        let (new, changed) = (of(true), of(false));
        begin_threads(tx, mirror, &new).await?;
        let mut concerned = begin_posts(tx, mirror, &new).await?;
        concerned.extend(posted(tx, mirror, &changed).await?);
        order(tx, mirror, &news, &concerned);
    }
    sqlx::query(
        "update mirrors set position = $3::text::xid8 where organization_id = $1 and integration_id = $2",
    )
    .bind(tx.organization())
    .bind(mirror.integration_id)
    .bind(&end)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// Where this round ends: never within a transaction.
async fn end(tx: &mut Tx, mirror: &Mirror) -> Result<String> {
    let far: Option<String> = sqlx::query_scalar(
        "select xid::text from events
         where organization_id = $1 and xid >= $2::text::xid8 and xid < $3::text::xid8
         order by xid, id offset $4 limit 1",
    )
    .bind(tx.organization())
    .bind(&mirror.position)
    .bind(&mirror.horizon)
    .bind(EVENTS)
    .fetch_optional(tx.sql())
    .await?;
    Ok(match far {
        None => mirror.horizon.clone(),
        // One transaction alone told so much.
        Some(far) if far == mirror.position => {
            far.parse::<u64>().map_or(mirror.horizon.clone(), |xid| (xid + 1).to_string())
        }
        Some(far) => far,
    })
}

/// In the order of telling. Of statuses, those alone that colleagues should know of.
async fn news(tx: &mut Tx, mirror: &Mirror, end: &str) -> Result<Vec<News>> {
    Ok(sqlx::query_as(
        "select kind, coalesce(told->'message'->>'id', told->>'message_id')::uuid as message_id
         from (select id, kind, payload::jsonb as told from events
               where organization_id = $1 and xid >= $2::text::xid8 and xid < $3::text::xid8
                 and kind in ('new_message', 'message_updated', 'message_status')) news
         where coalesce(told->'message'->>'id', told->>'message_id') is not null
           and (kind <> 'message_status' or told->>'status' in ('failed', 'unknown'))
         order by id",
    )
    .bind(tx.organization())
    .bind(&mirror.position)
    .bind(end)
    .fetch_all(tx.sql())
    .await?)
}

/// What customers write, or agents to them, begins a thread.
async fn begin_threads(tx: &mut Tx, mirror: &Mirror, new: &[MessageId]) -> Result<()> {
    sqlx::query(
        "insert into mirror_threads (organization_id, integration_id, conversation_id, place)
         select distinct $1, $2, c.id, $3
         from messages m
         join conversations c on c.organization_id = $1 and c.id = m.conversation_id
         where m.organization_id = $1 and m.id = any($4) and m.direction <> 'internal' and c.deleted_at is null
           and (cardinality($5::text[]) = 0 or c.channel = any($5))
           and (cardinality($6::uuid[]) = 0 or c.team_id = any($6))
           and not starts_with(coalesce(m.client_id, ''), $7)
         on conflict do nothing",
    )
    .bind(tx.organization())
    .bind(mirror.integration_id)
    .bind(&mirror.place)
    .bind(new)
    .bind(&mirror.channels)
    .bind(&mirror.team_ids)
    .bind(client_prefix(mirror.integration_id))
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// New messages, notes and those lines between them that say who has a conversation and how it stands. That a conversation goes to
/// a team that is not followed is the last that is told of it.
async fn begin_posts(tx: &mut Tx, mirror: &Mirror, new: &[MessageId]) -> Result<HashSet<Found>> {
    let begun: Vec<Found> = sqlx::query_as(
        "insert into mirror_posts (organization_id, integration_id, message_id, conversation_id, place)
         select $1, $2, m.id, m.conversation_id, $3
         from messages m
         join conversations c on c.organization_id = $1 and c.id = m.conversation_id
         join mirror_threads t on t.organization_id = $1 and t.integration_id = $2 and t.conversation_id = c.id and t.place = $3
         where m.organization_id = $1 and m.id = any($4) and c.deleted_at is null
           and not starts_with(coalesce(m.client_id, ''), $7)
           and case when m.kind = 'system' then coalesce(m.parts->0->>'field', 'status') in ('assignee_id', 'team_id', 'status')
               else (cardinality($5::text[]) = 0 or c.channel = any($5))
                and (cardinality($6::uuid[]) = 0 or c.team_id = any($6)) end
         on conflict do nothing
         returning message_id, conversation_id",
    )
    .bind(tx.organization())
    .bind(mirror.integration_id)
    .bind(&mirror.place)
    .bind(new)
    .bind(&mirror.channels)
    .bind(&mirror.team_ids)
    .bind(client_prefix(mirror.integration_id))
    .fetch_all(tx.sql())
    .await?;
    Ok(begun.into_iter().collect())
}

/// Of these messages, those that are in a thread already: as our post, or as a colleague's own word.
async fn posted(tx: &mut Tx, mirror: &Mirror, changed: &[MessageId]) -> Result<Vec<Found>> {
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    Ok(sqlx::query_as(
        "select m.id, m.conversation_id from messages m
         where m.organization_id = $1 and m.id = any($3)
           and (starts_with(coalesce(m.client_id, ''), $4)
                or exists (select from mirror_posts p
                           where p.organization_id = $1 and p.integration_id = $2 and p.message_id = m.id and p.place = $5))",
    )
    .bind(tx.organization())
    .bind(mirror.integration_id)
    .bind(changed)
    .bind(client_prefix(mirror.integration_id))
    .bind(&mirror.place)
    .fetch_all(tx.sql())
    .await?)
}

/// One job for each message, which brings its post up to date, in the order in which they were told of.
fn order(tx: &mut Tx, mirror: &Mirror, news: &[News], concerned: &HashSet<Found>) {
    let failed: HashSet<_> =
        news.iter().filter(|one| one.kind == "message_status").map(|one| one.message_id).collect();
    let mut ordered = HashSet::new();
    for one in news.iter().filter(|one| ordered.insert(one.message_id)) {
        let Some((_, conversation)) = concerned.iter().find(|(id, _)| *id == one.message_id) else {
            continue;
        };
        let payload = json!({
            "integration_id": mirror.integration_id, "message_id": one.message_id,
            "failed": failed.contains(&one.message_id),
        });
        tx.enqueue(NewJob::now(
            "mirror_post",
            Some(posting_lane(mirror.integration_id, *conversation)),
            payload,
        ));
    }
}
