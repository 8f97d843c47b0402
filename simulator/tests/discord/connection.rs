//! The gateway: nothing is lost and nothing comes twice, however a connection ends.

use std::time::Duration;

use channels::{
    ListenError,
    event::{Reacts, What},
};
use serde_json::json;
use simulator::{Act, Player};

use crate::place::{Place, ada, until};

#[tokio::test]
async fn a_conversation_is_heard() {
    let place = Place::start().await;
    let _connection = place.connected().await;
    let player = place.player();
    let act = async |act| player.act(&place.app, &ada(), act).await.unwrap();
    let first = act(Act::Text { text: "hello".into(), reply_to: None }).await;
    act(Act::Text { text: "again".into(), reply_to: Some(first.clone()) }).await;
    place.heard(&["hello", "again"]).await;
    let again = place.hub.messages().pop().unwrap();
    assert_eq!(again.reply_to.unwrap().text.as_deref(), Some("hello"));
    assert_eq!(again.contact.name.as_deref(), Some("Ada"));
    act(Act::Edit { message: first.clone(), text: "hello!".into() }).await;
    act(Act::React { message: first.clone(), emoji: "👍".into() }).await;
    act(Act::React { message: first.clone(), emoji: String::new() }).await;
    act(Act::Delete { message: first.clone() }).await;
    until("an edit, two reactions, a deletion", || place.hub.heard.lock().unwrap().len() == 6).await;
    let heard = place.hub.heard.lock().unwrap();
    assert!(matches!(&heard[2], What::Edit(edit) if edit.text == "hello!"));
    assert!(matches!(&heard[3], What::Reaction(one) if one.emoji == ["👍"] && one.reacts == Reacts::Added));
    assert!(matches!(&heard[4], What::Reaction(one) if one.emoji == ["👍"] && one.reacts == Reacts::Removed));
    assert!(matches!(&heard[5], What::Delete(gone) if gone.external_ids == [first.clone()]));
}

#[tokio::test]
async fn a_dead_connections_successor_goes_on_where_it_was() {
    let place = Place::start().await;
    let first = place.connected().await;
    let player = place.player();
    let channel = player.direct(&place.app, &ada()).unwrap();
    let say = |text: &str| player.say(&place.app, &channel, &ada(), text).unwrap();
    say("one");
    place.heard(&["one"]).await;
    // Killed in the middle of storing: what was not stored is not remembered.
    *place.hub.slow.lock().unwrap() = Duration::from_secs(60);
    say("two");
    tokio::time::sleep(Duration::from_millis(300)).await;
    first.kill().await;
    *place.hub.slow.lock().unwrap() = Duration::ZERO;
    say("three");
    let _second = place.listen();
    place.heard(&["one", "two", "three"]).await;
    assert_eq!(place.hub.messages().len(), 3, "nothing came twice");
    assert_eq!(player.greetings(&place.app), ["identify", "resume"]);
}

#[tokio::test]
async fn a_lost_session_is_made_good_from_history() {
    let place = Place::start().await;
    let first = place.connected().await;
    let player = place.player();
    let channel = player.direct(&place.app, &ada()).unwrap();
    let server = player.open_channel(&place.app, "1100000000000000001", "support");
    let say = |channel: &str, text: &str| player.say(&place.app, channel, &ada(), text).unwrap();
    say(&channel, "one");
    say(&server, "two");
    place.heard(&["one", "two"]).await;
    until("the channel's name", || {
        place.hub.heard.lock().unwrap().iter().any(
            |what| matches!(what, What::Contact(change) if change.party.name.as_deref() == Some("#support")),
        )
    })
    .await;
    first.kill().await;
    player.lose_session(&place.app);
    for at in 0..120 {
        say(&server, &format!("missed {at}"));
    }
    say(&channel, "missed, too");
    let _second = place.listen();
    until("all of it", || place.hub.texts().len() == 123).await;
    let texts = place.hub.texts();
    assert!(texts.contains(&"missed, too".to_owned()));
    let missed: Vec<_> = texts.iter().filter(|text| text.starts_with("missed ")).cloned().collect();
    let expected: Vec<_> = (0..120).map(|at| format!("missed {at}")).collect();
    assert_eq!(missed, expected, "in the order in which they were written");
    let last = place.hub.messages().into_iter().find(|message| message.text == "missed 7").unwrap();
    assert!(last.contact.group, "history does not say so, but it is a server's channel");
    until("nothing is left to make good", || {
        place.hub.state.lock().unwrap().as_ref().unwrap().get("behind").is_none()
    })
    .await;
    assert_eq!(player.greetings(&place.app), ["identify", "resume", "identify"]);
    say(&channel, "and on");
    until("what comes now", || place.hub.texts().last().unwrap() == "and on").await;
}

