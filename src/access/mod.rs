//! Who somebody is, and what they may do.

pub mod agent;
pub mod allowance;
pub mod invitation;
pub mod lockout;
pub mod member;
pub mod organization;
pub mod password;
pub mod permission;
pub mod secret;
pub mod session;
pub mod standing;
pub mod team;
pub mod throttle;
pub mod token;
pub mod user;
