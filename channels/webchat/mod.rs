//! The hub's own chat window. There is no platform behind it: visitors come to the hub itself (`/webchat/…`), whose door writes what
//! they do in the words of `wire.rs`, and they hear from the hub what agents write. See the README beside this file.

mod abilities;
mod account;
mod check;
mod hours;
mod origins;
mod read;
mod send;
mod visitor;
mod widget;
mod wire;

use async_trait::async_trait;
pub use hours::{Hours, Opening};
use webhooks::{Scheme, Unverified, Verified};
pub use widget::{PreChatField, Side, Theme, Widget};
pub use wire::{Attachment, Batch, Choice, Event, Form as FormAnswers, Message, Page, Seen, Visitor};

use crate::{
    Abilities, Account, Channel, ChannelId, Check, Connection, FetchedMedia, Form, Incoming, MediaLimit,
    OutboundMessage, ReadError, Receipt, Refusal, SendError, error::NextStep,
};

pub struct Webchat;

#[async_trait]
impl Channel for Webchat {
    fn id(&self) -> ChannelId {
        ChannelId::new("webchat")
    }

    fn name(&self) -> &'static str {
        "Web chat"
    }

    fn abilities(&self) -> Abilities {
        abilities::abilities()
    }

    fn account_form(&self) -> Form {
        account::form()
    }

    fn account_key(&self, account: &Account) -> String {
        account.text(account::WIDGET).to_owned()
    }

    fn said(&self, kind: &str, address: &str) -> Option<String> {
        Some(visitor::said(kind, address))
    }

    fn complete(&self, account: &mut Account) {
        account::complete(account);
    }

    /// Visitors do not come this way. The business's own servers may: they know the identity secret.
    fn proof(&self, account: &Account, _request: &Unverified) -> Scheme {
        account::proof(account)
    }

    fn read(&self, account: &Account, request: &Verified) -> Result<Incoming, ReadError> {
        read::read(account, request)
    }

    async fn send(
        &self,
        _account: &Account,
        message: &OutboundMessage,
        _net: &net::Client,
    ) -> Result<Receipt, SendError> {
        send::send(message)
    }

    /// Visitors' files lie in the hub's own store, so nothing is ever downloaded.
    async fn fetch_media(
        &self,
        _account: &Account,
        _reference: &serde_json::Value,
        _limit: MediaLimit,
        _net: &net::Client,
    ) -> Result<FetchedMedia, SendError> {
        let detail = "The visitor's upload is not there any more.";
        Err(SendError::Refused(Refusal::new("media_unavailable", detail, NextStep::None)))
    }

    async fn connect(
        &self,
        account: &Account,
        connection: &Connection,
        net: &net::Client,
    ) -> Result<(), SendError> {
        check::announce(account, connection, net).await;
        Ok(())
    }

    async fn disconnect(&self, _account: &Account, _net: &net::Client) -> Result<(), SendError> {
        Ok(())
    }

    async fn check(&self, account: &Account, _connection: &Connection, _net: &net::Client) -> Vec<Check> {
        check::check(account)
    }
}
