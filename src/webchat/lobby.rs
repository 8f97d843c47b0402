//! The sockets of visitors on this server. Events of the inbox find the visitor whose conversation they are about; what a socket then
//! shows it reads itself ([`super::own`]), so that an event can at worst be a wasted look. Only the visitor's own words, which bear
//! their name, are shown as the event tells them.

use std::{
    collections::HashSet,
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use dashmap::DashMap;
use serde::Deserialize;
use tokio::sync::{broadcast::error::RecvError, mpsc};

use super::own::{self, Own};
use crate::{
    app::App,
    db::Db,
    ids::{ConversationId, IntegrationId, MessageId, OrganizationId},
    inbox::message::Message,
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
    /// The visitor's own word, as the event tells it.
    Said(Arc<Message>),
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
    visitors: DashMap<Own, Present>,
    /// Whose conversation it is, of visitors with a socket here. Written only while the visitor's entry above is held.
    owners: DashMap<ConversationId, Own>,
    /// Sockets by organization.
    houses: DashMap<OrganizationId, usize>,
    numbers: AtomicU64,
}

/// A visitor with a socket here.
#[derive(Default)]
struct Present {
    sockets: Vec<(u64, mpsc::Sender<News>)>,
    conversations: HashSet<ConversationId>,
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
struct Said {
    message: Arc<Message>,
}

#[derive(Deserialize)]
struct Changed {
    message: MessageData,
}

#[derive(Deserialize)]
struct Told {
    message_id: MessageId,
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
            visitors: DashMap::new(),
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
        let mut present = self.0.visitors.entry(own.clone()).or_default();
        if present.sockets.len() >= MOST {
            return None;
        }
        present.sockets.push((number, sender));
        drop(present);
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
        if self.0.learn(own, conversation) == Some(true) {
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
        for id in conversations {
            self.inner.learn(&self.own, id);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        metrics::gauge!("switchboard_visitor_sockets").decrement(1);
        self.inner.visitors.remove_if_mut(&self.own, |_, present| {
            present.sockets.retain(|(number, _)| *number != self.number);
            let gone = present.sockets.is_empty();
            // Another may have become the owner: of a conversation that goes on under a proven name.
            for id in present.conversations.iter().filter(|_| gone) {
                self.inner.owners.remove_if(id, |_, own| *own == self.own);
            }
            gone
        });
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
            _ => inner.visitors.iter().for_each(|present| tell(&present.sockets, &News::Look)),
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
        let news = match event.kind {
            EventKind::NewMessage => serde_json::from_str(&event.data).ok().map(|Said { message }| {
                match own::just_said(&own, &message) {
                    true => News::Said(message),
                    false => News::Message(message.id),
                }
            }),
            EventKind::MessageUpdated => {
                serde_json::from_str(&event.data).ok().map(|Changed { message }| News::Message(message.id))
            }
            EventKind::MessageStatus => {
                serde_json::from_str(&event.data).ok().map(|Told { message_id }| News::Message(message_id))
            }
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
        if message.seq != 1 || conversation.channel != super::CHANNEL {
            return;
        }
        let here = |own: &Own| own.integration_id == conversation.integration_id;
        if !self.visitors.iter().any(|present| here(present.key())) {
            return;
        }
        let (inner, organization) = (self.clone(), event.organization_id);
        tokio::spawn(async move {
            let thread = inner.thread(organization, conversation.id).await;
            let Ok(Some(thread)) = thread else { return };
            let own = Own { integration_id: conversation.integration_id, thread };
            if inner.learn(&own, conversation.id).is_some() {
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

    /// Whether that is news of a visitor; `None` if they are not here.
    fn learn(&self, own: &Own, conversation: ConversationId) -> Option<bool> {
        let mut present = self.visitors.get_mut(own)?;
        present.conversations.insert(conversation);
        Some(self.owners.insert(conversation, own.clone()).as_ref() != Some(own))
    }

    fn tell(&self, own: &Own, news: &News) {
        if let Some(present) = self.visitors.get(own) {
            tell(&present.sockets, news);
        }
    }
}

/// What does not fit is found by the next look.
fn tell(sockets: &[(u64, mpsc::Sender<News>)], news: &News) {
    for (_, sender) in sockets {
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
