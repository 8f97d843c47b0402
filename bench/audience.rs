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

use crate::{
    Result,
    socket::{Socket, is_message},
    statistics::milliseconds,
};

/// Sockets that are opened at the same time.
const OPENING: usize = 64;
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

    fn is_message(&self, frame: &[u8]) -> bool {
        matches!(self, Self::Plain { .. }) || is_message(frame)
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
    let mut count = 0;
    while let Ok(frame) = socket.next().await {
        if !frame.is_some_and(|frame| door.is_message(frame)) {
            continue;
        }
        if timed {
            let now = Instant::now();
            let sent = heard.sent.lock().unwrap_or_else(PoisonError::into_inner).get(count).copied();
            if let Some(sent) = sent {
                let mut delays = heard.delays.lock().unwrap_or_else(PoisonError::into_inner);
                delays.push(milliseconds(now - sent));
            }
        }
        count += 1;
        // Waking for each delivery would cost more than the delivery.
        if heard.deliveries.fetch_add(1, Ordering::Relaxed) % 100 == 99 {
            heard.more.notify_waiters();
        }
    }
}
