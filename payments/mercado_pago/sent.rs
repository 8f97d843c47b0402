//! What is sent to Mercado Pago.

use chrono::{DateTime, Utc};
use serde::{Serialize, Serializer};

use crate::mercado_pago::number::Number;

/// A date as the API takes it: milliseconds, and an offset in digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment(pub(super) DateTime<Utc>);

impl Moment {
    pub(super) fn text(self) -> String {
        self.0.format("%Y-%m-%dT%H:%M:%S%.3f+00:00").to_string()
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

#[derive(Debug, Serialize)]
pub(super) struct NewPreference<'a> {
    pub(super) items: Vec<NewItem<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) payer: Option<NewPayer<'a>>,
    pub(super) external_reference: String,
    pub(super) metadata: NewMetadata,
    pub(super) notification_url: String,
    pub(super) back_urls: BackUrls<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) auto_return: Option<&'static str>,
    pub(super) expires: bool,
    pub(super) expiration_date_to: Moment,
    pub(super) date_of_expiration: Moment,
    pub(super) payment_methods: NewMethods,
    pub(super) binary_mode: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct NewItem<'a> {
    pub(super) id: String,
    pub(super) title: &'a str,
    pub(super) quantity: u32,
    pub(super) currency_id: &'a str,
    pub(super) unit_price: Number,
}

#[derive(Debug, Serialize)]
pub(super) struct NewPayer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) email: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub(super) struct NewMetadata {
    pub(super) switchboard_payment: String,
}

#[derive(Debug, Serialize)]
pub(super) struct BackUrls<'a> {
    pub(super) success: &'a str,
    pub(super) pending: &'a str,
    pub(super) failure: &'a str,
}

#[derive(Debug, Serialize)]
pub(super) struct NewMethods {
    pub(super) excluded_payment_types: Vec<Excluded>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Excluded {
    pub(super) id: &'static str,
}

/// A Pix code.
#[derive(Debug, Serialize)]
pub(super) struct NewPayment<'a> {
    pub(super) transaction_amount: Number,
    pub(super) description: &'a str,
    pub(super) payment_method_id: &'static str,
    pub(super) external_reference: String,
    pub(super) metadata: NewMetadata,
    pub(super) notification_url: String,
    pub(super) date_of_expiration: Moment,
    pub(super) payer: NewPixPayer<'a>,
}

#[derive(Debug, Serialize)]
pub(super) struct NewPixPayer<'a> {
    pub(super) email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) first_name: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub(super) struct NewRefund {
    pub(super) amount: Number,
}

/// There is no end of a preference but its expiry.
#[derive(Debug, Serialize)]
pub(super) struct Ended {
    pub(super) expires: bool,
    pub(super) expiration_date_from: Moment,
    pub(super) expiration_date_to: Moment,
}

#[derive(Debug, Serialize)]
pub(super) struct NewStatus {
    pub(super) status: &'static str,
}
