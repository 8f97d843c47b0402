//! The sockets of one organization on this server, and everything they are told, in one order under one lock.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use chrono::Utc;
use sqlx::PgPool;
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::{
    cursor::Cursor,
    event::{Event, EventKind, Subject},
    frame::Frame,
    lock,
    order::{Before, Held},
    outbox::{Cut, Outbox},
    presence::Presence,
    recent::Recent,
    resume::Backlog,
    stored::{self, Range, Snapshot},
    viewer::Viewer,
};
use crate::ids::{OrganizationId, SessionId, UserId};

/// How long a room outlives its last socket, so that a mass reconnect finds its recent events.
const LINGER: Duration = Duration::from_secs(120);
/// How far back a new room reads.
const REACH: Duration = Duration::from_secs(5 * 60);
/// Above this many unconfirmed events the sweep looks only at what can no longer change.
const MOST_UNCONFIRMED: usize = 5_000;
/// A socket is pinged once in this many ticks of a second.
const PING_EVERY: u64 = 20;

pub struct Room {
    pub organization: OrganizationId,
    state: Mutex<State>,
    opened: OnceCell<()>,
    /// What the last resume read from the table, shared by those who come back with it.
    pub backlog: tokio::sync::Mutex<Option<Arc<Backlog>>>,
}

pub struct State {
    /// By number.
    pub seats: BTreeMap<u64, Seat>,
    pub recent: Recent,
    pub presence: Presence,
    /// Stored events told already whose transactions are not below the cursor yet, with their transactions.
    told: HashMap<i64, u64>,
    /// What it sees was there before this room, until the cursor has passed it.
    past: Option<Snapshot>,
    /// Wait for another server's event.
    held: Held,
    /// Every event below was told.
    pub cursor: Cursor,
    open: bool,
    /// Taken out of the house; whoever comes now needs a new room.
    gone: bool,
    empty_since: Instant,
}

/// A socket's place in a room.
pub struct Seat {
    pub number: u64,
    pub viewer: Viewer,
    pub session: SessionId,
    pub outbox: Arc<Outbox>,
    /// Told directly; otherwise the socket is still catching up from the recent events.
    pub live: bool,
    /// What it sees the socket was told while it caught up, until the room's cursor has passed it.
    pub caught_up: Option<Snapshot>,
}

impl Room {
    pub fn new(organization: OrganizationId, server: Uuid) -> Self {
        Self {
            organization,
            state: Mutex::new(State {
                seats: BTreeMap::new(),
                recent: Recent::default(),
                presence: Presence::new(server),
                told: HashMap::new(),
                past: None,
                held: Held::default(),
                cursor: Cursor::default(),
                open: false,
                gone: false,
                empty_since: Instant::now(),
            }),
            opened: OnceCell::new(),
            backlog: tokio::sync::Mutex::default(),
        }
    }

    /// Runs under the room's lock; must not wait.
    pub fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut lock(&self.state))
    }

    /// Reads the last minutes from the table, once per room. Answers whether this call did it.
    pub async fn open(&self, pool: &PgPool) -> Result<bool, sqlx::Error> {
        let mut did = false;
        self.opened
            .get_or_try_init(async || {
                let at = Utc::now().timestamp();
                let snapshot = Snapshot::take(pool).await?;
                let (rows, covered_from) = stored::newest(pool, self.organization, &snapshot, REACH).await?;
                let cursor = Cursor { xid: covered_from, at };
                let events: Vec<Event> = rows.into_iter().filter_map(stored::Row::into_event).collect();
                let frames = events.iter().map(|event| Arc::new(Frame::of(event, cursor))).collect();
                self.with(|state| {
                    state.recent.fill(frames, covered_from);
                    state.cursor = Cursor { xid: snapshot.lowest, at };
                    state.past = Some(snapshot);
                    state.open = true;
                });
                did = true;
                Ok(())
            })
            .await
            .map(|()| did)
    }
}

impl Seat {
    /// A stored event is heard once, be it here or while the socket caught up.
    fn hears(&self, frame: &Frame, id: Option<i64>) -> bool {
        let again = |seen: &Snapshot| id.is_some() && seen.sees(frame.xid);
        self.live && !self.caught_up.as_ref().is_some_and(again) && frame.is_for(&self.viewer)
    }
}

impl State {
    /// Tells an event to all who hear it. A stored event is told once, however often and late it comes, and not before the one
    /// that its conversation told before it. Answers whether it was news.
    pub fn tell(&mut self, event: &Event) -> bool {
        if !self.open {
            return false;
        }
        if let Some(id) = event.id
            && !self.begin(event, id)
        {
            return false;
        }
        match event.kind {
            EventKind::RollCall => self.presence.take_roll(&event.data),
            EventKind::UserTyping => self.tell_typing(event),
            _ => self.tell_all(event),
        }
        if let Some(next) = event.id.and_then(|id| self.held.follower(id)) {
            self.tell(&next);
        }
        true
    }

