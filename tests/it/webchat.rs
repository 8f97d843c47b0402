//! The chat window's door from outside: origins, tokens, what a visitor sees, and above all what nobody else does.

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
async fn a_proven_visitor_is_known_everywhere_and_only_when_proven() {
    let hub = Hub::start().await;
    let window = Window::open(&hub, "Acme", "ada", &[]).await;
    let hash = webhooks::sign::hmac_sha256_hex(SECRET.as_bytes(), b"user-42");
    let guest = window.guest().await;
    window.write(&guest, "before I logged in").await;
    let proven = window
        .begin(json!({"token": guest.token, "user_id": "user-42", "user_hash": hash, "name": "Greta"}))
        .await;
    let proven = Guest { token: proven["token"].as_str().unwrap().to_owned() };
    assert_eq!(window.texts(&proven).await, ["before I logged in"], "the conversation came along");
    window.write(&proven, "and after").await;
    let phone = window.begin(json!({"user_id": "user-42", "user_hash": hash})).await;
    let phone = Guest { token: phone["token"].as_str().unwrap().to_owned() };
    assert_eq!(window.texts(&phone).await, ["before I logged in", "and after"], "on another device");
    let listed = window.owner.get("/conversations").await.expect(200).body;
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(1), "one conversation: {listed}");
    assert_eq!(listed["data"][0]["contact"]["name"], "Greta");
    for hash in ["", "00", &webhooks::sign::hmac_sha256_hex(SECRET.as_bytes(), b"user-43")] {
        let body = json!({"user_id": "user-42", "user_hash": hash});
        let refused = window.request(Method::POST, "session").json(&body).send().await.unwrap();
        assert_eq!(refused.status(), 401, "{hash}");
    }
    // After logging out the browser is nobody's.
    let out = window.begin(json!({"token": proven.token})).await;
    let out = Guest { token: out["token"].as_str().unwrap().to_owned() };
    assert_eq!(window.texts(&out).await, Vec::<String>::new());
    let closed = Window::open(&hub, "Beta", "bob", &[("identity_required", "yes")]).await;
    let refused = closed.request(Method::POST, "session").json(&json!({})).send().await.unwrap();
    assert_eq!(refused.status(), 401);
}

/// The tab from before the log-in is closed; the one that goes on with the conversation hears what comes.
#[tokio::test]
async fn whoever_goes_on_under_a_proven_name_hears_what_comes() {
    let hub = Hub::start().await;
    let _work = hub.work();
    let window = Window::open(&hub, "Acme", "ada", &[]).await;
    let hash = webhooks::sign::hmac_sha256_hex(SECRET.as_bytes(), b"user-42");
    let guest = window.guest().await;
    window.write(&guest, "before I logged in").await;
    let (mut old, _) = socket(&hub, &guest, None).await;
    let proven = window.begin(json!({"token": guest.token, "user_id": "user-42", "user_hash": hash})).await;
    let proven = Guest { token: proven["token"].as_str().unwrap().to_owned() };
    let (mut new, first) = socket(&hub, &proven, None).await;
    assert_eq!(first["data"]["conversations"].as_array().map(Vec::len), Some(1), "{first}");
    old.close(None).await.unwrap();
    while let Some(Ok(_)) = old.next().await {}
    window.reply(&window.conversation().await, "welcome back").await;
    frame(&mut new, said("welcome back")).await;
}

