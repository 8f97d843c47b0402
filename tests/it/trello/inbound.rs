//! What happens to cards, in the pipeline.

use serde_json::json;

use super::{Desk, id, until};

#[tokio::test]
async fn a_card_s_life_is_its_deal_s() {
    let desk = Desk::open().await;
    let _work = desk.work().await;
    let trello = &desk.simulator.trello;
    let card = trello.add_card(desk.leads(), "Cake", "Three layers").await.unwrap();
    let deal = desk.deal("Cake").await;
    assert_eq!(deal["stage_id"], desk.stage("New"));
    assert!(deal["owner_id"].is_null() && deal["created_by"].is_null());
    assert_eq!(desk.notes(&deal).await, ["The card at Trello says:\nThree layers"]);

    trello.change_card(&card, &json!({"name": "Big cake"})).await;
    desk.deal("Big cake").await;
    trello.change_card(&card, &json!({"idList": desk.done()})).await;
    trello.change_card(&card, &json!({"due": "2026-05-04T21:30:00.000Z"})).await;
    trello.comment(&card, "They paid").await;
    until("moved, due and noted", async || {
        let now = desk.deal("Big cake").await;
        now["stage_id"] == desk.stage("Won").as_str()
            && now["expected_close"] == "2026-05-04"
            && desk.notes(&deal).await[0] == "Ana (Trello): They paid"
    })
    .await;
    assert_eq!(desk.deal("Big cake").await["status"], "won");

    trello.change_card(&card, &json!({"closed": true})).await;
    until("archived", async || desk.deals().await.is_empty()).await;
    trello.change_card(&card, &json!({"closed": false})).await;
    desk.deal("Big cake").await;
    trello.delete_card(&card).await;
    until("deleted", async || desk.deals().await.is_empty()).await;
    desk.settled().await;
    assert_eq!(desk.calls("cards.update") + desk.calls("cards.create"), 0, "nothing went back");

    let restored =
        desk.owner.post(&format!("/deals/{}/restore", id(&deal)), &json!({})).await.expect(200).body;
    assert_eq!(restored["title"], "Big cake");
    let again = desk.card("Big cake").await;
    assert_ne!(again["id"], card.as_str(), "a card that was deleted is made anew");
}

#[tokio::test]
async fn lists_that_are_no_stage_are_let_alone() {
    let desk = Desk::open().await;
    let _work = desk.work().await;
    let trello = &desk.simulator.trello;
    let idea = trello.add_card(desk.ideas(), "Idea", "").await.unwrap();
    desk.settled().await;
    assert!(desk.deals().await.is_empty());
    trello.change_card(&idea, &json!({"idList": desk.leads()})).await;
    let deal = desk.deal("Idea").await;
    trello.change_card(&idea, &json!({"idList": desk.ideas()})).await;
    desk.settled().await;
    assert_eq!(desk.deal("Idea").await["stage_id"], deal["stage_id"], "the deal stays where it is");
}

#[tokio::test]
async fn repetitions_and_disorder_change_nothing() {
    let desk = Desk::open().await;
    let _work = desk.work().await;
    let trello = &desk.simulator.trello;
    trello.messenger().repeat(true);
    let card = trello.add_card(desk.leads(), "Cake", "").await.unwrap();
    let deal = desk.deal("Cake").await;
    trello.messenger().hold();
    trello.change_card(&card, &json!({"name": "Pie"})).await;
    trello.comment(&card, "first").await;
    trello.change_card(&card, &json!({"idList": desk.done()})).await;
    trello.change_card(&card, &json!({"name": "Tart", "idList": desk.leads()})).await;
    trello.messenger().release_reversed().await;
    desk.settled().await;
    let now = desk.deal("Tart").await;
    assert_eq!((now["id"].clone(), now["stage_id"].clone()), (deal["id"].clone(), json!(desk.stage("New"))));
    assert_eq!(desk.notes(&deal).await, ["Ana (Trello): first"]);
    assert_eq!(desk.titles().await, ["Tart"]);
    desk.sync().await;
    desk.settled().await;
    assert_eq!(desk.deal("Tart").await["version"], now["version"], "catching up finds nothing new");
}

#[tokio::test]
async fn cards_that_were_there_are_taken_over_once_in_their_order() {
    let mut desk = Desk::open_with(true, |_| ()).await;
    let trello = desk.simulator.trello.clone();
    for name in ["One", "Two", "Three"] {
        trello.add_card(desk.leads(), name, "").await.unwrap();
    }
    let gone = trello.add_card(desk.leads(), "Archived", "").await.unwrap();
    trello.change_card(&gone, &json!({"closed": true})).await;
    trello.add_card(desk.ideas(), "Idea", "").await.unwrap();
    desk.connect(true).await;
    let _work = desk.work().await;
    desk.settled().await;
    let path = format!("/deals?stage_id={}&order=board", desk.stage("New"));
    let column = desk.owner.get(&path).await.expect(200).body;
    let titles: Vec<_> =
        column["data"].as_array().unwrap().iter().map(|deal| deal["title"].clone()).collect();
    assert_eq!(titles, [json!("One"), json!("Two"), json!("Three")]);
    desk.sync().await;
    desk.settled().await;
    assert_eq!(desk.titles().await.len(), 3);
    let shown = desk.shown().await;
    assert_eq!((shown["cards"].clone(), shown["taking_over"].clone()), (json!(3), json!(false)));
}

#[tokio::test]
async fn a_card_that_goes_to_another_board_leaves_its_deal() {
    let desk = Desk::open().await;
    let _work = desk.work().await;
    let trello = &desk.simulator.trello;
    let (other, list) = trello.open_second_board("Elsewhere", &desk.board.fields["token"]);
    let card = trello.add_card(desk.leads(), "Cake", "").await.unwrap();
    let deal = desk.deal("Cake").await;
    trello.move_to_board(&card, &other, &list).await;
    until("a word of it", async || !desk.notes(&deal).await.is_empty()).await;
    desk.settled().await;
    assert_eq!(desk.titles().await, ["Cake"]);
    assert!(desk.cards().is_empty(), "and no new card is made");
}
