//! The played Trello as a program of its own sees it: who may call, what is answered, who is told.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Fault, Simulator, trello::Opened};
use webhooks::sign;

/// What the listener heard: headers and body. It answers with the status that was set.
#[derive(Default)]
struct Ear {
    heard: Mutex<Vec<(HeaderMap, String)>>,
    status: Mutex<u16>,
}

struct Scene {
    simulator: Simulator,
    board: Opened,
    ear: Arc<Ear>,
    /// Where the listener is called.
    url: String,
    http: reqwest::Client,
}

impl Scene {
    async fn open() -> Self {
        let simulator = Simulator::start(([127, 0, 0, 1], 0).into()).await.unwrap();
        let board = simulator.trello.open_board("Sales", &["Leads", "Done"]);
        let ear = Arc::new(Ear { status: Mutex::new(200), ..Ear::default() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hear?org=acme", listener.local_addr().unwrap());
        let hear = async |State(ear): State<Arc<Ear>>, headers: HeaderMap, body: Bytes| {
            ear.heard.lock().unwrap().push((headers, String::from_utf8_lossy(&body).into_owned()));
            StatusCode::from_u16(*ear.status.lock().unwrap()).unwrap()
        };
        let hello =
            async |State(ear): State<Arc<Ear>>| StatusCode::from_u16(*ear.status.lock().unwrap()).unwrap();
        let router = Router::new().route("/hear", post(hear).head(hello)).with_state(ear.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        #[expect(clippy::disallowed_methods, reason = "a test is no part of the hub")]
        let http = reqwest::Client::new();
        Self { simulator, board, ear, url, http }
    }

    fn field(&self, name: &str) -> &str {
        &self.board.fields[name]
    }

    async fn call(&self, method: Method, path: &str, body: Value) -> (u16, String) {
        self.call_as(self.field("token"), method, path, body).await
    }

    async fn call_as(&self, token: &str, method: Method, path: &str, body: Value) -> (u16, String) {
        let proof =
            format!("OAuth oauth_consumer_key=\"{}\", oauth_token=\"{token}\"", self.field("api_key"));
        let url = format!("{}/1/{path}", self.simulator.base_url());
        let request = self.http.request(method, url).header("authorization", proof);
        let answer = request.header("x-trello-client-identifier", "me").json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn listen(&self) -> (u16, String) {
        let body = json!({"callbackURL": self.url, "idModel": self.board.board});
        self.call(Method::POST, "webhooks", body).await
    }

    fn set_status(&self, status: u16) {
        *self.ear.status.lock().unwrap() = status;
    }

    fn heard(&self) -> Vec<(HeaderMap, String)> {
        self.ear.heard.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn a_webhook_is_asked_for_signed_and_unique() {
    let scene = Scene::open().await;
    scene.set_status(404);
    assert_eq!(scene.listen().await.0, 400, "nobody is there");
    scene.set_status(200);
    assert_eq!(scene.listen().await.0, 200);
    let (status, words) = scene.listen().await;
    assert_eq!(status, 400);
    assert!(words.contains("already exists"));

    let card = scene.simulator.trello.add_card(&scene.board.lists[0], "Cake", "").await.unwrap();
    let (headers, body) = scene.heard().pop().unwrap();
    let signed = format!("{body}{}", scene.url);
    let signature = sign::hmac_sha1_base64(scene.field("api_secret").as_bytes(), signed.as_bytes());
    assert_eq!(headers["x-trello-webhook"], signature.as_str());
    assert!(headers.get("x-trello-client-identifier").is_none(), "a person has no program");
    let told: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (told["action"]["type"].clone(), told["action"]["data"]["card"]["id"].clone()),
        (json!("createCard"), json!(card))
    );
}

#[tokio::test]
async fn what_a_program_does_says_so_and_names_what_changed() {
    let scene = Scene::open().await;
    scene.listen().await;
    let (status, made) =
        scene.call(Method::POST, "cards", json!({"idList": scene.board.lists[0], "name": "Cake"})).await;
    assert_eq!(status, 200);
    let made: Value = serde_json::from_str(&made).unwrap();
    let path = format!("cards/{}", made["id"].as_str().unwrap());
    scene.call(Method::PUT, &path, json!({"name": "Cake", "idList": scene.board.lists[1]})).await;
    for _ in 0..100 {
        if scene.heard().len() == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let (headers, body) = scene.heard().pop().unwrap();
    assert_eq!(headers["x-trello-client-identifier"], "me");
    let data = serde_json::from_str::<Value>(&body).unwrap()["action"]["data"].clone();
    assert_eq!(data["old"], json!({"idList": scene.board.lists[0]}), "a name that stays is no change");
    assert_eq!(data["listAfter"]["name"], "Done");
}

#[tokio::test]
async fn callbacks_are_repeated_three_times_disabled_after_long_and_deleted_by_410() {
    let scene = Scene::open().await;
    scene.listen().await;
    scene.set_status(500);
    let trello = &scene.simulator.trello;
    trello.add_card(&scene.board.lists[0], "One", "").await;
    assert_eq!(scene.heard().len(), 4);
    for _ in 0..9 {
        trello.add_card(&scene.board.lists[0], "More", "").await;
    }
    assert_eq!(trello.webhooks()[0]["active"], false);
    let path = format!("webhooks/{}", trello.webhooks()[0]["id"].as_str().unwrap());
    assert_eq!(scene.call(Method::PUT, &path, json!({"active": true})).await.0, 200);
    scene.set_status(410);
    trello.add_card(&scene.board.lists[0], "Last", "").await;
    assert!(trello.webhooks().is_empty());
}

#[tokio::test]
async fn errors_are_plain_text_but_for_too_many_calls() {
    let scene = Scene::open().await;
    let get = |path: &'static str| scene.call(Method::GET, path, json!({}));
    assert_eq!(get("cards/66f0000000000000000000c1").await.0, 404);
    assert_eq!(
        scene.call_as("nonsense", Method::GET, "members/me", json!({})).await,
        (401, "invalid token".to_owned())
    );
    scene.simulator.trello.faults().next("members.me", Fault::Refuse { code: 429, retry_after: None });
    let (status, body) = get("members/me").await;
    assert_eq!(status, 429);
    assert_eq!(
        serde_json::from_str::<BTreeMap<String, String>>(&body).unwrap()["error"],
        "API_TOKEN_LIMIT_EXCEEDED"
    );
    scene.simulator.trello.revoke(scene.field("token"));
    assert_eq!(get("members/me").await.0, 401);
}
