//! WhatsApp.

use async_trait::async_trait;
use webhooks::{Scheme, Unverified, Verified};

use crate::{
    Abilities, Account, Channel, ChannelId, Check, Connection, FetchedMedia, Form, Incoming, MediaLimit,
    OutboundMessage, ReadError, Receipt, SendError, Template,
};

pub struct WhatsApp;

#[async_trait]
impl Channel for WhatsApp {
    fn id(&self) -> ChannelId {
        ChannelId::new("whatsapp")
    }

    fn name(&self) -> &'static str {
        "WhatsApp"
    }

    fn abilities(&self) -> Abilities {
        todo!()
    }

    fn account_form(&self) -> Form {
        todo!()
    }

    fn account_key(&self, _account: &Account) -> String {
        todo!()
    }

    fn complete(&self, _account: &mut Account) {
        todo!()
    }

    fn proof(&self, _account: &Account, _request: &Unverified) -> Scheme {
        todo!()
    }

    fn read(&self, _account: &Account, _request: &Verified) -> Result<Incoming, ReadError> {
        todo!()
    }

    async fn send(
        &self,
        _account: &Account,
        _message: &OutboundMessage,
        _net: &net::Client,
    ) -> Result<Receipt, SendError> {
        todo!()
    }

    async fn acknowledge(
        &self,
        _account: &Account,
        _token: &str,
        _net: &net::Client,
    ) -> Result<(), SendError> {
        todo!()
    }

    async fn fetch_media(
        &self,
        _account: &Account,
        _reference: &serde_json::Value,
        _limit: MediaLimit,
        _net: &net::Client,
    ) -> Result<FetchedMedia, SendError> {
        todo!()
    }

    async fn connect(
        &self,
        _account: &Account,
        _connection: &Connection,
        _net: &net::Client,
    ) -> Result<(), SendError> {
        todo!()
    }

    async fn disconnect(&self, _account: &Account, _net: &net::Client) -> Result<(), SendError> {
        todo!()
    }

    async fn check(&self, _account: &Account, _connection: &Connection, _net: &net::Client) -> Vec<Check> {
        todo!()
    }

    async fn templates(&self, _account: &Account, _net: &net::Client) -> Result<Vec<Template>, SendError> {
        todo!()
    }
}
