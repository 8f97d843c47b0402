//! What a messaging platform is. A channel reads verified callbacks into [`InboundEvent`]s and turns an
//! [`OutboundMessage`] into the platform's call. It knows no database, no web server and no tenant.

pub mod abilities;
pub mod call;
pub mod channel;
pub mod error;
pub mod event;
pub mod install;
pub mod mail;
pub mod markup;
pub mod message;
pub mod mirror;
pub mod party;
pub mod split;
pub mod stream;
pub mod template;
pub mod webchat;

mod api;
mod body;
mod discord;
mod email;
mod graph_api;
mod meta;
pub mod phone;
mod slack;
mod telegram;
pub mod twilio;
mod whatsapp;

pub use abilities::Abilities;
pub use account::{self, Account, Choice, Field, FieldKind, Form, FormFault};
pub use channel::{Channel, ChannelId, Check, Connection, FetchedMedia, MediaLimit};
pub use error::{ReadError, Refusal, Scope, SendError};
pub use event::{InboundEvent, Incoming};
pub use install::{AccountChanges, Installed};
pub use message::{OutboundMessage, Receipt};
pub use party::{Party, PartyId};
pub use stream::{ListenError, Listener};
pub use template::Template;

/// Every channel there is, one line each. The order is the order in which people see them.
pub fn all() -> &'static [&'static dyn Channel] {
    &[
        &whatsapp::WhatsApp,
        &telegram::Telegram,
        &meta::Meta(meta::Product::Messenger),
        &meta::Meta(meta::Product::Instagram),
        &slack::Slack,
        &discord::Discord,
        &twilio::Sms,
        &twilio::Voice,
        &email::Email,
        &webchat::Webchat,
        &api::Api,
    ]
}

/// The channel of that id.
pub fn find(id: &str) -> Option<&'static dyn Channel> {
    all().iter().copied().find(|channel| channel.id().as_str() == id)
}
