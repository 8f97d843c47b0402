//! Stripe's objects, as far as they are read. Anything may be missing, and what is not named here is passed over.

use std::collections::BTreeMap;

use serde::Deserialize;

pub(super) type Metadata = BTreeMap<String, String>;

/// A list's page.
#[derive(Debug, Deserialize)]
pub(super) struct List<T> {
    #[serde(default = "Vec::new")]
    pub(super) data: Vec<T>,
    #[serde(default)]
    pub(super) has_more: bool,
}

/// An object, or its id where it was not asked for as a whole.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Linked<T> {
    Whole(Box<T>),
    Id(String),
}

impl<T> Linked<T> {
    pub(super) fn whole(&self) -> Option<&T> {
        match self {
            Self::Whole(whole) => Some(whole),
            Self::Id(_) => None,
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Session {
    pub(super) id: String,
    pub(super) url: Option<String>,
    #[serde(default)]
    pub(super) status: Option<String>,
    pub(super) client_reference_id: Option<String>,
    pub(super) payment_intent: Option<Linked<Intent>>,
    pub(super) customer_details: Option<Person>,
    pub(super) expires_at: Option<i64>,
    #[serde(default)]
    pub(super) metadata: Option<Metadata>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Intent {
    pub(super) id: String,
    pub(super) amount: i64,
    #[serde(default)]
    pub(super) amount_received: i64,
    pub(super) currency: String,
    #[serde(default)]
    pub(super) status: String,
    pub(super) cancellation_reason: Option<String>,
    pub(super) last_payment_error: Option<PaymentError>,
    pub(super) latest_charge: Option<Linked<StripeCharge>>,
    pub(super) next_action: Option<NextAction>,
    #[serde(default)]
    pub(super) payment_method_types: Vec<String>,
    pub(super) receipt_email: Option<String>,
    #[serde(default)]
    pub(super) metadata: Option<Metadata>,
    #[serde(default)]
    pub(super) created: i64,
}

#[derive(Debug, Deserialize)]
pub(super) struct PaymentError {
    pub(super) code: Option<String>,
    pub(super) decline_code: Option<String>,
    pub(super) message: Option<String>,
    pub(super) payment_method: Option<Typed>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Typed {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct NextAction {
    pub(super) boleto_display_details: Option<Shown>,
    pub(super) pix_display_qr_code: Option<Shown>,
}

/// A boleto's voucher or Pix's code.
#[derive(Debug, Deserialize)]
pub(super) struct Shown {
    pub(super) data: Option<String>,
    pub(super) hosted_instructions_url: Option<String>,
    pub(super) expires_at: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct StripeCharge {
    #[serde(default)]
    pub(super) amount_captured: i64,
    #[serde(default)]
    pub(super) amount_refunded: i64,
    pub(super) balance_transaction: Option<Linked<BalanceTransaction>>,
    pub(super) billing_details: Option<Person>,
    #[serde(default)]
    pub(super) disputed: bool,
    pub(super) payment_method_details: Option<Typed>,
    pub(super) receipt_email: Option<String>,
    pub(super) receipt_url: Option<String>,
    pub(super) refunds: Option<List<StripeRefund>>,
    #[serde(default)]
    pub(super) created: i64,
}

#[derive(Debug, Deserialize)]
pub(super) struct BalanceTransaction {
    pub(super) fee: i64,
    pub(super) currency: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Person {
    pub(super) email: Option<String>,
    pub(super) name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct StripeRefund {
    pub(super) id: String,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) status: Option<String>,
    pub(super) failure_reason: Option<String>,
    #[serde(default)]
    pub(super) metadata: Option<Metadata>,
}

#[derive(Debug, Deserialize)]
pub(super) struct StripeDispute {
    pub(super) id: String,
    pub(super) amount: i64,
    pub(super) currency: String,
    #[serde(default)]
    pub(super) status: String,
    pub(super) reason: Option<String>,
    pub(super) payment_intent: Option<Linked<Named>>,
    pub(super) evidence_details: Option<Evidence>,
    #[serde(default)]
    pub(super) created: i64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Evidence {
    pub(super) due_by: Option<i64>,
}

/// Any object that has an id.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    pub(super) id: String,
}

impl Linked<Named> {
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Whole(whole) => &whole.id,
            Self::Id(id) => id,
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Event {
    pub(super) id: String,
    /// `event`; thin events are `v2.core.event` and have no object.
    #[serde(default)]
    pub(super) object: String,
    #[serde(rename = "type", default)]
    pub(super) kind: String,
    pub(super) data: Option<EventData>,
}

#[derive(Debug, Deserialize)]
pub(super) struct EventData {
    pub(super) object: Subject,
}

/// Of an event's object, what says where to look.
#[derive(Debug, Deserialize)]
pub(super) struct Subject {
    #[serde(default)]
    pub(super) id: Option<String>,
    #[serde(default)]
    pub(super) mode: Option<String>,
    #[serde(default)]
    pub(super) payment_intent: Option<Linked<Named>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct StripeAccount {
    pub(super) id: String,
    pub(super) charges_enabled: Option<bool>,
    pub(super) email: Option<String>,
    pub(super) business_profile: Option<Profile>,
    pub(super) settings: Option<Settings>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Profile {
    pub(super) name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Settings {
    pub(super) dashboard: Option<Dashboard>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Dashboard {
    pub(super) display_name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Balance {
    pub(super) livemode: bool,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Problem {
    #[serde(default)]
    pub(super) error: ProblemDetail,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct ProblemDetail {
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) code: Option<String>,
    pub(super) decline_code: Option<String>,
    pub(super) message: Option<String>,
}
