//! The chat window's door from outside: origins, tokens, what a visitor sees, and above all what nobody else does.

mod claims;
mod proven;
mod together;

use std::{collections::BTreeMap, time::Duration};

use futures::{SinkExt, StreamExt};
use reqwest::{Method, RequestBuilder, StatusCode, multipart};
use serde_json::{Value, json};
use switchboard::ids::IntegrationId;
use tokio_tungstenite::{connect_async, tungstenite::Message};
use uuid::Uuid;

use crate::harness::{client::Session, hub::Hub, platform};

const SITE: &str = "https://shop.example";
const SECRET: &str = "widget-identity-secret-0001";

/// A window of a fresh organization.
struct Window<'a> {
    hub: &'a Hub,
    owner: Session,
    id: IntegrationId,
}

#[derive(Clone)]
struct Guest {
    token: String,
}

impl<'a> Window<'a> {
    async fn open(hub: &'a Hub, organization: &str, owner: &str, more: &[(&str, &str)]) -> Self {
        let owner = hub.found(organization, owner).await;
        let mut fields = BTreeMap::from(
            [("allowed_origins", SITE), ("identity_secret", SECRET)]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        fields.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let id = platform::connect(hub, &owner, channels::find("webchat").unwrap(), fields).await;
        Self { hub, owner, id }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}/webchat/{}/{path}", self.hub.url, self.id);
        self.hub.client().http().request(method, url).header("origin", SITE)
    }

    async fn begin(&self, body: Value) -> Value {
        let answer = self.request(Method::POST, "session").json(&body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json().await.unwrap()
    }

    async fn guest(&self) -> Guest {
        Guest { token: self.begin(json!({})).await["token"].as_str().unwrap().to_owned() }
    }

    async fn ask(&self, guest: &Guest, method: Method, path: &str, body: Value) -> (u16, Value) {
        let mut request = self.request(method, path).bearer_auth(&guest.token);
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap_or_default())
    }

    async fn write(&self, guest: &Guest, text: &str) -> Value {
        let body = json!({"client_id": Uuid::new_v4(), "text": text});
        let (status, message) = self.ask(guest, Method::POST, "messages", body).await;
        assert_eq!(status, 201, "{message}");
        message
    }

    async fn texts(&self, guest: &Guest) -> Vec<String> {
        let (status, listed) = self.ask(guest, Method::GET, "messages", Value::Null).await;
        assert_eq!(status, 200, "{listed}");
        let all = listed["data"].as_array().unwrap();
        all.iter().map(|one| one["text"].as_str().unwrap().to_owned()).collect()
    }

    async fn conversation(&self) -> String {
        let listed = self.owner.get("/conversations").await.expect(200).body;
        listed["data"][0]["id"].as_str().unwrap().to_owned()
    }

    async fn reply(&self, conversation: &str, text: &str) -> String {
        let body = json!({"client_id": Uuid::now_v7().to_string(), "text": text});
        self.owner.post(&format!("/conversations/{conversation}/messages"), &body).await.expect(201).id()
    }
}

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

async fn socket(hub: &Hub, guest: &Guest, after: Option<&str>) -> (Socket, Value) {
    let url = format!("{}/webchat/ws", hub.url.replacen("http", "ws", 1));
    let (mut socket, _) = connect_async(url).await.unwrap();
    let hello = json!({"type": "authenticate", "data": {"token": guest.token, "after": after}});
    socket.send(Message::text(hello.to_string())).await.unwrap();
    let first = frame(&mut socket, |_| true).await;
    (socket, first)
}

