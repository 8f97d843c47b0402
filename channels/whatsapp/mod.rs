//! WhatsApp through Meta's Cloud API: one business number per account, callbacks signed with the app's secret.
//! See `README.md` beside this file for what an admin needs and what Meta does not have.

mod abilities;
mod account;
mod check;
mod connect;
mod content;
mod errors;
mod graph;
mod history;
mod identity;
mod interactive;
mod media;
mod messages;
mod notices;
mod read;
mod send;
mod statuses;
mod templates;
mod wire;

use async_trait::async_trait;
use webhooks::{Envelope, Scheme, Unverified, Verified};

use crate::{
    Abilities, Account, Channel, ChannelId, Check, Connection, FetchedMedia, Form, Incoming, MediaLimit,
    OutboundMessage, ReadError, Receipt, SendError, Template, party::PartyId,
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
        abilities::abilities()
    }

    fn account_form(&self) -> Form {
        account::form()
    }

    fn account_key(&self, account: &Account) -> String {
        account.text(account::PHONE_NUMBER_ID).to_owned()
    }

    fn identity(&self, written: &str) -> Option<PartyId> {
        identity::written(written)
    }

    fn said(&self, kind: &str, address: &str) -> Option<String> {
        identity::said(kind, address)
    }

    fn complete(&self, account: &mut Account) {
        account::complete(account);
    }

    fn messages_per_second(&self, account: &Account) -> u32 {
        account::messages_per_second(account)
    }

    fn shared_address(&self) -> bool {
        true
    }

    fn route(&self, envelope: &Envelope<'_>) -> Vec<String> {
        envelope.json_names(&["entry", "*", "changes", "*", "value", "metadata", "phone_number_id"])
    }

    fn proof(&self, account: &Account, request: &Unverified) -> Scheme {
        if request.method() == "GET" {
            let secret = account.secret(account::VERIFY_TOKEN);
            return Scheme::QueryToken { parameter: "hub.verify_token", secret };
        }
        let secret = account.secret(account::APP_SECRET);
        Scheme::hmac_sha256_hex("X-Hub-Signature-256", "sha256=", secret)
    }

    fn read(&self, _account: &Account, request: &Verified) -> Result<Incoming, ReadError> {
        read::read(request)
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
        check::check(account, connection, net).await
    }

    async fn templates(&self, account: &Account, net: &net::Client) -> Result<Vec<Template>, SendError> {
        templates::list(account, net).await
    }
}
