//! A socket's place in its organization's room: what it hears there, which conversations it has joined, and who sees it write.

use std::sync::Arc;

use super::Live;
use crate::{
    ids::{ConversationId, SessionId, UserId},
    realtime::{
        cursor::Cursor,
        event::{Event, EventKind, Subject, TypingNews},
        outbox::Outbox,
        resume::{Lost, Resume, Step},
        room::Room,
    },
};

/// A socket's place; dropping it leaves.
pub struct Place {
    pub(super) live: Live,
    pub(super) room: Arc<Room>,
    pub(super) number: u64,
    pub(super) outbox: Arc<Outbox>,
}

impl Place {
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// The present safe position. Not before the resume has ended.
    pub fn cursor(&self) -> Cursor {
        self.room.with(|state| state.cursor)
    }

    pub fn online(&self) -> Vec<UserId> {
        self.room.with(|state| state.presence.online().copied().collect())
    }

    /// The socket goes on under another session of the same member.
    pub fn renew(&self, session: SessionId) {
        self.room.with(|state| {
            if let Some(seat) = state.seats.get_mut(&self.number) {
                seat.session = session;
            }
        });
    }

    pub async fn step(&self, resume: &mut Resume) -> Result<Step, Lost> {
        let viewer = self.room.with(|state| state.seats.get(&self.number).map(|seat| seat.viewer.clone()));
        match viewer {
            Some(viewer) => resume.step(&self.room, &self.live.0.pool, self.number, &viewer).await,
            None => Ok(Step::Live),
        }
    }

    /// Joins a conversation that the caller has found to be visible.
    pub fn join(&self, subject: Subject) {
        self.room.with(|state| {
            state.presence.join(subject, self.number);
            state.tell_viewers(subject.conversation_id);
            let frame = state.viewers_frame(subject.conversation_id);
            if let Some(seat) = state.seats.get(&self.number) {
                seat.outbox.push(&frame);
            }
        });
    }

    pub fn leave(&self, conversation: ConversationId) {
        self.room.with(|state| {
            state.presence.leave(conversation, self.number);
            state.tell_viewers(conversation);
        });
    }

    /// Whether the conversation is joined, and its member may be seen writing in it.
    pub fn writes_in(&self, conversation: ConversationId) -> bool {
        self.room.with(|state| {
            state.presence.joined(conversation, self.number).is_some()
                && state.seats.get(&self.number).is_some_and(|seat| seat.viewer.writes)
        })
    }

    /// Tells the conversation's other members that this one is writing, or has stopped.
    pub async fn tell_typing(&self, conversation_id: ConversationId, typing: bool) {
        let news = self.room.with(|state| {
            let subject = state.presence.joined(conversation_id, self.number)?;
            let viewer = &state.seats.get(&self.number)?.viewer;
            let (user_id, name) = (viewer.user_id, viewer.name.clone());
            Some((subject, TypingNews { conversation_id, user_id, name, typing }))
        });
        if let Some((subject, news)) = news {
            let event = Event::fleeting(self.room.organization, EventKind::UserTyping, Some(subject), &news);
            self.live.0.bus.publish(vec![event]).await;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        metrics::gauge!("switchboard_sockets").decrement(1);
        self.room.with(|state| state.stand_up(self.number));
    }
}