/// The next frame that is wanted, within ten seconds.
async fn frame(socket: &mut Socket, wanted: impl Fn(&Value) -> bool) -> Value {
    let found = async {
        loop {
            if let Some(Ok(Message::Text(text))) = socket.next().await {
                let frame: Value = serde_json::from_str(&text).unwrap();
                if wanted(&frame) {
                    return frame;
                }
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), found).await.expect("a frame in time")
}

fn said(text: &str) -> impl Fn(&Value) -> bool {
    move |frame| frame["type"] == "message" && frame["data"]["text"] == text
}

#[tokio::test]
async fn only_named_origins_come_in() {
    let hub = Hub::start().await;
    let window = Window::open(&hub, "Acme", "ada", &[]).await;
    let url = |path: &str| format!("{}/webchat/{}/{path}", hub.url, window.id);
    let http = hub.client().http();
    let begin = |origin: Option<&str>| {
        let request = http.post(url("session")).json(&json!({}));
        origin.into_iter().fold(request, |request, origin| request.header("origin", origin)).send()
    };
    for origin in
        [Some("https://evil.example"), Some("null"), Some("https://shop.example.evil.example"), None]
    {
        let refused = begin(origin).await.unwrap();
        assert_eq!(refused.status(), 403, "{origin:?}");
        assert!(!refused.headers().contains_key("access-control-allow-origin"), "{origin:?}");
    }
    let taken = begin(Some(SITE)).await.unwrap();
    assert_eq!(
        (taken.status().as_u16(), &taken.headers()["access-control-allow-origin"]),
        (200, &SITE.parse().unwrap())
    );
    let preflight =
        |origin: &str| http.request(Method::OPTIONS, url("messages")).header("origin", origin).send();
    let allowed = preflight(SITE).await.unwrap();
    assert_eq!(allowed.status(), 204);
    assert_eq!(allowed.headers()["access-control-allow-headers"], "authorization, content-type");
    assert!(
        !preflight("https://evil.example")
            .await
            .unwrap()
            .headers()
            .contains_key("access-control-allow-origin")
    );
    let settings = http.get(url("settings")).header("origin", SITE).send().await.unwrap();
    let settings = settings.text().await.unwrap();
    assert!(settings.contains("Support") && !settings.contains(SECRET), "{settings}");
    let stranger = format!("{}/webchat/{}/settings", hub.url, Uuid::now_v7());
    assert_eq!(http.get(stranger).header("origin", SITE).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn a_visitor_and_an_agent_talk() {
    let hub = Hub::start().await;
    let _work = hub.work();
    let window = Window::open(&hub, "Acme", "ada", &[]).await;
    let guest = window.guest().await;
    let (mut live, first) = socket(&hub, &guest, None).await;
    assert_eq!(first["type"], "authenticated");
    let body = json!({"client_id": Uuid::new_v4(), "text": "Where is my order?", "form": {"name": "Greta", "email": "greta@mail.example"},
                      "page": {"url": "https://shop.example/shoes", "title": "Shoes"}});
    let (status, first) = window.ask(&guest, Method::POST, "messages", body.clone()).await;
    assert_eq!(status, 201);
    let (status, again) = window.ask(&guest, Method::POST, "messages", body).await;
    assert_eq!((status, &again["id"]), (201, &first["id"]), "a repeat changes nothing");
    let conversation = window.conversation().await;
    let listed = window.owner.get("/conversations").await.expect(200).body;
    assert_eq!(
        (&listed["data"][0]["contact"]["name"], &listed["data"][0]["last_seq"]),
        (&json!("Greta"), &json!(1))
    );
    assert_eq!(listed["data"][0]["contact"]["email"], "greta@mail.example");
    frame(&mut live, said("Where is my order?")).await;

    let note = json!({"client_id": Uuid::now_v7().to_string(), "text": "a difficult one", "note": true});
    window.owner.post(&format!("/conversations/{conversation}/messages"), &note).await.expect(201);
    let message = window.reply(&conversation, "It is *on* its way.").await;
    let told = frame(&mut live, said("It is on its way.")).await;
    assert_eq!(told["data"]["format"][0]["style"], "bold");
    assert_eq!(told["data"]["from"], "agent");
    assert_eq!(window.texts(&guest).await, ["Where is my order?", "It is on its way."], "no note among them");

    let seen = json!({"type": "seen", "data": {"up_to": told["data"]["id"], "state": "read"}});
    live.send(Message::text(seen.to_string())).await.unwrap();
    until("it is read", async || {
        window.owner.get(&format!("/messages/{message}")).await.expect(200).body["status"] == "read"
    })
    .await;

    let cursor = told["cursor"].as_str().unwrap().to_owned();
    drop(live);
    window.reply(&conversation, "Anything else?").await;
    until("it is sent", async || window.texts(&guest).await.len() == 3).await;
    let (mut live, _) = socket(&hub, &guest, Some(&cursor)).await;
    frame(&mut live, said("Anything else?")).await;
    let (mut lost, _) = socket(&hub, &guest, Some("nonsense")).await;
    frame(&mut lost, |frame| frame["type"] == "reset").await;
}

#[tokio::test]
async fn nobody_sees_anybody_else_s() {
    let hub = Hub::start().await;
    let _work = hub.work();
    let window = Window::open(&hub, "Acme", "ada", &[]).await;
    let other_window = Window::open(&hub, "Beta", "bob", &[]).await;
    let (greta, mallory) = (window.guest().await, window.guest().await);
    let secret = window.write(&greta, "my secret").await;
    let conversation = window.conversation().await;
    let answer = window.reply(&conversation, "a secret answer").await;
    until("it is sent", async || window.texts(&greta).await.len() == 2).await;
    let (_live, hello) = socket(&hub, &mallory, None).await;
    assert_eq!(hello["data"]["conversations"], json!([]));
    let mut mallory_hears = socket(&hub, &mallory, Some(&format!("{conversation}.0.1"))).await.0;

    assert_eq!(window.texts(&mallory).await, Vec::<String>::new());
    for id in [secret["id"].as_str().unwrap(), &answer] {
        let (status, body) = window.ask(&mallory, Method::GET, &format!("messages/{id}"), Value::Null).await;
        assert_eq!(status, 404, "{body}");
        let seen = json!({"up_to": id, "state": "read"});
        assert_eq!(window.ask(&mallory, Method::POST, "seen", seen).await.0, 204);
        let reply = json!({"client_id": Uuid::new_v4(), "text": "x", "reply_to": id});
        assert_eq!(window.ask(&mallory, Method::POST, "messages", reply).await.0, 404);
    }
    for direction in ["before", "after"] {
        let path =
            format!("messages?{direction}={conversation}.{}", if direction == "before" { 99 } else { 0 });
        let (status, listed) = window.ask(&mallory, Method::GET, &path, Value::Null).await;
        assert_eq!((status, listed["data"].as_array().map(Vec::len)), (200, Some(0)));
    }
    assert_eq!(window.ask(&mallory, Method::POST, "typing", json!({"typing": true})).await.0, 204);
    let now = window.owner.get(&format!("/messages/{answer}")).await.expect(200).body;
    assert_eq!(now["status"], "sent", "nobody else marks it as read");

    // An upload is its visitor's alone, and a token its window's.
    let file =
        || multipart::Form::new().part("file", multipart::Part::bytes(b"hello".to_vec()).file_name("a.txt"));
    let upload = window
        .request(Method::POST, "uploads")
        .bearer_auth(&greta.token)
        .multipart(file())
        .send()
        .await
        .unwrap();
    assert_eq!(upload.status(), 201);
    let upload: Value = upload.json().await.unwrap();
    let stolen = json!({"client_id": Uuid::new_v4(), "uploads": [upload["upload"]]});
    assert_eq!(window.ask(&mallory, Method::POST, "messages", stolen.clone()).await.0, 422);
    for (method, path) in [
        (Method::GET, "messages".to_owned()),
        (Method::GET, format!("messages/{}", secret["id"].as_str().unwrap())),
        (Method::POST, "messages".to_owned()),
        (Method::POST, "uploads".to_owned()),
        (Method::POST, "seen".to_owned()),
        (Method::POST, "typing".to_owned()),
    ] {
        for token in [greta.token.as_str(), "", "x.y", &greta.token[..greta.token.len() - 4]] {
            let guest = Guest { token: token.to_owned() };
            let (status, body) = other_window.ask(&guest, method.clone(), &path, Value::Null).await;
            assert_eq!(status, 401, "{method} {path} {token} {body}");
        }
    }
    let carried = window.ask(&greta, Method::POST, "messages", stolen).await;
    assert_eq!(carried.0, 201, "{}", carried.1);
    until("the file is kept", async || {
        let (_, listed) = window.ask(&greta, Method::GET, "messages", Value::Null).await;
        let file = listed["data"][2]["attachments"][0].clone();
        let Some(url) = file["url"].as_str() else { return false };
        let read = hub.client().http().get(format!("{}{url}", hub.url)).send().await.unwrap();
        assert_eq!(read.headers()["cross-origin-resource-policy"], "cross-origin");
        read.text().await.unwrap() == "hello"
    })
    .await;

    // Nothing of all that came to the other's socket.
    mallory_hears.send(Message::text(json!({"type": "ping"}).to_string())).await.unwrap();
    let first = frame(&mut mallory_hears, |_| true).await;
    assert_eq!(first["type"], "pong", "{first}");
    let text = json!({"type": "seen", "data": {"up_to": answer, "state": "read"}}).to_string();
    mallory_hears.send(Message::text(text)).await.unwrap();
    mallory_hears.send(Message::text(json!({"type": "ping"}).to_string())).await.unwrap();
    assert_eq!(frame(&mut mallory_hears, |_| true).await["type"], "pong");
    let now = window.owner.get(&format!("/messages/{answer}")).await.expect(200).body;
    assert_eq!(now["status"], "sent");
}

#[tokio::test]
async fn a_flood_is_slowed() {
    let hub = Hub::start().await;
    let window = Window::open(&hub, "Acme", "ada", &[]).await;
    let guest = window.guest().await;
    let flood = (0..70).map(|_| {
        let body = json!({"client_id": Uuid::new_v4(), "text": "x"});
        window.request(Method::POST, "messages").bearer_auth(&guest.token).json(&body).send()
    });
    let answers: Vec<_> =
        futures::future::join_all(flood).await.into_iter().map(|answer| answer.unwrap()).collect();
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status() == 429).collect();
    assert!(!refused.is_empty() && refused.len() <= 40, "{}", refused.len());
    assert!(refused.iter().all(|answer| answer.headers().contains_key("retry-after")));
    let other = window.guest().await;
    window.write(&other, "others are not").await;
    // Sockets knock at the same door.
    let url = format!("{}/webchat/ws", hub.url);
    let http = hub.client().http();
    let knocks = (0..1_300).map(|_| http.get(&url).send());
    let knocks: Vec<_> = futures::stream::iter(knocks).buffer_unordered(20).collect().await;
    assert!(knocks.into_iter().any(|answer| answer.unwrap().status() == 429));
}

/// Of all visitors of one address, however many there are.
#[tokio::test]
async fn an_address_uploads_so_many_files_only() {
    let hub = Hub::start_with(&[("SWITCHBOARD_PROXY_HOPS", "1")]).await;
    let window = Window::open(&hub, "Acme", "ada", &[]).await;
    let mut guests = Vec::new();
    for _ in 0..5 {
        guests.push(window.guest().await);
    }
    let upload = |guest: &Guest, address: &str| {
        let part =
            multipart::Part::bytes(b"hello".to_vec()).file_name("hello.txt").mime_str("text/plain").unwrap();
        window
            .request(Method::POST, "uploads")
            .bearer_auth(&guest.token)
            .header("x-forwarded-for", address)
            .multipart(multipart::Form::new().part("file", part))
            .send()
    };
    // None of them reaches the limit of one visitor.
    let files = (0..90).map(|n| upload(&guests[n % 5], "203.0.113.7"));
    let answers: Vec<_> = futures::stream::iter(files).buffer_unordered(8).collect().await;
    let answers: Vec<_> = answers.into_iter().map(|answer| answer.unwrap()).collect();
    let taken = answers.iter().filter(|answer| answer.status() == 201).count();
    assert!(taken >= 60, "{taken}");
    let refused = answers.into_iter().find(|answer| answer.status() == 429).expect("a refusal");
    assert!(refused.headers()["retry-after"].to_str().unwrap().parse::<u32>().unwrap() >= 1);
    let problem: Value = refused.json().await.unwrap();
    assert_eq!((&problem["status"], problem["detail"].is_string()), (&json!(429), true), "{problem}");
    let elsewhere = window.guest().await;
    assert_eq!(upload(&elsewhere, "203.0.113.8").await.unwrap().status(), 201, "from elsewhere");
}

async fn until(what: &str, mut ask: impl AsyncFnMut() -> bool) {
    for _ in 0..300 {
        if ask().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it never happened: {what}");
}
