//! Callbacks become conversations: the promises about what comes in.

use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{client::Session, hub::Hub, platform::WhatsApp};

async fn start() -> (Hub, Session, WhatsApp) {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ada").await;
    let whatsapp = WhatsApp::connect(&hub, &owner, "PN_1").await;
    (hub, owner, whatsapp)
}

async fn conversations(session: &Session) -> Vec<Value> {
    session.get("/conversations?limit=200").await.expect(200).body["data"].as_array().unwrap().clone()
}

/// Oldest first.
async fn messages(session: &Session, conversation: &Value) -> Vec<Value> {
    let path = format!("/conversations/{}/messages?limit=200", conversation["id"].as_str().unwrap());
    let mut messages = session.get(&path).await.expect(200).body["data"].as_array().unwrap().clone();
    messages.sort_by_key(|message| message["seq"].as_i64());
    messages
}

#[tokio::test]
async fn a_signed_callback_becomes_a_conversation() {
    let (_hub, owner, whatsapp) = start().await;
    assert_eq!(whatsapp.post(&whatsapp.texts(&[("4915100000001", "wamid.A1", "hi")])).await, 200);
    let all = conversations(&owner).await;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["contact"]["name"], "Name of 4915100000001");
    assert_eq!(all[0]["contact"]["phone"], "+4915100000001");
    assert_eq!(all[0]["unread_count"], 1);
    assert_eq!(all[0]["last_message"]["text"], "hi");
    assert!(all[0]["window_closes_at"].is_string());
    let messages = messages(&owner, &all[0]).await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["external_id"], "wamid.A1");
    assert_eq!(messages[0]["direction"], "inbound");
    assert_eq!(messages[0]["seq"], 1);
    let integrations = owner.get("/integrations").await.expect(200).body;
    assert!(integrations["data"][0]["last_inbound_at"].is_string(), "{integrations}");
}

#[tokio::test]
async fn the_whole_batch_is_read() {
    let (_hub, owner, whatsapp) = start().await;
    let one = whatsapp.texts(&[("491", "wamid.1", "a"), ("492", "wamid.2", "b"), ("491", "wamid.3", "c")]);
    let mut two = whatsapp.texts(&[("493", "wamid.4", "d")]);
    let entry = one["entry"][0].clone();
    two["entry"].as_array_mut().unwrap().push(entry);
    assert_eq!(whatsapp.post(&two).await, 200);
    let all = conversations(&owner).await;
    let mut counts: Vec<_> = all.iter().map(|one| one["last_seq"].as_i64().unwrap()).collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 1, 2]);
}

#[tokio::test]
async fn one_bad_item_costs_its_neighbours_nothing() {
    let (_hub, owner, whatsapp) = start().await;
    let mut body =
        whatsapp.texts(&[("491", "wamid.1", "a"), ("491", "wamid.2", "b"), ("491", "wamid.3", "c")]);
    let value = &mut body["entry"][0]["changes"][0]["value"];
    value["messages"][1] = json!({"from": 7, "type": ["text"], "timestamp": {}});
    value["statuses"] = json!([{"id": "wamid.unknown", "status": "levitated"}, 12]);
    assert_eq!(whatsapp.post(&body).await, 200);
    let all = conversations(&owner).await;
    assert_eq!(all.len(), 1);
    let texts: Vec<_> = messages(&owner, &all[0]).await.iter().map(|one| one["text"].clone()).collect();
    assert_eq!(texts, ["a", "c"]);
}

#[tokio::test]
async fn the_same_callback_fifty_times_at_once_is_one_message() {
    let (_hub, owner, whatsapp) = start().await;
    let body = whatsapp.texts(&[("491", "wamid.1", "only once")]);
    let answers = join_all((0..50).map(|_| whatsapp.post(&body))).await;
    assert!(answers.iter().all(|status| *status == StatusCode::OK), "{answers:?}");
    let all = conversations(&owner).await;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["unread_count"], 1);
    assert_eq!(messages(&owner, &all[0]).await.len(), 1);
}

