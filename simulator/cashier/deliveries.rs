//! Callbacks on their way to the hub: in order or in disorder, once or twice, held back or lost, and repeated until they are taken.
//! Each attempt is signed anew.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rand::seq::SliceRandom;
use tokio::{sync::watch, task::JoinHandle};

use super::DeedError;
use crate::callbacks::Poster;

/// Callbacks that are remembered for sending again.
const REMEMBERED: usize = 1000;
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

type Headers = Vec<(&'static str, String)>;
/// Where it goes and with which headers, as of now; `None` where no address is known.
type Dress = Arc<dyn Fn(&str) -> Option<(String, Headers)> + Send + Sync>;

/// One callback.
#[derive(Clone)]
pub(crate) struct Callback {
    /// The provider's id of it.
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) body: String,
    pub(crate) dress: Dress,
}

/// The order in which callbacks leave that belong together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// As the provider makes them.
    #[default]
    Made,
    Reversed,
    Shuffled,
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    pub id: String,
    pub kind: String,
    pub body: String,
    /// The hub's answer; 0 without one.
    pub status: u16,
}

/// How callbacks travel. Cheap to clone.
#[derive(Clone)]
pub struct Deliveries(Arc<Way>);

struct Way {
    poster: Poster,
    rules: Mutex<Rules>,
    under_way: watch::Sender<usize>,
    stopped: watch::Sender<bool>,
}

struct Rules {
    hold: bool,
    held: Vec<Callback>,
    order: Order,
    copies: usize,
    drop_all: bool,
    /// Kinds that are lost.
    dropped: Vec<String>,
    pause: Duration,
    rounds: u32,
    made: VecDeque<Callback>,
    sent: VecDeque<Sent>,
    known_as: Option<(String, String)>,
}

impl Default for Deliveries {
    fn default() -> Self {
        let rules = Rules {
            hold: false,
            held: vec![],
            order: Order::Made,
            copies: 1,
            drop_all: false,
            dropped: vec![],
            pause: Duration::from_millis(200),
            rounds: 20,
            made: VecDeque::new(),
            sent: VecDeque::new(),
            known_as: None,
        };
        Self(Arc::new(Way {
            poster: Poster::default(),
            rules: Mutex::new(rules),
            under_way: watch::Sender::new(0),
            stopped: watch::Sender::new(false),
        }))
    }
}

impl Deliveries {
    /// From now on nothing leaves until [`Self::release`].
    pub fn hold(&self) {
        self.rules().hold = true;
    }

    /// Sends what was held, and no longer holds.
    pub async fn release(&self, order: Order) -> Result<(), DeedError> {
        let held = {
            let mut rules = self.rules();
            rules.hold = false;
            std::mem::take(&mut rules.held)
        };
        let held = arranged(held, order);
        self.travel(held).await.unwrap_or(Ok(()))
    }

    /// Kinds of what is held, in the order in which it was made.
    pub fn held(&self) -> Vec<String> {
        self.rules().held.iter().map(|one| one.kind.clone()).collect()
    }

    /// In which order callbacks of one act leave.
    pub fn set_order(&self, order: Order) {
        self.rules().order = order;
    }

    /// How often each callback is delivered though it was taken; 1 is usual.
    pub fn set_copies(&self, copies: usize) {
        self.rules().copies = copies.max(1);
    }

    /// Whether everything is lost from now on.
    pub fn set_dropping(&self, dropping: bool) {
        self.rules().drop_all = dropping;
    }

    /// Callbacks of these kinds are lost; replaces what was said before.
    pub fn drop_kinds(&self, kinds: &[&str]) {
        self.rules().dropped = kinds.iter().map(|kind| (*kind).to_owned()).collect();
    }

    /// The first pause before what was not taken is repeated (it doubles, up to two seconds), and how many times a callback is tried.
    pub fn set_patience(&self, pause: Duration, rounds: u32) {
        let mut rules = self.rules();
        (rules.pause, rules.rounds) = (pause, rounds.max(1));
    }

    /// Every callback that was ever made (the last thousand), lost ones too, is sent once more: oldest first, before reordering.
    pub async fn send_again(&self, order: Order) -> Result<(), DeedError> {
        let all: Vec<_> = self.rules().made.iter().cloned().collect();
        self.travel(arranged(all, order)).await.unwrap_or(Ok(()))
    }

    /// The last attempts, oldest first.
    pub fn sent(&self) -> Vec<Sent> {
        self.rules().sent.iter().cloned().collect()
    }

