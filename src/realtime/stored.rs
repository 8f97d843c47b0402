//! Events as the table holds them. Read without a tenant, for the organizations that have sockets here.

use std::{collections::HashMap, time::Duration};

use sqlx::PgPool;

use crate::{
    ids::{ConversationId, OrganizationId, TeamId, UserId},
    realtime::event::{Event, EventKind, Subject},
};

/// What was finished at one moment; the text form of `pg_snapshot`.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub text: String,
    /// Below it everything was finished.
    pub lowest: u64,
    /// From here on nothing was.
    next: u64,
    running: Vec<u64>,
}

#[derive(sqlx::FromRow)]
pub struct Row {
    organization_id: OrganizationId,
    pub id: i64,
    xid: String,
    kind: String,
    conversation_id: Option<ConversationId>,
    assignee_id: Option<UserId>,
    team_id: Option<TeamId>,
    audience: Vec<UserId>,
    payload: String,
}

/// Where the sweep of one organization begins and ends, as transaction numbers.
pub struct Range {
    pub organization: OrganizationId,
    pub from: u64,
    pub to: u64,
}

/// Events read when a room opens.
const MOST_NEWEST: i64 = 10_000;

const SELECT: &str =
    "select organization_id, id, xid::text as xid, kind, conversation_id, assignee_id, team_id,
    coalesce(audience, '{}') as audience, payload from events ";

impl Snapshot {
    pub async fn take(pool: &PgPool) -> Result<Self, sqlx::Error> {
        let text: String = sqlx::query_scalar("select pg_current_snapshot()::text").fetch_one(pool).await?;
        Self::parse(&text).ok_or_else(|| sqlx::Error::Decode(format!("a snapshot: {text}").into()))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut fields = text.split(':');
        let lowest = fields.next()?.parse().ok()?;
        let next = fields.next()?.parse().ok()?;
        let running = fields.next()?.split(',').filter(|xid| !xid.is_empty()).map(str::parse);
        Some(Self { text: text.to_owned(), lowest, next, running: running.collect::<Result<_, _>>().ok()? })
    }

    /// Whether that transaction was finished.
    pub fn sees(&self, xid: u64) -> bool {
        xid < self.lowest || (xid < self.next && !self.running.contains(&xid))
    }

    /// Whether every transaction below is one that it sees.
    pub fn is_covered_by(&self, lowest: u64) -> bool {
        lowest >= self.next
    }

    /// Whether that number was given out already, or is the next one.
    pub fn knows(&self, xid: u64) -> bool {
        xid <= self.next
    }
}

impl Row {
    fn xid(&self) -> Option<u64> {
        self.xid.parse().ok()
    }

    /// `None` for a kind that this version does not know.
    pub fn into_event(self) -> Option<Event> {
        let subject = self.conversation_id.map(|conversation_id| Subject {
            conversation_id,
            assignee_id: self.assignee_id,
            team_id: self.team_id,
        });
        Some(Event {
            organization_id: self.organization_id,
            id: Some(self.id),
            xid: self.xid.parse().ok()?,
            kind: EventKind::parse(&self.kind)?,
            subject,
            audience: self.audience,
            // Rows are read in the order of their ids.
            before: None,
            data: self.payload.into(),
        })
    }
}

