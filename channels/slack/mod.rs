//! Slack: an app in a workspace. Callbacks are proved by the app's signing secret, or come over Socket Mode; calls go through
//! slack-morphism's client on our own way out. See the README beside this file.

mod abilities;
mod account;
mod actions;
mod amend;
mod api;
mod blocks;
mod check;
mod content;
mod door;
mod emoji;
mod errors;
mod events;
mod files;
mod install;
mod memory;
mod messages;
mod mirror;
mod missed;
mod people;
mod place;
mod read;
mod send;
mod socket;

#[cfg(test)]
mod tests;

use std::convert::Infallible;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use url::Url;
use webhooks::{Digest, Encoding, Envelope, Part, Scheme, Stamp, Unverified, Verified};

use crate::{
    Abilities, Account, AccountChanges, Channel, ChannelId, Check, Connection, FetchedMedia, Form, Incoming,
    Installed, ListenError, Listener, MediaLimit, OutboundMessage, Party, PartyId, ReadError, Receipt,
    SendError, mirror::Mirror,
};

const TIMESTAMP: &str = "X-Slack-Request-Timestamp";

pub struct Slack;

#[async_trait]
impl Channel for Slack {
    fn id(&self) -> ChannelId {
        ChannelId::new("slack")
    }

    fn name(&self) -> &'static str {
        "Slack"
    }

    fn abilities(&self) -> Abilities {
        abilities::abilities()
    }

    fn account_form(&self) -> Form {
        account::form()
    }

    fn account_key(&self, account: &Account) -> String {
        account::key(account)
    }

    fn identity(&self, written: &str) -> Option<PartyId> {
        let id = written.trim().trim_start_matches('@');
        let is_user = place::is_id(id) && id.starts_with(['U', 'W']) && id.len() > 6;
        is_user.then(|| PartyId::plain(people::USER, id))
    }

    fn said(&self, _kind: &str, _address: &str) -> Option<String> {
        None
    }

    fn shared_address(&self) -> bool {
        true
    }

    fn route(&self, envelope: &Envelope<'_>) -> Vec<String> {
        read::route(envelope)
    }

    fn proof(&self, account: &Account, _request: &Unverified) -> Scheme {
        Scheme::Hmac {
            digest: Digest::Sha256,
            header: "X-Slack-Signature",
            prefix: "v0=",
            encoding: Encoding::Hex,
            secrets: vec![account.secret(account::SIGNING_SECRET)],
            message: vec![Part::Literal("v0:"), Part::Header(TIMESTAMP), Part::Literal(":"), Part::Body],
            stamp: Some(Stamp { header: TIMESTAMP, tolerance_seconds: 300 }),
        }
    }

    fn read(&self, account: &Account, request: &Verified) -> Result<Incoming, ReadError> {
        read::read(account, request)
    }

    fn recorded(&self, request: &Verified) -> Option<Bytes> {
        read::without_secrets(request)
    }

    async fn send(
        &self,
        account: &Account,
        message: &OutboundMessage,
        net: &net::Client,
    ) -> Result<Receipt, SendError> {
        send::send(account, message, net).await
    }

    async fn fetch_media(
        &self,
        account: &Account,
        reference: &serde_json::Value,
        limit: MediaLimit,
        net: &net::Client,
    ) -> Result<FetchedMedia, SendError> {
        files::fetch(account, reference, limit, net).await
    }

    fn has_profiles(&self) -> bool {
        true
    }

    async fn profile(
        &self,
        account: &Account,
        id: &PartyId,
        net: &net::Client,
    ) -> Result<Option<Party>, SendError> {
        people::ask(account, id, net).await
    }

    async fn connect(&self, account: &Account, _: &Connection, net: &net::Client) -> Result<(), SendError> {
        check::connect(account, net).await
    }

    /// The app stays in the workspace: other hubs may use it, and its admin can remove it there.
    async fn disconnect(&self, _account: &Account, _net: &net::Client) -> Result<(), SendError> {
        Ok(())
    }

    async fn check(&self, account: &Account, connection: &Connection, net: &net::Client) -> Vec<Check> {
        check::check(account, connection, net).await
    }

    fn mirror(&self) -> Option<&dyn Mirror> {
        Some(self)
    }

    fn streams(&self, account: &Account) -> bool {
        account.has(account::APP_TOKEN)
    }

    async fn listen(
        &self,
        account: &Account,
        listener: &dyn Listener,
        net: &net::Client,
    ) -> Result<Infallible, ListenError> {
        socket::listen(account, listener, net).await
    }

    fn install_form(&self) -> Option<Form> {
        Some(account::install_form())
    }

    fn install_address(&self, app: &Account, redirect: &Url, state: &str) -> Option<Url> {
        install::address(app, redirect, state)
    }

    async fn install(
        &self,
        app: &Account,
        code: &str,
        redirect: &Url,
        net: &net::Client,
    ) -> Result<Vec<Installed>, SendError> {
        install::install(app, code, redirect, net).await
    }

    fn refresh_at(&self, account: &Account) -> Option<DateTime<Utc>> {
        install::refresh_at(account)
    }

    async fn refresh(
        &self,
        account: &Account,
        net: &net::Client,
    ) -> Result<Option<AccountChanges>, SendError> {
        install::refresh(account, net).await
    }
}
