//! Switchboard: a multi-channel messaging hub.

pub mod config;
