//! Mercado Pago's objects, as far as they are read. Anything may be missing, and what is not named here is passed over.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, de::IgnoredAny};

use crate::mercado_pago::number::Number;

/// An id, which is a number in some places and a text in others.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id(pub(super) String);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Number(i64),
            Text(String),
            Other(IgnoredAny),
        }
        Ok(match Form::deserialize(deserializer)? {
            Form::Number(number) => Self(number.to_string()),
            Form::Text(text) => Self(text),
            Form::Other(_) => Self::default(),
        })
    }
}

/// Null is as empty as missing.
fn or_empty<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Option::<Vec<T>>::deserialize(deserializer)?.unwrap_or_default())
}

#[derive(Debug, Deserialize)]
pub(super) struct Preference {
    pub(super) id: String,
    pub(super) init_point: Option<String>,
    pub(super) sandbox_init_point: Option<String>,
    pub(super) external_reference: Option<String>,
    #[serde(default)]
    pub(super) expires: Option<bool>,
    pub(super) expiration_date_to: Option<DateTime<Utc>>,
    pub(super) date_created: Option<DateTime<Utc>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Payment {
    pub(super) id: Id,
    #[serde(default)]
    pub(super) status: String,
    pub(super) status_detail: Option<String>,
    pub(super) transaction_amount: Number,
    pub(super) transaction_amount_refunded: Option<Number>,
    pub(super) currency_id: String,
    pub(super) payment_method_id: Option<String>,
    pub(super) payment_type_id: Option<String>,
    pub(super) external_reference: Option<String>,
    pub(super) metadata: Option<Metadata>,
    /// Empty where it was not made on a preference's page.
    pub(super) order: Option<OrderPayment>,
    pub(super) date_created: Option<DateTime<Utc>>,
    pub(super) date_approved: Option<DateTime<Utc>>,
    pub(super) date_of_expiration: Option<DateTime<Utc>>,
    pub(super) captured: Option<bool>,
    pub(super) payer: Option<PaymentPayer>,
    #[serde(default, deserialize_with = "or_empty")]
    pub(super) refunds: Vec<PaymentRefund>,
    #[serde(default, deserialize_with = "or_empty")]
    pub(super) fee_details: Vec<Fee>,
    pub(super) transaction_details: Option<Details>,
    pub(super) point_of_interaction: Option<Point>,
}

/// Keys come back in snake case.
#[derive(Debug, Deserialize)]
pub(super) struct Metadata {
    pub(super) switchboard_payment: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PaymentPayer {
    pub(super) email: Option<String>,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Fee {
    pub(super) amount: Option<Number>,
    /// `collector` or `payer`.
    pub(super) fee_payer: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Details {
    pub(super) net_received_amount: Option<Number>,
    pub(super) external_resource_url: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Point {
    pub(super) transaction_data: Option<PixCode>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PixCode {
    pub(super) qr_code: Option<String>,
    pub(super) ticket_url: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PaymentRefund {
    pub(super) id: Id,
    pub(super) amount: Number,
    pub(super) status: Option<String>,
    pub(super) reason: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Found {
    #[serde(default)]
    pub(super) paging: Paging,
    #[serde(default, deserialize_with = "or_empty")]
    pub(super) results: Vec<Payment>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Paging {
    #[serde(default)]
    pub(super) total: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Chargeback {
    pub(super) amount: Option<Number>,
    pub(super) currency: Option<String>,
    pub(super) currency_id: Option<String>,
    pub(super) reason: Option<String>,
    #[serde(default, deserialize_with = "or_empty")]
    pub(super) payments: Vec<Id>,
    pub(super) documentation_required: Option<bool>,
    pub(super) documentation_status: Option<String>,
    pub(super) date_documentation_deadline: Option<DateTime<Utc>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct MerchantOrder {
    pub(super) preference_id: Option<String>,
    #[serde(default, deserialize_with = "or_empty")]
    pub(super) payments: Vec<OrderPayment>,
}

#[derive(Debug, Deserialize)]
pub(super) struct OrderPayment {
    #[serde(default)]
    pub(super) id: Id,
}

#[derive(Debug, Deserialize)]
pub(super) struct User {
    pub(super) id: Id,
    pub(super) nickname: Option<String>,
    pub(super) site_id: Option<String>,
    #[serde(default, deserialize_with = "or_empty")]
    pub(super) tags: Vec<String>,
    pub(super) company: Option<Company>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Company {
    pub(super) brand_name: Option<String>,
}

/// A callback. All of it but the resource's id, which is in the query, is unsigned.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Callback {
    #[serde(default)]
    pub(super) id: Id,
    #[serde(rename = "type")]
    pub(super) kind: Option<String>,
    pub(super) action: Option<String>,
    pub(super) date_created: Option<String>,
    pub(super) data: Option<CallbackData>,
}

#[derive(Debug, Deserialize)]
pub(super) struct CallbackData {
    #[serde(default)]
    pub(super) id: Id,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Problem {
    pub(super) message: Option<String>,
    pub(super) error: Option<String>,
    #[serde(default, deserialize_with = "or_empty")]
    pub(super) cause: Vec<Cause>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Cause {
    #[serde(default)]
    pub(super) code: Id,
    pub(super) description: Option<String>,
}
