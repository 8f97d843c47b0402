//! What every played payment provider lets payers and the people at the provider do, so that the demo and the tests need to know no
//! provider. An offer is what the hub made for a payer: a checkout session, a preference, a Pix code.

pub(crate) mod amount;
mod deliveries;
pub(crate) mod pix;
pub(crate) mod qr;
pub(crate) mod sheet;
mod trouble;

use std::collections::BTreeMap;

use async_trait::async_trait;

pub(crate) use self::{deliveries::Callback, trouble::suffer};
pub use self::{
    deliveries::{Deliveries, Order, Sent},
    trouble::Call,
};
use crate::Faults;

/// A payment provider.
#[async_trait]
pub trait Cashier: Send + Sync {
    /// `stripe`
    fn provider(&self) -> &'static str;

    /// A new merchant's account, as the fields that an admin fills in (`api_base_url` included).
    fn open_account(&self, name: &str) -> BTreeMap<String, String>;

    /// Plays an account that exists already in the hub, from the same fields.
    fn adopt_account(&self, fields: &BTreeMap<String, String>, webhook_url: &str);

    /// What an admin enters on the provider's own pages: where callbacks go. `account` is the account's id or its API key.
    fn enter_webhook(&self, account: &str, webhook_url: &str);

    /// Ids of the open accounts.
    fn accounts(&self) -> Vec<String>;

    /// Does it, and says what callbacks follow. The id is the charge's (Stripe: the payment intent's; Mercado Pago: the payment's),
    /// the dispute's or the refund's, or the offer's where there is none of these.
    #[doc(hidden)]
    fn carry_out(&self, about: &str, deed: Deed) -> Result<Done, DeedError>;

    /// How callbacks travel.
    fn deliveries(&self) -> &Deliveries;

    /// Trouble for the next calls of the API, by method name: `refunds.create`.
    fn faults(&self) -> &Faults;

    /// The last calls, oldest first.
    fn calls(&self) -> Vec<Call>;

    /// Money that the merchant takes without the hub. The charge's id.
    async fn sell_elsewhere(&self, account: &str, sale: Sale) -> Result<String, DeedError>;

    /// The page on which the offer is paid.
    fn page(&self, offer: &str) -> Option<String>;

    /// `about` is an offer, or a charge where the deed says so. Comes back once the callbacks were taken (or held, or dropped).
    async fn act(&self, about: &str, deed: Deed) -> Result<String, DeedError> {
        let Done { id, callbacks } = self.carry_out(about, deed)?;
        self.deliveries().send(callbacks).await?;
        Ok(id)
    }

    async fn pay(&self, offer: &str) -> Result<String, DeedError> {
        self.act(offer, Deed::Pay { means: None, amount: None }).await
    }

    async fn pay_by(&self, offer: &str, means: Means) -> Result<String, DeedError> {
        self.act(offer, Deed::Pay { means: Some(means), amount: None }).await
    }

    /// Another one of the payer's people pays as well. Only where the provider lets an offer be paid twice.
    async fn pay_again(&self, offer: &str) -> Result<String, DeedError> {
        self.act(offer, Deed::PayAgain).await
    }

    async fn fail(&self, offer: &str) -> Result<String, DeedError> {
        self.act(offer, Deed::Decline).await
    }

    async fn expire(&self, offer: &str) -> Result<String, DeedError> {
        self.act(offer, Deed::Expire).await
    }

    async fn start_boleto(&self, offer: &str) -> Result<String, DeedError> {
        self.act(offer, Deed::StartBoleto).await
    }

    async fn settle_boleto(&self, offer: &str) -> Result<String, DeedError> {
        self.act(offer, Deed::SettleBoleto).await
    }

    async fn dispute(&self, charge: &str) -> Result<String, DeedError> {
        self.act(charge, Deed::Dispute).await
    }

    /// `won` by the merchant.
    async fn end_dispute(&self, charge: &str, won: bool) -> Result<String, DeedError> {
        self.act(charge, Deed::EndDispute { won }).await
    }

    /// The merchant gives money back on the provider's own pages. Minor units; all that is left without an amount.
    async fn refund_elsewhere(&self, charge: &str, amount: Option<i64>) -> Result<String, DeedError> {
        self.act(charge, Deed::Refund { amount }).await
    }

    /// A refund that was pending arrives, or one that was believed to have arrived fails.
    async fn end_refund(&self, refund: &str, arrives: bool) -> Result<String, DeedError> {
        self.act(refund, Deed::EndRefund { arrives }).await
    }
}

/// What happens at a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Another `amount` than was asked for, in minor units, where one is given; the offer's first means where none is.
    Pay {
        means: Option<Means>,
        amount: Option<i64>,
    },
    PayAgain,
    /// The card is refused; the payer may try again.
    Decline,
    /// The offer's time is over, or its Pix code's.
    Expire,
    /// The payer takes a boleto to the bank.
    StartBoleto,
    /// The bank books it.
    SettleBoleto,
    /// Nobody ever went to the bank.
    LapseBoleto,
    /// About a charge.
    Dispute,
    EndDispute {
        won: bool,
    },
    Refund {
        amount: Option<i64>,
    },
    /// About a refund.
    EndRefund {
        arrives: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Means {
    Card,
    Pix,
    Boleto,
}

/// What a merchant sells elsewhere.
#[derive(Clone, Debug)]
pub struct Sale {
    /// Minor units.
    pub amount: i64,
    /// `BRL`
    pub currency: String,
    pub description: String,
    /// What the merchant calls it: Stripe's `metadata[order]`, Mercado Pago's `external_reference`.
    pub reference: Option<String>,
    pub payer: String,
}

/// What was done, and what is to be told of it.
pub struct Done {
    pub id: String,
    pub(crate) callbacks: Vec<Callback>,
}

/// Why a deed could not be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeedError {
    NoSuchAccount,
    /// Neither an offer nor a charge, dispute or refund.
    NoSuchOffer,
    /// As things stand, it cannot be done.
    NotNow(&'static str),
    /// The hub answered with this status, or not at all (0), to the last attempt.
    NotTaken(u16),
}

impl Deed {
    /// What a button of a page stands for; `means` is the payer's choice.
    pub(crate) fn pressed(button: &str, means: Option<&str>) -> Option<Self> {
        let means = means.and_then(|word| match word {
            "card" => Some(Means::Card),
            "pix" => Some(Means::Pix),
            "boleto" => Some(Means::Boleto),
            _ => None,
        });
        Some(match (button, means) {
            ("pay", Some(Means::Boleto)) | ("boleto", _) => Self::StartBoleto,
            ("pay", means) => Self::Pay { means, amount: None },
            ("pay_again", _) => Self::PayAgain,
            ("decline", _) => Self::Decline,
            ("expire", _) => Self::Expire,
            ("settle", _) => Self::SettleBoleto,
            ("lapse", _) => Self::LapseBoleto,
            ("dispute", _) => Self::Dispute,
            ("won", _) => Self::EndDispute { won: true },
            ("lost", _) => Self::EndDispute { won: false },
            _ => return None,
        })
    }
}

impl std::fmt::Display for DeedError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoSuchAccount => f.write_str("no such account"),
            Self::NoSuchOffer => f.write_str("no such offer or charge"),
            Self::NotNow(why) => f.write_str(why),
            Self::NotTaken(status) => write!(f, "the hub did not take the callback (status {status})"),
        }
    }
}

impl std::error::Error for DeedError {}
