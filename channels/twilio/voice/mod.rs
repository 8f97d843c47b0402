//! Telephone calls. Twilio asks at every step of a call what to do, and tells what happened.

mod answer;
mod begin;
mod connect;
mod context;
mod form;
mod hours;
mod news;
mod read;
mod sources;
mod step;
mod token;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use webhooks::{Scheme, Unverified, Verified};

use super::{account, media, number};
use crate::{
    Abilities, Account, Channel, ChannelId, Check, Connection, FetchedMedia, Form, Incoming, MediaLimit,
    OutboundMessage, ReadError, Receipt, SendError,
    abilities::{Starts, TextAbility},
    call::{BrowserPhone, BrowserSources, CallAct},
    error::NextStep,
    party::PartyId,
};

pub struct Voice;

#[async_trait]
impl Channel for Voice {
    fn id(&self) -> ChannelId {
        ChannelId::new("voice")
    }

    fn name(&self) -> &'static str {
        "Voice"
    }

    fn abilities(&self) -> Abilities {
        let standard = Abilities::default();
        Abilities {
            // Nothing is written on a telephone.
            text: TextAbility { max: 0, ..standard.text },
            calls: true,
            can_start: Starts::Always,
            ..standard
        }
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

    fn said(&self, kind: &str, address: &str) -> Option<String> {
        Some(if kind == context::WITHHELD { "Withheld number" } else { address }.to_owned())
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
        begin::send(account, message, net).await
    }

    async fn call(&self, account: &Account, act: &CallAct, net: &net::Client) -> Result<Receipt, SendError> {
        begin::call(account, act, net).await
    }

    fn browser_phone(
        &self,
        account: &Account,
        member: &str,
        now: DateTime<Utc>,
    ) -> Result<BrowserPhone, SendError> {
        let detail = "Calls in the browser need an API key: an admin adds it in the integration's settings.";
        let missing = || super::api::refused("no_browser_calls", detail, NextStep::Reconnect);
        token::phone(account, member, now).ok_or_else(missing)
    }

    fn browser_sources(&self) -> BrowserSources {
        sources::SOURCES
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