    /// Once nothing is under way: taken or given up.
    pub async fn quiet(&self) {
        let mut under_way = self.0.under_way.subscribe();
        // The sender lives as long as this does.
        let _ = under_way.wait_for(|count| *count == 0).await;
    }

    /// The hub is reached at one origin and takes itself for another one.
    pub(crate) fn known_as(&self, reached_at: &str, called: &str) {
        let trimmed = |text: &str| text.trim_end_matches('/').to_owned();
        self.rules().known_as = Some((trimmed(reached_at), trimmed(called)));
    }

    /// While it stands still, attempts wait.
    pub(crate) fn stand_still(&self, stopped: bool) {
        self.0.stopped.send_replace(stopped);
    }

    /// Under the rules; comes back when they were taken.
    pub(crate) async fn send(&self, callbacks: Vec<Callback>) -> Result<(), DeedError> {
        self.send_off(callbacks).await.unwrap_or(Ok(()))
    }

    /// Under the rules, without waiting: as the provider does after a call of its API.
    pub(crate) fn send_off(&self, callbacks: Vec<Callback>) -> JoinHandle<Result<(), DeedError>> {
        let leaving = {
            let mut rules = self.rules();
            for callback in &callbacks {
                if rules.made.len() == REMEMBERED {
                    rules.made.pop_front();
                }
                rules.made.push_back(callback.clone());
            }
            let mut kept = callbacks;
            kept.retain(|one| !rules.drop_all && !rules.dropped.contains(&one.kind));
            if rules.hold {
                rules.held.append(&mut kept);
            }
            let copies = rules.copies;
            let copied = kept.into_iter().flat_map(|one| std::iter::repeat_n(one, copies)).collect();
            arranged(copied, rules.order)
        };
        self.travel(leaving)
    }

    fn travel(&self, callbacks: Vec<Callback>) -> JoinHandle<Result<(), DeedError>> {
        let way = self.clone();
        let ticket = Ticket::of(&self.0);
        tokio::spawn(async move {
            let result = way.rounds(callbacks).await;
            drop(ticket);
            result
        })
    }

    /// What is not taken is tried again after the others.
    async fn rounds(&self, mut waiting: Vec<Callback>) -> Result<(), DeedError> {
        let (mut pause, rounds) = {
            let rules = self.rules();
            (rules.pause, rules.rounds)
        };
        let mut last = 0;
        for round in 0..rounds {
            if waiting.is_empty() {
                return Ok(());
            }
            if round > 0 {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            let mut refused = Vec::new();
            for callback in waiting {
                let status = self.attempt(&callback).await;
                if !(200..300).contains(&status) {
                    last = status;
                    refused.push(callback);
                }
            }
            waiting = refused;
        }
        if waiting.is_empty() { Ok(()) } else { Err(DeedError::NotTaken(last)) }
    }

    async fn attempt(&self, callback: &Callback) -> u16 {
        let mut stopped = self.0.stopped.subscribe();
        // The sender lives as long as this does.
        let _ = stopped.wait_for(|stopped| !*stopped).await;
        // Without an address nobody is told, which is no failure.
        let Some((url, headers)) = (callback.dress)(&callback.body) else { return 204 };
        let url = self.reached(url);
        let taken = self.0.poster.post(&url, &headers, callback.body.clone().into_bytes()).await;
        let mut rules = self.rules();
        if rules.sent.len() == REMEMBERED {
            rules.sent.pop_front();
        }
        let Callback { id, kind, body, .. } = callback.clone();
        rules.sent.push_back(Sent { id, kind, body, status: taken.status });
        taken.status
    }

    fn reached(&self, url: String) -> String {
        let Some((reached_at, called)) = self.rules().known_as.clone() else { return url };
        match url.strip_prefix(&called) {
            Some(path) if path.starts_with(['/', '?']) => format!("{reached_at}{path}"),
            _ => url,
        }
    }

    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.0.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts as under way until it is dropped, also by a panic.
struct Ticket(Arc<Way>);

impl Ticket {
    fn of(way: &Arc<Way>) -> Self {
        way.under_way.send_modify(|count| *count += 1);
        Self(way.clone())
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.0.under_way.send_modify(|count| *count = count.saturating_sub(1));
    }
}

fn arranged(mut callbacks: Vec<Callback>, order: Order) -> Vec<Callback> {
    match order {
        Order::Made => {}
        Order::Reversed => callbacks.reverse(),
        Order::Shuffled => callbacks.shuffle(&mut rand::rng()),
    }
    callbacks
}
