//! How a socket that was away catches up: from the recent events in memory, or from the table, until it stands where the
//! others do. While it catches up it is told nothing directly, so that order and completeness are those of the room.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use sqlx::PgPool;

use super::{
    cursor::Cursor,
    frame::Frame,
    outbox::Cut,
    room::{Room, State},
    stored::{self, Row, Snapshot},
    viewer::Viewer,
};

/// Frames handed out at once.
const CHUNK: usize = 256;
/// Events read from the table at once; a backlog of more is read in several parts.
const PART: i64 = 20_000;
/// How long those who come back may share what one of them has read.
const SHARED_FOR: Duration = Duration::from_secs(20);
/// Transactions before the asked one that a shared backlog also covers, so that others with slightly older positions fit.
const MARGIN: u64 = 5_000;

/// Events read from the table at one snapshot, in order of ids.
pub struct Backlog {
    from: u64,
    snapshot: Snapshot,
    frames: Vec<Arc<Frame>>,
    /// What the snapshot does not see stands here or later in the recent events.
    position: u64,
    since: Instant,
}

/// A socket's way back.
pub struct Resume {
    /// Everything below was received.
    cursor: Cursor,
    /// What it sees was received from the table.
    seen: Option<Snapshot>,
    /// Where to go on in the recent events.
    position: Option<u64>,
    table: Option<Table>,
}

struct Table {
    snapshot: Snapshot,
    frames: VecDeque<Arc<Frame>>,
    /// The id after which the next part begins, while there is one.
    next: Option<i64>,
    position: u64,
}

/// What comes next.
pub enum Step {
    Frames(Vec<Arc<Frame>>),
    /// The socket is told directly from now on.
    Live,
}

#[derive(Debug, thiserror::Error)]
pub enum Lost {
    /// What was to come next is no longer in memory.
    #[error("too slow")]
    Cut(Cut),
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
}

impl Resume {
    pub fn new(cursor: Cursor) -> Self {
        Self { cursor, seen: None, position: None, table: None }
    }

    /// How many events follow, as far as is known now. Reads the table if memory does not go back far enough.
    pub async fn start(&mut self, room: &Room, pool: &PgPool, viewer: &Viewer) -> Result<usize, sqlx::Error> {
        if !room.with(|state| self.enter_recent(state)) {
            self.read_table(room, pool).await?;
        }
        if let Some(table) = &self.table {
            return Ok(table.frames.iter().filter(|frame| frame.is_for(viewer)).count());
        }
        Ok(room.with(|state| {
            let since = self.position.and_then(|position| state.recent.since(position));
            since.map_or(0, |frames| frames.filter(|frame| self.wants(frame, viewer)).count())
        }))
    }

    /// The next frames; once `Live`, there is nothing more to ask.
    pub async fn step(
        &mut self,
        room: &Room,
        pool: &PgPool,
        number: u64,
        viewer: &Viewer,
    ) -> Result<Step, Lost> {
        loop {
            if let Some(table) = &mut self.table {
                let mut frames = Vec::with_capacity(CHUNK);
                while frames.len() < CHUNK
                    && let Some(frame) = table.frames.pop_front()
                {
                    if frame.is_for(viewer) {
                        frames.push(frame);
                    }
                }
                if !frames.is_empty() {
                    return Ok(Step::Frames(frames));
                }
                if let Some(milestone) = self.next_part(room, pool).await? {
                    return Ok(Step::Frames(vec![milestone]));
                }
            } else {
                return self.step_recent(room, number, viewer);
            }
        }
    }

    fn wants(&self, frame: &Frame, viewer: &Viewer) -> bool {
        frame.xid >= self.cursor.xid
            && !self.seen.as_ref().is_some_and(|seen| seen.sees(frame.xid))
            && frame.is_for(viewer)
    }

    /// Whether the recent events go back far enough.
    fn enter_recent(&mut self, state: &State) -> bool {
        self.position = state.recent.position_of(self.cursor.xid);
        self.position.is_some()
    }

