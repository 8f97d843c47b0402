//! What a provider knows of money that was paid to an account: one charge for each time that somebody paid, or tried to.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::money::Money;

/// A way to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = PaymentMethod))]
#[serde(rename_all = "snake_case")]
pub enum Method {
    Card,
    /// Brazil's instant transfer, by a code that is scanned or pasted into the payer's bank.
    Pix,
    /// Brazil's bank slip; paid within days.
    Boleto,
    /// Any other that the account offers on the provider's page.
    Other,
}

/// How far an attempt to pay has come, in the provider's own view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// Begun; the payer has still to act.
    Open,
    /// The payer has acted and the money is on its way: a printed boleto, a transfer under review.
    Processing,
    /// Reserved on a card and not taken yet.
    Authorized,
    /// Taken; `captured` says how much.
    Captured,
    /// Refused; the payer may try again, which may be another charge.
    Failed,
    Expired,
    Cancelled,
}

/// One attempt to pay, as it was seen at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// The provider's. Stripe: the payment intent's; Mercado Pago: the payment's.
    pub id: String,
    /// The request that it pays, where it names one of ours.
    pub request: Option<Uuid>,
    pub progress: Progress,
    /// What the payer was to pay.
    pub amount: Money,
    /// Taken from the payer so far, refunds not subtracted.
    pub captured: Money,
    /// Given back so far.
    pub refunded: Money,
    /// What the provider keeps of it, once it tells.
    pub fee: Option<Money>,
    pub method: Method,
    /// Why it failed, in the provider's words.
    pub failure: Option<Failure>,
    pub dispute: Option<Dispute>,
    /// Every refund of it that the provider lists, whoever asked for it.
    pub refunds: Vec<Refunded>,
    /// A page with the receipt, for the payer.
    pub receipt_url: Option<String>,
    /// Name or e-mail address of who paid.
    pub payer: Option<String>,
    pub created_at: DateTime<Utc>,
    pub paid_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(as = PaymentFailure))]
pub struct Failure {
    /// The provider's: `insufficient_funds`, `cc_rejected_high_risk`.
    pub code: String,
    pub detail: String,
}

/// Money on its way back to the payer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refunded {
    /// The provider's.
    pub id: String,
    /// Ours, where it was asked for here.
    pub request: Option<Uuid>,
    pub amount: Money,
    pub state: RefundState,
    /// The provider's words, where it failed.
    pub detail: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RefundState {
    /// Taken on; not with the payer yet.
    Pending,
    Done,
    /// The money stays, or came back.
    Failed,
}

/// The payer's bank wants the money back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Dispute {
    /// The provider's.
    pub id: String,
    pub state: DisputeState,
    pub amount: Option<Money>,
    /// The provider's word for it.
    pub reason: Option<String>,
    /// Until when evidence is taken.
    pub due: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DisputeState {
    /// A question of the payer's bank; no money has moved.
    Inquiry,
    NeedsResponse,
    UnderReview,
    Won,
    /// The money went back.
    Lost,
}

impl Method {
    /// As it is written everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::Pix => "pix",
            Self::Boleto => "boleto",
            Self::Other => "other",
        }
    }
}

impl DisputeState {
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Won | Self::Lost)
    }
}
