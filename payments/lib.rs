//! Money: exact amounts ([`Money`]) in currencies ([`Currency`]). Knows no database, no web server, no tenant.

mod currency;
mod money;

pub use currency::{Currency, UnknownCurrency};
pub use money::{Money, MoneyError};
