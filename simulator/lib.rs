//! The platforms, played: their HTTP APIs and their signed callbacks, over real sockets. Drives the tests, the
//! demo and the playground; production code never depends on it.

pub mod callbacks;
mod faults;
mod player;
pub mod telegram;
pub mod twilio;
pub mod whatsapp;

use std::{net::SocketAddr, sync::Arc};

use axum::Router;
use tokio::{net::TcpListener, task::JoinHandle};

pub use faults::{Fault, Faults};
pub use player::{Act, ActError, ChatButton, ChatChanged, ChatMessage, Customer, Media, Player};

/// All platforms behind one address; each one's paths are its own.
pub struct Simulator {
    pub whatsapp: Arc<whatsapp::Player>,
    pub telegram: Arc<telegram::Player>,
    pub twilio: Arc<twilio::Platform>,
    pub sms: Arc<twilio::Sms>,
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Simulator {
    /// Listens on `address`; port 0 takes a free one.
    pub async fn start(address: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let base_url = format!("http://{address}");
        let whatsapp = Arc::new(whatsapp::Player::new(&base_url));
        let telegram = Arc::new(telegram::Player::new(&base_url));
        let twilio = Arc::new(twilio::Platform::new(&base_url));
        let sms = Arc::new(twilio::Sms::new(twilio.clone()));
        let router = Router::new()
            .merge(whatsapp.clone().router())
            .merge(telegram.clone().router())
            .merge(twilio.clone().router());
        let server = tokio::spawn(async move {
            // Ends when the simulator is dropped; an accept error ends it early and every call fails visibly.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { whatsapp, telegram, twilio, sms, address, server })
    }

    /// Scheme, host and port: an account's `api_base_url`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The hub is reached at one origin and takes itself for another one. Platforms that sign the address they call must know.
    pub fn known_as(&self, reached_at: &str, called: &str) {
        self.twilio.known_as(reached_at, called);
    }

    pub fn players(&self) -> [Arc<dyn Player>; 3] {
        [self.whatsapp.clone(), self.telegram.clone(), self.sms.clone()]
    }

    /// The platform of that channel id.
    pub fn player(&self, channel: &str) -> Option<Arc<dyn Player>> {
        self.players().into_iter().find(|player| player.channel() == channel)
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}
