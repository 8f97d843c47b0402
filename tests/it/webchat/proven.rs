//! Visitors whom the site has proven, and what they were before.

use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use super::*;

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

/// The answer to a message was lost, the visitor logs in, and the window posts it again; or the first post comes last.
#[tokio::test]
async fn what_is_said_again_after_the_log_in_is_stored_once() {
    let hub = Hub::start().await;
    let window = Window::open(&hub, "Acme", "ada", &[]).await;
    let hash = webhooks::sign::hmac_sha256_hex(SECRET.as_bytes(), b"user-42");
    let prove = async |guest: &Guest| {
        let who = json!({"token": guest.token, "user_id": "user-42", "user_hash": hash});
        Guest { token: window.begin(who).await["token"].as_str().unwrap().to_owned() }
    };
    let say = async |guest: &Guest, id: Uuid, text: &str| {
        let body = json!({"client_id": id, "text": text});
        let (status, message) = window.ask(guest, Method::POST, "messages", body).await;
        assert_eq!(status, 201, "{message}");
        message
    };
    let (one, two, three) = (Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4());
    let guest = window.guest().await;
    let first = say(&guest, one, "before").await;
    let proven = prove(&guest).await;
    let again = say(&proven, one, "before").await;
    assert_eq!((&again["id"], &again["client_id"]), (&first["id"], &json!(one)));
    say(&proven, two, "after").await;
    // Overtaken on its way.
    let (_, late) =
        window.ask(&guest, Method::POST, "messages", json!({"client_id": two, "text": "after"})).await;
    assert_ne!(late["text"], "stored twice");
    assert_eq!(window.texts(&proven).await, ["before", "after"]);
    // From a browser whose conversation stays where it was, since the user has one.
    let elsewhere = window.guest().await;
    let first = say(&elsewhere, three, "from the office").await;
    let elsewhere = prove(&elsewhere).await;
    let again = say(&elsewhere, three, "from the office").await;
    assert_eq!(again["id"], first["id"]);
    let listed = window.owner.get("/conversations").await.expect(200).body;
    let all = listed["data"].as_array().unwrap();
    let said: i64 = all.iter().map(|one| one["last_seq"].as_i64().unwrap()).sum();
    assert_eq!(said, 3, "{listed}");
}
