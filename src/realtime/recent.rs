//! The last minutes of an organization in memory, in the order in which this server told them.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use super::frame::Frame;

const MOST_FRAMES: usize = 20_000;
const MOST_BYTES: usize = 8 * 1024 * 1024;
const MOST_AGE: Duration = Duration::from_secs(5 * 60);

#[derive(Default)]
pub struct Recent {
    entries: VecDeque<Entry>,
    /// Position of the oldest entry; positions count all that ever came.
    first: u64,
    bytes: usize,
    /// Every event of a transaction with this number or a later one is here, or comes.
    covered_from: u64,
}

struct Entry {
    frame: Arc<Frame>,
    /// Of all transactions up to here.
    highest_xid: u64,
}

impl Recent {
    /// Starts over with what the table holds, in order of ids.
    pub fn fill(&mut self, frames: Vec<Arc<Frame>>, covered_from: u64) {
        let first = self.end();
        *self = Self { first, covered_from, ..Self::default() };
        frames.into_iter().for_each(|frame| self.push(frame));
    }

    pub fn push(&mut self, frame: Arc<Frame>) {
        self.trim(frame.since);
        self.bytes += frame.text.len();
        let highest_xid = self.entries.back().map_or(0, |entry| entry.highest_xid).max(frame.xid);
        self.entries.push_back(Entry { frame, highest_xid });
    }

    /// The position after which nothing has come yet.
    pub fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// The position from which all of `xid` and later transactions follow; `None` if some of it is no longer here.
    pub fn position_of(&self, xid: u64) -> Option<u64> {
        let before = || self.entries.partition_point(|entry| entry.highest_xid < xid) as u64;
        (xid >= self.covered_from).then(|| self.first + before())
    }

    /// What follows a position, oldest first; `None` if it is no longer here.
    pub fn since(&self, position: u64) -> Option<impl Iterator<Item = &Arc<Frame>>> {
        let skipped = usize::try_from(position.checked_sub(self.first)?).ok()?;
        (skipped <= self.entries.len()).then(|| self.entries.range(skipped..).map(|entry| &entry.frame))
    }

    /// Forgets what is too old or too much.
    pub fn trim(&mut self, now: Instant) {
        while let Some(oldest) = self.entries.front() {
            let fits = self.entries.len() < MOST_FRAMES
                && self.bytes <= MOST_BYTES
                && now.saturating_duration_since(oldest.frame.since) < MOST_AGE;
            if fits {
                return;
            }
            self.bytes -= oldest.frame.text.len();
            self.covered_from = self.covered_from.max(oldest.frame.xid + 1);
            self.entries.pop_front();
            self.first += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ids::OrganizationId,
        realtime::{
            cursor::Cursor,
            event::{Event, EventKind},
        },
    };

    fn frame(id: i64, xid: u64) -> Arc<Frame> {
        let event = Event {
            organization_id: OrganizationId::new(),
            id: Some(id),
            xid,
            kind: EventKind::NewMessage,
            subject: None,
            audience: Vec::new(),
            before: None,
            data: "{}".into(),
        };
        Arc::new(Frame::of(&event, Cursor::default()))
    }

    fn ids(recent: &Recent, xid: u64) -> Option<Vec<i64>> {
        let position = recent.position_of(xid)?;
        let id = |frame: &Arc<Frame>| {
            let value: serde_json::Value = serde_json::from_str(&frame.text).unwrap();
            value["id"].as_str().unwrap().parse().unwrap()
        };
        Some(recent.since(position)?.filter(|frame| frame.xid >= xid).map(id).collect())
    }

    #[test]
    fn a_late_low_number_is_not_lost() {
        let mut recent = Recent::default();
        recent.fill(Vec::new(), 5);
        for (id, xid) in [(1, 9), (2, 6), (3, 8), (4, 7)] {
            recent.push(frame(id, xid));
        }
        assert_eq!(ids(&recent, 7), Some(vec![1, 3, 4]));
        assert_eq!(ids(&recent, 10), Some(vec![]));
        assert_eq!(ids(&recent, 5), Some(vec![1, 2, 3, 4]));
        assert_eq!(ids(&recent, 4), None);
    }

    #[test]
    fn what_is_forgotten_is_not_promised() {
        let mut recent = Recent::default();
        recent.fill(Vec::new(), 0);
        (0..20_010).for_each(|n| recent.push(frame(n, 100 + n as u64)));
        assert_eq!(ids(&recent, 105), None);
        assert!(ids(&recent, 200).is_some_and(|ids| ids.len() == 19_910));
        assert!(recent.since(0).is_none());
        recent.trim(Instant::now() + MOST_AGE);
        assert_eq!(ids(&recent, 20_110), Some(vec![]));
        assert_eq!(ids(&recent, 20_109), None);
    }
}
