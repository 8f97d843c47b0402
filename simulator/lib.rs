//! The platforms, played: their HTTP APIs and their signed callbacks, over real sockets. Drives the tests, the
//! demo and the playground; production code never depends on it.

pub mod api;
pub mod callbacks;
pub mod cashier;
pub mod discord;
pub mod email;
mod faults;
mod gate;
pub mod mercado_pago;
pub mod meta;
mod player;
pub mod slack;
pub mod stripe;
pub mod telegram;
pub mod trello;
pub mod twilio;
pub mod webchat;
pub mod whatsapp;

use std::{net::SocketAddr, sync::Arc};

use axum::Router;
use tokio::net::TcpListener;

use self::gate::Gate;

pub use meta::{instagram, messenger};

pub use cashier::{Cashier, Deed, DeedError, Means, Order, Sale};
pub use faults::{Fault, Faults};
pub use player::{Act, ActError, ChatButton, ChatChanged, ChatMessage, Customer, Media, PhoneAct, Player};

/// All platforms behind one address; each one's paths are its own.
macro_rules! platforms {
    ($($name:ident),*; $($shared:ident { $($view:ident),* }),*; cashiers { $($cashier:ident),* }) => {
        pub struct Simulator {
            $(pub $name: Arc<$name::Player>,)*
            $(pub $shared: Arc<$shared::Platform>, $(pub $view: Arc<$shared::$view::Player>,)*)*
            $(pub $cashier: Arc<$cashier::Player>,)*
            pub trello: Arc<trello::Player>,
            gate: Gate,
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
                $(
                    let $cashier = Arc::new($cashier::Player::new(&base_url));
                    let router = router.merge($cashier.clone().router());
                )*
                let trello = Arc::new(trello::Player::new(&base_url));
                let router = router.merge(trello.clone().router());
                let gate = Gate::open(listener, router)?;
                Ok(Self { $($name,)* $($shared, $($view,)*)* $($cashier,)* trello, gate })
            }

            pub fn players(&self) -> Vec<Arc<dyn Player>> {
                vec![$(self.$name.clone(),)* $($(self.$view.clone(),)*)*]
            }

            /// The payment providers.
            pub fn cashiers(&self) -> Vec<Arc<dyn Cashier>> {
                vec![$(self.$cashier.clone(),)*]
            }
        }
    };
}

// One name each: its module holds a `Player`. A platform that is several channels has a `Platform` and a `Player` for each.
// Payment providers are cashiers.
platforms! {
    whatsapp,
    telegram,
    slack,
    discord,
    messenger,
    instagram,
    email,
    webchat,
    api;
    twilio { sms, voice };
    cashiers { stripe, mercado_pago }
}

impl Simulator {
    /// Scheme, host and port: an account's `api_base_url`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.gate.address())
    }

    /// The hub is reached at one origin and takes itself for another one. Platforms that sign the address they call must know.
    pub fn known_as(&self, reached_at: &str, called: &str) {
        self.twilio.known_as(reached_at, called);
        self.trello.messenger().known_as(reached_at, called);
        for cashier in self.cashiers() {
            cashier.deliveries().known_as(reached_at, called);
        }
    }

    /// Nobody hears or answers any more, and payment providers send nothing: connections are cut, new ones refused. What was going on is
    /// not forgotten.
    pub async fn pause(&self) {
        for cashier in self.cashiers() {
            cashier.deliveries().stand_still(true);
        }
        self.gate.shut().await;
    }

    /// Goes on where it was paused, at the same address.
    pub async fn resume(&self) -> std::io::Result<()> {
        self.gate.reopen().await?;
        for cashier in self.cashiers() {
            cashier.deliveries().stand_still(false);
        }
        Ok(())
    }

    /// The platform of that channel id.
    pub fn player(&self, channel: &str) -> Option<Arc<dyn Player>> {
        self.players().into_iter().find(|player| player.channel() == channel)
    }

    /// The payment provider of that id.
    pub fn cashier(&self, provider: &str) -> Option<Arc<dyn Cashier>> {
        self.cashiers().into_iter().find(|cashier| cashier.provider() == provider)
    }
}
