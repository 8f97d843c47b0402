//! Hub and played Meta agree: the channels' own code against the player, for Messenger and for Instagram.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod consent;
mod house;
mod pages;
mod sending;
mod telling;
mod trouble;