    /// One chunk of recent events; at their end the seat becomes live in the same breath.
    fn step_recent(&mut self, room: &Room, number: u64, viewer: &Viewer) -> Result<Step, Lost> {
        let Some(mut position) = self.position else { return Ok(Step::Live) };
        let step = room.with(|state| {
            let mut frames = Vec::new();
            for frame in state.recent.since(position).ok_or(Lost::Cut(Cut::Slow))? {
                position += 1;
                if self.wants(frame, viewer) {
                    frames.push(frame.clone());
                    if frames.len() == CHUNK {
                        return Ok(Step::Frames(frames));
                    }
                }
            }
            if !frames.is_empty() {
                return Ok(Step::Frames(frames));
            }
            if let Some(seat) = state.seats.get_mut(&number) {
                seat.live = true;
                seat.caught_up = self.seen.take();
            }
            Ok(Step::Live)
        });
        self.position = Some(position);
        step
    }

    /// Takes what another socket of the room has read, or reads it.
    async fn read_table(&mut self, room: &Room, pool: &PgPool) -> Result<(), sqlx::Error> {
        let mut shared = room.backlog.lock().await;
        if let Some(backlog) = shared.as_ref().filter(|backlog| self.fits(backlog, room)) {
            self.table = Some(self.table_of(backlog));
            return Ok(());
        }
        *shared = None;
        let position = room.with(|state| state.recent.end());
        let snapshot = Snapshot::take(pool).await?;
        let from = self.cursor.xid.saturating_sub(MARGIN);
        let rows = stored::since(pool, room.organization, from, &snapshot, 0, PART).await?;
        if rows.len() < PART as usize {
            let frames = frames(rows, self.cursor, from);
            let backlog = Backlog { from, snapshot, frames, position, since: Instant::now() };
            self.table = Some(self.table_of(&backlog));
            *shared = Some(Arc::new(backlog));
        } else {
            self.table = Some(Table { snapshot, frames: VecDeque::new(), next: Some(0), position });
            self.read_part(room, pool).await?;
        }
        Ok(())
    }

    fn fits(&self, backlog: &Backlog, room: &Room) -> bool {
        backlog.from <= self.cursor.xid
            && backlog.snapshot.lowest >= self.cursor.xid
            && backlog.since.elapsed() < SHARED_FOR
            && room.with(|state| state.recent.since(backlog.position).is_some())
    }

    fn table_of(&self, backlog: &Backlog) -> Table {
        Table {
            snapshot: backlog.snapshot.clone(),
            frames: self.unseen(&backlog.frames),
            next: None,
            position: backlog.position,
        }
    }

    fn unseen(&self, frames: &[Arc<Frame>]) -> VecDeque<Arc<Frame>> {
        let seen = |xid| self.seen.as_ref().is_some_and(|seen| seen.sees(xid));
        frames.iter().filter(|frame| frame.xid >= self.cursor.xid && !seen(frame.xid)).cloned().collect()
    }

    /// Called when a part was handed out: the next one, or on to the recent events with a position that is safe now.
    async fn next_part(&mut self, room: &Room, pool: &PgPool) -> Result<Option<Arc<Frame>>, sqlx::Error> {
        if self.table.as_ref().is_some_and(|table| table.next.is_some()) {
            self.read_part(room, pool).await?;
            return Ok(None);
        }
        let Some(table) = self.table.take() else { return Ok(None) };
        self.cursor.xid = self.cursor.xid.max(table.snapshot.lowest);
        self.position = Some(table.position);
        self.seen = Some(table.snapshot);
        Ok(Some(Arc::new(Frame::ping(self.cursor))))
    }

    async fn read_part(&mut self, room: &Room, pool: &PgPool) -> Result<(), sqlx::Error> {
        let Some(mut table) = self.table.take() else { return Ok(()) };
        let after = table.next.unwrap_or(0);
        let xid = self.cursor.xid;
        let rows = stored::since(pool, room.organization, xid, &table.snapshot, after, PART).await?;
        table.next = (rows.len() == PART as usize).then(|| rows.last().map_or(after, |row| row.id));
        table.frames = self.unseen(&frames(rows, self.cursor, xid));
        self.table = Some(table);
        Ok(())
    }
}

/// The frames tell a position below all of them, because they come in order of ids and not of transactions.
fn frames(rows: Vec<Row>, cursor: Cursor, from: u64) -> Vec<Arc<Frame>> {
    let cursor = Cursor { xid: from, ..cursor };
    rows.into_iter().filter_map(Row::into_event).map(|event| Arc::new(Frame::of(&event, cursor))).collect()
}
