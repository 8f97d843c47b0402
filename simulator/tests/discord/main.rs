//! Hub and player agree on Discord: the gateway in good and in bad times, calls with their limits, buttons through both doors.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod calls;
mod connection;
mod place;
