//! The nouns of the inbox, each with its rows, its statements and its JSON form.

pub mod attachment;
pub mod conversation;
pub mod integration;
pub mod message;
pub mod order;
