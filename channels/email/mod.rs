//! E-mail. Letters come in from a mailbox that is listened to (IMAP) or from a provider that calls the hub, and go out by SMTP or through
//! the same provider. Every letter, however it came, is read by `read`. See the README beside this file.

mod abilities;
mod account;
mod address;
mod automatic;
mod body;
mod bounce;
mod compose;
mod errors;
mod files;
mod handover;
mod html;
mod imap;
mod invite;
mod oauth;
mod provider;
mod read;
mod smtp;

use std::convert::Infallible;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use webhooks::{Scheme, Unverified, Verified};

use crate::{
    Abilities, Account, AccountChanges, Channel, ChannelId, Check, Connection, FetchedMedia, Form, Incoming,
    ListenError, Listener, MediaLimit, OutboundMessage, PartyId, ReadError, Receipt, Refusal, SendError,
    Template, error::NextStep, message::Content,
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

    fn complete(&self, _account: &mut Account) {}

    fn proof(&self, account: &Account, _request: &Unverified) -> Scheme {
        provider::proof(account)
    }

    fn read(&self, account: &Account, request: &Verified) -> Result<Incoming, ReadError> {
        if request.method() == Verified::LIVE {
            return Ok(imap::incoming(account, request.body(), request.received_at()));
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
        match account::provider(account) {
            Some(provider) if !account.has("smtp_host") => {
                handover::send(account, provider, &draft, net).await?
            }
            _ => {
                let server = account::smtp(account).map_err(SendError::AccountBroken)?;
                smtp::send(&server, &draft.mime()?, net).await?;
            }
        }
        Ok(Receipt { external_ids: vec![draft.id], ..Receipt::default() })
    }

    async fn acknowledge(
        &self,
        _account: &Account,
        _token: &str,
        _net: &net::Client,
    ) -> Result<(), SendError> {
        Ok(())
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
        if account.has("smtp_host") || account::provider(account).is_none() {
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
        match provider {
            Some(provider) if !account.has("smtp_host") => {
                checks.push(handover::check(account, provider, net).await)
            }
            _ => checks.push(smtp::check(account::smtp(account), net).await),
        }
        if provider.is_some() && !self.streams(account) && !account.has(account::CALLBACK_SECRET) {
            checks.push(Check::failed(
                "webhook",
                "The callback secret is missing: nothing that the provider posts is believed.",
            ));
        }
        checks
    }

    async fn templates(&self, _account: &Account, _net: &net::Client) -> Result<Vec<Template>, SendError> {
        Ok(Vec::new())
    }

    fn streams(&self, account: &Account) -> bool {
        account.has("imap_host")
    }

    async fn listen(
        &self,
        account: &Account,
        listener: &dyn Listener,
        net: &net::Client,
    ) -> Result<Infallible, ListenError> {
        imap::listen(account, listener, net).await
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
