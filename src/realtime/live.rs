//! The rooms of this server: who enters gets a place, events find their room, one clock drives sweeps, pings and presence.

mod place;

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::Utc;
use dashmap::DashMap;
use sqlx::PgPool;
use tokio::{
    sync::{Notify, broadcast::error::RecvError},
    time::MissedTickBehavior,
};
use uuid::Uuid;

pub use self::place::Place;
use super::{
    bus::{Bus, Events},
    cursor::Cursor,
    event::{Event, EventKind},
    order,
    outbox::{Cut, Outbox},
    resume::Resume,
    room::{Room, Seat},
    stored::Snapshot,
    sweep::sweep,
    viewer::Viewer,
};
use crate::ids::{OrganizationId, SessionId, UserId};

const SWEEP_EVERY: Duration = Duration::from_secs(1);
const PRESENCE_EVERY: Duration = Duration::from_millis(500);
/// A failing sweep is reported once in so many.
const REPORT_EVERY: u32 = 30;

/// Cheap to clone. The background work ends when the last clone is gone.
#[derive(Clone)]
pub struct Live(Arc<House>);

struct House {
    rooms: DashMap<OrganizationId, Arc<Room>>,
    pool: PgPool,
    bus: Arc<dyn Bus>,
    /// How far back a resume may reach.
    retention: Duration,
    server: Uuid,
    seats: AtomicU64,
    sweep_now: Notify,
    review_now: Notify,
}

/// What a socket is told when it has entered.
pub struct Entrance {
    pub place: Place,
    /// Safe to resume from.
    pub cursor: Cursor,
    /// Steps to take before the outbox has something; `None` when there was nothing to resume from.
    pub resume: Option<Resume>,
    /// How many events the resume will bring.
    pub replayed: usize,
    /// The position was too old or none of ours: the client must read everything again.
    pub reset: bool,
    pub online: Vec<UserId>,
}

/// A member with a socket here, and the session it was opened in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Present {
    pub organization_id: OrganizationId,
    pub user_id: UserId,
    pub session_id: SessionId,
}

impl Live {
    /// `pool` reads events of every organization.
    pub fn start(pool: PgPool, bus: Arc<dyn Bus>, retention: Duration) -> Self {
        let house = Arc::new(House {
            rooms: DashMap::new(),
            pool,
            bus,
            retention,
            server: Uuid::new_v4(),
            seats: AtomicU64::new(0),
            sweep_now: Notify::new(),
            review_now: Notify::new(),
        });
        // Subscribed before anybody can enter.
        let events = house.bus.subscribe();
        tokio::spawn(listen(Arc::downgrade(&house), events));
        tokio::spawn(keep_complete(Arc::downgrade(&house)));
        tokio::spawn(keep_presence(Arc::downgrade(&house)));
        Self(house)
    }

    /// Gives a socket its place. `cursor` is what the client says it has seen.
    pub async fn enter(
        &self,
        who: Present,
        viewer: Viewer,
        cursor: Option<&str>,
    ) -> Result<Entrance, sqlx::Error> {
        loop {
            let room = self.open(who.organization_id).await?;
            let wish = match cursor {
                None => Wish::Nothing,
                Some(text) => self.wish(&room, text).await?,
            };
            let number = self.0.seats.fetch_add(1, Ordering::Relaxed);
            let outbox = Arc::new(Outbox::default());
            let seat = Seat {
                number,
                viewer: viewer.clone(),
                session: who.session_id,
                outbox: outbox.clone(),
                live: !matches!(wish, Wish::Resume(_)),
                caught_up: None,
            };
            let sat = room.with(|state| {
                state.sit(seat)?;
                Some((state.cursor, state.presence.online().copied().collect()))
            });
            let Some((now, online)) = sat else { continue };
            metrics::gauge!("switchboard_sockets").increment(1);
            let place = Place { live: self.clone(), room, number, outbox };
            let reset = matches!(wish, Wish::Reset);
            let Wish::Resume(cursor) = wish else {
                return Ok(Entrance { place, cursor: now, resume: None, replayed: 0, reset, online });
            };
            let mut resume = Resume::new(cursor);
            let replayed = resume.start(&place.room, &self.0.pool, &viewer).await?;
            return Ok(Entrance { place, cursor, resume: Some(resume), replayed, reset, online });
        }
    }

    /// Who has a socket here, each pair once.
    pub fn present(&self) -> Vec<Present> {
        let mut present = std::collections::HashSet::new();
        for room in self.rooms() {
            let organization_id = room.organization;
            room.with(|state| {
                present.extend(state.seats.values().map(|seat| Present {
                    organization_id,
                    user_id: seat.viewer.user_id,
                    session_id: seat.session,
                }));
            });
        }
        present.into_iter().collect()
    }

    /// Applies what a review of a membership found; `None` cuts the member's sockets of that session.
    pub fn review(&self, who: Present, standing: Option<&Viewer>) {
        if let Some(room) = self.0.rooms.get(&who.organization_id) {
            room.with(|state| state.review(who.user_id, who.session_id, standing));
        }
    }

    /// Cuts every socket: this server is about to end.
    pub fn leave(&self) {
        for room in self.rooms() {
            room.with(|state| state.seats.values().for_each(|seat| seat.outbox.cut(Cut::Leaving)));
        }
    }