/// Whoever says an address that is another customer's.
#[tokio::test]
async fn a_claim_joins_nobody() {
    let hub = Hub::start().await;
    let window = Window::open(&hub, "Acme", "ada", &[]).await;
    for claim in ["greta@mail.example", "greta@mail.example", "no address"] {
        let guest = window.guest().await;
        let body = json!({"client_id": Uuid::new_v4(), "text": "hello", "form": {"email": claim, "phone": "0049 151 2345678"}});
        assert_eq!(window.ask(&guest, Method::POST, "messages", body).await.0, 201);
        assert_eq!(window.texts(&guest).await, ["hello"]);
    }
    let listed = window.owner.get("/contacts").await.expect(200).body;
    let mut found: Vec<_> =
        listed["data"].as_array().unwrap().iter().map(|one| one["email"].as_str()).collect();
    found.sort_unstable();
    assert_eq!(found, [None, Some("greta@mail.example"), Some("greta@mail.example")]);
    assert!(listed["data"].as_array().unwrap().iter().all(|one| one["phone"] == "+491512345678"), "{listed}");
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

async fn until(what: &str, mut ask: impl AsyncFnMut() -> bool) {
    for _ in 0..300 {
        if ask().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it never happened: {what}");
}

impl Window<'_> {
    async fn say(&self, guest: &Guest, text: &str, form: Value) {
        let mut body = json!({"client_id": Uuid::new_v4(), "text": text});
        if form.is_object() {
            body["form"] = form;
        }
        let (status, answer) = self.ask(guest, Method::POST, "messages", body).await;
        assert_eq!(status, 201, "{answer}");
    }

    /// Name, e-mail and phone of the only contact.
    async fn contact(&self) -> Value {
        let listed = self.owner.get("/contacts").await.expect(200).body;
        assert_eq!(listed["data"].as_array().map(Vec::len), Some(1), "{listed}");
        listed["data"][0].clone()
    }

    async fn known(&self) -> (String, Option<String>) {
        let contact = self.contact().await;
        (contact["name"].as_str().unwrap().to_owned(), contact["email"].as_str().map(str::to_owned))
    }
}

fn known(name: &str, email: &str) -> (String, Option<String>) {
    (name.to_owned(), Some(email.to_owned()))
}

#[tokio::test]
async fn what_was_answered_before_the_chat_reaches_the_contact_once_and_stays_after_a_reconnect() {
    let hub = Hub::start().await;
    let window = Window::open(&hub, "Acme", "ada", &[]).await;
    let guest = window.guest().await;
    window.say(&guest, "hello", json!({"name": "Greta", "email": "greta@mail.example"})).await;
    assert_eq!(window.known().await, known("Greta", "greta@mail.example"));
    // The browser comes back, with the old token and in a new socket, and says nothing of itself.
    let back = window.begin(json!({"token": guest.token})).await;
    let back = Guest { token: back["token"].as_str().unwrap().to_owned() };
    let (_live, hello) = socket(&hub, &back, None).await;
    assert_eq!(hello["type"], "authenticated");
    window.say(&back, "it is me", Value::Null).await;
    assert_eq!(window.known().await, known("Greta", "greta@mail.example"));
    // Another answer is another claim: it is seen in its message, and changes nobody.
    window.say(&back, "or am I?", json!({"name": "Mallory", "email": "mallory@mail.example"})).await;
    assert_eq!(window.known().await, known("Greta", "greta@mail.example"));
    let said = window.begin(json!({"token": back.token, "name": "Mallory"})).await;
    let said = Guest { token: said["token"].as_str().unwrap().to_owned() };
    window.say(&said, "no", Value::Null).await;
    assert_eq!(window.known().await, known("Greta", "greta@mail.example"));
}

#[tokio::test]
async fn what_was_answered_late_fills_in_what_is_not_known() {
    let hub = Hub::start().await;
    let window = Window::open(&hub, "Acme", "ada", &[]).await;
    let guest = window.guest().await;
    window.say(&guest, "hello", Value::Null).await;
    window.say(&guest, "my name", json!({"name": "Greta"})).await;
    window
        .say(&guest, "my address", json!({"email": "greta@mail.example", "phone": "+49 151 2345678"}))
        .await;
    assert_eq!(window.known().await, known("Greta", "greta@mail.example"));
    assert_eq!(window.contact().await["phone"], "+491512345678");
}

#[tokio::test]
async fn what_an_agent_wrote_or_cleared_is_never_overwritten() {
    let hub = Hub::start().await;
    let window = Window::open(&hub, "Acme", "ada", &[]).await;
    let hash = webhooks::sign::hmac_sha256_hex(SECRET.as_bytes(), b"user-42");
    let guest = window.guest().await;
    let claim = json!({"name": "Greta", "email": "greta@mail.example", "phone": "+491512345678"});
    window.say(&guest, "hello", claim.clone()).await;
    let path = format!("/contacts/{}", window.contact().await["id"].as_str().unwrap());
    let edited = json!({"name": "Greta Lindqvist", "email": "lindqvist@firm.example", "phone": null});
    window.owner.patch(&path, &edited).await.expect(200);
    window.say(&guest, "again", claim).await;
    // Nor by the site, for somebody whom it has proven.
    let proven = window
        .begin(json!({"token": guest.token, "user_id": "user-42", "user_hash": hash, "name": "G.",
            "email": "g@site.example", "phone": "+491519999999"}))
        .await;
    let proven = Guest { token: proven["token"].as_str().unwrap().to_owned() };
    window.say(&proven, "proven", Value::Null).await;
    let contact = window.contact().await;
    assert_eq!(
        (&contact["name"], &contact["email"], &contact["phone"]),
        (&json!("Greta Lindqvist"), &json!("lindqvist@firm.example"), &Value::Null)
    );
}

#[tokio::test]
async fn a_proven_identity_stands_against_a_claim() {
    let hub = Hub::start().await;
    let window = Window::open(&hub, "Acme", "ada", &[]).await;
    let hash = webhooks::sign::hmac_sha256_hex(SECRET.as_bytes(), b"user-42");
    let guest = window.guest().await;
    window.say(&guest, "hello", json!({"name": "Mallory", "email": "mallory@mail.example"})).await;
    assert_eq!(window.known().await, known("Mallory", "mallory@mail.example"));
    let who = json!({"token": guest.token, "user_id": "user-42", "user_hash": hash, "name": "Greta", "email": "greta@site.example"});
    let proven = window.begin(who).await;
    let proven = Guest { token: proven["token"].as_str().unwrap().to_owned() };
    assert_eq!(window.known().await, known("Greta", "greta@site.example"), "as soon as it is proven");
    // Whatever the form says afterwards, here and on a device of which the site said no name.
    window.say(&proven, "and now", json!({"name": "Mallory", "email": "mallory@mail.example"})).await;
    assert_eq!(window.known().await, known("Greta", "greta@site.example"));
    let phone = window.begin(json!({"user_id": "user-42", "user_hash": hash})).await;
    let phone = Guest { token: phone["token"].as_str().unwrap().to_owned() };
    window.say(&phone, "from the phone", json!({"name": "Mallory", "email": "mallory@mail.example"})).await;
    assert_eq!(window.known().await, known("Greta", "greta@site.example"));
    // What a browser claimed before it was proven is not the proven user's word.
    let claimed = window.begin(json!({"name": "Mallory"})).await;
    let claimed =
        window.begin(json!({"token": claimed["token"], "user_id": "user-42", "user_hash": hash})).await;
    assert_eq!(claimed["visitor"]["name"], Value::Null);
    let claimed = Guest { token: claimed["token"].as_str().unwrap().to_owned() };
    window.say(&claimed, "from another browser", Value::Null).await;
    assert_eq!(window.known().await, known("Greta", "greta@site.example"));
}
