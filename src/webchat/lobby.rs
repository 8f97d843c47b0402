//! The sockets of visitors on this server. Events of the inbox find the visitor whose conversation they are about; what a socket then
//! shows it reads itself ([`super::own`]), so that an event can at worst be a wasted look.

use std::sync::{
    Arc, Weak,
    atomic::{AtomicU64, Ordering},
};

use dashmap::DashMap;
use serde::Deserialize;
use tokio::sync::{broadcast::error::RecvError, mpsc};

use super::own::Own;
use crate::{
    app::App,
    db::Db,
    ids::{ConversationId, IntegrationId, MessageId, OrganizationId},
    realtime::{
        bus::Events,
        event::{Event, EventKind, TypingNews},
    },
};

/// News that may wait for a slow socket; with more it looks at everything.
const WAITING: usize = 64;
/// Sockets of one visitor: tabs and devices.
const MOST: usize = 20;

/// A hint of what there may be to see.
#[derive(Clone, Debug)]
pub enum News {
    Message(MessageId),
    /// How the conversation stands.
    Conversation,
    Typing {
        name: String,
        typing: bool,
    },
    /// Something may have been missed.
    Look,
}

/// Cheap to clone. Its task ends with the last clone.
#[derive(Clone)]
pub struct Lobby(Arc<Inner>);

struct Inner {
    db: Db,
    seats: DashMap<Own, Vec<(u64, mpsc::Sender<News>)>>,
    /// Whose conversation it is, of visitors with a socket here.
    owners: DashMap<ConversationId, Own>,
    /// Sockets by organization.
    houses: DashMap<OrganizationId, usize>,
    numbers: AtomicU64,
}

/// A socket's place; dropping it leaves.
pub struct Seat {
    inner: Arc<Inner>,
    organization: OrganizationId,
    own: Own,
    number: u64,
    news: mpsc::Receiver<News>,
}

#[derive(Deserialize)]
struct NewMessage {
    message: MessageData,
    conversation: ConversationData,
}

#[derive(Deserialize)]
struct MessageData {
    id: MessageId,
    #[serde(default)]
    seq: i64,
}

#[derive(Deserialize)]
struct ConversationData {
    id: ConversationId,
    integration_id: IntegrationId,
    channel: String,
}

impl Lobby {
    pub fn start(app: &App) -> Self {
        let inner = Arc::new(Inner {
            db: app.db.clone(),
            seats: DashMap::new(),
            owners: DashMap::new(),
            houses: DashMap::new(),
            numbers: AtomicU64::new(0),
        });
        tokio::spawn(listen(Arc::downgrade(&inner), app.db.bus().subscribe()));
        Self(inner)
    }

    /// `None` if the visitor has too many sockets already.
    pub fn enter(&self, organization: OrganizationId, own: &Own) -> Option<Seat> {
        let (sender, news) = mpsc::channel(WAITING);
        let number = self.0.numbers.fetch_add(1, Ordering::Relaxed);
        let mut seats = self.0.seats.entry(own.clone()).or_default();
        if seats.len() >= MOST {
            return None;
        }
        seats.push((number, sender));
        drop(seats);
        let mut house = self.0.houses.entry(organization).or_default();
        *house += 1;
        if *house == 1 {
            self.0.db.bus().follow(organization);
        }
        metrics::gauge!("switchboard_visitor_sockets").increment(1);
        Some(Seat { inner: self.0.clone(), organization, own: own.clone(), number, news })
    }

    /// From now on the conversation's news reach the visitor's sockets, and they look at what there is.
    pub fn learn(&self, own: &Own, conversation: ConversationId) {
        if self.0.seats.contains_key(own) && self.0.owners.insert(conversation, own.clone()).is_none() {
            self.0.tell(own, &News::Look);
        }
    }
}

impl Seat {
    pub async fn news(&mut self) -> Option<News> {
        self.news.recv().await
    }

