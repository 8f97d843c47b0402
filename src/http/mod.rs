//! One file per noun: request, response, handlers. None imports another.

pub mod process;
