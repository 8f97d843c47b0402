//! Trouble on request: what the next calls of a platform's API should suffer.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// What happens to one API call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Refused with the platform's own error body for this code; nothing is done.
    Refuse { code: i64, retry_after: Option<u64> },
    /// Answered with this HTTP status and no useful body; nothing is done.
    Status(u16),
    /// Carried out, but the connection is cut before the answer.
    CutAfter,
    /// The connection is cut before anything is done.
    CutBefore,
    /// Carried out after a pause.
    Slow(Duration),
}

/// A queue of faults: each call to a matching method takes the first one of its list.
#[derive(Debug, Default)]
pub struct Faults(Mutex<VecDeque<(String, Fault)>>);

impl Faults {
    /// The next call whose method is `method` (case does not matter) suffers `fault`.
    pub fn next(&self, method: &str, fault: Fault) {
        self.queue().push_back((method.to_ascii_lowercase(), fault));
    }

    /// Takes the fault meant for this call, if any.
    pub fn take(&self, method: &str) -> Option<Fault> {
        let method = method.to_ascii_lowercase();
        let mut queue = self.queue();
        let at = queue.iter().position(|(name, _)| *name == method)?;
        queue.remove(at).map(|(_, fault)| fault)
    }

    pub fn clear(&self) {
        self.queue().clear();
    }

    fn queue(&self) -> std::sync::MutexGuard<'_, VecDeque<(String, Fault)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