#[tokio::test]
async fn two_servers_that_race_for_one_callback_store_it_once() {
    let (hub, owner, whatsapp) = start().await;
    let second = hub.twin().await;
    let twin = whatsapp.at(&second);
    for round in 0..10 {
        let sender = format!("49{round}");
        let id = format!("wamid.{round}");
        let body = whatsapp.texts(&[(&sender, &id, "once")]);
        let (one, two) = tokio::join!(whatsapp.post(&body), twin.post(&body));
        assert_eq!((one, two), (StatusCode::OK, StatusCode::OK));
    }
    let all = conversations(&owner).await;
    assert_eq!(all.len(), 10);
    assert!(all.iter().all(|one| one["last_seq"] == 1 && one["unread_count"] == 1), "{all:#?}");
}

#[tokio::test]
async fn an_album_posted_at_once_is_one_conversation_without_gaps() {
    let (_hub, owner, whatsapp) = start().await;
    let ids: Vec<_> = (0..10).map(|n| format!("wamid.{n}")).collect();
    let posts = ids.iter().map(async |id| {
        let message = json!({"from": "491", "id": id, "timestamp": "1760000000", "type": "image",
            "image": {"id": format!("media-{id}"), "mime_type": "image/jpeg", "sha256": "00"}});
        whatsapp
            .post(&whatsapp.change(
                json!({"contacts": [{"profile": {"name": "Ada"}, "wa_id": "491"}], "messages": [message]}),
            ))
            .await
    });
    assert!(join_all(posts).await.iter().all(|status| *status == 200));
    let all = conversations(&owner).await;
    assert_eq!(all.len(), 1);
    let messages = messages(&owner, &all[0]).await;
    let numbers: Vec<_> = messages.iter().map(|one| one["seq"].as_i64().unwrap()).collect();
    assert_eq!(numbers, (1..=10).collect::<Vec<_>>());
    assert!(messages.iter().all(|one| one["attachments"].as_array().unwrap().len() == 1));
}

