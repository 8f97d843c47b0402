//! The one trait. What forgetting would make unsafe has no default.

use std::convert::Infallible;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;
use webhooks::{Envelope, Scheme, Unverified, Verified};

use crate::{
    Abilities, Account, AccountChanges, Form, Incoming, Installed, ListenError, Listener, OutboundMessage,
    ReadError, Receipt, SendError,
    call::{BrowserPhone, BrowserSources, CallAct},
    error::{NextStep, Refusal},
    mirror::Mirror,
    party::{Party, PartyId},
    template::Template,
};

/// A channel's name in addresses, SQL and JSON: `telegram`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct ChannelId(&'static str);

/// A messaging platform. Implementations hold no state: everything about an account comes with it.
#[async_trait]
pub trait Channel: Send + Sync + 'static {
    fn id(&self) -> ChannelId;

    /// The platform's name for people: `WhatsApp`.
    fn name(&self) -> &'static str;

    /// Plain data; may be called often.
    fn abilities(&self) -> Abilities;

    /// The fields an admin fills in.
    fn account_form(&self) -> Form;

    /// What the platform calls this account in its callbacks, unique per platform account.
    fn account_key(&self, account: &Account) -> String;

    /// The identity that stands for what people write as an address on this channel, a phone number; `None` where customers have
    /// none that people would write.
    fn identity(&self, _written: &str) -> Option<PartyId> {
        None
    }

    /// What people make of an id of a customer, which is of one of the kinds that this channel gives; `None` where it is an inner
    /// number of the platform's, which says nothing to them.
    fn said(&self, _kind: &str, address: &str) -> Option<String> {
        Some(address.to_owned())
    }

    /// Fills in what the hub makes itself (secret tokens), where the platform does not give all. Called once, before the account is stored.
    fn complete(&self, _account: &mut Account) {}

    /// Messages per second that the platform takes from this account.
    fn messages_per_second(&self, _account: &Account) -> u32 {
        self.abilities().rate_per_second
    }

    /// Hours after a customer's message within which free text may be sent, where accounts differ in it.
    fn window_hours(&self, _account: &Account) -> Option<u32> {
        self.abilities().window_hours
    }

    /// Whether the platform has one callback address per app, so that an admin enters `/webhooks/{channel}` there.
    fn shared_address(&self) -> bool {
        false
    }

    /// The account keys that a callback at the app's shared address (`/webhooks/{channel}`) names; empty where each account has its own
    /// address. Nobody has verified the request yet: what is found here chooses whose secret it must satisfy, and nothing else. Every
    /// event that `read` makes of such a callback says its account.
    fn route(&self, _envelope: &Envelope<'_>) -> Vec<String> {
        Vec::new()
    }

    /// The address of the certificate with which a request says it was signed, for platforms that publish theirs (Amazon SNS). Nobody
    /// has verified the request yet, and the hub fetches what is named here: an address of the platform's own, and none other.
    fn certificate(&self, _account: &Account, _request: &Unverified) -> Option<Url> {
        None
    }

    /// How this request must prove that it comes from the platform.
    fn proof(&self, account: &Account, request: &Unverified) -> Scheme;

    /// Pure. Errs only if the body as a whole is not of the platform's form; anything unknown inside it becomes a visible
    /// event, and one bad item never costs its neighbours.
    fn read(&self, account: &Account, request: &Verified) -> Result<Incoming, ReadError>;

    /// The body as it may be kept, shown to admins and read again: without what lets whoever sees it act in the account's name (an
    /// interaction's token, an address to answer at). `None` if it may be kept as it is.
    fn recorded(&self, _request: &Verified) -> Option<Bytes> {
        None
    }

    /// One platform call, never repeated by the channel itself.
    async fn send(
        &self,
        account: &Account,
        message: &OutboundMessage,
        net: &net::Client,
    ) -> Result<Receipt, SendError>;

    /// Does something to a call that goes on. What came of it is told by callbacks.
    async fn call(
        &self,
        _account: &Account,
        _act: &CallAct,
        _net: &net::Client,
    ) -> Result<Receipt, SendError> {
        let detail = format!("{} has no calls that could be steered from here.", self.name());
        Err(SendError::Refused(Refusal::new("not_supported", detail, NextStep::None)))
    }

    /// Makes a member's browser a telephone for this account.
    fn browser_phone(
        &self,
        _account: &Account,
        _member: &str,
        _now: DateTime<Utc>,
    ) -> Result<BrowserPhone, SendError> {
        let detail = format!("{} has no calls in the browser.", self.name());
        Err(SendError::Refused(Refusal::new("not_supported", detail, NextStep::None)))
    }

    /// What the page must be allowed to reach for the sound of [`Channel::browser_phone`].
    fn browser_sources(&self) -> BrowserSources {
        BrowserSources::default()
    }

    /// Gets what [`crate::event::What::Elsewhere`] announced: the body of what [`Channel::read`] then reads as if it had been heard
    /// ([`webhooks::Verified::LIVE`]). It is kept by the flight recorder, so that it must hold no secret. May be called twice.
    async fn fetch_news(
        &self,
        _account: &Account,
        _reference: &serde_json::Value,
        _net: &net::Client,
    ) -> Result<bytes::Bytes, SendError> {
        let detail = format!("{} tells everything itself.", self.name());
        Err(SendError::Refused(Refusal::new("not_supported", detail, NextStep::None)))
    }

    /// Confirms a button press or a handshake, where the platform waits for more than the callback's answer; see `InboundMessage::acknowledge` and `What::Handshake`.
    async fn acknowledge(
        &self,
        _account: &Account,
        _token: &str,
        _net: &net::Client,
    ) -> Result<(), SendError> {
        Ok(())
    }

    /// Downloads what a callback pointed to. `reference` is `InboundMedia::reference`.
    async fn fetch_media(
        &self,
        account: &Account,
        reference: &serde_json::Value,
        limit: MediaLimit,
        net: &net::Client,
    ) -> Result<FetchedMedia, SendError>;

    /// Whether [`Channel::profile`] knows names that callbacks do not tell.
    fn has_profiles(&self) -> bool {
        false
    }

    /// What the platform tells of somebody when asked: name, username, language. Called once after a contact was made whose name the
    /// callback did not tell. `None` if it tells nothing.
    async fn profile(
        &self,
        _account: &Account,
        _id: &PartyId,
        _net: &net::Client,
    ) -> Result<Option<Party>, SendError> {
        Ok(None)
    }

    /// Registers the callback address with the platform. Repeating it changes nothing.
    async fn connect(
        &self,
        account: &Account,
        connection: &Connection,
        net: &net::Client,
    ) -> Result<(), SendError>;

    /// Takes the registration back. Failure is not fatal: the account may be gone already.
    async fn disconnect(&self, account: &Account, net: &net::Client) -> Result<(), SendError>;

    /// Asks the platform about the token, the callback address and the permissions, in an admin's words.
    async fn check(&self, account: &Account, connection: &Connection, net: &net::Client) -> Vec<Check>;

    /// All approved and pending templates; empty where the platform has none.
    async fn templates(&self, _account: &Account, _net: &net::Client) -> Result<Vec<Template>, SendError> {
        Ok(Vec::new())
    }

    /// What the platform does where colleagues follow conversations on it and answer there; `None` where they cannot.
    fn mirror(&self) -> Option<&dyn Mirror> {
        None
    }

    /// Whether the hub keeps a live connection for this account instead of, or beside, being called.
    fn streams(&self, _account: &Account) -> bool {
        false
    }

    /// Where listening to an account that is being connected begins: what [`Listener::resume`] gives the first time. Nothing that comes
    /// between that moment and the first connection is lost then. `None`: it begins with what comes once it is listened to.
    async fn listens_from(
        &self,
        _account: &Account,
        _net: &net::Client,
    ) -> Result<Option<serde_json::Value>, SendError> {
        Ok(None)
    }

    /// Holds the live connection of an account that `streams` until it ends, and says why it did. One process at a time runs it for an
    /// account; it is dropped at any `await` when that process must let go, so nothing may be lost by that. Under 2 MB while idle.
    async fn listen(
        &self,
        _account: &Account,
        _listener: &dyn Listener,
        _net: &net::Client,
    ) -> Result<Infallible, ListenError> {
        Err(ListenError::AccountBroken(Refusal::new(
            "not_supported",
            "This channel has no live connection.",
            NextStep::None,
        )))
    }

    /// What an admin fills in before consenting on the platform's page: the app's keys. `None` where accounts cannot be connected so.
    fn install_form(&self) -> Option<Form> {
        None
    }

    /// The platform's page on which an admin consents. `app` is a filled-in `install_form`; the platform sends the browser back to
    /// `redirect` with `state` unchanged.
    fn install_address(&self, _app: &Account, _redirect: &Url, _state: &str) -> Option<Url> {
        None
    }

    /// Trades the code that came back for accounts: one workspace, or many pages; none if the admin chose none that can be connected.
    /// A code is good once.
    async fn install(
        &self,
        _app: &Account,
        _code: &str,
        _redirect: &Url,
        _net: &net::Client,
    ) -> Result<Vec<Installed>, SendError> {
        Err(SendError::Refused(Refusal::new(
            "not_supported",
            "This channel is connected by its form.",
            NextStep::None,
        )))
    }

    /// When the account's token should be traded for a fresh one: well before it expires. `None` where it does not.
    fn refresh_at(&self, _account: &Account) -> Option<DateTime<Utc>> {
        None
    }

    /// Trades the account's token for a fresh one; `None` if it turns out that nothing has to change. Called at `refresh_at`, by one
    /// process at a time, and what it returns is stored at once, as many platforms accept a refresh token only once.
    async fn refresh(
        &self,
        _account: &Account,
        _net: &net::Client,
    ) -> Result<Option<AccountChanges>, SendError> {
        Ok(None)
    }
}

