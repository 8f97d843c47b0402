//! The sockets of a process as seen from outside of them: how they are told to go, and whether they have gone.

use std::time::Duration;

use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Cheap to clone.
#[derive(Clone)]
pub struct Connections {
    /// Cancelled when this server is about to end: every socket is closed with 1012, and its client goes elsewhere.
    pub closing: CancellationToken,
    /// Sockets that are open.
    pub open: TaskTracker,
    /// A peer that answers no ping for so long is dead. Pings come every 20 s.
    pub silence: Duration,
}

impl Default for Connections {
    fn default() -> Self {
        Self { closing: CancellationToken::new(), open: TaskTracker::new(), silence: Duration::from_secs(65) }
    }
}
