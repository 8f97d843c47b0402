//! Discord. Messages arrive through the gateway, a live connection that the hub holds; buttons and commands through it, too, or by
//! signed calls. serenity gives the builders, enums and flags; calls and the connection go through the hub's own door. See the
//! README beside this file.

mod abilities;
mod account;
mod amend;
mod buckets;
mod changes;
mod connect;
mod content;
mod dispatch;
mod errors;
mod events;
mod gateway;
mod history;
mod interaction;
mod media;
mod message;
mod nonce;
mod read;
mod rest;
mod send;
mod session;
mod wire;

use std::convert::Infallible;

use async_trait::async_trait;
use bytes::Bytes;
use webhooks::{Envelope, Scheme, Stamp, Unverified, Verified};

use crate::{
    Abilities, Account, Channel, ChannelId, Check, Connection, FetchedMedia, Form, Incoming, ListenError,
    Listener, MediaLimit, OutboundMessage, PartyId, ReadError, Receipt, SendError,
};

/// Discord names no limit. Its webhook events are repeated for ten minutes.
const TOLERANCE_SECONDS: u32 = 15 * 60;

pub struct Discord;

#[async_trait]
impl Channel for Discord {
    fn id(&self) -> ChannelId {
        ChannelId::new("discord")
    }

    fn name(&self) -> &'static str {
        "Discord"
    }

    fn abilities(&self) -> Abilities {
        abilities::abilities()
    }

    fn account_form(&self) -> Form {
        account::form()
    }

    fn account_key(&self, account: &Account) -> String {
        account::application_id(account).to_owned()
    }

    /// A user's id; names are not addresses.
    fn identity(&self, written: &str) -> Option<PartyId> {
        let id = written.trim();
        (id.len() >= 17 && wire::is_id(id)).then(|| PartyId::plain(wire::USER, id))
    }

    fn said(&self, _kind: &str, _address: &str) -> Option<String> {
        None
    }

    /// One address for interactions and webhook events of all applications.
    fn shared_address(&self) -> bool {
        true
    }

    fn route(&self, envelope: &Envelope<'_>) -> Vec<String> {
        envelope.json_names(&[read::APPLICATION])
    }

    fn proof(&self, account: &Account, _request: &Unverified) -> Scheme {
        Scheme::Ed25519 {
            header: "X-Signature-Ed25519",
            public_key: account::public_key(account),
            stamp: Stamp { header: "X-Signature-Timestamp", tolerance_seconds: TOLERANCE_SECONDS },
        }
    }

    fn read(&self, account: &Account, request: &Verified) -> Result<Incoming, ReadError> {
        read::read(account, request.body(), request.received_at())
    }

    fn recorded(&self, request: &Verified) -> Option<Bytes> {
        read::without_token(request.body())
    }

    async fn send(
        &self,
        account: &Account,
        message: &OutboundMessage,
        net: &net::Client,
    ) -> Result<Receipt, SendError> {
        send::send(account, message, net).await
    }

    async fn acknowledge(&self, account: &Account, token: &str, net: &net::Client) -> Result<(), SendError> {
        amend::acknowledge(&rest::Api::new(account, net)?, token).await
    }

    async fn fetch_media(
        &self,
        account: &Account,
        reference: &serde_json::Value,
        limit: MediaLimit,
        net: &net::Client,
    ) -> Result<FetchedMedia, SendError> {
        media::fetch(account, reference, limit, net).await
    }

    async fn connect(
        &self,
        account: &Account,
        _connection: &Connection,
        net: &net::Client,
    ) -> Result<(), SendError> {
        connect::connect(account, net).await
    }

    /// The live connection ends by itself, and nothing was registered.
    async fn disconnect(&self, _account: &Account, _net: &net::Client) -> Result<(), SendError> {
        Ok(())
    }

    async fn check(&self, account: &Account, connection: &Connection, net: &net::Client) -> Vec<Check> {
        connect::check(account, connection, net).await
    }

    fn streams(&self, _account: &Account) -> bool {
        true
    }

    async fn listen(
        &self,
        account: &Account,
        listener: &dyn Listener,
        net: &net::Client,
    ) -> Result<Infallible, ListenError> {
        gateway::listen(account, listener, net).await
    }
}
