//! Hub and played Slack agree on what matters: signatures, calls, files, consent, Socket Mode.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod colleagues;
mod consent;
mod house;
mod sending;
mod socket;
mod telling;
