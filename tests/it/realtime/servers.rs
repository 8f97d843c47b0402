//! Two servers on one database and one Redis.

use std::{
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::Duration,
};

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use switchboard::{app::App, router, serve};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use super::{conversation, n, nobodys, organization, socket::Socket, tell};
use crate::harness::{database, hub::Hub};

/// A server beside the hub's own.
pub struct Server {
    pub url: String,
    pub app: App,
    task: JoinHandle<()>,
}

impl Server {
    pub async fn start(hub: &Hub, redis: Option<SecretString>) -> Self {
        let mut config = (*hub.app.config).clone();
        config.bus.redis_url = redis;
        let app = serve::open_app(config, &hub.database.url()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let service = router::router(app.clone()).into_make_service_with_connect_info::<SocketAddr>();
        let task = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self { url, app, task }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A Redis of the test's own, to be stopped.
struct Redis {
    port: u16,
    process: Child,
}

impl Redis {
    fn start(port: u16) -> Self {
        let process = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port"])
            .arg(port.to_string())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { port, process }
    }

    fn url(&self) -> SecretString {
        SecretString::from(format!("redis://127.0.0.1:{}", self.port))
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn what_one_server_commits_the_other_tells() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let redis = database::redis_url();
    let one = Server::start(&hub, Some(redis.clone())).await;
    let two = Server::start(&hub, Some(redis)).await;
    let (mut here, mut there) = (Socket::at(&one.url, &ana).await, Socket::at(&two.url, &ana).await);
    for number in 0..50 {
        let app = if number % 2 == 0 { &one.app } else { &two.app };
        tell(app, organization(&ana), Some(nobodys()), number).await;
    }
    for socket in [&mut here, &mut there] {
        let mut heard = Vec::new();
        while heard.len() < 50 {
            heard.push(n(&socket.next_event().await));
        }
        heard.sort_unstable();
        assert_eq!(heard, (0..50).collect::<Vec<_>>(), "each once");
    }
}

#[tokio::test]
async fn presence_and_typing_cross_servers_and_end_with_them() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let rui = hub.invite(&ana, "rui", "agent").await;
    let subject = conversation(&hub, organization(&ana), None, None).await;
    let here = json!({"conversation_id": subject.conversation_id});
    let redis = database::redis_url();
    let one = Server::start(&hub, Some(redis.clone())).await;
    let two = Server::start(&hub, Some(redis)).await;
    let (mut first, mut second) = (Socket::at(&one.url, &ana).await, Socket::at(&two.url, &rui).await);
    first.say("join_conversation", here.clone()).await;
    second.say("join_conversation", here.clone()).await;
    let names = |frame: &serde_json::Value| frame["data"]["viewers"].as_array().map_or(0, Vec::len);
    while names(&first.next_of("presence").await) != 2 {}
    while names(&second.next_of("presence").await) != 2 {}
    second.say("typing_start", here.clone()).await;
    assert_eq!(first.next_of("user_typing").await["data"]["name"], "rui");
    second.say("typing_stop", here).await;
    assert_eq!(first.next_of("user_typing").await["data"]["typing"], false);
    drop(second);
    while names(&first.next_of("presence").await) != 1 {}
    let offline = |frame: &serde_json::Value| {
        frame["data"]["user_id"] == rui.user_id.as_str() && frame["data"]["online"] == false
    };
    // After a while, in which a page might have been reloaded.
    while !offline(&first.next_of("presence").await) {}
}

#[tokio::test]
async fn a_lost_publication_is_found_by_the_sweep() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    // Without Redis neither server hears of the other.
    let other = Server::start(&hub, None).await;
    let mut socket = Socket::of(&hub, &ana).await;
    let subject = nobodys();
    for number in 0..20 {
        tell(&other.app, organization(&ana), Some(subject), number).await;
    }
    for number in 0..20 {
        assert_eq!(n(&socket.next_event().await), number);
    }
    tell(&hub.app, organization(&ana), Some(subject), 20).await;
    assert_eq!(n(&socket.next_event().await), 20, "nothing twice");
}

#[tokio::test]
async fn redis_may_go_and_come_back() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let subject = conversation(&hub, organization(&ana), None, None).await;
    let here = json!({"conversation_id": subject.conversation_id});
    let rui = hub.invite(&ana, "rui", "agent").await;
    let port = free_port().await;
    let redis = Redis::start(port);
    let one = Server::start(&hub, Some(redis.url())).await;
    let two = Server::start(&hub, Some(redis.url())).await;
    let (mut first, mut second) = (Socket::at(&one.url, &ana).await, Socket::at(&two.url, &rui).await);
    first.say("join_conversation", here.clone()).await;
    second.say("join_conversation", here.clone()).await;
    drop(redis);
    for number in 0..10 {
        tell(&one.app, organization(&ana), Some(subject), number).await;
    }
    for number in 0..10 {
        assert_eq!(n(&second.next_event().await), number);
        assert_eq!(n(&first.next_event().await), number);
    }
    let _redis = Redis::start(port);
    // Typing is not stored: it crosses only when the bus is back.
    let typing = async {
        loop {
            for kind in ["typing_start", "typing_stop"] {
                second.say(kind, here.clone()).await;
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    };
    tokio::select! {
        frame = first.next_of("user_typing") => assert_eq!(frame["data"]["user_id"], rui.user_id.as_str()),
        () = typing => {}
    }
}

/// A way to Redis on which what the hub says takes its time.
async fn slow_way(pause: Duration) -> SecretString {
    let real: url::Url = database::redis_url().expose_secret().parse().unwrap();
    let address = format!("{}:{}", real.host_str().unwrap(), real.port().unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = SecretString::from(format!("redis://{}", listener.local_addr().unwrap()));
    tokio::spawn(async move {
        while let Ok((hub, _)) = listener.accept().await {
            let redis = TcpStream::connect(&address).await.unwrap();
            let (mut from_hub, mut to_hub) = hub.into_split();
            let (mut from_redis, mut to_redis) = redis.into_split();
            tokio::spawn(async move { tokio::io::copy(&mut from_redis, &mut to_hub).await });
            tokio::spawn(async move {
                let mut buffer = vec![0; 65536];
                while let Ok(read @ 1..) = from_hub.read(&mut buffer).await {
                    tokio::time::sleep(pause).await;
                    if to_redis.write_all(&buffer[..read]).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    url
}

#[tokio::test]
async fn what_a_conversation_says_through_two_servers_is_heard_in_order() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let far = Server::start(&hub, Some(slow_way(Duration::from_millis(250)).await)).await;
    let near = Server::start(&hub, Some(database::redis_url())).await;
    let mut socket = Socket::at(&near.url, &ana).await;
    let (subject, other) = (nobodys(), nobodys());
    for number in 0..20 {
        // The far one's news are still on their way when the near one tells the next.
        let app = if number % 2 == 0 { &far.app } else { &near.app };
        tell(app, organization(&ana), Some(subject), number).await;
    }
    for number in 0..20 {
        assert_eq!(n(&socket.next_event().await), number);
    }
    // Who has nothing to wait for does not wait.
    tell(&far.app, organization(&ana), Some(subject), 20).await;
    tell(&near.app, organization(&ana), Some(subject), 21).await;
    tell(&near.app, organization(&ana), Some(other), 100).await;
    let heard = [n(&socket.next_event().await), n(&socket.next_event().await), n(&socket.next_event().await)];
    assert_eq!(heard, [100, 20, 21]);
}

#[tokio::test]
async fn what_waits_for_an_event_that_was_lost_is_told_soon() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let near = Server::start(&hub, Some(database::redis_url())).await;
    // Shares the database and a bus that leads nowhere.
    let port = free_port().await;
    let nowhere = Redis::start(port);
    let lost = Server::start(&hub, Some(nowhere.url())).await;
    let mut socket = Socket::at(&near.url, &ana).await;
    let subject = nobodys();
    for number in 0..10 {
        let app = if number % 2 == 0 { &lost.app } else { &near.app };
        tell(app, organization(&ana), Some(subject), number).await;
    }
    for number in 0..10 {
        assert_eq!(n(&socket.next_event().await), number);
    }
}