#[tokio::test]
async fn numbers_have_no_gaps_when_everybody_writes_at_once() {
    let (_hub, owner, whatsapp) = start().await;
    let posts = (0..200).map(|n| {
        let whatsapp = &whatsapp;
        async move {
            let (sender, id) = (format!("49{}", n % 5), format!("wamid.{n}"));
            whatsapp.post(&whatsapp.texts(&[(&sender, &id, "x")])).await
        }
    });
    assert!(join_all(posts).await.iter().all(|status| *status == 200));
    let all = conversations(&owner).await;
    assert_eq!(all.len(), 5);
    for conversation in &all {
        let numbers: Vec<_> =
            messages(&owner, conversation).await.iter().map(|one| one["seq"].as_i64().unwrap()).collect();
        assert_eq!(numbers, (1..=40).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn the_same_id_on_two_accounts_is_two_messages() {
    let (hub, owner, whatsapp) = start().await;
    let other = hub.found("Other", "bob").await;
    let theirs = WhatsApp::connect(&hub, &other, "PN_1").await;
    for one in [&whatsapp, &theirs] {
        assert_eq!(one.post(&one.texts(&[("491", "wamid.1", "hi")])).await, 200);
    }
    assert_eq!(conversations(&owner).await.len(), 1);
    assert_eq!(conversations(&other).await.len(), 1);
}

#[tokio::test]
async fn a_callback_is_routed_by_the_account_it_names() {
    let (hub, owner, whatsapp) = start().await;
    let second = WhatsApp::connect(&hub, &owner, "PN_2").await;
    assert_eq!(whatsapp.post(&second.texts(&[("491", "wamid.1", "to the second")])).await, 200);
    let all = conversations(&owner).await;
    assert_eq!(all[0]["integration_id"], second.id.to_string());
    let mut stranger = whatsapp.texts(&[("491", "wamid.2", "to nobody")]);
    stranger["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = json!("PN_unknown");
    assert_eq!(whatsapp.post(&stranger).await, 200);
    assert_eq!(conversations(&owner).await.len(), 1);
}

#[tokio::test]
async fn a_forgery_leaves_a_count_and_nothing_else() {
    let (hub, owner, whatsapp) = start().await;
    let body = serde_json::to_vec(&whatsapp.texts(&[("491", "wamid.1", "hi")])).unwrap();
    for signature in ["", "sha256=", "sha256=00", "sha256=zz", "no prefix"] {
        assert_eq!(whatsapp.post_signed(body.clone(), signature).await, 401, "{signature}");
    }
    assert!(conversations(&owner).await.is_empty());
    hub.app.forgeries.flush(&hub.app.db).await.unwrap();
    let mut sql = hub.sql().await;
    let counted: i64 =
        sqlx::query_scalar("select sum(count)::bigint from forgeries").fetch_one(&mut sql).await.unwrap();
    assert_eq!(counted, 5);
    let kept: i64 = sqlx::query_scalar("select count(*) from callbacks").fetch_one(&mut sql).await.unwrap();
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn a_reaction_an_edit_and_a_deletion_wait_for_their_message() {
    let (_hub, owner, whatsapp) = start().await;
    let reaction = json!({"from": "491", "id": "wamid.r", "timestamp": "1760000010", "type": "reaction",
        "reaction": {"message_id": "wamid.late", "emoji": "👍"}});
    assert_eq!(whatsapp.post(&whatsapp.change(json!({"messages": [reaction]}))).await, 200);
    assert!(conversations(&owner).await.is_empty(), "a reaction alone makes no conversation");
    assert_eq!(whatsapp.post(&whatsapp.texts(&[("491", "wamid.late", "here I am")])).await, 200);
    let all = conversations(&owner).await;
    assert_eq!(messages(&owner, &all[0]).await[0]["reactions"][0]["emoji"], "👍");
    let another = json!({"from": "491", "id": "wamid.r2", "timestamp": "1760000020", "type": "reaction",
        "reaction": {"message_id": "wamid.late", "emoji": "🎉"}});
    assert_eq!(whatsapp.post(&whatsapp.change(json!({"messages": [another]}))).await, 200);
    let shown = messages(&owner, &all[0]).await[0]["reactions"].clone();
    assert_eq!(shown.as_array().unwrap().len(), 1, "one person has one reaction: {shown}");
    assert_eq!(shown[0]["emoji"], "🎉");
}

#[tokio::test]
async fn a_newer_reaction_is_not_undone_by_an_older_one() {
    let (_hub, owner, whatsapp) = start().await;
    whatsapp.post(&whatsapp.texts(&[("491", "wamid.1", "hi")])).await;
    let react = |id: &str, at: &str, emoji: &str| {
        whatsapp.change(json!({"messages": [{"from": "491", "id": id, "timestamp": at, "type": "reaction",
            "reaction": {"message_id": "wamid.1", "emoji": emoji}}]}))
    };
    for (id, at, emoji, expected) in [
        ("r1", "1760000010", "👍", vec!["👍"]),
        ("r3", "1760000030", "", vec![]),
        ("r2", "1760000020", "❤️", vec![]),
        ("r4", "1760000040", "🎉", vec!["🎉"]),
    ] {
        assert_eq!(whatsapp.post(&react(id, at, emoji)).await, 200);
        let all = conversations(&owner).await;
        let shown = messages(&owner, &all[0]).await[0]["reactions"].clone();
        let shown: Vec<_> =
            shown.as_array().unwrap().iter().map(|one| one["emoji"].as_str().unwrap().to_owned()).collect();
        assert_eq!(shown, expected, "after {id}");
    }
}

#[tokio::test]
async fn a_closed_conversation_goes_on_or_a_new_one_begins() {
    for (single_thread, expected) in [(true, 1), (false, 2)] {
        let (hub, owner, whatsapp) = start().await;
        sqlx::query("update organizations set single_thread = $1")
            .bind(single_thread)
            .execute(&mut hub.sql().await)
            .await
            .unwrap();
        whatsapp.post(&whatsapp.texts(&[("491", "wamid.1", "first")])).await;
        whatsapp.post(&whatsapp.texts(&[("491", "wamid.2", "while it is open")])).await;
        let all = conversations(&owner).await;
        assert_eq!(all.len(), 1);
        let path = format!("/conversations/{}", all[0]["id"].as_str().unwrap());
        owner.patch(&path, &json!({"status": "closed"})).await.expect(200);
        whatsapp.post(&whatsapp.texts(&[("491", "wamid.3", "again")])).await;
        let all = conversations(&owner).await;
        assert_eq!(all.len(), expected);
        assert_eq!(all.iter().filter(|one| one["status"] == "open").count(), 1);
    }
}

#[tokio::test]
async fn one_person_under_two_spellings_of_a_number_is_one_contact() {
    let (_hub, owner, whatsapp) = start().await;
    whatsapp.post(&whatsapp.texts(&[("5511987654321", "wamid.1", "with the nine")])).await;
    whatsapp.post(&whatsapp.texts(&[("551187654321", "wamid.2", "without")])).await;
    assert_eq!(conversations(&owner).await.len(), 1);
}

#[tokio::test]
async fn a_person_without_a_phone_is_found_again_when_it_comes() {
    let (_hub, owner, whatsapp) = start().await;
    let message = |id: &str, contact: Value, from: Value| {
        let mut message =
            json!({"id": id, "timestamp": "1760000000", "type": "text", "text": {"body": "hi"}});
        message.as_object_mut().unwrap().extend(from.as_object().unwrap().clone());
        whatsapp.change(json!({"contacts": [contact], "messages": [message]}))
    };
    let bare = message(
        "wamid.1",
        json!({"profile": {"name": "Ada", "username": "ada.l"}, "user_id": "DE.1"}),
        json!({"from_user_id": "DE.1"}),
    );
    let both = message(
        "wamid.2",
        json!({"profile": {"name": "Ada"}, "wa_id": "4915100000001", "user_id": "DE.1"}),
        json!({"from": "4915100000001", "from_user_id": "DE.1"}),
    );
    let phone = message(
        "wamid.3",
        json!({"profile": {"name": "Ada"}, "wa_id": "4915100000001"}),
        json!({"from": "4915100000001"}),
    );
    for body in [bare, both, phone] {
        assert_eq!(whatsapp.post(&body).await, 200);
    }
    let all = conversations(&owner).await;
    assert_eq!(all.len(), 1);
    assert_eq!(all[0]["contact"]["phone"], "+4915100000001");
    assert_eq!(all[0]["contact"]["username"], "ada.l");
}

#[tokio::test]
async fn a_name_follows_the_platform_until_a_person_changes_it() {
    let (hub, owner, whatsapp) = start().await;
    let named = |id: &str, name: &str| {
        whatsapp.change(json!({"contacts": [{"profile": {"name": name}, "wa_id": "4915100000001"}],
            "messages": [{"from": "4915100000001", "id": id, "timestamp": "1760000000", "type": "text", "text": {"body": "x"}}]}))
    };
    for (id, name, expected) in
        [("1", "", "+4915100000001"), ("2", "Ada", "Ada"), ("3", "", "Ada"), ("4", "Ada L", "Ada L")]
    {
        assert_eq!(whatsapp.post(&named(id, name)).await, 200);
        assert_eq!(conversations(&owner).await[0]["contact"]["name"], expected);
    }
    sqlx::query("update contacts set name = 'Countess', name_from = 'person'")
        .execute(&mut hub.sql().await)
        .await
        .unwrap();
    whatsapp.post(&named("5", "Ada again")).await;
    assert_eq!(conversations(&owner).await[0]["contact"]["name"], "Countess");
}

#[tokio::test]
async fn a_blocked_contact_is_not_heard() {
    let (hub, owner, whatsapp) = start().await;
    whatsapp.post(&whatsapp.texts(&[("491", "wamid.1", "hi")])).await;
    sqlx::query("update contacts set blocked = true").execute(&mut hub.sql().await).await.unwrap();
    assert_eq!(whatsapp.post(&whatsapp.texts(&[("491", "wamid.2", "hello?")])).await, 200);
    assert_eq!(conversations(&owner).await[0]["last_seq"], 1);
}

#[tokio::test]
async fn bad_bodies_are_answered_and_believed_ones_kept() {
    let (hub, owner, whatsapp) = start().await;
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    for body in [
        b"not json".to_vec(),
        b"\xff\xfe".to_vec(),
        b"[]".to_vec(),
        b"null".to_vec(),
        deep,
        br#"{"entry": 1}"#.to_vec(),
    ] {
        assert_eq!(whatsapp.post_raw(body).await, 200);
    }
    assert_eq!(whatsapp.post_raw(vec![b' '; 5 << 20]).await, 413);
    assert!(conversations(&owner).await.is_empty());
    let kept: i64 =
        sqlx::query_scalar("select count(*) from callbacks").fetch_one(&mut hub.sql().await).await.unwrap();
    assert_eq!(kept, 6);
}

#[tokio::test]
async fn a_thousand_messages_in_one_callback_are_all_stored() {
    let (_hub, owner, whatsapp) = start().await;
    let names: Vec<_> = (0..1000).map(|n| (format!("49{}", n % 7), format!("wamid.{n}"))).collect();
    let messages: Vec<_> = names.iter().map(|(from, id)| (from.as_str(), id.as_str(), "x")).collect();
    assert_eq!(whatsapp.post(&whatsapp.texts(&messages)).await, 200);
    let total: i64 = conversations(&owner).await.iter().map(|one| one["last_seq"].as_i64().unwrap()).sum();
    assert_eq!(total, 1000);
}

#[tokio::test]
async fn a_handshake_answers_its_challenge() {
    let (hub, _owner, whatsapp) = start().await;
    let url = format!("{}/webhooks/whatsapp/{}", hub.url, whatsapp.id);
    let ask = |token: &str| {
        let query = [("hub.mode", "subscribe"), ("hub.challenge", "12345"), ("hub.verify_token", token)];
        hub.client().http().get(&url).query(&query).send()
    };
    let answer = ask("verify-me").await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.text().await.unwrap(), "12345");
    assert_eq!(ask("guess").await.unwrap().status(), 403);
}

#[tokio::test]
async fn a_status_from_another_tenant_changes_nothing() {
    let (hub, owner, whatsapp) = start().await;
    let other = hub.found("Other", "bob").await;
    let theirs = WhatsApp::connect(&hub, &other, "PN_2").await;
    whatsapp.post(&whatsapp.texts(&[("491", "wamid.1", "hi")])).await;
    let path = format!("/conversations/{}/messages", conversations(&owner).await[0]["id"].as_str().unwrap());
    let sent = owner.post(&path, &json!({"client_id": "1", "text": "hello"})).await.expect(201).id();
    sqlx::query("update messages set external_id = 'wamid.B1', status = 'sent' where id = $1::uuid")
        .bind(&sent)
        .execute(&mut hub.sql().await)
        .await
        .unwrap();
    assert_eq!(theirs.post(&theirs.statuses(&[("wamid.B1", "read")])).await, 200);
    assert_eq!(owner.get(&format!("/messages/{sent}")).await.expect(200).body["status"], "sent");
    assert_eq!(
        whatsapp.post(&whatsapp.statuses(&[("wamid.B1", "read"), ("wamid.B1", "delivered")])).await,
        200
    );
    assert_eq!(owner.get(&format!("/messages/{sent}")).await.expect(200).body["status"], "read");
}

#[tokio::test]
async fn what_the_business_wrote_elsewhere_is_counted_as_outbound() {
    let (_hub, owner, whatsapp) = start().await;
    let metrics = switchboard::metrics::recorder().unwrap();
    let echo = json!({"from": "15550001111", "to": "4915100000001", "id": "wamid.E1", "timestamp": "1767225600",
        "type": "text", "text": {"body": "Sent from the shop's phone"}});
    let mut callback = whatsapp.change(json!({"message_echoes": [echo]}));
    callback["entry"][0]["changes"][0]["field"] = json!("smb_message_echoes");
    // Repeats are not stored, so not counted.
    for _ in 0..2 {
        assert_eq!(whatsapp.post(&callback).await, 200);
    }
    assert_eq!(whatsapp.post(&whatsapp.texts(&[("4915100000001", "wamid.A1", "thanks")])).await, 200);
    assert_eq!(messages(&owner, &conversations(&owner).await[0]).await[0]["direction"], "outbound");
    let text = metrics.render();
    for direction in ["inbound", "outbound"] {
        let counted = format!("switchboard_messages_total{{direction=\"{direction}\"}} 1");
        assert!(text.lines().any(|line| line == counted), "{counted}: {text}");
    }
}
