//! The platforms, played: their HTTP APIs and their signed callbacks, over real sockets. Drives the tests, the
//! demo and the playground; production code never depends on it.

pub mod api;
pub mod callbacks;
mod faults;
mod player;
pub mod telegram;
pub mod twilio;
pub mod webchat;
pub mod whatsapp;

use std::{net::SocketAddr, sync::Arc};

use axum::Router;
use tokio::{net::TcpListener, task::JoinHandle};

pub use faults::{Fault, Faults};
pub use player::{Act, ActError, ChatButton, ChatChanged, ChatMessage, Customer, Media, PhoneAct, Player};

/// All platforms behind one address; each one's paths are its own.
macro_rules! platforms {
    ($($name:ident),*; $($shared:ident { $($view:ident),* }),*) => {
        pub struct Simulator {
            $(pub $name: Arc<$name::Player>,)*
            $(pub $shared: Arc<$shared::Platform>, $(pub $view: Arc<$shared::$view::Player>,)*)*
            address: SocketAddr,
            server: JoinHandle<()>,
        }

        impl Simulator {
            /// Listens on `address`; port 0 takes a free one.
            pub async fn start(address: SocketAddr) -> std::io::Result<Self> {
                let listener = TcpListener::bind(address).await?;
                let address = listener.local_addr()?;
                let base_url = format!("http://{address}");
                let router = Router::new();
                $(
                    let $name = Arc::new($name::Player::new(&base_url));
                    let router = router.merge($name.clone().router());
                )*
                $(
                    let $shared = Arc::new($shared::Platform::new(&base_url));
                    let router = router.merge($shared.clone().router());
                    $(let $view = Arc::new($shared::$view::Player::new($shared.clone()));)*
                )*
                let server = tokio::spawn(async move {
                    // Ends when the simulator is dropped; an accept error ends it early and every call fails visibly.
                    let _ = axum::serve(listener, router).await;
                });
                Ok(Self { $($name,)* $($shared, $($view,)*)* address, server })
            }

            pub fn players(&self) -> Vec<Arc<dyn Player>> {
                vec![$(self.$name.clone(),)* $($(self.$view.clone(),)*)*]
            }
        }
    };
}

// One name each: its module holds a `Player`. A platform that is several channels has a `Platform` and a `Player` for each.
platforms! {
    whatsapp,
    telegram,
    api,
    webchat;
    twilio { sms, voice }
}

impl Simulator {
    /// Scheme, host and port: an account's `api_base_url`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The hub is reached at one origin and takes itself for another one. Platforms that sign the address they call must know.
    pub fn known_as(&self, reached_at: &str, called: &str) {
        self.twilio.known_as(reached_at, called);
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
