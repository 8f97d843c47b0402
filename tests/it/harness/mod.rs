//! What the tests stand on.

pub mod client;
pub mod database;
pub mod gateway;
pub mod hub;
pub mod inbox;
pub mod openapi;
pub mod platform;
pub mod tenant;