    /// Whether a stored event is to be told now.
    fn begin(&mut self, event: &Event, id: i64) -> bool {
        if event.xid < self.cursor.xid || !self.lacks(id, event.xid) {
            return false;
        }
        let misses = |before: Before| before.xid >= self.cursor.xid && self.lacks(before.id, before.xid);
        if event.before.is_some_and(misses) && self.held.hold(event) {
            return false;
        }
        self.told.insert(id, event.xid);
        true
    }

    /// Whether an event waits for one that has not come.
    pub fn holds(&self) -> bool {
        !self.held.is_empty()
    }

    fn tell_all(&mut self, event: &Event) {
        let frame = Arc::new(Frame::of(event, self.cursor));
        for seat in self.seats.values() {
            if seat.hears(&frame, event.id) {
                seat.outbox.push(&frame);
            }
        }
        if event.id.is_some() {
            self.recent.push(frame);
        }
        if let Some(subject) = event.subject {
            self.follow_subject(subject);
        }
    }

    /// A conversation that was handed over is left by those who no longer see it.
    fn follow_subject(&mut self, subject: Subject) {
        if self.presence.move_subject(subject) {
            let Self { presence, seats, .. } = self;
            presence.put_out(subject.conversation_id, |number| {
                seats.get(&number).is_some_and(|seat| seat.viewer.sees(subject))
            });
            self.tell_viewers(subject.conversation_id);
        }
    }

    /// The transactions whose events the sweep compares with what was told.
    pub fn range(&self, organization: OrganizationId, lowest: u64) -> Option<Range> {
        let to = if self.told.len() < MOST_UNCONFIRMED { u64::MAX } else { lowest };
        self.open.then_some(Range { organization, from: self.cursor.xid, to })
    }

    /// Whether an event at or above the cursor has not been told, nor was there before the room.
    pub fn lacks(&self, id: i64, xid: u64) -> bool {
        !self.told.contains_key(&id) && !self.past.as_ref().is_some_and(|past| past.sees(xid))
    }

    /// Everything below the cursor was told.
    pub fn advance(&mut self, cursor: Cursor) {
        if cursor.xid >= self.cursor.xid {
            self.cursor = cursor;
            self.told.retain(|_, xid| *xid >= cursor.xid);
            let forget = |seen: &mut Option<Snapshot>| {
                seen.take_if(|seen| seen.is_covered_by(cursor.xid));
            };
            forget(&mut self.past);
            self.seats.values_mut().for_each(|seat| forget(&mut seat.caught_up));
        }
        let Self { held, told, cursor, .. } = self;
        held.retain(|event| event.xid >= cursor.xid && event.id.is_some_and(|id| !told.contains_key(&id)));
    }

    pub fn ping(&self, tick: u64) {
        let mut frame = None;
        for seat in self.seats.values() {
            if seat.live && seat.number % PING_EVERY == tick % PING_EVERY {
                seat.outbox.push(frame.get_or_insert_with(|| Arc::new(Frame::ping(self.cursor))));
            }
        }
    }

    /// `None`: the room is gone.
    pub fn sit(&mut self, seat: Seat) -> Option<()> {
        if self.gone {
            return None;
        }
        self.presence.arrived(seat.viewer.user_id);
        self.seats.insert(seat.number, seat);
        Some(())
    }

    pub fn stand_up(&mut self, number: u64) {
        let Some(seat) = self.seats.remove(&number) else { return };
        for conversation in self.presence.leave_all(number) {
            self.tell_viewers(conversation);
        }
        if !self.seats.values().any(|other| other.viewer.user_id == seat.viewer.user_id) {
            self.presence.left(seat.viewer.user_id);
        }
        if self.seats.is_empty() {
            self.empty_since = Instant::now();
        }
    }

    /// Applies what a review of a membership found; `None` cuts the socket.
    pub fn review(&mut self, user: UserId, session: SessionId, standing: Option<&Viewer>) {
        let mut changed = Vec::new();
        for seat in self.seats.values_mut() {
            if (seat.viewer.user_id, seat.session) != (user, session) {
                continue;
            }
            match standing {
                None => seat.outbox.cut(Cut::Ended),
                Some(viewer) if *viewer != seat.viewer => {
                    seat.viewer = viewer.clone();
                    changed.push(seat.number);
                }
                Some(_) => {}
            }
        }
        for number in changed {
            let Self { presence, seats, .. } = self;
            let Some(seat) = seats.get(&number) else { continue };
            for conversation in presence.leave_unseen(number, &seat.viewer) {
                self.tell_viewers(conversation);
            }
        }
    }

    /// Marks the room as gone when nobody was in it for a while.
    pub fn is_over(&mut self, now: Instant) -> bool {
        self.recent.trim(now);
        self.gone |= self.seats.is_empty() && now.saturating_duration_since(self.empty_since) >= LINGER;
        self.gone
    }
}
