//! The chat window's visitors: who they are (a sealed token), what they do (by way of `ingest`, like every platform's customers),
//! and what they may see: the public messages of their own conversations, and nothing else.

pub mod acts;
mod limits;
mod lobby;
pub mod own;
mod sight;
pub mod token;
pub mod view;

use std::sync::Arc;

use crate::{
    app::App,
    error::{Error, Result},
    ids::IntegrationId,
    inbox::integration::Integration,
};

pub use limits::Limits;
pub use lobby::{Lobby, News, Seat};
pub use sight::Sight;

/// The channel's id.
pub const CHANNEL: &str = "webchat";

/// What all visitors of this server share.
pub struct Door {
    pub app: App,
    pub limits: Limits,
    pub lobby: Lobby,
    pub sight: Sight,
}

impl Door {
    /// Starts listening to what is told; needs a runtime.
    pub fn open(app: &App) -> Arc<Self> {
        Arc::new(Self {
            app: app.clone(),
            limits: Limits::default(),
            lobby: Lobby::start(app),
            sight: Sight::new(app),
        })
    }

    /// A window that is open for visitors: 404 also where the integration is another channel's, or was stopped.
    pub async fn find(&self, id: IntegrationId) -> Result<Arc<Integration>> {
        let found = self.app.integrations.find(id).await?;
        found
            .filter(|one| one.channel.id().as_str() == CHANNEL && one.status == "active")
            .ok_or_else(|| Error::not_found("chat window"))
    }
}
