//! A running hub: opens the database, answers requests until told to stop, and leaves in order.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    access::{throttle::Throttle, token::Tokens},
    app::App,
    config::Config,
    db::{self, Db, PoolSizes},
    forgeries::Forgeries,
    inbox::integration::Integrations,
    ingest::Ingest,
    maintenance, metrics,
    payment::account::PaymentAccounts,
    realtime::{bus, connections::Connections},
    router,
    start::{Database, StartError, wait_for_migrations},
    store::Store,
    vault::Vault,
    worker,
};
#[cfg(feature = "playground")]
use crate::{
    demo::{self, Demo},
    http::edge,
};

/// How long requests that are under way may take after the signal to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// How long sockets may take to hear of it.
const GOODBYE: Duration = Duration::from_secs(3);

/// What this process does. `Serve` is server and worker in one and migrates by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Serve,
    Server,
    Worker,
}

/// Runs until `shutdown`.
///
/// # Errors
/// Whatever keeps the hub from starting; nothing after that.
pub async fn serve(config: Config, role: Role, shutdown: CancellationToken) -> Result<(), StartError> {
    let database = Database::open(&config).await?;
    let served = run(config, role, &database, shutdown).await;
    database.close().await;
    served
}

async fn run(
    config: Config,
    role: Role,
    database: &Database,
    shutdown: CancellationToken,
) -> Result<(), StartError> {
    match role {
        Role::Serve => db::migrate(&database.url).await?,
        Role::Server | Role::Worker => {
            match shutdown.run_until_cancelled(wait_for_migrations(&database.url)).await {
                Some(there) => there?,
                None => return Ok(()),
            }
        }
    }
    let mut app = open_app(config, &database.url)?;
    app.connections.closing = shutdown.clone();
    let listener = bind(app.config.server.bind).await?;
    let work = start_work(&app, role, &shutdown);
    let routes = router::router(app.clone()).merge(metrics::router());
    let (routes, _played) = with_demo(routes, &app, role, &work, &shutdown).await?;
    work.close();
    let served = answer(listener, routes, shutdown.clone()).await;
    // A listener that failed takes the rest with it.
    shutdown.cancel();
    let sockets = &app.connections.open;
    sockets.close();
    if tokio::time::timeout(GOODBYE, sockets.wait()).await.is_err() {
        tracing::warn!(sockets = sockets.len(), "some sockets did not close in time");
    }
    if tokio::time::timeout(DRAIN, work.wait()).await.is_err() {
        tracing::warn!("some jobs did not end in time; another worker takes them up");
    }
    app.db.close().await;
    served
}

/// What a process does beside answering requests. A worker answers too: operators ask it for its health.
fn start_work(app: &App, role: Role, shutdown: &CancellationToken) -> TaskTracker {
    let work = TaskTracker::new();
    work.spawn(maintenance::count_forgeries(app.clone(), shutdown.clone()));
    let count_jobs = metrics::count_jobs(app.db.system().clone());
    work.spawn(shutdown.clone().run_until_cancelled_owned(count_jobs));
    if role != Role::Server {
        work.spawn(worker::run(app.clone(), shutdown.clone()));
    }
    work
}

/// The played platforms, where the demo is asked for and this build has it. They end with what is answered here, after the
/// worker, which may be speaking to them.
#[cfg(feature = "playground")]
async fn with_demo(
    routes: Router,
    app: &App,
    role: Role,
    work: &TaskTracker,
    shutdown: &CancellationToken,
) -> Result<(Router, Option<Arc<Demo>>), StartError> {
    if !app.config.server.demo || role != Role::Serve {
        return Ok((routes, None));
    }
    let demo = Arc::new(Demo::start().await.map_err(StartError::Serve)?);
    let playground = edge::around(demo.router(app), &app.config.server.public_url);
    let (app, settling) = (app.clone(), demo.clone());
    let settle = async move {
        match settling.settle(&app).await {
            Ok(()) => demo::announce(&app.config.server.public_url),
            Err(error) => {
                tracing::error!(%error, "the demo could not be set up; the next start goes on with it")
            }
        }
    };
    drop(work.spawn(shutdown.clone().run_until_cancelled_owned(settle)));
    Ok((routes.merge(playground), Some(demo)))
}

#[cfg(not(feature = "playground"))]
async fn with_demo(
    routes: Router,
    app: &App,
    _: Role,
    _: &TaskTracker,
    _: &CancellationToken,
) -> Result<(Router, Option<()>), StartError> {
    if app.config.server.demo {
        tracing::warn!("this build has no demo: SWITCHBOARD_DEMO is ignored");
    }
    Ok((routes, None))
}

/// Puts together what handlers and workers use; `url` names a migrated database.
///
/// # Errors
/// The key or the media store cannot be had.
pub fn open_app(config: Config, url: &SecretString) -> Result<App, StartError> {
    let key = config.secret_key.load()?;
    let vault = Vault::new(key.expose_secret());
    let private = match config.server.allow_private_addresses || config.server.demo {
        true => net::guard::Private::Allowed,
        false => net::guard::Private::Refused,
    };
    let system = (config.database.connections / 4).max(1);
    let sizes = PoolSizes { app: config.database.connections - system, system };
    let db = Db::connect(url, sizes, bus::connect(&config.bus)?)?;
    let integrations = Integrations::new(db.clone(), vault.clone(), config.server.public_url.clone());
    Ok(App {
        ingest: Ingest::new(db.clone(), integrations.clone()),
        integrations,
        connections: Connections::default(),
        payment_accounts: PaymentAccounts::new(db.clone(), vault.clone()),
        forgeries: Forgeries::default(),
        store: Store::open(&config.storage, &key)?,
        tokens: Tokens::new(key.expose_secret()),
        throttle: Throttle::new(config.limits.auth_requests_per_minute),
        net: net::Client::new(private, net::Limits::default())?,
        config: Arc::new(config),
        db,
        vault,
    })
}

async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    let listener =
        TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })?;
    tracing::info!(server.address = %address, "listening");
    Ok(listener)
}

async fn answer(
    listener: TcpListener,
    routes: Router,
    shutdown: CancellationToken,
) -> Result<(), StartError> {
    let service = routes.into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, service).with_graceful_shutdown(shutdown.clone().cancelled_owned());
    let drained = async {
        shutdown.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        served = serving.into_future() => served.map_err(StartError::Serve),
        () = drained => {
            tracing::warn!("some requests did not end in time");
            Ok(())
        }
    }
}