#[tokio::test]
async fn discord_asks_for_a_new_connection() {
    let place = Place::start().await;
    let _connection = place.connected().await;
    let player = place.player();
    let channel = player.direct(&place.app, &ada()).unwrap();
    player.ask_to_reconnect(&place.app);
    until("a second connection", || player.greetings(&place.app).len() == 2).await;
    player.say(&place.app, &channel, &ada(), "hello").unwrap();
    place.heard(&["hello"]).await;
    player.lose_session(&place.app);
    until("a third connection", || player.greetings(&place.app).len() == 3).await;
    assert_eq!(player.greetings(&place.app), ["identify", "resume", "identify"]);
}

#[tokio::test]
async fn a_silent_connection_is_left() {
    let place = Place::start().await;
    place.player().set_heartbeat(Duration::from_millis(200), true);
    let connection = place.connected().await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(place.player().is_connected(&place.app), "answered heartbeats keep it");
    place.player().set_heartbeat(Duration::from_millis(200), false);
    assert!(matches!(connection.end().await, ListenError::Lost(why) if why.contains("heartbeat")));
    assert!(place.hub.remembers_a_session(), "it can be resumed");
}

#[tokio::test]
async fn what_each_goodbye_means() {
    let place = Place::start().await;
    let player = place.player();
    for (code, keeps) in [(4000, true), (4009, false), (4007, false), (4008, true)] {
        let connection = place.connected().await;
        player.close_connection(&place.app, code);
        assert!(matches!(connection.end().await, ListenError::Lost(_)), "{code}");
        assert_eq!(place.hub.remembers_a_session(), keeps, "{code}");
    }
    for (code, ours) in [
        (4004, "token_rejected"),
        (4014, "intent_missing"),
        (4011, "too_many_servers"),
        (4013, "gateway_refused"),
    ] {
        let connection = place.connected().await;
        player.close_connection(&place.app, code);
        let ListenError::AccountBroken(why) = connection.end().await else { panic!("{code}") };
        assert_eq!(why.code, ours);
    }
}

#[tokio::test]
async fn an_admin_hears_what_is_missing() {
    let place = Place::start().await;
    place.player().set_content_intent(&place.app, false);
    let ListenError::AccountBroken(why) = place.listen().end().await else { panic!("it was taken") };
    assert_eq!(why.code, "intent_missing");
    assert!(why.detail.contains("Privileged Gateway Intents"));

    place.player().set_content_intent(&place.app, true);
    let _connection = place.connected().await;
    assert!(place.hub.check("message_content").unwrap().ok);
    place.player().set_content_intent(&place.app, false);
    let server = place.player().open_channel(&place.app, "1100000000000000001", "support");
    place.player().say(&place.app, &server, &ada(), "you cannot read this").unwrap();
    until("the failed check", || place.hub.check("message_content").is_some_and(|check| !check.ok)).await;
    assert_eq!(place.hub.messages()[0].fault.as_ref().unwrap().code, "content_withheld");
}

#[tokio::test]
async fn the_bot_is_removed_from_a_server() {
    let place = Place::start().await;
    let _connection = place.connected().await;
    place.player().dispatch(&place.app, "GUILD_DELETE", json!({"id": "1100000000000000001"}));
    until("a notice", || {
        place
            .hub
            .heard
            .lock()
            .unwrap()
            .iter()
            .any(|what| matches!(what, What::Notice(one) if one.topic == "guild_delete"))
    })
    .await;
}

#[tokio::test]
async fn a_revoked_token_ends_it() {
    let place = Place::start().await;
    let connection = place.connected().await;
    place.player().revoke(&place.app);
    let ListenError::AccountBroken(why) = connection.end().await else { panic!("it goes on") };
    assert_eq!(why.code, "token_rejected");
}
