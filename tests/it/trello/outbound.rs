//! What happens to deals, on the board.

use serde_json::json;
use simulator::Fault;

use super::{Desk, id, until};

#[tokio::test]
async fn a_deal_s_life_is_its_card_s_and_nothing_comes_back() {
    let desk = Desk::open().await;
    let _work = desk.work().await;
    let deal = desk.make_deal("Cake").await;
    let path = format!("/deals/{}", id(&deal));
    let card = desk.card("Cake").await;
    assert_eq!(card["idList"], desk.leads());
    assert!(card["desc"].as_str().unwrap().ends_with(&path), "people find the deal from its card");

    let change = json!({"title": "Big cake", "stage_id": desk.stage("Won"), "expected_close": "2026-05-04"});
    desk.owner.patch(&path, &change).await.expect(200);
    let now = desk.card("Big cake").await;
    assert_eq!((now["id"].clone(), now["idList"].clone()), (card["id"].clone(), json!(desk.done())));
    assert!(now["due"].as_str().unwrap().starts_with("2026-05-04T"));
    desk.owner.patch(&path, &json!({"stage_id": desk.stage("Lost")})).await.expect(200);
    desk.owner.delete(&path).await.expect(204);
    until("archived", async || desk.cards()[0]["closed"] == true).await;
    assert_eq!(desk.cards()[0]["idList"], desk.done(), "a stage without a list moves no card");
    let restored = desk.owner.post(&format!("{path}/restore"), &json!({})).await.expect(200).body;
    until("back", async || desk.cards()[0]["closed"] == false).await;
    desk.settled().await;

    let (heard, cards) = (desk.simulator.trello.messenger().heard(), desk.cards());
    assert!(heard.len() >= 5 && heard.iter().all(|one| one.client.is_some() && one.status == 200));
    assert_eq!(cards.len(), 1);
    let after = desk.owner.get(&path).await.expect(200).body;
    assert_eq!(after["version"], restored["version"], "no echo touched the deal");
    // Without the header, as they are found when it is asked what was missed.
    let calls = desk.calls("cards.update");
    sqlx::query("delete from trello_actions").execute(&mut desk.hub.sql().await).await.unwrap();
    desk.sync().await;
    desk.settled().await;
    assert_eq!(desk.owner.get(&path).await.expect(200).body["version"], restored["version"]);
    assert_eq!((desk.calls("cards.update"), desk.titles().await.len()), (calls, 1));
}

#[tokio::test]
async fn what_no_card_has_makes_no_call() {
    let desk = Desk::open().await;
    let _work = desk.work().await;
    let deal = desk.make_deal("Cake").await;
    desk.card("Cake").await;
    desk.settled().await;
    let calls = desk.simulator.trello.calls().len();
    let value = json!({"value": {"minor": 100, "currency": "BRL"}, "tags": ["x"]});
    desk.owner.patch(&format!("/deals/{}", id(&deal)), &value).await.expect(200);
    let other = json!({"title": "Not on the board", "stage_id": desk.stage("Qualified")});
    desk.owner.post("/deals", &other).await.expect(201);
    desk.settled().await;
    assert_eq!(desk.simulator.trello.calls().len(), calls);
    assert_eq!(desk.cards().len(), 1);
}

/// The card is made, and nobody hears of it.
#[tokio::test]
async fn a_crash_between_the_call_and_its_record_neither_loses_nor_doubles_a_card() {
    let desk = Desk::open().await;
    drop(desk.work().await);
    for fault in [Fault::CutAfter, Fault::CutBefore, Fault::Status(503)] {
        desk.simulator.trello.faults().next("cards.create", fault);
    }
    let _work = desk.hub.work();
    for title in ["One", "Two", "Three"] {
        desk.make_deal(title).await;
    }
    for title in ["One", "Two", "Three"] {
        desk.card(title).await;
    }
    desk.settled().await;
    assert_eq!(desk.cards().len(), 3);
    assert_eq!(desk.titles().await.len(), 3);
    assert_eq!(desk.shown().await["cards"], 3);
}

/// As a worker leaves it that dies before it wrote down which card it made; meanwhile the deal has another title.
#[tokio::test]
async fn a_card_that_was_made_and_not_written_down_is_found_again() {
    let desk = Desk::open().await;
    let work = desk.work().await;
    let deal = desk.make_deal("Cake").await;
    let card = desk.card("Cake").await;
    desk.settled().await;
    work.end().await;
    sqlx::query("update trello_cards set card_id = null, agreed = null, deal_version = null")
        .execute(&mut desk.hub.sql().await)
        .await
        .unwrap();
    desk.owner.patch(&format!("/deals/{}", id(&deal)), &json!({"title": "Pie"})).await.expect(200);
    let _work = desk.hub.work();
    assert_eq!(desk.card("Pie").await["id"], card["id"]);
    desk.settled().await;
    assert_eq!((desk.cards().len(), desk.calls("cards.create"), desk.titles().await.len()), (1, 1, 1));
}

#[tokio::test]
async fn too_many_calls_are_made_later() {
    let desk = Desk::open().await;
    let _work = desk.work().await;
    desk.simulator.trello.faults().next("cards.create", Fault::Refuse { code: 429, retry_after: Some(1) });
    desk.make_deal("Cake").await;
    desk.card("Cake").await;
    desk.settled().await;
    assert_eq!((desk.cards().len(), desk.calls("cards.create")), (1, 2));
}
