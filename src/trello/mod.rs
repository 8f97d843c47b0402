//! Boards of Trello kept in step with pipelines: cards are deals, lists are stages. What a callback or an event says is only where to look;
//! card and deal are then brought in step by comparing them (`agree.rs`), in jobs of one lane for each connection.

pub mod admin;
pub mod agree;
pub mod api;
pub mod connection;
pub mod follow;
pub mod form;
mod link;
pub mod order;
pub mod receive;
mod take_over;
mod upkeep;
pub mod watch;
pub mod wire;
pub mod work;
