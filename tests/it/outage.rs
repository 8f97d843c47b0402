//! The database goes away under callbacks that are being stored, and comes back.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use futures::future::join_all;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use switchboard::{app::App, db::PoolSizes, inbox::integration::Integrations, ingest::Ingest};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, UnixStream},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::harness::{database, hub::Hub, inbox::Inbox, platform::WhatsApp};

/// Callbacks that come while it is away. Waiting ten seconds for a connection for each of them would take minutes.
const CALLBACKS: usize = 150;

/// The way to the database, which can be cut as if its server were stopped: who is connected is thrown out, nobody comes in.
struct Way {
    address: SocketAddr,
    cut: CancellationToken,
}

impl Way {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut way = Self { address: listener.local_addr().unwrap(), cut: CancellationToken::new() };
        way.lead(listener);
        way
    }

    fn lead(&mut self, listener: TcpListener) {
        self.cut = CancellationToken::new();
        tokio::spawn(self.cut.clone().run_until_cancelled_owned(async move {
            let mut open = JoinSet::new();
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                let mut server = UnixStream::connect(database::socket()).await.unwrap();
                open.spawn(async move { copy_bidirectional(&mut client, &mut server).await });
            }
        }));
    }

    async fn mend(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.lead(listener);
    }

    /// The same database, by this way.
    fn url(&self, database: &Url) -> SecretString {
        let name = database.path();
        SecretString::from(format!("postgres://switchboard@{}{name}?sslmode=disable", self.address))
    }
}

fn go(app: &mut App, url: &SecretString) {
    app.db =
        switchboard::db::Db::connect(url, PoolSizes { app: 4, system: 4 }, app.db.bus().clone()).unwrap();
    let public_url = app.config.server.public_url.clone();
    app.integrations = Integrations::new(app.db.clone(), app.vault.clone(), public_url);
    app.ingest = Ingest::new(app.db.clone(), app.integrations.clone());
}

#[tokio::test]
async fn what_comes_while_the_database_is_away_is_refused_together_and_comes_again() {
    let mut way = Way::open().await;
    let hub = Hub::start_changed(|app| {
        let database: Url = app.config.database.url.as_ref().unwrap().expose_secret().parse().unwrap();
        go(app, &way.url(&database));
    })
    .await;
    let owner = hub.found("Acme", "ada").await;
    let whatsapp = WhatsApp::connect(&hub, &owner, "PN_1").await;
    let inbox = Inbox { hub, owner, whatsapp };
    inbox.receive("491", "wamid.before", "before").await;

    let callbacks: Vec<_> = (0..CALLBACKS)
        .map(|number| inbox.whatsapp.texts(&[("491", &format!("wamid.{number}"), "while it was away")]))
        .collect();
    way.cut.cancel();
    let begun = Instant::now();
    let answers = join_all(callbacks.iter().map(|callback| inbox.whatsapp.post(callback))).await;
    assert!(answers.iter().all(|status| *status == 503), "{answers:?}");
    // One connection is waited for, and one more if the first was lost on the way.
    assert!(begun.elapsed() < Duration::from_secs(25), "{:?}", begun.elapsed());

    way.mend().await;
    let answers = join_all(callbacks.iter().map(|callback| inbox.whatsapp.post(callback))).await;
    assert!(answers.iter().all(|status| *status == 200), "{answers:?}");
    let conversation = inbox.conversations().await.remove(0);
    assert_eq!(conversation["last_seq"], CALLBACKS + 1, "each once");
    let failed = inbox.owner.get("/callbacks?outcome=failed").await.expect(200).body;
    assert_eq!(failed["data"], json!([]), "nobody has to replay anything");
}
