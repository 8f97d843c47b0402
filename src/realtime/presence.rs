//! Who is here, who looks at what, who is writing. Never stored: every server calls its roll to the others, and each
//! tells its own sockets what changed.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{
    event::{Event, Subject, TypingNews},
    frame::Frame,
    room::State,
    viewer::{Person, Viewer},
};
use crate::ids::{ConversationId, UserId};

/// A roll that was not called again for so long is over: its server is gone.
const ROLL_LASTS: Duration = Duration::from_secs(30);
const ROLL_EVERY: Duration = Duration::from_secs(10);
/// A page that is reloaded does not go offline.
const GRACE: Duration = Duration::from_secs(4);
/// Somebody who says nothing more has stopped writing.
const TYPING_LASTS: Duration = Duration::from_secs(8);
const TYPING_AGAIN: Duration = Duration::from_secs(3);
/// With more sockets than this in a conversation, changes are told by the tick, together.
const CROWD: usize = 50;
/// Names that one frame lists.
const MOST_NAMES: usize = 50;
/// With more members online, nobody is told of each who comes and goes.
const MOST_ONLINE: usize = 500;

#[derive(Default)]
pub struct Presence {
    talks: HashMap<ConversationId, Talk>,
    /// Members without a socket since then.
    leaving: HashMap<UserId, Instant>,
    /// Members online, as this server's sockets were told.
    told: BTreeSet<UserId>,
    rolls: HashMap<Uuid, (Instant, Roll)>,
    typing: HashMap<(ConversationId, UserId), Typing>,
    /// Somebody came, went, joined or left here.
    changed: bool,
    /// Another server called its roll.
    heard: bool,
    called: Option<Instant>,
    server: Uuid,
}

/// A conversation that somebody here has joined.
struct Talk {
    subject: Subject,
    seats: Vec<u64>,
    told: Vec<Person>,
}

struct Typing {
    name: String,
    until: Instant,
    told: Instant,
}

/// Who is where on one server.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Roll {
    server: Uuid,
    online: Vec<UserId>,
    viewers: HashMap<ConversationId, Vec<Person>>,
}

impl Presence {
    pub fn new(server: Uuid) -> Self {
        Self { server, ..Self::default() }
    }

    pub fn arrived(&mut self, user: UserId) {
        self.leaving.remove(&user);
        self.changed = true;
    }

    pub fn left(&mut self, user: UserId) {
        self.leaving.insert(user, Instant::now());
        self.changed = true;
    }

    pub fn take_roll(&mut self, data: &str) {
        let Ok(roll) = serde_json::from_str::<Roll>(data) else { return };
        if roll.server != self.server {
            self.rolls.insert(roll.server, (Instant::now(), roll));
            self.heard = true;
        }
    }

    /// Members online, unless there are too many to list.
    pub fn online(&self) -> impl Iterator<Item = &UserId> {
        self.told.iter().take(MOST_ONLINE)
    }

    pub fn join(&mut self, subject: Subject, number: u64) {
        let new = || Talk { subject, seats: Vec::new(), told: Vec::new() };
        let talk = self.talks.entry(subject.conversation_id).or_insert_with(new);
        talk.subject = subject;
        if !talk.seats.contains(&number) {
            talk.seats.push(number);
        }
        self.changed = true;
    }

    pub fn leave(&mut self, conversation: ConversationId, number: u64) {
        self.put_out(conversation, |one| one != number);
    }

    pub fn leave_all(&mut self, number: u64) -> Vec<ConversationId> {
        let joined = |(id, talk): (&ConversationId, &Talk)| talk.seats.contains(&number).then_some(*id);
        let joined: Vec<_> = self.talks.iter().filter_map(joined).collect();
        joined.iter().for_each(|id| self.leave(*id, number));
        joined
    }

