//! Money that is asked for and received inside a conversation: exact amounts ([`Money`]), what a payment provider is ([`Provider`]), and
//! how a request for money stands ([`Standing`]), moved only by what its provider says. Knows no database, no web server, no tenant.

mod charge;
mod currency;
mod error;
#[cfg(test)]
mod fixtures;
mod http;
mod mercado_pago;
mod money;
mod provider;
pub mod qr;
mod standing;
mod stripe;

pub use charge::{Charge, Dispute, DisputeState, Failure, Method, Progress, RefundState, Refunded};
pub use currency::{Currency, UnknownCurrency};
pub use error::{ProviderError, ReadError};
pub use money::{Money, MoneyError};
pub use provider::{
    Abilities, About, Ask, Bound, Charges, Identity, Item, Look, Notice, Offer, OfferSeen, OfferState, Payer,
    Provider, Refund,
};
pub use standing::{Mismatch, Standing, State, merged};

/// Every provider there is, one line each. The order is the order in which people see them.
pub fn all() -> &'static [&'static dyn Provider] {
    &[&stripe::Stripe, &mercado_pago::MercadoPago]
}

/// The one of that id.
pub fn find(id: &str) -> Option<&'static dyn Provider> {
    all().iter().copied().find(|provider| provider.id() == id)
}
