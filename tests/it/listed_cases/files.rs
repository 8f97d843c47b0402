//! Cases of files: what a platform does not give leaves the words, and can be asked for again.

use serde_json::{Value, json};
use simulator::{Act, Fault, Media};

use super::{CUSTOMER, messages, until};
use crate::harness::{client::Session, hub::Hub, inbox::id, platform::Played};

fn picture(caption: &str) -> Act {
    Act::Media(Media {
        kind: "image".into(),
        file_name: "tent.png".into(),
        mime: "image/png".into(),
        bytes: b"\x89PNG\r\n\x1a\n".to_vec().into(),
        caption: Some(caption.into()),
    })
}

/// The newest message's file, once it is in that state.
async fn attachment(owner: &Session, state: &str) -> Value {
    until(&format!("a file is {state}"), async || {
        let newest = messages(owner).await.pop()?;
        (newest["attachments"][0]["state"] == state).then(|| newest["attachments"][0].clone())
    })
    .await
}

/// So that a test need not wait for the pauses between attempts.
async fn last_attempt(hub: &Hub) {
    let mut sql = hub.sql().await;
    until("an attempt has failed", async || {
        let done = sqlx::query(
            "update jobs set attempts = 8, run_at = now() - interval '1 second'
             where kind = 'fetch_media' and last_error is not null",
        );
        (done.execute(&mut sql).await.unwrap().rows_affected() > 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_file_that_whatsapp_cannot_give_leaves_its_words_and_can_be_asked_for_again() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ada").await;
    let played = Played::connect(&hub, &owner, "whatsapp").await;
    let _work = hub.work();
    // Gone for good.
    played.simulator.whatsapp.faults().next("media_url", Fault::Refuse { code: 100, retry_after: None });
    played.act(CUSTOMER, picture("gone for good")).await;
    let failed = attachment(&owner, "failed").await;
    let message = messages(&owner).await.pop().unwrap();
    assert_eq!((&message["text"], &message["kind"]), (&json!("gone for good"), &json!("image")));
    assert!(failed["error"].as_str().is_some_and(|why| !why.is_empty()), "{failed}");
    let retry = format!("/attachments/{}/retry", id(&failed));
    owner.post(&retry, &Value::Null).await.expect(200);
    attachment(&owner, "stored").await;

    // Away: tried again, in the end given up, and asked for again by hand.
    for fault in [Fault::Status(503), Fault::CutBefore] {
        let faults = played.simulator.whatsapp.faults();
        (0..12).for_each(|_| faults.next("media_url", fault.clone()));
        played.act(CUSTOMER, picture("away")).await;
        last_attempt(&hub).await;
        let failed = attachment(&owner, "failed").await;
        faults.clear();
        owner.post(&format!("/attachments/{}/retry", id(&failed)), &Value::Null).await.expect(200);
        attachment(&owner, "stored").await;
    }
}

#[tokio::test]
async fn a_token_that_whatsapp_refuses_for_a_file_breaks_the_account_and_keeps_the_words() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ada").await;
    let played = Played::connect(&hub, &owner, "whatsapp").await;
    let _work = hub.work();
    played.simulator.whatsapp.revoke_token(&played.account);
    played.act(CUSTOMER, picture("my tent")).await;
    attachment(&owner, "failed").await;
    assert_eq!(messages(&owner).await[0]["text"], "my tent");
    let account = owner.get(&format!("/integrations/{}", played.id)).await.expect(200).body;
    assert_eq!((&account["status"], &account["fault"]["next_step"]), (&json!("broken"), &json!("reconnect")));
}

#[tokio::test]
async fn a_file_whose_path_telegram_does_not_tell_leaves_its_words() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ada").await;
    let played = Played::connect(&hub, &owner, "telegram").await;
    let _work = hub.work();
    played.simulator.telegram.faults().next("getFile", Fault::Refuse { code: 400, retry_after: None });
    played.act("5000000001", picture("my tent")).await;
    let failed = attachment(&owner, "failed").await;
    assert_eq!(messages(&owner).await[0]["text"], "my tent");
    owner.post(&format!("/attachments/{}/retry", id(&failed)), &Value::Null).await.expect(200);
    attachment(&owner, "stored").await;
}
