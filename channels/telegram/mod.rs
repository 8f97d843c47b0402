//! Telegram's Bot API. Callbacks are proved by a secret header and read by our own tolerant types; calls go through
//! teloxide-core. See the README beside this file.

mod abilities;
mod account;
mod amend;
mod api;
mod changes;
mod connect;
mod content;
mod errors;
mod format;
mod media;
mod party;
mod read;
mod send;
mod service;
mod thread;
mod wire;

use async_trait::async_trait;
use webhooks::{Scheme, Unverified, Verified};

use crate::{
    Abilities, Account, Channel, ChannelId, Check, Connection, FetchedMedia, Form, Incoming, MediaLimit,
    OutboundMessage, ReadError, Receipt, SendError,
};

pub struct Telegram;

#[async_trait]
impl Channel for Telegram {
    fn id(&self) -> ChannelId {
        ChannelId::new("telegram")
    }

    fn name(&self) -> &'static str {
        "Telegram"
    }

    fn abilities(&self) -> Abilities {
        abilities::abilities()
    }

    fn account_form(&self) -> Form {
        account::form()
    }

    fn account_key(&self, account: &Account) -> String {
        account::bot_id(account)
    }

    fn said(&self, _kind: &str, _address: &str) -> Option<String> {
        None
    }

    fn complete(&self, account: &mut Account) {
        account::complete(account);
    }

    fn proof(&self, account: &Account, _request: &Unverified) -> Scheme {
        Scheme::HeaderToken {
            header: "X-Telegram-Bot-Api-Secret-Token",
            secret: account::secret_token(account),
        }
    }

    fn read(&self, account: &Account, request: &Verified) -> Result<Incoming, ReadError> {
        read::read(&account::bot_id(account), request.body(), request.received_at())
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
        amend::acknowledge(&api::Api::new(account, net)?, token).await
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
        connection: &Connection,
        net: &net::Client,
    ) -> Result<(), SendError> {
        connect::connect(account, connection, net).await
    }

    async fn disconnect(&self, account: &Account, net: &net::Client) -> Result<(), SendError> {
        connect::disconnect(account, net).await
    }

    async fn check(&self, account: &Account, connection: &Connection, net: &net::Client) -> Vec<Check> {
        connect::check(account, connection, net).await
    }
}
