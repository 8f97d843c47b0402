//! A real SIGTERM while people are connected.

use std::{
    fs,
    time::{Duration, Instant},
};

use serde_json::json;

use super::Hub;
use crate::{
    harness::client::{Client, Session},
    realtime::socket::Socket,
};

/// Sockets say goodbye (3 s), jobs end (10 s), PostgreSQL stops; the stack file gives a container 30 s.
const GRACE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_closes_every_socket_and_ends_the_database() {
    let mut hub = Hub::new();
    hub.start();
    let url = format!("http://127.0.0.1:{}", hub.port);
    let client = Client::new(&url);
    let body = json!({"organization_name": "Padaria", "name": "Ana", "email": "ana@example.org", "password": "correct horse battery"});
    let registered = client.post("/auth/register", &body).await.expect(201);
    let ana = Session::from(client, registered);
    let mut sockets = Vec::new();
    for _ in 0..10 {
        sockets.push(Socket::at(&url, &ana).await);
    }
    let stranger = Socket::connect_to(&url).await;
    sockets.push(stranger);
    let note = hub.folder.path().join("postgres/cluster/postmaster.pid");
    let server: u32 = fs::read_to_string(&note).unwrap().lines().next().unwrap().parse().unwrap();

    let begun = Instant::now();
    let stopped = tokio::task::spawn_blocking(move || {
        let code = hub.stop("TERM");
        (code, hub)
    });
    for socket in &mut sockets {
        assert_eq!(socket.closed().await, Some(1012), "each socket is sent elsewhere");
    }
    let (code, hub) = stopped.await.unwrap();
    assert_eq!(code, Some(0));
    assert!(begun.elapsed() < GRACE, "it took {:?}", begun.elapsed());
    assert!(!hub.database_runs());
    let running = fs::read_to_string(format!("/proc/{server}/stat")).is_ok_and(|stat| !stat.contains(") Z "));
    assert!(!running, "PostgreSQL still runs");
}
