//! Many sockets that listen to the same room, and what they have heard.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{Instant, timeout},
};

use crate::{Result, socket::Socket, statistics::milliseconds};

/// Sockets that are opened at the same time.
const OPENING: usize = 64;
/// Deliveries between two wake-ups of those who wait for a count.
const WAKE_EVERY: u64 = 100;
const PATIENCE: Duration = Duration::from_secs(20);

/// Where sockets listen.
#[derive(Clone, Debug)]
pub enum Door {
    /// The hub's, with a token.
    Hub { address: SocketAddr, token: String },
    /// A plain server's: every text frame is a message.
    Plain { address: SocketAddr, path: &'static str },
}

/// Sockets that count what they hear until this is dropped.
pub struct Audience {
    heard: Arc<Heard>,
    _listening: JoinSet<()>,
    pub size: usize,
}

#[derive(Default)]
struct Heard {
    deliveries: AtomicU64,
    more: Notify,
    /// Moments of sending, by the place of the message in the order of sending.
    sent: Mutex<Vec<Instant>>,
    /// Milliseconds from sending to hearing.
    delays: Mutex<Vec<f64>>,
}

impl Door {
    async fn open(&self) -> std::io::Result<Socket> {
        match self {
            Self::Hub { address, token } => Ok(Socket::enter(*address, token, None).await?.0),
            Self::Plain { address, path } => Socket::open(*address, path).await,
        }
    }

    /// Whether every text is news.
    fn is_plain(&self) -> bool {
        matches!(self, Self::Plain { .. })
    }
}

impl Audience {
    /// Opens `size` sockets, spread over the doors. `timed`: each also notes how long every message took; messages must then be sent
    /// through [`Audience::note_sending`] one after the other.
    pub async fn gather(doors: &[Door], size: usize, timed: bool) -> Result<Self> {
        let heard = Arc::new(Heard::default());
        let mut sockets = JoinSet::new();
        let mut opening: JoinSet<std::io::Result<(Door, Socket)>> = JoinSet::new();
        let mut settle = async |opened: std::io::Result<(Door, Socket)>| {
            let (door, socket) = opened?;
            sockets.spawn(listen(door, socket, heard.clone(), timed));
            Ok::<_, std::io::Error>(())
        };
        for at in 0..size {
            if opening.len() >= OPENING
                && let Some(opened) = opening.join_next().await
            {
                settle(opened?).await?;
            }
            let door = doors[at % doors.len()].clone();
            opening.spawn(async move {
                let socket = door.open().await?;
                Ok((door, socket))
            });
        }
        while let Some(opened) = opening.join_next().await {
            settle(opened?).await?;
        }
        Ok(Self { heard, _listening: sockets, size })
    }

    pub fn deliveries(&self) -> u64 {
        self.heard.deliveries.load(Ordering::Relaxed)
    }

    /// Waits until so many deliveries were made since the beginning.
    pub async fn reach(&self, deliveries: u64) -> Result<()> {
        let reached = async {
            loop {
                let more = self.heard.more.notified();
                if self.deliveries() >= deliveries {
                    return;
                }
                let _ = timeout(Duration::from_millis(20), more).await;
            }
        };
        let late = || format!("{} of {deliveries} deliveries were made", self.deliveries());
        Ok(timeout(PATIENCE, reached).await.map_err(|_| late())?)
    }

    /// The next message leaves now.
    pub fn note_sending(&self) {
        self.heard.sent.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
    }

    /// Delays noted so far, ms.
    pub fn delays(&self) -> Vec<f64> {
        self.heard.delays.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn listen(door: Door, mut socket: Socket, heard: Arc<Heard>, timed: bool) {
    let mut before = 0;
    while let Ok(news) = socket.count(door.is_plain()).await {
        if news == 0 {
            continue;
        }
        if timed {
            heard.note_delays(before, news);
        }
        before += news;
        // Waking for each delivery would cost more than the delivery.
        let all = heard.deliveries.fetch_add(news, Ordering::Relaxed);
        if all / WAKE_EVERY != (all + news) / WAKE_EVERY {
            heard.more.notify_waiters();
        }
    }
}

impl Heard {
    /// A socket that had heard `before` messages has just heard `news` more.
    fn note_delays(&self, before: u64, news: u64) {
        let now = Instant::now();
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let first = usize::try_from(before).unwrap_or(usize::MAX);
        let delays = sent.iter().skip(first).take(usize::try_from(news).unwrap_or(usize::MAX));
        self.delays
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(delays.map(|sent| milliseconds(now - *sent)));
    }
}
