//! Any system of one's own: customers' messages come in as signed callbacks (Standard Webhooks) in the hub's own words, and
//! what agents write goes out the same way. See the README beside this file.

mod abilities;
mod account;
mod answer;
mod media;
mod read;
mod send;
mod told;
mod wire;

use async_trait::async_trait;
use webhooks::{Scheme, Unverified, Verified};

use crate::{
    Abilities, Account, Channel, ChannelId, Check, Connection, FetchedMedia, Form, Incoming, MediaLimit,
    OutboundMessage, ReadError, Receipt, SendError,
};

pub struct Api;

#[async_trait]
impl Channel for Api {
    fn id(&self) -> ChannelId {
        ChannelId::new("api")
    }

    fn name(&self) -> &'static str {
        "API"
    }

    fn abilities(&self) -> Abilities {
        abilities::abilities()
    }

    fn account_form(&self) -> Form {
        account::form()
    }

    fn account_key(&self, account: &Account) -> String {
        account.text(account::SYSTEM).to_owned()
    }

    fn complete(&self, account: &mut Account) {
        account::complete(account);
    }

    fn proof(&self, account: &Account, _request: &Unverified) -> Scheme {
        Scheme::Standard { secrets: account::secrets(account) }
    }

    fn read(&self, _account: &Account, request: &Verified) -> Result<Incoming, ReadError> {
        Ok(read::read(request.body(), request.received_at()))
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
        _account: &Account,
        reference: &serde_json::Value,
        limit: MediaLimit,
        net: &net::Client,
    ) -> Result<FetchedMedia, SendError> {
        media::fetch(reference, limit, net).await
    }

    /// Tells the system the hub's address. One that is not up yet is no fault: its owner needs the secret made here first, and
    /// a check says how things stand.
    async fn connect(
        &self,
        account: &Account,
        connection: &Connection,
        net: &net::Client,
    ) -> Result<(), SendError> {
        send::announce(account, connection, net).await;
        Ok(())
    }

    async fn disconnect(&self, _account: &Account, _net: &net::Client) -> Result<(), SendError> {
        Ok(())
    }

    async fn check(&self, account: &Account, connection: &Connection, net: &net::Client) -> Vec<Check> {
        send::check(account, connection, net).await
    }
}
