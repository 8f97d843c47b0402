//! The played Stripe keeps Stripe's promises: parameters, idempotency, paging, signatures, order of events, pages.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod calls;
mod house;
mod pages;
mod telling;
mod trouble;
