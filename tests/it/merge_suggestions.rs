//! Who might be the same person: found by phone and e-mail on any channel, decided by people.

use serde_json::{Value, json};

use crate::harness::{
    client::Session,
    hub::Hub,
    inbox::{Inbox, id, ids},
    platform::Played,
};

async fn make(owner: &Session, contact: Value) -> String {
    owner.post("/contacts", &contact).await.expect(201).id()
}

async fn suggested(owner: &Session, query: &str) -> Vec<Value> {
    let page = owner.get(&format!("/merge-suggestions{query}")).await.expect(200).body;
    page["data"].as_array().unwrap().clone()
}

async fn told(hub: &Hub) -> Vec<String> {
    sqlx::query_scalar(
        "select payload::jsonb ->> 'what' from events where kind = 'merge_suggested' order by id",
    )
    .fetch_all(&mut hub.sql().await)
    .await
    .unwrap()
}

#[tokio::test]
async fn one_person_on_two_channels_is_suggested_and_never_merged_silently() {
    let inbox = Inbox::start().await;
    let (hub, owner) = (&inbox.hub, &inbox.owner);
    let on_whatsapp = inbox.receive("5511987654321", "wamid.1", "hello").await;
    let sms = Played::connect(hub, owner, "sms").await;
    // The same mobile number as it was dialled before the ninth digit.
    let on_sms = sms.write(owner, "+551187654321", "hello from here").await;
    let (first, second) = (id(&on_whatsapp["contact"]).to_owned(), id(&on_sms["contact"]).to_owned());
    assert_ne!(first, second, "a phone is no proof");

    let found = suggested(owner, "").await;
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0]["because"], json!(["phone"]));
    assert_eq!([id(&found[0]["contacts"][0]), id(&found[0]["contacts"][1])], [&*first, &*second]);
    assert_eq!(suggested(owner, &format!("?contact_id={second}")).await, found);
    assert_eq!(told(hub).await, ["new"]);

    owner.post(&format!("/contacts/{first}/merge"), &json!({"contact_id": second})).await.expect(200);
    assert!(suggested(owner, "").await.is_empty());
    let listed = owner.get(&format!("/contacts/{first}/conversations")).await.expect(200).body;
    let mut channels: Vec<_> =
        listed["data"].as_array().unwrap().iter().map(|one| one["channel"].as_str().unwrap()).collect();
    channels.sort_unstable();
    assert_eq!(channels, ["sms", "whatsapp"], "one timeline across channels");
    let contact = owner.get(&format!("/contacts/{first}")).await.expect(200).body;
    assert_eq!(contact["identities"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn not_the_same_is_remembered() {
    let inbox = Inbox::start().await;
    let (hub, owner) = (&inbox.hub, &inbox.owner);
    let one = make(owner, json!({"name": "Ana", "email": "Family@Example.org"})).await;
    let other = make(owner, json!({"name": "Rui", "phone": "+351 912 345 678"})).await;
    assert!(suggested(owner, "").await.is_empty());
    owner.patch(&format!("/contacts/{other}"), &json!({"email": "family@example.org"})).await.expect(200);
    let found = suggested(owner, "").await;
    assert_eq!(found[0]["because"], json!(["email"]));
    let path = format!("/merge-suggestions/{}/refuse", id(&found[0]));
    let viewer = hub.invite(owner, "vera", "viewer").await;
    viewer.post(&path, &json!(null)).await.expect(403);
    owner.post(&path, &json!(null)).await.expect(204);
    owner.post(&path, &json!(null)).await.expect(404);
    assert!(suggested(owner, "").await.is_empty());
    // A new number makes nothing new of the two.
    owner.patch(&format!("/contacts/{one}"), &json!({"phone": "+351912345678"})).await.expect(200);
    assert!(suggested(owner, &format!("?contact_id={one}")).await.is_empty());
    assert_eq!(told(hub).await, ["new", "refused"]);
    // Whom Ana is not, nobody is that goes into her.
    let third = make(owner, json!({"name": "Ana again", "email": "family@example.org"})).await;
    assert_eq!(suggested(owner, "").await.len(), 2);
    owner.post(&format!("/contacts/{third}/merge"), &json!({"contact_id": one})).await.expect(200);
    assert!(suggested(owner, "").await.is_empty());
}

#[tokio::test]
async fn suggestions_come_in_pages_and_hold_only_while_they_are_true() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    let mut made = Vec::new();
    for number in 0..4 {
        made.push(make(owner, json!({"name": format!("n{number}"), "email": "shared@example.org"})).await);
    }
    let all = suggested(owner, "").await;
    assert_eq!(all.len(), 6, "each pair once");
    let mut walked = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = owner.get(&format!("/merge-suggestions?limit=4{cursor}")).await.expect(200).body;
        walked.extend(ids(&page));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(walked, all.iter().map(|one| id(one).to_owned()).collect::<Vec<_>>());
    owner.patch(&format!("/contacts/{}", made[0]), &json!({"email": null})).await.expect(200);
    assert_eq!(suggested(owner, "").await.len(), 3);
    owner.delete(&format!("/contacts/{}", made[1])).await.expect(204);
    assert_eq!(suggested(owner, "").await.len(), 1);
}

#[tokio::test]
async fn a_letter_and_a_visitors_answer_name_the_same_address() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    let party = |kind: &str, key: &str, email: &str| channels::Party {
        ids: vec![channels::PartyId::plain(kind, key)],
        email: Some(email.to_owned()),
        ..channels::Party::default()
    };
    for (number, party) in [party("wa_id", "1", "Eve@example.org"), party("wa_id", "2", "eve@example.org")]
        .into_iter()
        .enumerate()
    {
        let message = channels::event::InboundMessage::new(
            format!("m{number}"),
            String::new(),
            party,
            channels::message::Kind::Text,
            chrono::Utc::now(),
        );
        inbox.hear([channels::event::What::Message(Box::new(message))]).await;
    }
    let found = suggested(owner, "").await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["because"], json!(["email"]));
    assert_eq!(found[0]["contacts"][0]["email"], "Eve@example.org");
}
