//! Channels for colleagues: which there are, who writes there, what of ours is there already, and words for one alone.

use channels::{OutboundMessage, PartyId, message::Content};
use chrono::Utc;
use uuid::Uuid;

use crate::house::{House, greta, slack};

const ROOM: &str = "C0TEAM";

#[tokio::test]
async fn a_post_is_found_by_its_id_and_nothing_else() {
    let house = House::start().await;
    let mirror = slack().mirror().unwrap();
    let player = &house.simulator.slack;
    player.open_channel(&house.key, ROOM, "team");
    let places = mirror.places(&house.account, &house.net).await.unwrap();
    assert_eq!(
        places.iter().map(|one| (one.id.as_str(), one.name.as_str())).collect::<Vec<_>>(),
        [(ROOM, "#team")]
    );

    let since = Utc::now();
    let post = |thread: &str, id: Uuid| {
        OutboundMessage::new(id, thread.to_owned(), Vec::new(), Content::Text { text: "hello".to_owned() })
    };
    let root = post(ROOM, Uuid::now_v7());
    assert_eq!(mirror.find_sent(&house.account, &root, since, &house.net).await.unwrap(), None);
    let sent = slack().send(&house.account, &root, &house.net).await.unwrap();
    let thread = sent.moved_to.clone().unwrap();
    assert_eq!(mirror.find_sent(&house.account, &root, since, &house.net).await.unwrap(), Some(sent));

    let reply = post(&thread, Uuid::now_v7());
    assert_eq!(mirror.find_sent(&house.account, &reply, since, &house.net).await.unwrap(), None);
    let sent = slack().send(&house.account, &reply, &house.net).await.unwrap();
    assert_eq!(sent.moved_to, None);
    assert_eq!(mirror.find_sent(&house.account, &reply, since, &house.net).await.unwrap(), Some(sent));

    player.say_in(&house.key, &greta(), ROOM, "hi", Some(&thread)).await.unwrap();
    let to = PartyId::plain("user_id", "U0GRETA");
    mirror.whisper(&house.account, &thread, &to, "only for you", &house.net).await.unwrap();
    assert_eq!(player.whispers(&house.key, ROOM)[0].0, "U0GRETA");
    assert_eq!(player.posted(&house.key, ROOM).len(), 3, "a whisper is no message");
}

#[tokio::test]
async fn colleagues_are_known_by_a_confirmed_address() {
    let house = House::start().await;
    let mirror = slack().mirror().unwrap();
    let player = &house.simulator.slack;
    player.open_channel(&house.key, ROOM, "team");
    player.say_in(&house.key, &greta(), ROOM, "hi", None).await.unwrap();
    let id = PartyId::plain("user_id", "U0GRETA");
    let ask = async || mirror.colleague(&house.account, &id, &house.net).await.unwrap();
    let known = ask().await;
    assert_eq!((known.name.as_str(), known.email), ("Greta Lindqvist", None));
    player.set_email(&house.key, "U0GRETA", "greta@acme.example", true);
    assert_eq!(ask().await.email.as_deref(), Some("greta@acme.example"));
    player.set_email(&house.key, "U0GRETA", "ceo@acme.example", false);
    assert_eq!(ask().await.email, None);
    player.set_email(&house.key, "U0GRETA", "greta@acme.example", true);
    player.grant(&house.key, "chat:write,users:read");
    assert_eq!(ask().await.email, None, "without the permission Slack tells no addresses");
}
