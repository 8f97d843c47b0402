//! What waits for one socket. Bounded: a socket that does not keep up is cut alone and resumes.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex},
    task::Poll,
};

use futures::task::AtomicWaker;

use super::{frame::Frame, lock};

/// Bytes that may wait. The frames are shared, so this bounds what a slow socket can keep alive.
const MOST_BYTES: usize = 1024 * 1024;
const MOST_FRAMES: usize = 8192;
/// Room for frames that an idle socket keeps.
const IDLE_FRAMES: usize = 32;

/// Why a socket is closed from our side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// It does not read fast enough.
    Slow,
    /// The session or the membership has ended.
    Ended,
    /// This server is about to end.
    Leaving,
}

#[derive(Default)]
pub struct Outbox {
    waiting: Mutex<Waiting>,
    waker: AtomicWaker,
}

#[derive(Default)]
struct Waiting {
    frames: Vec<Arc<Frame>>,
    bytes: usize,
    cut: Option<Cut>,
}

impl Outbox {
    /// Never waits. A frame too many cuts the socket and frees what waited.
    pub fn push(&self, frame: &Arc<Frame>) {
        let mut waiting = lock(&self.waiting);
        if waiting.cut.is_some() {
            return;
        }
        let first = waiting.frames.is_empty();
        if waiting.bytes + frame.text.len() > MOST_BYTES || waiting.frames.len() >= MOST_FRAMES {
            *waiting = Waiting { cut: Some(Cut::Slow), ..Waiting::default() };
        } else {
            waiting.bytes += frame.text.len();
            waiting.frames.push(frame.clone());
        }
        let wake = first || waiting.cut.is_some();
        drop(waiting);
        if wake {
            self.waker.wake();
        }
    }

    pub fn cut(&self, why: Cut) {
        lock(&self.waiting).cut.get_or_insert(why);
        self.waker.wake();
    }

    /// Waits for frames and moves all of them to `taken`, which must be empty.
    ///
    /// # Errors
    /// The socket was cut.
    pub async fn take(&self, taken: &mut Vec<Arc<Frame>>) -> Result<(), Cut> {
        if taken.capacity() > IDLE_FRAMES {
            *taken = Vec::new();
        }
        poll_fn(|context| {
            self.waker.register(context.waker());
            let mut waiting = lock(&self.waiting);
            if let Some(cut) = waiting.cut {
                return Poll::Ready(Err(cut));
            }
            if waiting.frames.is_empty() {
                return Poll::Pending;
            }
            std::mem::swap(&mut waiting.frames, taken);
            waiting.bytes = 0;
            Poll::Ready(Ok(()))
        })
        .await
    }

    /// Waits until the socket is cut.
    pub async fn was_cut(&self) -> Cut {
        poll_fn(|context| {
            self.waker.register(context.waker());
            lock(&self.waiting).cut.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(bytes: usize) -> Arc<Frame> {
        Arc::new(Frame::fleeting("notification", "x".repeat(bytes)))
    }

    #[tokio::test]
    async fn everything_that_waits_is_taken_at_once() {
        let outbox = Outbox::default();
        (0..3).for_each(|_| outbox.push(&frame(10)));
        let mut taken = Vec::new();
        outbox.take(&mut taken).await.unwrap();
        assert_eq!(taken.len(), 3);
    }

    #[tokio::test]
    async fn too_much_cuts_and_frees() {
        let outbox = Outbox::default();
        let large = frame(300_000);
        (0..4).for_each(|_| outbox.push(&large));
        assert_eq!(Arc::strong_count(&large), 1);
        assert_eq!(outbox.take(&mut Vec::new()).await, Err(Cut::Slow));
        assert_eq!(outbox.was_cut().await, Cut::Slow);
    }
}
