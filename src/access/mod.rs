//! Who somebody is, and what they may do.

pub mod agent;
pub mod permission;
pub mod token;