/// The last minutes in order of ids, and the transaction number from which on nothing of the snapshot is missing.
pub async fn newest(
    pool: &PgPool,
    organization: OrganizationId,
    snapshot: &Snapshot,
    reach: Duration,
) -> Result<(Vec<Row>, u64), sqlx::Error> {
    let older: Option<String> = sqlx::query_scalar(
        "select xid::text from events
         where organization_id = $1 and pg_visible_in_snapshot(xid, $2::pg_snapshot)
           and created_at <= now() - make_interval(secs => $3)
         order by xid desc limit 1",
    )
    .bind(organization)
    .bind(&snapshot.text)
    .bind(reach.as_secs_f64())
    .fetch_optional(pool)
    .await?;
    let from = older.and_then(|xid| xid.parse::<u64>().ok()).map_or(0, |xid| xid + 1);
    let mut rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{SELECT} where organization_id = $1 and xid >= $2::xid8 and pg_visible_in_snapshot(xid, $3::pg_snapshot)
         order by xid desc, id desc limit $4"
    )))
    .bind(organization)
    .bind(from.to_string())
    .bind(&snapshot.text)
    .bind(MOST_NEWEST)
    .fetch_all(pool)
    .await?;
    let cut_off = (rows.len() >= MOST_NEWEST as usize).then(|| rows.last().and_then(Row::xid)).flatten();
    let from = cut_off.map_or(from, |xid| xid + 1);
    rows.retain(|row| row.xid().is_some_and(|xid| xid >= from));
    rows.sort_unstable_by_key(|row| row.id);
    Ok((rows, from))
}

/// What transactions from `xid` on had written at the snapshot, in order of ids, at most `most` after the id `after`.
pub async fn since(
    pool: &PgPool,
    organization: OrganizationId,
    xid: u64,
    snapshot: &Snapshot,
    after: i64,
    most: i64,
) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{SELECT} where organization_id = $1 and xid >= $2::xid8 and pg_visible_in_snapshot(xid, $3::pg_snapshot)
           and id > $4
         order by id limit $5"
    )))
    .bind(organization)
    .bind(xid.to_string())
    .bind(&snapshot.text)
    .bind(after)
    .bind(most)
    .fetch_all(pool)
    .await
}

/// The ids in these ranges with their transactions, by organization.
pub async fn ids(
    pool: &PgPool,
    ranges: &[Range],
) -> Result<HashMap<OrganizationId, Vec<(i64, u64)>>, sqlx::Error> {
    let organizations: Vec<_> = ranges.iter().map(|range| range.organization).collect();
    let from: Vec<_> = ranges.iter().map(|range| range.from.to_string()).collect();
    let to: Vec<_> = ranges.iter().map(|range| range.to.to_string()).collect();
    let rows: Vec<(OrganizationId, i64, String)> = sqlx::query_as(
        "select room.organization_id, events.id, events.xid::text
         from unnest($1::uuid[], $2::text[], $3::text[]) as room (organization_id, since, until)
         join events on events.organization_id = room.organization_id
             and events.xid >= room.since::xid8 and events.xid < room.until::xid8",
    )
    .bind(organizations)
    .bind(from)
    .bind(to)
    .fetch_all(pool)
    .await?;
    let mut ids: HashMap<_, Vec<(i64, u64)>> = HashMap::new();
    for (organization, id, xid) in rows {
        let xid = xid.parse().map_err(|_| sqlx::Error::Decode(format!("a transaction: {xid}").into()))?;
        ids.entry(organization).or_default().push((id, xid));
    }
    Ok(ids)
}

/// The events with these ids, in their order.
pub async fn of_ids(
    pool: &PgPool,
    organization: OrganizationId,
    ids: &[i64],
) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "{SELECT} where organization_id = $1 and id = any($2) order by id"
    )))
    .bind(organization)
    .bind(ids)
    .fetch_all(pool)
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_knows_what_was_finished() {
        let snapshot = Snapshot::parse("10:20:12,15").unwrap();
        assert_eq!(snapshot.lowest, 10);
        assert!(snapshot.sees(9) && snapshot.sees(13) && snapshot.sees(19));
        assert!(!snapshot.sees(12) && !snapshot.sees(15) && !snapshot.sees(20));
        assert!(snapshot.knows(20) && !snapshot.knows(21));
        assert!(snapshot.is_covered_by(20) && !snapshot.is_covered_by(19));
        assert!(Snapshot::parse("10:10:").unwrap().sees(9));
        assert!(Snapshot::parse("x").is_none());
    }
}
