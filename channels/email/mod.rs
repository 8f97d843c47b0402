//! E-mail. Letters come in from a mailbox that is listened to (IMAP) or from a provider that calls the hub, and go out by SMTP or through
//! the same provider. Every letter, however it came, is read by `read`. See the README beside this file.

mod abilities;
mod account;
mod address;
mod amazon;
mod automatic;
mod body;
mod bounce;
mod bucket;
mod compose;
mod errors;
mod events;
mod files;
mod follow;
mod handover;
mod html;
mod imap;
mod invite;
mod oauth;
mod provider;
mod read;
mod sender_check;
mod sent;
mod ses;
mod ses_api;
mod smtp;

use std::convert::Infallible;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use url::Url;
use webhooks::{Scheme, Unverified, Verified};

use self::account::Provider;
use crate::{
    Abilities, Account, AccountChanges, Channel, ChannelId, Check, Connection, FetchedMedia, Form, Incoming,
    Installed, ListenError, Listener, MediaLimit, OutboundMessage, PartyId, ReadError, Receipt, Refusal,
    SendError, error::NextStep, message::Content,
};

pub struct Email;

#[async_trait]
impl Channel for Email {
    fn id(&self) -> ChannelId {
        ChannelId::new("email")
    }

    fn name(&self) -> &'static str {
        "E-mail"
    }

    fn abilities(&self) -> Abilities {
        abilities::abilities()
    }

    fn account_form(&self) -> Form {
        account::form()
    }

    fn account_key(&self, account: &Account) -> String {
        account::own(account)
    }

    fn identity(&self, written: &str) -> Option<PartyId> {
        address::party(written)
    }

    fn proof(&self, account: &Account, request: &Unverified) -> Scheme {
        provider::proof(account, request)
    }

    fn certificate(&self, account: &Account, request: &Unverified) -> Option<Url> {
        ses::certificate(account, request)
    }

    fn read(&self, account: &Account, request: &Verified) -> Result<Incoming, ReadError> {
        if request.method() == Verified::LIVE {
            let (body, at) = (request.body(), request.received_at());
            return Ok(match bucket::read(account, body, at) {
                Some(what) => Incoming::events(vec![what.into()]),
                None => follow::incoming(account, body, at),
            });
        }
        provider::read(account, request)
    }

    async fn send(
        &self,
        account: &Account,
        message: &OutboundMessage,
        net: &net::Client,
    ) -> Result<Receipt, SendError> {
        // Letters know neither.
        if matches!(message.content, Content::Read { .. } | Content::Typing { .. }) {
            return Ok(Receipt::default());
        }
        let draft = compose::draft(account, message)?;
        let mut external_ids = vec![draft.id.clone()];
        match account::takes_letters(account) {
            Some(Provider::Ses) => external_ids.push(ses_api::send(account, &draft, net).await?),
            Some(provider) => handover::send(account, provider, &draft, net).await?,
            None => {
                let server = account::smtp(account).map_err(SendError::AccountBroken)?;
                let letter = draft.mime()?;
                let reply = smtp::send(&server, &letter, net).await?;
                external_ids.extend(ses::renamed(&server.host, &reply));
                sent::keep(account, &letter.formatted(), net).await;
            }
        }
        Ok(Receipt { external_ids, ..Receipt::default() })
    }

    async fn fetch_news(
        &self,
        account: &Account,
        reference: &serde_json::Value,
        net: &net::Client,
    ) -> Result<bytes::Bytes, SendError> {
        bucket::fetch(account, reference, net).await
    }

    async fn acknowledge(&self, account: &Account, token: &str, net: &net::Client) -> Result<(), SendError> {
        ses::confirm(account, token, net).await
    }

    async fn fetch_media(
        &self,
        account: &Account,
        reference: &serde_json::Value,
        limit: MediaLimit,
        net: &net::Client,
    ) -> Result<FetchedMedia, SendError> {
        match files::inline(reference)? {
            files::Reference::Inline { inline } => files::decoded(&inline),
            files::Reference::Mailbox { mailbox, part } => {
                imap::file(account, mailbox, part, limit, net).await
            }
            files::Reference::Bucket { bucket, part } => {
                bucket::file(account, &bucket, part, limit, net).await
            }
        }
    }

    /// Tries both doors, so that a wrong password is told of at once. A provider's address is entered on its own page.
    async fn connect(
        &self,
        account: &Account,
        _connection: &Connection,
        net: &net::Client,
    ) -> Result<(), SendError> {
        if address::key(account.text(account::ADDRESS)).is_none() {
            let detail = "The e-mail address is not one.";
            return Err(SendError::Refused(Refusal::new("account_incomplete", detail, NextStep::Reconnect)));
        }
        // A fresh token comes a moment later.
        if account.has(account::OAUTH[3]) && !account.has(account::OAUTH[4]) {
            return Ok(());
        }
        if self.streams(account) {
            imap::open(account, net).await?;
        } else if account::provider(account).is_none() {
            account::imap(account).map_err(SendError::AccountBroken)?;
        }
        if account::takes_letters(account).is_none() {
            smtp::Smtp::open(&account::smtp(account).map_err(SendError::AccountBroken)?, net).await?;
        }
        Ok(())
    }

    async fn disconnect(&self, _account: &Account, _net: &net::Client) -> Result<(), SendError> {
        Ok(())
    }

    async fn check(&self, account: &Account, _connection: &Connection, net: &net::Client) -> Vec<Check> {
        let mut checks = Vec::new();
        let provider = account::provider(account);
        if self.streams(account) || provider.is_none() {
            checks.push(imap::check(account, net).await);
        }
        checks.push(match account::takes_letters(account) {
            Some(Provider::Ses) => ses_api::check(account, net).await,
            Some(provider) => handover::check(account, provider, net).await,
            None => smtp::check(account::smtp(account), net).await,
        });
        if sent::wanted(account) {
            checks.push(sent::check(account, net).await);
        }
        if let Some(provider) = provider.filter(|_| !self.streams(account))
            && let Some(missing) = account::missing_proof(account, provider)
        {
            let words = format!("The {missing} is missing: nothing that the provider posts is believed.");
            checks.push(Check::failed("webhook", words));
        }
        checks
    }

    fn streams(&self, account: &Account) -> bool {
        account.has("imap_host")
    }

    async fn listens_from(
        &self,
        account: &Account,
        net: &net::Client,
    ) -> Result<Option<serde_json::Value>, SendError> {
        Ok(Some(follow::place(account, net).await?))
    }

    async fn listen(
        &self,
        account: &Account,
        listener: &dyn Listener,
        net: &net::Client,
    ) -> Result<Infallible, ListenError> {
        follow::listen(account, listener, net).await
    }

    fn install_form(&self) -> Option<Form> {
        Some(oauth::form())
    }

    fn install_address(&self, app: &Account, redirect: &Url, state: &str) -> Option<Url> {
        oauth::address(app, redirect, state)
    }

    async fn install(
        &self,
        app: &Account,
        code: &str,
        redirect: &Url,
        net: &net::Client,
    ) -> Result<Vec<Installed>, SendError> {
        oauth::install(app, code, redirect, net).await
    }

    fn refresh_at(&self, account: &Account) -> Option<DateTime<Utc>> {
        oauth::refresh_at(account)
    }

    async fn refresh(
        &self,
        account: &Account,
        net: &net::Client,
    ) -> Result<Option<AccountChanges>, SendError> {
        oauth::refresh(account, net).await
    }
}
