//! A verified callback becomes contacts, conversations and messages. Reading is pure and happens in the request's own task;
//! what was read waits for the organization's writer, which stores everything that waits in one transaction and answers only
//! after its commit.

mod account;
mod address_book;
mod answers;
mod batch;
mod calls;
mod changes;
mod early;
mod history;
mod lines;
mod messages;
mod mirrored;
mod people;
mod queue;
mod record;
mod rows;
mod state;
mod tell;
mod thread;
mod threads;
mod watermarks;

use std::sync::Arc;

use channels::{Incoming, ReadError};
use webhooks::Verified;

pub use changes::apply_early;
pub use early::lock as lock_early;
pub use queue::Ingest;
pub use record::replay;
pub(crate) use rows::insert_aliases;

use crate::{
    ids::{CallbackId, IntegrationId},
    inbox::{integration::Integration, message::Message},
};

/// One callback, or one batch of news from a live connection.
pub struct Delivery {
    pub id: CallbackId,
    pub integration: Arc<Integration>,
    pub request: Verified,
    /// What was read, or why nothing could be.
    pub incoming: Result<Incoming, ReadError>,
    pub replayed: bool,
}

/// A new message of a delivery, as it was written, and whose it is.
#[derive(Clone, Debug)]
pub struct Stored {
    pub message: Message,
    /// Its conversation's.
    pub integration_id: IntegrationId,
    pub thread: String,
}

/// Why a callback was not taken. The platform will repeat it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// Too much waits already; nothing was kept.
    #[error("too many callbacks are waiting")]
    Busy,
    /// The database is away; nothing was kept.
    #[error("the callback could not be stored")]
    Unavailable,
}

impl Delivery {
    /// Reads a verified request.
    pub fn read(integration: Arc<Integration>, request: Verified) -> Self {
        let incoming = match request.method() {
            // The part of a shared callback was read when it came, and is recorded as what it said.
            Verified::PART => serde_json::from_slice(request.body())
                .map(|events| Incoming { events, answer: None })
                .map_err(|error| ReadError(error.to_string())),
            _ => integration.channel.read(&integration.account, &request),
        };
        Self { id: CallbackId::new(), integration, request, incoming, replayed: false }
    }

    /// Bytes that it holds while it waits.
    fn weight(&self) -> usize {
        self.request.body().len() * 2 + 1024
    }
}
