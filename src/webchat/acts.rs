//! What a visitor does, handed over as a platform's callback would be: stored when this returns, once however often it is said.

use std::sync::Arc;

use channels::{
    message::MessageStatus,
    webchat::{Batch, Event, Message as Written, Seen},
};
use chrono::Utc;
use webhooks::Verified;

use super::{
    CHANNEL, Door,
    own::{self, Own},
    token::Visitor,
};
use crate::{
    error::{Error, Problem, Result},
    ids::MessageId,
    inbox::{integration::Integration, message::Message, typing::customer_typing},
    ingest::{Delivery, Stored},
    metrics::CALLBACKS,
};

/// A visitor at the door of one window.
#[derive(Clone)]
pub struct Guest {
    pub integration: Arc<Integration>,
    pub visitor: Visitor,
}

impl Guest {
    pub fn own(&self) -> Own {
        Own { integration_id: self.integration.id, thread: self.visitor.thread() }
    }

    /// The same browser's, before its visitor was proven.
    fn former(&self) -> Own {
        Own { integration_id: self.integration.id, thread: self.visitor.former_thread() }
    }
}

impl Door {
    /// Stores a visitor's message and answers it as it is in the house. 403 if the business has blocked the visitor.
    pub async fn write(&self, guest: &Guest, message: Written) -> Result<Message> {
        // It may have arrived before the visitor was proven, in a conversation that came along or stayed where it was.
        let (own, former) = (guest.own(), guest.former());
        let external_ids =
            [&own.thread, &former.thread].map(|thread| Written::external_id(thread, &message.id));
        let stored = self.hand_over(guest, vec![Event::Message(Box::new(message))]).await?;
        if let Some(stored) = stored.into_iter().find_map(|one| own::just_stored(&own, one)) {
            self.lobby.learn(&own, stored.conversation_id);
            return Ok(stored);
        }
        // What was known before is read as it stands now.
        let mut tx = self.app.db.begin(guest.integration.organization_id).await?;
        if let Some(stored) = own::by_external_id(&mut tx, &own, &external_ids).await? {
            self.lobby.learn(&own, stored.conversation_id);
            return Ok(stored);
        }
        let stayed = match former == own {
            true => None,
            false => own::by_external_id(&mut tx, &former, &external_ids).await?,
        };
        stayed.ok_or_else(|| Error::forbidden("This conversation takes no more messages."))
    }

    /// Marks everything up to a message as arrived at, or read by, the visitor. What is not the visitor's is passed over.
    pub async fn see(&self, guest: &Guest, up_to: MessageId, status: MessageStatus) -> Result<()> {
        let mut tx = self.app.db.begin(guest.integration.organization_id).await?;
        let unseen = own::unseen(&mut tx, &guest.own(), up_to, status.as_str()).await?;
        drop(tx);
        if unseen.is_empty() {
            return Ok(());
        }
        let messages = unseen.iter().map(ToString::to_string).collect();
        self.hand_over(guest, vec![Event::Seen(Seen { messages, status, at: Some(Utc::now()) })]).await?;
        Ok(())
    }

    /// Whoever came as `before` was proven to be this visitor. Their conversation goes on as the visitor's, unless the visitor
    /// has one already.
    pub async fn recognise(&self, guest: &Guest, before: &Visitor) -> Result<()> {
        let former = Own { thread: before.thread(), ..guest.own() };
        let mut tx = self.app.db.begin(guest.integration.organization_id).await?;
        let had = own::conversations(&mut tx, &former).await?;
        let has = own::conversations(&mut tx, &guest.own()).await?;
        drop(tx);
        if had.is_empty() {
            return Ok(());
        }
        let event = Event::Identified { from: before.id.to_string(), moves: has.is_empty() };
        self.hand_over(guest, vec![event]).await?;
        Ok(())
    }

    /// Tells those who look at the visitor's conversation that the visitor is writing. Kept nowhere.
    pub async fn type_at(&self, guest: &Guest, typing: bool) -> Result<()> {
        let own = guest.own();
        let mut tx = self.app.db.begin(guest.integration.organization_id).await?;
        let event = customer_typing(&mut tx, own.integration_id, &own.thread, None, typing).await?;
        drop(tx);
        if let Some(event) = event {
            self.app.db.bus().publish(vec![event]).await;
        }
        Ok(())
    }

    /// The new messages that it brought.
    async fn hand_over(&self, guest: &Guest, events: Vec<Event>) -> Result<Vec<Stored>> {
        let batch = Batch { visitor: guest.visitor.known(), events };
        let raw = serde_json::to_vec(&batch).map_err(|error| Error::Internal(error.to_string()))?;
        #[expect(clippy::disallowed_methods, reason = "the visitor's token was opened by the door")]
        let request = Verified::from_live_connection(raw.into(), Utc::now());
        let delivery = Delivery::read(guest.integration.clone(), request);
        let stored = self.app.ingest.store(delivery).await.map_err(|error| {
            Problem::new(axum::http::StatusCode::SERVICE_UNAVAILABLE, "busy", error.to_string())
                .with_retry_after(1)
        })?;
        metrics::counter!(CALLBACKS, "channel" => CHANNEL, "verdict" => "verified").increment(1);
        Ok(stored)
    }
}
