//! The played Mercado Pago keeps its promises: exact amounts, several payments on one link, idempotency, search, signed notifications.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod calls;
mod house;
mod pages;
mod telling;
mod trouble;
