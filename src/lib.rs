//! Switchboard: a multi-channel messaging hub.

pub mod access;
pub mod app;
pub mod config;
pub mod db;
pub mod embedded;
pub mod error;
pub mod http;
pub mod ids;
pub mod inbox;
pub mod realtime;
pub mod router;
pub mod store;
pub mod vault;
