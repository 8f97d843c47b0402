//! A whole hub inside the test's own process, on a port and a database of its own.

use std::net::SocketAddr;

use secrecy::ExposeSecret;
use serde_json::json;
use sqlx::PgConnection;
use switchboard::{
    app::App,
    config::Config,
    inbox::integration::{FindChannel, Integrations},
    ingest::Ingest,
    router, serve, worker,
};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use super::{
    client::{Answer, Client, Session},
    database::{self, TestDatabase},
};

/// 32 bytes, base64.
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// What people in tests log in with.
pub const PASSWORD: &str = "correct horse battery";

/// Stops, and drops its database, with this.
pub struct Hub {
    pub app: App,
    /// Without a slash at the end.
    pub url: String,
    pub data: TempDir,
    pub database: TestDatabase,
    channels: FindChannel,
    server: JoinHandle<()>,
}

impl Hub {
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With other channels than those that are built in.
    pub async fn start_with_channels(channels: FindChannel) -> Self {
        Self::open(&[], channels, |_| ()).await
    }

    /// With these variables of the configuration beside those that every test hub has.
    pub async fn start_with(variables: &[(&str, &str)]) -> Self {
        Self::open(variables, channels::find, |_| ()).await
    }

    /// With something of the application changed before it answers.
    pub async fn start_changed(change: impl FnOnce(&mut App)) -> Self {
        Self::open(&[], channels::find, change).await
    }

    async fn open(variables: &[(&str, &str)], channels: FindChannel, change: impl FnOnce(&mut App)) -> Self {
        let database = database::fresh().await;
        let data = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let config = config(&database, &data, address, variables);
        let mut app = open_app(config, &database, channels);
        change(&mut app);
        let server = answer(&app, listener);
        Self { app, url: format!("http://{address}"), data, database, channels, server }
    }

    /// Another server on the same database.
    pub async fn twin(&self) -> Twin {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let config = config(&self.database, &self.data, address, &[]);
        let app = open_app(config, &self.database, self.channels);
        let server = answer(&app, listener);
        Twin { app, url: format!("http://{address}"), server }
    }

    /// Starts a worker in this process.
    pub fn work(&self) -> Work {
        Work::start(&self.app)
    }

    /// Starts a worker with a runtime and connections of its own: dropping it is `kill -9`, whatever it has under way.
    pub fn mortal_worker(&self) -> MortalWorker {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let address = self.url.trim_start_matches("http://").parse().unwrap();
        let config = config(&self.database, &self.data, address, &[]);
        let app = {
            let _inside = runtime.enter();
            open_app(config, &self.database, self.channels)
        };
        runtime.spawn(worker::run(app, CancellationToken::new()));
        MortalWorker(Some(runtime))
    }

    /// Somebody who is not logged in.
    pub fn client(&self) -> Client {
        Client::new(&self.url)
    }

    /// Past every wall between tenants.
    pub async fn sql(&self) -> PgConnection {
        self.database.connect().await
    }

    /// A new organization and its owner, `{owner}@example.org`.
    pub async fn found(&self, organization: &str, owner: &str) -> Session {
        let body = json!({
            "organization_name": organization,
            "name": owner,
            "email": format!("{owner}@example.org"),
            "password": PASSWORD,
        });
        Session::from(self.client(), self.client().post("/auth/register", &body).await.expect(201))
    }

    pub async fn try_log_in(&self, email: &str, password: &str) -> Answer {
        self.client().post("/auth/login", &json!({"email": email, "password": password})).await
    }

    /// A member with a role, invited by somebody who may, `{name}@example.org`.
    pub async fn invite(&self, by: &Session, name: &str, role: &str) -> Session {
        let body = json!({"email": format!("{name}@example.org"), "role": role});
        let invitation = by.post("/users", &body).await.expect(201);
        let body = json!({"token": invitation.body["token"], "name": name, "password": PASSWORD});
        Session::from(self.client(), self.client().post("/auth/accept-invitation", &body).await.expect(201))
    }
}

/// A further server of a hub.
pub struct Twin {
    pub app: App,
    pub url: String,
    server: JoinHandle<()>,
}

/// A worker that can be killed by dropping it.
pub struct MortalWorker(Option<tokio::runtime::Runtime>);

/// A worker; cut off when dropped.
pub struct Work {
    task: JoinHandle<()>,
    stop: CancellationToken,
}

impl Twin {
    /// Starts a worker beside this server.
    pub fn work(&self) -> Work {
        Work::start(&self.app)
    }
}

impl Work {
    fn start(app: &App) -> Self {
        let stop = CancellationToken::new();
        Self { task: tokio::spawn(worker::run(app.clone(), stop.clone())), stop }
    }

    /// Lets what is under way end.
    pub async fn end(mut self) {
        self.stop.cancel();
        (&mut self.task).await.unwrap();
    }
}

impl Drop for MortalWorker {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Drop for Twin {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn open_app(config: Config, database: &TestDatabase, channels: FindChannel) -> App {
    let app = serve::open_app(config, &database.url()).unwrap();
    let integrations = Integrations::with_channels(
        app.db.clone(),
        app.vault.clone(),
        app.config.server.public_url.clone(),
        channels,
    );
    App { ingest: Ingest::new(app.db.clone(), integrations.clone()), integrations, ..app }
}

fn answer(app: &App, listener: TcpListener) -> JoinHandle<()> {
    let service = router::router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await.unwrap() })
}

fn config(
    database: &TestDatabase,
    data: &TempDir,
    address: SocketAddr,
    variables: &[(&str, &str)],
) -> Config {
    let base = [
        ("DATABASE_URL", database.url().expose_secret().to_owned()),
        ("SWITCHBOARD_BIND", address.to_string()),
        ("SWITCHBOARD_DATA", data.path().to_str().unwrap().to_owned()),
        ("SWITCHBOARD_SECRET_KEY", KEY.to_owned()),
        ("SWITCHBOARD_ALLOW_PRIVATE_ADDRESSES", "true".to_owned()),
        ("SWITCHBOARD_AUTH_REQUESTS_PER_MINUTE", "100000".to_owned()),
    ];
    Config::from_source(&|name| {
        let given = variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        given.or_else(|| base.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone()))
    })
    .unwrap()
}
