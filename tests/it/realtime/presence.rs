//! Who is here, who looks, who writes.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{conversation, organization, socket::Socket};
use crate::harness::hub::Hub;

async fn viewers(socket: &mut Socket, expected: &[&str]) {
    loop {
        let frame = socket.next_of("presence").await;
        let Some(viewers) = frame["data"]["viewers"].as_array() else { continue };
        let mut names: Vec<_> = viewers.iter().map(|one| one["name"].as_str().unwrap()).collect();
        names.sort_unstable();
        if names == expected {
            return;
        }
    }
}

async fn online(socket: &mut Socket, user: &str, online: bool) {
    loop {
        let frame = socket.next_of("presence").await;
        if frame["data"]["user_id"] == user && frame["data"]["online"] == online {
            return;
        }
    }
}

#[tokio::test]
async fn viewers_of_a_conversation_see_each_other() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let rui = hub.invite(&ana, "rui", "agent").await;
    let subject = conversation(&hub, organization(&ana), None, None).await;
    let join = json!({"conversation_id": subject.conversation_id});
    let (mut first, mut second) = (Socket::of(&hub, &ana).await, Socket::of(&hub, &rui).await);
    first.say("join_conversation", join.clone()).await;
    viewers(&mut first, &["ana"]).await;
    second.say("join_conversation", join.clone()).await;
    viewers(&mut second, &["ana", "rui"]).await;
    viewers(&mut first, &["ana", "rui"]).await;
    second.say("leave_conversation", join.clone()).await;
    viewers(&mut first, &["ana"]).await;
    second.say("join_conversation", join).await;
    viewers(&mut first, &["ana", "rui"]).await;
    drop(second);
    viewers(&mut first, &["ana"]).await;
}

#[tokio::test]
async fn members_come_online_and_go() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let rui = hub.invite(&ana, "rui", "agent").await;
    let mut first = Socket::of(&hub, &ana).await;
    let second = Socket::of(&hub, &rui).await;
    online(&mut first, &rui.user_id, true).await;
    let mut third = Socket::connect(&hub).await;
    let answer = third.authenticate(&ana, None).await;
    let here = answer["data"]["online"].as_array().unwrap();
    assert!(here.contains(&json!(rui.user_id)), "{answer}");
    drop(second);
    online(&mut first, &rui.user_id, false).await;
}

#[tokio::test]
async fn typing_is_heard_by_the_others_in_the_room_and_ends_by_itself() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let rui = hub.invite(&ana, "rui", "agent").await;
    let leo = hub.invite(&ana, "leo", "viewer").await;
    let subject = conversation(&hub, organization(&ana), None, None).await;
    let here = json!({"conversation_id": subject.conversation_id});
    let mut sockets = Vec::new();
    for session in [&ana, &rui, &leo] {
        let mut socket = Socket::of(&hub, session).await;
        socket.say("join_conversation", here.clone()).await;
        socket.next_viewers().await;
        sockets.push(socket);
    }
    let [writer, reader, viewer] = sockets.as_mut_slice() else { unreachable!() };
    viewer.say("typing_start", here.clone()).await;
    assert_eq!(viewer.next_of("error").await["data"]["code"], "forbidden");

    writer.say("typing_start", here.clone()).await;
    writer.say("typing_start", here.clone()).await;
    let frame = reader.next_of("user_typing").await;
    let expected: Value = json!({
        "conversation_id": subject.conversation_id, "user_id": ana.user_id, "name": "ana", "typing": true,
    });
    assert_eq!(frame["data"], expected);
    writer.say("typing_stop", here.clone()).await;
    assert_eq!(reader.next_of("user_typing").await["data"]["typing"], false);

    writer.say("typing_start", here.clone()).await;
    assert_eq!(reader.next_of("user_typing").await["data"]["typing"], true);
    let begun = Instant::now();
    assert_eq!(reader.next_of("user_typing").await["data"]["typing"], false);
    let lasted = begun.elapsed();
    assert!((Duration::from_secs(6)..Duration::from_secs(12)).contains(&lasted), "{lasted:?}");

    // A page that is closed has stopped writing.
    writer.say("typing_start", here.clone()).await;
    assert_eq!(reader.next_of("user_typing").await["data"]["typing"], true);
    let begun = Instant::now();
    sockets.remove(0);
    assert_eq!(sockets[0].next_of("user_typing").await["data"]["typing"], false);
    assert!(begun.elapsed() < Duration::from_secs(4));
}

#[tokio::test]
async fn the_customer_is_told_of_writing_now_and_then() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let subject = conversation(&hub, organization(&ana), None, None).await;
    let here = json!({"conversation_id": subject.conversation_id});
    let mut socket = Socket::of(&hub, &ana).await;
    socket.say("join_conversation", here.clone()).await;
    for _ in 0..3 {
        socket.say("typing_start", here.clone()).await;
    }
    socket.position().await;
    let jobs: Vec<Value> =
        sqlx::query_scalar("select payload from jobs").fetch_all(&mut hub.sql().await).await.unwrap();
    assert_eq!(jobs.len(), 1, "{jobs:?}");
    assert!(jobs[0].to_string().contains(&subject.conversation_id.to_string()));
}

#[tokio::test]
async fn who_says_that_they_are_away_is_away_for_everybody_of_this_organization() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let rui = hub.invite(&ana, "rui", "viewer").await;
    assert_eq!(rui.get("/users/me").await.expect(200).body["availability"], "available");
    let elsewhere = rui.post("/organizations", &json!({"name": "Livraria"})).await.expect(201);
    let mut heard = Socket::of(&hub, &ana).await;

    let me = rui.patch("/users/me", &json!({"availability": "away"})).await.expect(200).body;
    assert_eq!(me["availability"], "away");
    let news = heard.next_of("settings_updated").await;
    assert_eq!(news["data"], json!({"what": "members", "user_id": rui.user_id}));
    let seen = ana.get(&format!("/users/{}", rui.user_id)).await.expect(200).body;
    assert_eq!(seen["availability"], "away");
    let people = ana.get("/users").await.expect(200).body;
    let by_name: Vec<_> = people["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["name"].as_str().unwrap(), one["availability"].as_str().unwrap()))
        .collect();
    assert_eq!(by_name, [("ana", "available"), ("rui", "away")]);

    // Said twice, told once: the next thing heard is the way back.
    rui.patch("/users/me", &json!({"availability": "away"})).await.expect(200);
    rui.patch("/users/me", &json!({"availability": "asleep"})).await.expect_problem(422, "invalid");
    rui.patch("/users/me", &json!({"availability": "available"})).await.expect(200);
    heard.next_of("settings_updated").await;
    assert_eq!(
        ana.get(&format!("/users/{}", rui.user_id)).await.expect(200).body["availability"],
        "available"
    );

    let body = json!({"organization_id": elsewhere.body["id"]});
    let there = hub.client().refresh(&rui.refresh_cookie, Some(&body)).await.expect(200);
    let there = crate::harness::client::Session::from(hub.client(), there);
    there.patch("/users/me", &json!({"availability": "away"})).await.expect(200);
    assert_eq!(rui.get("/users/me").await.expect(200).body["availability"], "available", "each has its own");
}
