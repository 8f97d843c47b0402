//! Who gets in, what they may do, and how it ends.

mod log_in;
mod members;
mod roles;
