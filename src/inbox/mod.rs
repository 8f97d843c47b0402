//! The nouns of the inbox, each with its rows, its statements and its JSON form.

pub mod attachment;
pub mod change;
pub mod conversation;
pub mod conversation_merge;
pub mod counts;
pub mod draft;
pub mod integration;
pub mod integration_admin;
pub mod label;
pub mod listing;
pub mod message;
pub mod message_change;
pub mod message_page;
pub mod order;
pub mod participant;
pub mod read_mark;
pub mod search;
pub mod send;
pub mod snooze;
pub mod start;
pub mod tell;
pub mod template;
pub mod timeline;
pub mod typing;
