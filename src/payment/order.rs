//! What is asked of the worker about payments. Jobs on one charge or offer run one after the other.

use payments::About;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    db::NewJob,
    ids::{PaymentAccountId, PaymentId, RefundId},
};

/// The kind of these jobs.
pub const KIND: &str = "payment";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case")]
pub enum PaymentOrder {
    /// Have the provider make a page for a request that stands as `preparing`.
    Ask {
        payment_id: PaymentId,
    },
    /// See how things stand at the provider.
    Look {
        account_id: PaymentAccountId,
        about: About,
    },
    /// Have the provider close a request's page.
    Close {
        payment_id: PaymentId,
    },
    Refund {
        refund_id: RefundId,
    },
    /// Compare with what the provider lists.
    Review {
        account_id: PaymentAccountId,
    },
}

impl PaymentOrder {
    pub fn job(&self) -> NewJob {
        NewJob::now(KIND, Some(self.lane()), serde_json::to_value(self).unwrap_or(Value::Null))
    }

    fn lane(&self) -> String {
        match self {
            Self::Ask { payment_id } | Self::Close { payment_id } => format!("payment {payment_id}"),
            Self::Refund { refund_id } => format!("refund {refund_id}"),
            Self::Look { account_id, about } => {
                let (About::Offer(id) | About::Charge(id) | About::Dispute(id) | About::Order(id)) = about;
                format!("look {account_id} {id}")
            }
            Self::Review { account_id } => format!("review {account_id}"),
        }
    }
}
