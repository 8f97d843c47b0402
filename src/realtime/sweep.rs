//! Makes every room complete: what was committed but never published here (a crash, a lost connection to the bus) is
//! found in the table and told. Then the cursor moves up.

use std::{collections::HashMap, sync::Arc};

use chrono::Utc;
use sqlx::PgPool;

use super::{
    cursor::Cursor,
    room::{Room, State},
    stored::{self, Range, Row, Snapshot},
};
use crate::ids::OrganizationId;

/// Events fetched at once.
const CHUNK: usize = 500;

/// One round over these rooms. Answers how many events had been missed.
pub async fn sweep(pool: &PgPool, rooms: &[Arc<Room>]) -> Result<usize, sqlx::Error> {
    if rooms.is_empty() {
        return Ok(0);
    }
    let at = Utc::now().timestamp();
    let cursor = Cursor { xid: Snapshot::take(pool).await?.lowest, at };
    let range = |room: &Arc<Room>| room.with(|state| state.range(room.organization, cursor.xid));
    let (rooms, ranges): (Vec<&Arc<Room>>, Vec<Range>) =
        rooms.iter().filter_map(|room| Some((room, range(room)?))).unzip();
    let mut ids: HashMap<OrganizationId, Vec<(i64, u64)>> = stored::ids(pool, &ranges).await?;
    let mut missed = 0;
    for room in rooms {
        let ids = ids.remove(&room.organization).unwrap_or_default();
        missed += tell_missed(pool, room, ids).await?;
        room.with(|state| state.advance(cursor));
    }
    Ok(missed)
}

async fn tell_missed(pool: &PgPool, room: &Room, found: Vec<(i64, u64)>) -> Result<usize, sqlx::Error> {
    let lacking = |state: &mut State| found.into_iter().filter(|(id, xid)| state.lacks(*id, *xid)).collect();
    let mut ids: Vec<(i64, u64)> = room.with(lacking);
    ids.sort_unstable();
    let ids: Vec<i64> = ids.into_iter().map(|(id, _)| id).collect();
    let mut missed = 0;
    for chunk in ids.chunks(CHUNK) {
        let rows = stored::of_ids(pool, room.organization, chunk).await?;
        let events: Vec<_> = rows.into_iter().filter_map(Row::into_event).collect();
        missed += room.with(|state| events.iter().filter(|event| state.tell(event)).count());
    }
    Ok(missed)
}
