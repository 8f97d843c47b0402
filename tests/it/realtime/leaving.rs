//! Sockets whose server ends, and sockets whose peer has gone.

use std::time::{Duration, Instant};

use futures::{StreamExt, stream::FuturesUnordered};
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::socket::{PATIENCE, Socket};
use crate::harness::hub::Hub;

#[tokio::test]
async fn a_server_that_ends_sends_its_sockets_elsewhere() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let mut sockets = Vec::new();
    for _ in 0..3 {
        sockets.push(Socket::of(&hub, &ana).await);
    }
    let mut stranger = Socket::connect(&hub).await;
    let connections = hub.app.connections.clone();
    connections.closing.cancel();
    for socket in &mut sockets {
        assert_eq!(socket.closed().await, Some(1012));
    }
    // Neither who has not said anything yet nor who comes now is let in.
    assert_eq!(stranger.closed().await, Some(1012));
    assert_eq!(Socket::connect(&hub).await.closed().await, Some(1012));
    drop((sockets, stranger));
    connections.open.close();
    timeout(PATIENCE, connections.open.wait()).await.unwrap();
}

#[tokio::test]
async fn a_peer_that_answers_no_ping_is_cut() {
    let silence = Duration::from_millis(1500);
    let hub = Hub::start_changed(|app| app.connections.silence = silence).await;
    let ana = hub.found("Padaria", "ana").await;
    let (mut talking, mut silent) = (Vec::new(), Vec::new());
    // Sockets are pinged by turns, a twentieth of them every second.
    for _ in 0..10 {
        talking.push(Socket::of(&hub, &ana).await);
        silent.push(Socket::of(&hub, &ana).await);
    }
    let begun = Instant::now();
    let mut cut = silent
        .into_iter()
        .map(|mut socket| async move { socket.closed().await })
        .collect::<FuturesUnordered<_>>();
    for _ in 0..3 {
        let talk = async {
            loop {
                for socket in &mut talking {
                    socket.say("ping", json!({})).await;
                    socket.next_of("pong").await;
                }
                sleep(silence / 10).await;
            }
        };
        tokio::select! {
            code = cut.next() => assert_eq!(code, Some(Some(1001))),
            () = talk => unreachable!(),
        }
    }
    assert!(begun.elapsed() > silence);
    for socket in &mut talking {
        socket.position().await;
    }
}