    pub fn leave_unseen(&mut self, number: u64, viewer: &Viewer) -> Vec<ConversationId> {
        let unseen = |(id, talk): (&ConversationId, &Talk)| {
            (talk.seats.contains(&number) && !viewer.sees(talk.subject)).then_some(*id)
        };
        let unseen: Vec<_> = self.talks.iter().filter_map(unseen).collect();
        unseen.iter().for_each(|id| self.leave(*id, number));
        unseen
    }

    /// The conversation as it was when the seat joined or it last changed; `None` if the seat has not joined.
    pub fn joined(&self, conversation: ConversationId, number: u64) -> Option<Subject> {
        self.talks.get(&conversation).filter(|talk| talk.seats.contains(&number)).map(|talk| talk.subject)
    }

    /// Whether a joined conversation now belongs to others.
    pub fn move_subject(&mut self, subject: Subject) -> bool {
        match self.talks.get_mut(&subject.conversation_id) {
            Some(talk) if talk.subject != subject => {
                talk.subject = subject;
                true
            }
            _ => false,
        }
    }

    pub fn put_out(&mut self, conversation: ConversationId, stays: impl Fn(u64) -> bool) {
        if let Some(talk) = self.talks.get_mut(&conversation) {
            talk.seats.retain(|number| stays(*number));
            if talk.seats.is_empty() {
                self.talks.remove(&conversation);
            }
            self.changed = true;
        }
    }
}

impl State {
    /// Tells those in a conversation who is there, if that changed. In a crowd the tick does it.
    pub fn tell_viewers(&mut self, conversation: ConversationId) {
        let small = |talk: &Talk| talk.seats.len() <= CROWD;
        if self.presence.talks.get(&conversation).is_some_and(small) {
            self.tell_viewers_now(conversation);
        }
    }

    fn tell_viewers_now(&mut self, conversation: ConversationId) {
        let viewers = self.viewers(conversation);
        let Some(talk) = self.presence.talks.get_mut(&conversation) else { return };
        if talk.told == viewers {
            return;
        }
        let frame = viewers_frame(conversation, &viewers);
        talk.told = viewers;
        self.push_to_talk(conversation, &frame, None);
    }

    /// The present viewers, for one who has just joined and may have come without changing anything.
    pub fn viewers_frame(&self, conversation: ConversationId) -> Arc<Frame> {
        viewers_frame(conversation, &self.viewers(conversation))
    }

    pub fn tell_typing(&mut self, event: &Event) {
        let Ok(news) = serde_json::from_str::<TypingNews>(&event.data) else { return };
        let (key, now) = ((news.conversation_id, news.user_id), Instant::now());
        if news.typing {
            let until = now + TYPING_LASTS;
            match self.presence.typing.get_mut(&key) {
                Some(known) if now.saturating_duration_since(known.told) < TYPING_AGAIN => {
                    known.until = until;
                    return;
                }
                _ => self.presence.typing.insert(key, Typing { name: news.name.clone(), until, told: now }),
            };
        } else if self.presence.typing.remove(&key).is_none() {
            return;
        }
        self.push_typing(&news);
    }

    fn push_typing(&self, news: &TypingNews) {
        let frame = Arc::new(Frame::fleeting("user_typing", news));
        self.push_to_talk(news.conversation_id, &frame, Some(news.user_id));
    }

    fn push_to_talk(&self, conversation: ConversationId, frame: &Arc<Frame>, except: Option<UserId>) {
        let Some(talk) = self.presence.talks.get(&conversation) else { return };
        for number in &talk.seats {
            if let Some(seat) = self.seats.get(number).filter(|seat| Some(seat.viewer.user_id) != except) {
                seat.outbox.push(frame);
            }
        }
    }