/// What the platform must know to reach us.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The integration's own address.
    pub webhook_url: url::Url,
}

/// Bytes beyond which a download stops.
#[derive(Clone, Copy, Debug)]
pub struct MediaLimit(pub usize);

#[derive(Clone, Debug)]
pub struct FetchedMedia {
    pub bytes: Bytes,
    /// As the platform declares it; the hub looks at the bytes itself.
    pub mime: Option<String>,
    pub file_name: Option<String>,
}

/// One line of an integration's health.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Check {
    /// `token`, `webhook`, `permissions`, `number`, …
    pub name: String,
    pub ok: bool,
    /// A sentence for the admin: what is so, or what is wrong and how to mend it.
    pub detail: String,
}

impl ChannelId {
    pub const fn new(id: &'static str) -> Self {
        Self(id)
    }

    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl std::fmt::Display for ChannelId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl Connection {
    /// The address of the whole app, for platforms that have one: `/webhooks/{channel}`.
    pub fn shared_url(&self) -> Url {
        let mut url = self.webhook_url.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop();
        }
        url
    }
}

impl Check {
    pub fn passed(name: &str, detail: impl Into<String>) -> Self {
        Self { name: name.into(), ok: true, detail: detail.into() }
    }

    pub fn failed(name: &str, detail: impl Into<String>) -> Self {
        Self { name: name.into(), ok: false, detail: detail.into() }
    }

    /// The platform's refusal of a test call, as a line.
    pub fn refused(name: &str, refusal: &Refusal) -> Self {
        Self::failed(name, refusal.detail.clone())
    }
}
