//! Mercado Pago: pages of Checkout Pro, and Pix codes by payments. A charge is a payment; several may pay one page. README.md says how
//! an account is set up and what is not known for certain.

mod account;
mod ask;
mod check;
mod client;
mod look;
mod notice;
mod number;
mod seen;
mod sent;
#[cfg(test)]
mod tests;
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

pub(crate) struct MercadoPago;

#[async_trait]
impl Provider for MercadoPago {
    fn id(&self) -> &'static str {
        "mercado_pago"
    }

    fn name(&self) -> &'static str {
        "Mercado Pago"
    }

    /// Pix codes live for 30 minutes to 30 days from the moment at which they are made; ten minutes more leave time for that.
    fn abilities(&self) -> Abilities {
        const REAL: &[&str] = &["BRL"];
        Abilities {
            methods: &[Method::Card, Method::Pix, Method::Boleto, Method::Other],
            bound: &[
                Bound { method: Method::Pix, currencies: REAL },
                Bound { method: Method::Boleto, currencies: REAL },
            ],
            shortest_minutes: 40,
            longest_minutes: 30 * 24 * 60,
            usual_minutes: 24 * 60,
        }
    }

    fn account_form(&self) -> Form {
        account::form()
    }

    fn proof(&self, account: &Account, _request: &Unverified) -> Scheme {
        Scheme::Manifest { secrets: account::webhook_secrets(account) }
    }

    fn read(&self, request: &Verified) -> Result<Vec<Notice>, ReadError> {
        notice::read(request)
    }

    async fn check(&self, account: &Account, net: &net::Client) -> Result<Identity, ProviderError> {
        check::check(&Client::new(account, net)).await
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
        look::charges(&Client::new(account, net), since, cursor).await
    }
}