    /// Tells what changed since the last tick; answers this server's roll when it is time to call it.
    pub fn tick_presence(&mut self, now: Instant) -> Option<Roll> {
        self.end_typing(now);
        let presence = &mut self.presence;
        let (rolls, leaving) = (presence.rolls.len(), presence.leaving.len());
        presence.rolls.retain(|_, (heard, _)| now.saturating_duration_since(*heard) < ROLL_LASTS);
        presence.leaving.retain(|_, since| now.saturating_duration_since(*since) < GRACE);
        let changed = std::mem::take(&mut presence.changed) || leaving != presence.leaving.len();
        let heard = std::mem::take(&mut presence.heard) || rolls != presence.rolls.len();
        if changed || heard {
            self.tell_online();
            let talks: Vec<_> = self.presence.talks.keys().copied().collect();
            talks.into_iter().for_each(|conversation| self.tell_viewers_now(conversation));
        }
        let due = self.presence.called.is_none_or(|at| now.saturating_duration_since(at) >= ROLL_EVERY);
        (changed || due).then(|| {
            self.presence.called = Some(now);
            self.roll()
        })
    }

    fn tell_online(&mut self) {
        let online = self.online();
        let told = std::mem::replace(&mut self.presence.told, online);
        let online = &self.presence.told;
        if told.len().max(online.len()) > MOST_ONLINE {
            return;
        }
        for user in told.symmetric_difference(online) {
            let data = json!({"user_id": user, "online": online.contains(user)});
            let frame = Arc::new(Frame::fleeting("presence", data));
            self.seats.values().filter(|seat| seat.live).for_each(|seat| seat.outbox.push(&frame));
        }
    }

    /// Members with a socket on any server, or without one for a moment only.
    fn online(&self) -> BTreeSet<UserId> {
        let here = self.seats.values().map(|seat| seat.viewer.user_id);
        let elsewhere = self.presence.rolls.values().flat_map(|(_, roll)| roll.online.iter().copied());
        here.chain(self.presence.leaving.keys().copied()).chain(elsewhere).collect()
    }

    fn viewers(&self, conversation: ConversationId) -> Vec<Person> {
        let elsewhere = self.presence.rolls.values().filter_map(|(_, roll)| roll.viewers.get(&conversation));
        let all = self.viewers_here(conversation).into_iter().chain(elsewhere.flatten().cloned());
        let all: BTreeMap<_, _> = all.map(|person| (person.user_id, person)).collect();
        all.into_values().take(MOST_NAMES).collect()
    }

    fn viewers_here(&self, conversation: ConversationId) -> Vec<Person> {
        let seats = self.presence.talks.get(&conversation).map_or(&[][..], |talk| &talk.seats);
        let viewers = seats.iter().filter_map(|number| self.seats.get(number)).map(|seat| &seat.viewer);
        let viewers: BTreeMap<_, _> = viewers.map(|viewer| (viewer.user_id, viewer)).collect();
        viewers.into_values().take(MOST_NAMES).map(Viewer::person).collect()
    }

    fn roll(&self) -> Roll {
        let here = self.seats.values().map(|seat| seat.viewer.user_id);
        let online: BTreeSet<_> = here.chain(self.presence.leaving.keys().copied()).collect();
        let viewers = self.presence.talks.keys().map(|id| (*id, self.viewers_here(*id))).collect();
        Roll { server: self.presence.server, online: online.into_iter().collect(), viewers }
    }

    fn end_typing(&mut self, now: Instant) {
        let mut ended = Vec::new();
        self.presence.typing.retain(|(conversation_id, user_id), typing| {
            let goes_on = typing.until > now;
            if !goes_on {
                let name = std::mem::take(&mut typing.name);
                let (conversation_id, user_id) = (*conversation_id, *user_id);
                ended.push(TypingNews { conversation_id, user_id, name, typing: false });
            }
            goes_on
        });
        ended.iter().for_each(|news| self.push_typing(news));
    }
}

fn viewers_frame(conversation: ConversationId, viewers: &[Person]) -> Arc<Frame> {
    Arc::new(Frame::fleeting("presence", json!({"conversation_id": conversation, "viewers": viewers})))
}
