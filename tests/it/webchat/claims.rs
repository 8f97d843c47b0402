//! What visitors say of themselves, and what becomes of it.

use channels::{
    Party, PartyId,
    event::{InboundMessage, What},
    message::Kind,
};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Guest, SECRET, Window, socket};
use crate::harness::{hub::Hub, inbox::hear};

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

/// A visitor's message, with what was answered before the chat.
fn said(visitor: &str, id: &str, name: Option<&str>, email: Option<&str>) -> What {
    let party = Party {
        ids: vec![PartyId::plain("visitor_id", visitor)],
        name: name.map(str::to_owned),
        email: email.map(str::to_owned),
        claimed: true,
        ..Party::default()
    };
    let thread = format!("visitor:{visitor}");
    let blank = InboundMessage::new(id.to_owned(), thread, party, Kind::Text, chrono::Utc::now());
    What::Message(Box::new(InboundMessage { text: id.to_owned(), ..blank }))
}

/// Several waiting messages of one visitor are stored together.
#[tokio::test]
async fn a_claim_is_not_lost_beside_a_plain_message_of_the_same_batch() {
    let hub = Hub::start().await;
    let window = Window::open(&hub, "Acme", "ada", &[]).await;
    // Of a visitor who is new, and of the same one when they are known.
    let first =
        [said("v1", "1", None, None), said("v1", "2", Some("Greta"), None), said("v1", "3", None, None)];
    hear(&hub, window.id, first).await;
    assert_eq!(window.contact().await["name"], "Greta");
    let second = [
        said("v1", "4", None, Some("greta@mail.example")),
        said("v1", "5", None, None),
        said("v1", "6", Some("Mallory"), Some("mallory@mail.example")),
    ];
    hear(&hub, window.id, second).await;
    assert_eq!(window.known().await, known("Greta", "greta@mail.example"));
}
