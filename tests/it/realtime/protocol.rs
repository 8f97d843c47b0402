//! The frames, one by one.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use futures::SinkExt;
use serde_json::json;
use switchboard::access::token;
use tokio_tungstenite::tungstenite::Message;

use super::{conversation, n, nobodys, organization, socket::Socket, tell, user};
use crate::harness::{client::Session, hub::Hub};

/// The session's own token, ended or about to end.
fn token_that_ends_in(hub: &Hub, session: &Session, seconds: i64) -> String {
    let claims = hub.app.tokens.read(session.client.token.as_deref().unwrap()).unwrap();
    let made = Utc::now() - TimeDelta::minutes(token::MINUTES) + TimeDelta::seconds(seconds);
    hub.app.tokens.sign(claims.user_id, claims.organization_id, claims.session_id, made).unwrap()
}

#[tokio::test]
async fn authenticated_says_who_one_is_and_events_follow() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let mut socket = Socket::connect(&hub).await;
    let answer = socket.authenticate(&ana, None).await;
    assert_eq!(answer["type"], "authenticated");
    assert_eq!(answer["data"]["member"]["user_id"], ana.user_id.as_str());
    assert_eq!(answer["data"]["member"]["role"], "owner");
    assert_eq!(answer["data"]["replayed"], 0);
    assert_eq!(answer["data"]["reset"], false);
    assert!(answer["cursor"].is_string());

    let subject = nobodys();
    for number in 0..3 {
        tell(&hub.app, organization(&ana), Some(subject), number).await;
    }
    let mut ids = Vec::new();
    for number in 0..3 {
        let frame = socket.next_event().await;
        assert_eq!(frame["type"], "new_message");
        assert_eq!(n(&frame), number);
        assert!(frame["cursor"].is_string());
        ids.push(frame["id"].as_str().unwrap().parse::<i64>().unwrap());
    }
    assert!(ids.is_sorted_by(|one, next| one < next), "{ids:?}");
}

#[tokio::test]
async fn nothing_is_answered_before_authentication() {
    let hub = Hub::start().await;
    let mut socket = Socket::connect(&hub).await;
    socket.say("join_conversation", json!({"conversation_id": nobodys().conversation_id})).await;
    assert_eq!(socket.next().await["data"]["code"], "unauthenticated");
    socket.say("authenticate", json!({"token": "no.such.token"})).await;
    let answer = socket.next().await;
    assert_eq!(answer["type"], "error");
    assert_eq!(answer["data"]["code"], "token_invalid");
    for _ in 0..3 {
        socket.text("{}").await;
    }
    assert_eq!(socket.closed().await, Some(4401));
}

#[tokio::test]
async fn who_says_nothing_is_sent_away() {
    let hub = Hub::start().await;
    let mut socket = Socket::connect(&hub).await;
    let begun = std::time::Instant::now();
    assert_eq!(socket.closed().await, Some(4401));
    assert!(begun.elapsed() > Duration::from_secs(9));
}

#[tokio::test]
async fn an_ended_token_is_told_and_a_fresh_one_goes_on() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let mut socket = Socket::connect(&hub).await;
    socket.say("authenticate", json!({"token": token_that_ends_in(&hub, &ana, -5)})).await;
    assert_eq!(socket.next().await["data"]["code"], "token_expired");
    socket.say("authenticate", json!({"token": token_that_ends_in(&hub, &ana, 2)})).await;
    assert_eq!(socket.next().await["type"], "authenticated");
    assert_eq!(socket.next_of("error").await["data"]["code"], "token_expired");
    let answer = socket.authenticate(&ana, None).await;
    assert_eq!(answer["type"], "authenticated", "{answer}");
    tell(&hub.app, organization(&ana), None, 1).await;
    assert_eq!(n(&socket.next_event().await), 1);
}

#[tokio::test]
async fn an_ended_token_closes_the_socket_in_the_end() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let mut socket = Socket::connect(&hub).await;
    socket.say("authenticate", json!({"token": token_that_ends_in(&hub, &ana, 1)})).await;
    assert_eq!(socket.next_of("error").await["data"]["code"], "token_expired");
    assert_eq!(socket.closed().await, Some(4401));
}

#[tokio::test]
async fn a_socket_stays_with_its_member() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let rui = hub.found("Talho", "rui").await;
    let mut socket = Socket::of(&hub, &ana).await;
    socket.say("authenticate", json!({"token": rui.client.token})).await;
    assert_eq!(socket.next_of("error").await["data"]["code"], "forbidden");
    tell(&hub.app, organization(&rui), None, 1).await;
    tell(&hub.app, organization(&ana), None, 2).await;
    assert_eq!(n(&socket.next_event().await), 2);
}

