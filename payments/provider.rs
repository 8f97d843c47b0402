//! What a payment provider is: it makes pages on which payers pay, tells by callbacks that there is something to look at, and is asked
//! how things stand. Nothing but its answers to those questions moves money in our books.

use account::{Account, Form};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;
use webhooks::{Scheme, Unverified, Verified};

use crate::{
    charge::{Charge, Method, Refunded},
    currency::Currency,
    error::{ProviderError, ReadError},
    money::Money,
};

#[async_trait]
pub trait Provider: Send + Sync {
    /// `stripe`; part of the callback's address.
    fn id(&self) -> &'static str;

    /// `Stripe`
    fn name(&self) -> &'static str;

    fn abilities(&self) -> Abilities;

    /// What an admin fills in.
    fn account_form(&self) -> Form;

    /// How a callback proves that it is the provider's.
    fn proof(&self, account: &Account, request: &Unverified) -> Scheme;

    /// What a callback says there is to look at; empty for what does not concern payments. Nothing else in it is believed.
    fn read(&self, request: &Verified) -> Result<Vec<Notice>, ReadError>;

    /// Whose account it is; proves the credentials.
    async fn check(&self, account: &Account, net: &net::Client) -> Result<Identity, ProviderError>;

    /// Makes the page (or the code) by which `ask` is paid. Repeating it with the same [`Ask::id`] makes no second one.
    async fn ask(&self, account: &Account, ask: &Ask, net: &net::Client) -> Result<Offer, ProviderError>;

    /// How it stands now. Charges that do not exist (yet) are not among the answer's.
    async fn look(&self, account: &Account, about: &About, net: &net::Client) -> Result<Look, ProviderError>;

    /// Nobody can pay it from now on. One that was paid, or closed already, is left as it is without an error: the next look tells.
    async fn close(&self, account: &Account, offer: &str, net: &net::Client) -> Result<(), ProviderError>;

    /// Gives money back. Repeating it with the same [`Refund::id`] gives nothing back twice.
    async fn refund(
        &self,
        account: &Account,
        refund: &Refund,
        net: &net::Client,
    ) -> Result<Refunded, ProviderError>;

    /// A page of the charges that were made or changed since then, in any order; `cursor` is the page's before.
    async fn charges(
        &self,
        account: &Account,
        since: DateTime<Utc>,
        cursor: Option<&str>,
        net: &net::Client,
    ) -> Result<Charges, ProviderError>;
}

/// What a provider can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = PaymentAbilities))]
pub struct Abilities {
    pub methods: &'static [Method],
    /// Of these currencies only, where a method is bound to some.
    pub bound: &'static [Bound],
    /// How long a request can stay open, in minutes.
    pub shortest_minutes: u32,
    pub longest_minutes: u32,
    /// Where nobody says otherwise.
    pub usual_minutes: u32,
}

/// A method that is there for some currencies only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = BoundMethod))]
pub struct Bound {
    pub method: Method,
    pub currencies: &'static [&'static str],
}

/// Who stands behind an account's credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The provider's id of the account.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Whether real money moves.
    pub live: bool,
    /// The only currency that it takes, where there is only one.
    pub currency: Option<Currency>,
}

/// A request for money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Ours: the key of repetitions, and what charges name that pay it.
    pub id: Uuid,
    pub amount: Money,
    /// At most 200 characters.
    pub description: String,
    /// What is sold; empty, or its sum is `amount`.
    pub items: Vec<Item>,
    /// At least one.
    pub methods: Vec<Method>,
    pub expires_at: DateTime<Utc>,
    pub payer: Payer,
    /// Where the payer's browser goes afterwards. That it does proves nothing.
    pub return_url: Url,
    /// Where the provider calls.
    pub callback_url: Url,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub title: String,
    pub quantity: u32,
    /// For one.
    pub price: Money,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payer {
    pub name: Option<String>,
    pub email: Option<String>,
}

/// By what a request can be paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The provider's id of it.
    pub id: String,
    /// The page on which it is paid.
    pub url: String,
    /// Pix's code to copy and paste, which is also what its QR code says.
    pub pix: Option<String>,
    pub expires_at: Option<DateTime<Utc>>,
}

/// Something to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The provider's id of this notice; the same for its repetitions.
    pub id: String,
    /// The provider's name of what happened: `checkout.session.completed`.
    pub kind: String,
    pub about: About,
}

/// What to look at, by the provider's ids.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "what", content = "id", rename_all = "snake_case")]
pub enum About {
    /// By what a request is paid; see [`Offer::id`].
    Offer(String),
    Charge(String),
    Dispute(String),
    /// Mercado Pago's merchant order: all charges on one offer.
    Order(String),
}

/// How things stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// Where it was asked about, or could be told from the rest.
    pub offer: Option<OfferSeen>,
    /// All of the offer, where it was asked about; otherwise those that were.
    pub charges: Vec<Charge>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferSeen {
    pub id: String,
    /// The request's, where it names one of ours.
    pub request: Option<Uuid>,
    pub state: OfferState,
}

/// Whether an offer can still be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferState {
    Open,
    /// The payer is through with it; charges tell the rest.
    Complete,
    Expired,
    Closed,
}

/// Money to give back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// Ours: the key of repetitions.
    pub id: Uuid,
    /// The charge's, by the provider.
    pub charge: String,
    pub amount: Money,
}

/// A page of charges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charges {
    pub charges: Vec<Charge>,
    /// Of the next page, if there is one.
    pub next: Option<String>,
}

impl Abilities {
    /// Whether the method takes this currency.
    pub fn takes(&self, method: Method, currency: Currency) -> bool {
        self.methods.contains(&method)
            && self
                .bound
                .iter()
                .filter(|bound| bound.method == method)
                .all(|bound| bound.currencies.contains(&currency.as_str()))
    }

    pub fn longest(&self) -> TimeDelta {
        TimeDelta::minutes(self.longest_minutes.into())
    }

    pub fn shortest(&self) -> TimeDelta {
        TimeDelta::minutes(self.shortest_minutes.into())
    }
}
