//! One file per noun: request, response, handlers. None imports another.

pub mod extract;
pub mod incoming;
pub mod media;
pub mod page;
pub mod process;
