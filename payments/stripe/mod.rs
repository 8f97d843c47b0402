//! Stripe: pages of Checkout, and Pix codes by payment intents. A charge is a payment intent, with all that hangs on it. README.md
//! says how an account is set up and what is not known for certain.

mod account;
mod ask;
mod check;
mod client;
mod list;
mod look;
mod notice;
mod seen;
#[cfg(test)]
mod tests;
mod units;
mod wire;

use ::account::{Account, Form};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use webhooks::{Scheme, Unverified, Verified};

use crate::{
    charge::{Method, Refunded},
    error::{ProviderError, ReadError},
    provider::{Abilities, About, Ask, Bound, Charges, Identity, Look, Notice, Offer, Provider, Refund},
};
use client::Client;

pub(crate) struct Stripe;

#[async_trait]
impl Provider for Stripe {
    fn id(&self) -> &'static str {
        "stripe"
    }

    fn name(&self) -> &'static str {
        "Stripe"
    }

    /// Pages of Checkout stay open for 30 minutes to 24 hours from the moment at which Stripe makes them; ten minutes more leave time
    /// for that.
    fn abilities(&self) -> Abilities {
        const REAL: &[&str] = &["BRL"];
        Abilities {
            methods: &[Method::Card, Method::Pix, Method::Boleto, Method::Other],
            bound: &[
                Bound { method: Method::Pix, currencies: REAL },
                Bound { method: Method::Boleto, currencies: REAL },
            ],
            shortest_minutes: 40,
            longest_minutes: 24 * 60,
            usual_minutes: 24 * 60,
        }
    }

    fn account_form(&self) -> Form {
        account::form()
    }

    fn proof(&self, account: &Account, _request: &Unverified) -> Scheme {
        Scheme::Stamped { header: "Stripe-Signature", secrets: account::webhook_secrets(account) }
    }

    fn read(&self, request: &Verified) -> Result<Vec<Notice>, ReadError> {
        notice::read(request.body())
    }

    async fn check(&self, account: &Account, net: &net::Client) -> Result<Identity, ProviderError> {
        check::check(account, &Client::new(account, net)).await
    }

    async fn ask(&self, account: &Account, ask: &Ask, net: &net::Client) -> Result<Offer, ProviderError> {
        ask::ask(&Client::new(account, net), ask).await
    }

    async fn look(&self, account: &Account, about: &About, net: &net::Client) -> Result<Look, ProviderError> {
        look::look(&Client::new(account, net), about).await
    }

    async fn close(&self, account: &Account, offer: &str, net: &net::Client) -> Result<(), ProviderError> {
        ask::close(&Client::new(account, net), offer).await
    }

    async fn refund(
        &self,
        account: &Account,
        refund: &Refund,
        net: &net::Client,
    ) -> Result<Refunded, ProviderError> {
        look::refund(&Client::new(account, net), refund).await
    }

    async fn charges(
        &self,
        account: &Account,
        since: DateTime<Utc>,
        cursor: Option<&str>,
        net: &net::Client,
    ) -> Result<Charges, ProviderError> {
        list::charges(&Client::new(account, net), since, cursor).await
    }
}
