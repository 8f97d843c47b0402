//! The WhatsApp channel and the played WhatsApp, against each other over real sockets: what a business does to the
//! platform, what customers do to the business, and everything that goes wrong in between.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod hub;

mod account;
mod customers;
mod files;
mod sending;
mod statuses;
mod templates;
mod trouble;
