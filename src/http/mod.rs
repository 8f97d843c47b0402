//! One file per noun: request, response, handlers. None imports another.

pub mod address;
pub mod attachments;
pub mod auth;
pub mod bulk;
pub mod callbacks;
pub mod contact_bulk;
pub mod contact_import;
pub mod contacts;
pub mod conversations;
pub mod edge;
pub mod extract;
pub mod idempotency;
pub mod incoming;
pub mod install;
pub mod integrations;
pub mod labels;
pub mod media;
pub mod messages;
pub mod organizations;
pub mod page;
pub mod pages;
pub mod process;
pub mod socket;
pub mod teams;
pub mod users;
