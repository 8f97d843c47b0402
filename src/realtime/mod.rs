//! Live news: what can be told ([`event`]), how it travels between servers ([`bus`]), and who hears it: one [`room`] per
//! organization with the sockets of this server, kept complete by the [`sweep`], entered by [`live::Live`].

pub mod bus;
pub mod connections;
pub mod cursor;
pub mod event;
pub mod frame;
pub mod live;
pub mod order;
pub mod outbox;
mod presence;
mod recent;
mod redis_bus;
pub mod resume;
mod room;
mod stored;
mod sweep;
pub mod viewer;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A panic elsewhere leaves the state as it was; the sweep and resumes mend what a socket missed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