    /// Waits until settings of an organization with sockets here change.
    pub async fn review_wanted(&self) {
        self.0.review_now.notified().await;
    }

    pub fn downgrade(&self) -> impl Fn() -> Option<Self> + Send + use<> {
        let house = Arc::downgrade(&self.0);
        move || house.upgrade().map(Self)
    }

    fn rooms(&self) -> Vec<Arc<Room>> {
        self.0.rooms.iter().map(|entry| entry.value().clone()).collect()
    }

    async fn open(&self, organization: OrganizationId) -> Result<Arc<Room>, sqlx::Error> {
        let house = &self.0;
        let room = house
            .rooms
            .entry(organization)
            .or_insert_with(|| {
                house.bus.follow(organization);
                Arc::new(Room::new(organization, house.server))
            })
            .clone();
        if room.open(&house.pool).await? {
            // What was committed while the room was being read.
            house.sweep_now.notify_one();
        }
        Ok(room)
    }

    async fn wish(&self, room: &Room, text: &str) -> Result<Wish, sqlx::Error> {
        let Ok(cursor) = text.parse::<Cursor>() else { return Ok(Wish::Reset) };
        if cursor.is_past(self.0.retention, Utc::now().timestamp()) {
            return Ok(Wish::Reset);
        }
        // Another server may be ahead; a number that was never given out comes from another database.
        let known = cursor.xid <= room.with(|state| state.cursor.xid)
            || Snapshot::take(&self.0.pool).await?.knows(cursor.xid);
        Ok(if known { Wish::Resume(cursor) } else { Wish::Reset })
    }
}

enum Wish {
    Nothing,
    Resume(Cursor),
    Reset,
}

/// Hands events to their rooms as they come.
async fn listen(house: Weak<House>, mut events: Events) {
    loop {
        let batch = match events.recv().await {
            Ok(batch) => Some(batch),
            Err(RecvError::Lagged(_)) => None,
            Err(RecvError::Closed) => return,
        };
        let Some(house) = house.upgrade() else { return };
        match batch {
            Some(batch) if !batch.is_empty() => house.tell(&batch),
            // Something was missed.
            _ => house.sweep_now.notify_one(),
        }
    }
}

impl House {
    fn tell(self: &Arc<Self>, batch: &[Event]) {
        for events in batch.chunk_by(|one, next| one.organization_id == next.organization_id) {
            let Some(room) = self.rooms.get(&events[0].organization_id).map(|room| room.clone()) else {
                continue;
            };
            let began_to_hold = room.with(|state| {
                let held = state.holds();
                for event in events {
                    state.tell(event);
                }
                !held && state.holds()
            });
            if began_to_hold {
                self.look_later();
            }
            if events.iter().any(|event| event.kind == EventKind::SettingsUpdated) {
                self.review_now.notify_one();
            }
        }
    }

    /// What an event waits for may have been lost: then the table has it.
    fn look_later(self: &Arc<Self>) {
        let house = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep(order::PATIENCE).await;
            if let Some(house) = house.upgrade()
                && house.rooms.iter().any(|room| room.with(|state| state.holds()))
            {
                house.sweep_now.notify_one();
            }
        });
    }

    fn take_rooms(&self, now: Instant) -> Vec<Arc<Room>> {
        self.rooms.retain(|organization, room| {
            let over = room.with(|state| state.is_over(now));
            if over {
                self.bus.unfollow(*organization);
            }
            !over
        });
        self.rooms.iter().map(|entry| entry.value().clone()).collect()
    }
}

/// Sweeps and pings, every second while there are rooms.
async fn keep_complete(house: Weak<House>) {
    let mut clock = tokio::time::interval(SWEEP_EVERY);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut tick, mut failures) = (0, 0);
    loop {
        let Some(strong) = house.upgrade() else { return };
        let ticked = tokio::select! {
            _ = clock.tick() => true,
            () = strong.sweep_now.notified() => false,
        };
        let rooms = strong.take_rooms(Instant::now());
        match sweep(&strong.pool, &rooms).await {
            Ok(missed) => {
                failures = 0;
                metrics::counter!("switchboard_events_swept_total").increment(missed as u64);
            }
            // The server is on its way out.
            Err(sqlx::Error::PoolClosed) => return,
            Err(error) => {
                if failures % REPORT_EVERY == 0 {
                    tracing::warn!(error = %error, "events could not be swept");
                }
                failures += 1;
            }
        }
        if ticked {
            tick += 1;
            rooms.iter().for_each(|room| room.with(|state| state.ping(tick)));
        }
    }
}

async fn keep_presence(house: Weak<House>) {
    let mut clock = tokio::time::interval(PRESENCE_EVERY);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        clock.tick().await;
        let Some(house) = house.upgrade() else { return };
        let (rooms, now) = (Live(house.clone()).rooms(), Instant::now());
        let mut rolls = Vec::new();
        for room in rooms {
            if let Some(roll) = room.with(|state| state.tick_presence(now)) {
                rolls.push(Event::fleeting(room.organization, EventKind::RollCall, None, &roll));
            }
        }
        if house.bus.is_shared() && !rolls.is_empty() {
            house.bus.publish(rolls).await;
        }
    }
}
