//! Messenger and Instagram: one machinery of Meta's, two products. A Facebook Page answers on Messenger, a professional Instagram account
//! through the Page it is linked to. See `README.md` beside this file for what surprised us.

mod abilities;
mod account;
mod check;
mod connect;
mod content;
mod errors;
mod graph;
mod install;
mod item;
mod media;
mod people;
mod product;
mod read;
mod send;
mod wire;

use async_trait::async_trait;
use url::Url;
use webhooks::{Envelope, Scheme, Unverified, Verified};

pub(crate) use self::product::Product;
use crate::{
    Abilities, Account, Channel, ChannelId, Check, Connection, FetchedMedia, Form, Incoming, Installed,
    MediaLimit, OutboundMessage, Party, PartyId, ReadError, Receipt, SendError,
};

pub(crate) struct Meta(pub(crate) Product);

#[async_trait]
impl Channel for Meta {
    fn id(&self) -> ChannelId {
        ChannelId::new(self.0.id())
    }

    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn abilities(&self) -> Abilities {
        abilities::abilities(self.0)
    }

    fn account_form(&self) -> Form {
        account::form(self.0)
    }

    fn account_key(&self, account: &Account) -> String {
        account.text(self.0.account_field()).to_owned()
    }

    fn said(&self, _kind: &str, _address: &str) -> Option<String> {
        None
    }

    fn complete(&self, account: &mut Account) {
        account::complete(account);
    }

    fn window_hours(&self, account: &Account) -> Option<u32> {
        Some(account::window_hours(account))
    }

    fn shared_address(&self) -> bool {
        true
    }

    fn route(&self, envelope: &Envelope<'_>) -> Vec<String> {
        envelope.json_names(&["entry", "*", "id"])
    }

    fn proof(&self, account: &Account, request: &Unverified) -> Scheme {
        if request.method() == "GET" {
            let secret = account.secret(account::VERIFY_TOKEN);
            return Scheme::QueryToken { parameter: "hub.verify_token", secret };
        }
        let secret = account.secret(account::APP_SECRET);
        Scheme::hmac_sha256_hex("X-Hub-Signature-256", "sha256=", secret)
    }

    fn read(&self, account: &Account, request: &Verified) -> Result<Incoming, ReadError> {
        read::read(self.0, account, request)
    }

    async fn send(
        &self,
        account: &Account,
        message: &OutboundMessage,
        net: &net::Client,
    ) -> Result<Receipt, SendError> {
        send::send(self.0, account, message, net).await
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

    fn has_profiles(&self) -> bool {
        true
    }

    async fn profile(
        &self,
        account: &Account,
        id: &PartyId,
        net: &net::Client,
    ) -> Result<Option<Party>, SendError> {
        people::ask(self.0, account, id, net).await
    }

    async fn connect(
        &self,
        account: &Account,
        connection: &Connection,
        net: &net::Client,
    ) -> Result<(), SendError> {
        connect::connect(self.0, account, connection, net).await
    }

    async fn disconnect(&self, account: &Account, net: &net::Client) -> Result<(), SendError> {
        connect::disconnect(account, net).await
    }

    async fn check(&self, account: &Account, connection: &Connection, net: &net::Client) -> Vec<Check> {
        check::check(self.0, account, connection, net).await
    }

    fn install_form(&self) -> Option<Form> {
        Some(install::form())
    }

    fn install_address(&self, app: &Account, redirect: &Url, state: &str) -> Option<Url> {
        install::address(self.0, app, redirect, state)
    }

    async fn install(
        &self,
        app: &Account,
        code: &str,
        redirect: &Url,
        net: &net::Client,
    ) -> Result<Vec<Installed>, SendError> {
        install::install(self.0, app, code, redirect, net).await
    }
}