#[tokio::test]
async fn a_session_that_ends_takes_its_sockets_along() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let mut socket = Socket::of(&hub, &ana).await;
    let again = Session::from(
        hub.client(),
        hub.try_log_in("ana@example.org", crate::harness::hub::PASSWORD).await.expect(200),
    );
    let mut other = Socket::of(&hub, &again).await;
    sqlx::query("update sessions set ended_at = now() where id = $1")
        .bind(hub.app.tokens.read(ana.client.token.as_deref().unwrap()).unwrap().session_id)
        .execute(&mut hub.sql().await)
        .await
        .unwrap();
    assert_eq!(socket.next_of("error").await["data"]["code"], "session_ended");
    assert_eq!(socket.closed().await, Some(4401));
    other.position().await;
    let mut late = Socket::connect(&hub).await;
    assert_eq!(late.authenticate(&ana, None).await["data"]["code"], "session_ended");
}

#[tokio::test]
async fn garbage_is_answered_and_survived() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let mut socket = Socket::of(&hub, &ana).await;
    for (text, code) in [
        ("", "invalid_frame"),
        ("[1,2", "invalid_frame"),
        ("null", "invalid_frame"),
        (r#"{"type":"shout","data":{}}"#, "unknown_type"),
        (r#"{"type":"join_conversation","data":{"conversation_id":"none"}}"#, "invalid_data"),
        (
            r#"{"type":"mark_as_read","data":{"conversation_id":"0190a7c2-0000-7000-8000-000000000000","seq":-9223372036854775808}}"#,
            "not_found",
        ),
        (
            r#"{"type":"join_conversation","data":{"conversation_id":"0190a7c2-0000-7000-8000-000000000000"}}"#,
            "not_found",
        ),
    ] {
        socket.text(text).await;
        assert_eq!(socket.next_of("error").await["data"]["code"], code, "{text}");
    }
    socket.stream.send(Message::binary(vec![0, 159, 146, 150])).await.unwrap();
    assert_eq!(socket.next_of("error").await["data"]["code"], "invalid_frame");
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    socket.text(&format!(r#"{{"type":"ping","data":{deep}}}"#)).await;
    assert_eq!(socket.next_of("error").await["data"]["code"], "invalid_frame");
    socket.position().await;
}

#[tokio::test]
async fn a_frame_too_large_closes_the_socket() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let mut socket = Socket::of(&hub, &ana).await;
    socket.text(&format!(r#"{{"type":"ping","data":"{}"}}"#, "x".repeat(20_000))).await;
    assert_eq!(socket.closed().await, Some(1009));
}

#[tokio::test]
async fn a_flood_is_slowed_and_then_ended() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let mut socket = Socket::of(&hub, &ana).await;
    for _ in 0..150 {
        socket.say("pong", json!({})).await;
    }
    assert_eq!(socket.next_of("error").await["data"]["code"], "too_many_frames");
    for _ in 0..400 {
        if socket.stream.send(Message::text(r#"{"type":"pong"}"#)).await.is_err() {
            break;
        }
    }
    assert_eq!(socket.closed().await, Some(1008));
}

#[tokio::test]
async fn foreign_pages_and_plain_requests_are_turned_away() {
    let hub = Hub::start().await;
    assert_eq!(Socket::refused(&hub, "https://evil.example").await, 403);
    assert_eq!(Socket::refused(&hub, &hub.url).await, 101);
    hub.client().get("/ws").await.expect_problem(400, "not_a_socket");
}

#[tokio::test]
async fn reading_is_told_to_all_and_counted_exactly() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let rui = hub.invite(&ana, "rui", "agent").await;
    let subject = conversation(&hub, organization(&ana), Some(user(&ana)), None).await;
    let id = subject.conversation_id;
    for seq in 1..=3 {
        sqlx::query(
            "insert into messages (organization_id, id, conversation_id, seq, integration_id, direction, kind, sender_kind, sent_at)
             select organization_id, gen_random_uuid(), id, $2, integration_id, 'inbound', 'text', 'contact', now()
             from conversations where id = $1",
        )
        .bind(id)
        .bind(i64::from(seq))
        .execute(&mut hub.sql().await)
        .await
        .unwrap();
    }
    sqlx::query("update conversations set last_seq = 3, unread_count = 3 where id = $1")
        .bind(id)
        .execute(&mut hub.sql().await)
        .await
        .unwrap();
    let mut socket = Socket::of(&hub, &ana).await;
    socket.say("mark_as_read", json!({"conversation_id": id, "seq": 2})).await;
    let frame = socket.next_of("conversation_updated").await;
    assert_eq!(frame["data"]["conversation"]["unread_count"], 1);
    assert_eq!(frame["data"]["conversation"]["read_seq"], 2);
    // Somebody else's conversation is none to an agent.
    let mut other = Socket::of(&hub, &rui).await;
    other.say("mark_as_read", json!({"conversation_id": id, "seq": 3})).await;
    assert_eq!(other.next_of("error").await["data"]["code"], "not_found");
}
