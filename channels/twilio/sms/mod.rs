//! Text messages, pictures, and WhatsApp through Twilio.

mod abilities;
mod connect;
mod content;
mod form;
mod offers;
mod opt_out;
mod read;
mod send;
mod statuses;
mod templates;

use async_trait::async_trait;
use webhooks::{Scheme, Unverified, Verified};

use super::{account, media, number};
use crate::{
    Abilities, Account, Channel, ChannelId, Check, Connection, FetchedMedia, Form, Incoming, MediaLimit,
    OutboundMessage, ReadError, Receipt, SendError, Template, party::PartyId,
};

pub struct Sms;

#[async_trait]
impl Channel for Sms {
    fn id(&self) -> ChannelId {
        ChannelId::new("sms")
    }

    fn name(&self) -> &'static str {
        "SMS"
    }

    fn abilities(&self) -> Abilities {
        abilities::abilities()
    }

    fn account_form(&self) -> Form {
        form::form()
    }

    fn account_key(&self, account: &Account) -> String {
        account::key(account)
    }

    fn identity(&self, written: &str) -> Option<PartyId> {
        number::written(written)
    }

    fn messages_per_second(&self, account: &Account) -> u32 {
        form::messages_per_second(account)
    }

    fn proof(&self, account: &Account, request: &Unverified) -> Scheme {
        account::proof(account, request)
    }

    fn read(&self, account: &Account, request: &Verified) -> Result<Incoming, ReadError> {
        read::read(account, request)
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

    async fn templates(&self, account: &Account, net: &net::Client) -> Result<Vec<Template>, SendError> {
        templates::list(account, net).await
    }
}
