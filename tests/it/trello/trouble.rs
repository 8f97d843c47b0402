//! Forgeries, foreign tenants, revoked tokens, lost callbacks, and the end.

use reqwest::StatusCode;
use serde_json::{Value, json};
use webhooks::sign;

use super::{Desk, id, until};

async fn post(desk: &Desk, path: &str, body: &str, signature: Option<String>) -> StatusCode {
    let request = desk.hub.client().http().post(format!("{}{path}", desk.hub.url)).body(body.to_owned());
    let request = match signature {
        Some(signature) => request.header("X-Trello-Webhook", signature),
        None => request,
    };
    request.send().await.unwrap().status()
}

#[tokio::test]
async fn only_trello_is_believed() {
    let desk = Desk::open().await;
    let work = desk.work().await;
    let path = format!("/webhooks/trello/{}", id(&desk.connection));
    let head = desk.hub.client().http().head(format!("{}{path}", desk.hub.url)).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
    work.end().await;

    let card = json!({"id": "66f0000000000000000000c1"});
    let action = json!({"id": "66f000000000000000000001", "type": "createCard", "date": "2026-01-30T13:05:00.000Z", "data": {"card": card}});
    let body = json!({"model": {}, "action": action}).to_string();
    let public = desk.hub.app.config.server.public_url.as_str().trim_end_matches('/').to_owned();
    let sign = |secret: &str, url: &str| {
        sign::hmac_sha1_base64(secret.as_bytes(), format!("{body}{url}").as_bytes())
    };
    let (secret, key) = (&desk.board.fields["api_secret"], &desk.board.fields["api_key"]);
    let right = sign(secret, &format!("{public}{path}"));
    for forged in
        [None, Some(String::new()), Some(sign(key, &format!("{public}{path}"))), Some(sign(secret, &path))]
    {
        assert_eq!(post(&desk, &path, &body, forged).await, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(post(&desk, &path, &format!("{body} "), Some(right.clone())).await, StatusCode::UNAUTHORIZED);
    assert!(desk.is_at_rest().await, "a forgery orders nothing");
    assert_eq!(post(&desk, &path, &body, Some(right.clone())).await, StatusCode::OK);
    assert_eq!(post(&desk, &path, &body, Some(right)).await, StatusCode::OK);
    let orders: i64 = sqlx::query_scalar("select count(*) from jobs where kind = 'trello'")
        .fetch_one(&mut desk.hub.sql().await)
        .await
        .unwrap();
    assert_eq!(orders, 1, "a repetition orders nothing");
    for nobody in ["/webhooks/trello/x", "/webhooks/trello/0190a000-0000-7000-8000-000000000000"] {
        assert_eq!(post(&desk, nobody, &body, None).await, StatusCode::NOT_FOUND);
    }
}

/// A published vector: the address is signed behind the body, keyed by the API secret.
#[test]
fn signatures_are_trello_s() {
    let body = r#"{"action":{"id":"66f000000000000000000001","type":"updateCard"},"model":{"id":"66f0000000000000000000aa"}}"#;
    let message = format!("{body}https://hub.example.com/hooks/trello/7?org=acme");
    assert_eq!(
        sign::hmac_sha1_base64(b"trello_app_secret", message.as_bytes()),
        "9DicS29B0EcQXXSKQJj1Yi2MRjQ="
    );
}

#[tokio::test]
async fn a_revoked_token_breaks_the_connection_and_a_new_one_mends_it() {
    let desk = Desk::open().await;
    let _work = desk.work().await;
    let trello = &desk.simulator.trello;
    trello.revoke(&desk.board.fields["token"]);
    desk.make_deal("Cake").await;
    until("broken", async || desk.shown().await["status"] == "broken").await;
    assert!(desk.shown().await["problem"].as_str().unwrap().contains("invalid token"));
    trello.add_card(desk.leads(), "Pie", "").await;
    desk.settled().await;
    assert_eq!(desk.titles().await, ["Cake"]);

    let key = &desk.board.fields["api_key"];
    let fresh = trello.renew(key, &desk.board.board).unwrap();
    let wrong = json!({"account": {"token": "nonsense"}});
    let path = format!("/trello/{}", id(&desk.connection));
    desk.owner.patch(&path, &wrong).await.expect(422);
    let mended = desk.patch(json!({"account": {"token": fresh}})).await;
    assert_eq!((mended["status"].clone(), mended["problem"].clone()), (json!("connected"), Value::Null));
    desk.card("Cake").await;
    desk.deal("Pie").await;
    desk.settled().await;
    assert_eq!((desk.cards().len(), desk.titles().await.len()), (2, 2));
    assert_eq!(trello.webhooks().len(), 1);
}

#[tokio::test]
async fn what_happened_while_nobody_listened_is_caught_up_with() {
    let desk = Desk::open().await;
    let _work = desk.work().await;
    let trello = &desk.simulator.trello;
    let card = trello.add_card(desk.leads(), "Cake", "").await.unwrap();
    let deal = desk.deal("Cake").await;
    desk.settled().await;
    trello.messenger().lose(true);
    desk.patch(json!({"status": "paused"})).await;
    trello.add_card(desk.leads(), "Pie", "").await.unwrap();
    trello.comment(&card, "are you there?").await;
    trello.change_card(&card, &json!({"idList": desk.done()})).await;
    desk.owner.patch(&format!("/deals/{}", id(&deal)), &json!({"title": "Big cake"})).await.expect(200);
    let tart = desk.make_deal("Tart").await;
    desk.settled().await;
    assert_eq!(desk.cards().len(), 2);

    desk.patch(json!({"status": "connected"})).await;
    desk.deal("Pie").await;
    desk.card("Tart").await;
    desk.card("Big cake").await;
    desk.settled().await;
    let now = desk.deal("Big cake").await;
    assert_eq!(now["stage_id"], desk.stage("Won").as_str());
    assert_eq!(desk.notes(&deal).await, ["Ana (Trello): are you there?"]);
    assert_eq!((desk.cards().len(), desk.titles().await.len()), (3, 3));
    assert_eq!(desk.deal("Tart").await["id"], tart["id"]);

    trello.disable_webhooks();
    sqlx::query("update trello_connections set webhook_checked_at = now() - interval '25 hours'")
        .execute(&mut desk.hub.sql().await)
        .await
        .unwrap();
    desk.sync().await;
    until("active again", async || desk.simulator.trello.webhooks()[0]["active"] == true).await;
}

#[tokio::test]
async fn a_closed_board_says_so() {
    let desk = Desk::open().await;
    let _work = desk.work().await;
    desk.simulator.trello.close_board(&desk.board.board).await;
    until("broken", async || desk.shown().await["status"] == "broken").await;
    assert!(desk.shown().await["problem"].as_str().unwrap().contains("closed"));
}

#[tokio::test]
async fn another_organization_reaches_nothing() {
    let desk = Desk::open().await;
    let _work = desk.work().await;
    let stranger = desk.hub.found("Other", "eve").await;
    let path = format!("/trello/{}", id(&desk.connection));
    stranger.get(&path).await.expect(404);
    stranger.patch(&path, &json!({"status": "paused"})).await.expect(404);
    stranger.post(&format!("{path}/sync"), &json!({})).await.expect(404);
    stranger.delete(&path).await.expect(404);
    assert_eq!(stranger.get("/trello").await.expect(200).body["data"], json!([]));
    stranger.post("/trello", &desk.wish(false)).await.expect(422);
    let agent = desk.hub.invite(&desk.owner, "bia", "agent").await;
    agent.get("/trello").await.expect(403);
    agent.post("/trello/boards", &json!({"account": desk.board.fields})).await.expect(403);
}

#[tokio::test]
async fn boards_are_chosen_from_what_the_token_sees_and_secrets_stay() {
    let desk = Desk::open().await;
    let boards =
        desk.owner.post("/trello/boards", &json!({"account": desk.board.fields})).await.expect(200).body;
    assert_eq!(boards["data"][0]["id"], desk.board.board.as_str());
    assert_eq!(boards["data"][0]["lists"][2]["name"], "Ideas");
    let shown = desk.shown().await.to_string();
    for secret in ["token", "api_secret"] {
        assert!(!shown.contains(&desk.board.fields[secret]), "{secret}");
    }
    desk.owner.post("/trello", &desk.wish(false)).await.expect_problem(409, "board_connected");
    let mut wrong = desk.board.fields.clone();
    wrong.insert("token".to_owned(), "nonsense".to_owned());
    desk.owner.post("/trello/boards", &json!({"account": wrong})).await.expect(422);
}

#[tokio::test]
async fn disconnecting_takes_the_webhook_away_and_leaves_the_rest() {
    let desk = Desk::open().await;
    let _work = desk.work().await;
    desk.simulator.trello.add_card(desk.leads(), "Cake", "").await.unwrap();
    desk.deal("Cake").await;
    desk.settled().await;
    desk.owner.delete(&format!("/trello/{}", id(&desk.connection))).await.expect(204);
    until("gone", async || desk.simulator.trello.webhooks().is_empty() && desk.is_at_rest().await).await;
    assert_eq!((desk.cards().len(), desk.titles().await.len()), (1, 1));
    let sealed: Vec<u8> = sqlx::query_scalar("select sealed from trello_connections")
        .fetch_one(&mut desk.hub.sql().await)
        .await
        .unwrap();
    assert!(sealed.is_empty(), "the secrets are forgotten");
    desk.owner.post("/trello", &desk.wish(false)).await.expect(201);
}