    /// These conversations are the visitor's.
    pub fn learn(&self, conversations: impl Iterator<Item = ConversationId>) {
        conversations.for_each(|id| drop(self.inner.owners.insert(id, self.own.clone())));
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        metrics::gauge!("switchboard_visitor_sockets").decrement(1);
        let gone = self.inner.seats.remove_if_mut(&self.own, |_, seats| {
            seats.retain(|(number, _)| *number != self.number);
            seats.is_empty()
        });
        if gone.is_some() {
            self.inner.owners.retain(|_, own| *own != self.own);
        }
        let empty = self.inner.houses.remove_if_mut(&self.organization, |_, sockets| {
            *sockets -= 1;
            *sockets == 0
        });
        if empty.is_some() {
            self.inner.db.bus().unfollow(self.organization);
        }
    }
}

async fn listen(inner: Weak<Inner>, mut events: Events) {
    loop {
        let batch = match events.recv().await {
            Ok(batch) => Some(batch),
            Err(RecvError::Lagged(_)) => None,
            Err(RecvError::Closed) => return,
        };
        let Some(inner) = inner.upgrade() else { return };
        match batch {
            Some(batch) if !batch.is_empty() => {
                for event in batch.iter().filter(|event| inner.houses.contains_key(&event.organization_id)) {
                    inner.hear(event);
                }
            }
            _ => inner.seats.iter().for_each(|seats| tell(seats.value(), &News::Look)),
        }
    }
}

impl Inner {
    fn hear(self: &Arc<Self>, event: &Event) {
        let Some(subject) = event.subject else { return };
        let Some(own) = self.owners.get(&subject.conversation_id).map(|own| own.clone()) else {
            if event.kind == EventKind::NewMessage {
                self.hear_new(event);
            }
            return;
        };
        let message = |field: &str| -> Option<MessageId> {
            let data: serde_json::Value = serde_json::from_str(&event.data).ok()?;
            serde_json::from_value(data.pointer(field)?.clone()).ok()
        };
        let news = match event.kind {
            EventKind::NewMessage | EventKind::MessageUpdated => message("/message/id").map(News::Message),
            EventKind::MessageStatus => message("/message_id").map(News::Message),
            EventKind::ConversationUpdated | EventKind::ConversationAssigned => Some(News::Conversation),
            EventKind::UserTyping => typing(event),
            _ => None,
        };
        if let Some(news) = news {
            self.tell(&own, &news);
        }
    }

    /// The first message of a conversation: it may be that of a visitor who waits here, written through another server.
    fn hear_new(self: &Arc<Self>, event: &Event) {
        let Ok(NewMessage { message, conversation }) = serde_json::from_str(&event.data) else { return };
        let waits = self.seats.iter().any(|seats| seats.key().integration_id == conversation.integration_id);
        if message.seq != 1 || conversation.channel != super::CHANNEL || !waits {
            return;
        }
        let (inner, organization) = (self.clone(), event.organization_id);
        tokio::spawn(async move {
            let thread = inner.thread(organization, conversation.id).await;
            let Ok(Some(thread)) = thread else { return };
            let own = Own { integration_id: conversation.integration_id, thread };
            if inner.seats.contains_key(&own) {
                inner.owners.insert(conversation.id, own.clone());
                inner.tell(&own, &News::Message(message.id));
                inner.tell(&own, &News::Look);
            }
        });
    }

    async fn thread(
        &self,
        organization: OrganizationId,
        id: ConversationId,
    ) -> Result<Option<String>, sqlx::Error> {
        let mut tx = self.db.begin(organization).await?;
        sqlx::query_scalar("select thread from conversations where organization_id = $1 and id = $2")
            .bind(organization)
            .bind(id)
            .fetch_optional(tx.sql())
            .await
    }

    fn tell(&self, own: &Own, news: &News) {
        if let Some(seats) = self.seats.get(own) {
            tell(seats.value(), news);
        }
    }
}

/// What does not fit is found by the next look.
fn tell(seats: &[(u64, mpsc::Sender<News>)], news: &News) {
    for (_, sender) in seats {
        let _ = sender.try_send(news.clone());
    }
}

/// Only members': visitors' own typing has its contact in it.
fn typing(event: &Event) -> Option<News> {
    let data: serde_json::Value = serde_json::from_str(&event.data).ok()?;
    if data.get("contact_id").is_some() {
        return None;
    }
    let news: TypingNews = serde_json::from_value(data).ok()?;
    Some(News::Typing { name: news.name, typing: news.typing })
}
