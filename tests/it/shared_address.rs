//! `/webhooks/{channel}`: one address for all accounts of a platform's app.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::{
    client::Session,
    hub::Hub,
    inbox::{id, ids},
    platform::{APP_SECRET, VERIFY_TOKEN, WhatsApp, signature},
};

async fn post(hub: &Hub, body: &Value, sign: impl FnOnce(&[u8]) -> String) -> StatusCode {
    let body = serde_json::to_vec(body).unwrap();
    let request = hub.client().http().post(format!("{}/webhooks/whatsapp", hub.url));
    let request = request.header("x-hub-signature-256", sign(&body)).body(body);
    request.send().await.unwrap().status()
}

async fn post_signed(hub: &Hub, body: &Value) -> StatusCode {
    post(hub, body, signature).await
}

/// One callback with the entries of all.
fn together(bodies: &[Value]) -> Value {
    let entries: Vec<_> = bodies.iter().flat_map(|body| body["entry"].as_array().unwrap().clone()).collect();
    json!({"object": "whatsapp_business_account", "entry": entries})
}

async fn texts(session: &Session) -> Vec<String> {
    let listed = session.get("/conversations").await.expect(200).body;
    let last = |one: &Value| one["last_message"]["text"].as_str().unwrap().to_owned();
    let mut texts: Vec<_> = listed["data"].as_array().unwrap().iter().map(last).collect();
    texts.sort();
    texts
}

async fn recorded(session: &Session) -> Vec<Value> {
    let mut all = Vec::new();
    for one in ids(&session.get("/callbacks").await.expect(200).body) {
        all.push(session.get(&format!("/callbacks/{one}")).await.expect(200).body);
    }
    all
}

#[tokio::test]
async fn the_named_number_decides_whose_it_is() {
    let hub = Hub::start().await;
    let (ada, bob) = (hub.found("Acme", "ada").await, hub.found("Other", "bob").await);
    let one = WhatsApp::connect(&hub, &ada, "PN_1").await;
    let two = WhatsApp::connect(&hub, &bob, "PN_2").await;
    assert_eq!(post_signed(&hub, &one.texts(&[("491", "wamid.1", "for ada")])).await, 200);
    assert_eq!(post_signed(&hub, &two.texts(&[("491", "wamid.1", "for bob")])).await, 200);
    assert_eq!((texts(&ada).await, texts(&bob).await), (vec!["for ada".into()], vec!["for bob".into()]));
    let kept = recorded(&ada).await;
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0]["request"]["method"], "POST", "the whole request is hers");
    assert_eq!(kept[0]["integration_id"], one.id.to_string());
}

#[tokio::test]
async fn a_callback_for_two_organizations_gives_each_its_own() {
    let hub = Hub::start().await;
    let (ada, bob) = (hub.found("Acme", "ada").await, hub.found("Other", "bob").await);
    let one = WhatsApp::connect(&hub, &ada, "PN_1").await;
    let sales = WhatsApp::connect(&hub, &ada, "PN_3").await;
    let two = WhatsApp::connect(&hub, &bob, "PN_2").await;
    let body = together(&[
        one.texts(&[("491", "wamid.1", "adas secret")]),
        two.texts(&[("492", "wamid.2", "bobs secret")]),
        sales.texts(&[("493", "wamid.3", "adas sale")]),
    ]);
    for _ in 0..2 {
        assert_eq!(post_signed(&hub, &body).await, 200);
    }
    assert_eq!(texts(&ada).await, ["adas sale", "adas secret"]);
    assert_eq!(texts(&bob).await, ["bobs secret"]);
    for (session, foreign) in [(&ada, ["bobs", "PN_2", "492"]), (&bob, ["adas", "PN_1", "491"])] {
        let kept = recorded(session).await;
        assert_eq!(kept.len(), 2, "one delivery for each time it came");
        for callback in &kept {
            assert!(foreign.iter().all(|word| !callback.to_string().contains(word)), "{callback}");
        }
        let outcomes: Vec<_> = kept.iter().map(|one| one["outcome"].as_str().unwrap()).collect();
        assert_eq!(outcomes, ["repeated", "stored"]);
        let replayed = session.post(&format!("/callbacks/{}/replay", id(&kept[1])), &Value::Null).await;
        assert_eq!(replayed.expect(200).body["outcome"], "repeated", "a part can be replayed");
    }
}

#[tokio::test]
async fn who_has_another_secret_is_given_nothing() {
    let hub = Hub::start().await;
    let (ada, eve) = (hub.found("Acme", "ada").await, hub.found("Evil", "eve").await);
    let one = WhatsApp::connect(&hub, &ada, "PN_1").await;
    // Eve claims the number that is Ada's; what is signed for Ada is not hers, and what she signs is not Ada's.
    WhatsApp::connect_with(&hub, &eve, "PN_1", "eves-own-app-secret").await;
    assert_eq!(post_signed(&hub, &one.texts(&[("491", "wamid.1", "for ada")])).await, 200);
    let eves =
        |body: &[u8]| format!("sha256={}", webhooks::sign::hmac_sha256_hex(b"eves-own-app-secret", body));
    assert_eq!(post(&hub, &one.texts(&[("491", "wamid.2", "by eve")]), eves).await, 200);
    assert_eq!((texts(&ada).await, texts(&eve).await), (vec!["for ada".into()], vec!["by eve".into()]));
    let both = together(&[one.texts(&[("491", "wamid.3", "more")])]);
    assert_eq!(post(&hub, &both, |_| "sha256=00".into()).await, 401);
}

#[tokio::test]
async fn forgeries_leave_a_count_with_those_they_name() {
    let hub = Hub::start().await;
    let ada = hub.found("Acme", "ada").await;
    let one = WhatsApp::connect(&hub, &ada, "PN_1").await;
    let body = one.texts(&[("491", "wamid.1", "forged")]);
    for forged in ["sha256=00", "sha256=zz", "", &signature(b"another body")] {
        assert_eq!(post(&hub, &body, |_| forged.to_owned()).await, 401, "{forged}");
    }
    let mut unknown = one.texts(&[("491", "wamid.1", "x")]);
    unknown["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = json!("PN_9");
    assert_eq!(post(&hub, &unknown, |_| signature(b"another body")).await, 401);
    hub.app.forgeries.flush(&hub.app.db).await.unwrap();
    let detail = ada.get(&format!("/integrations/{}", one.id)).await.expect(200).body;
    let counts = detail["forgeries"].as_array().unwrap().iter().map(|one| one["count"].as_i64().unwrap());
    assert_eq!(counts.sum::<i64>(), 4);
    assert!(texts(&ada).await.is_empty() && recorded(&ada).await.is_empty());
}

#[tokio::test]
async fn what_nobody_has_connected_is_taken_if_the_secret_is_known() {
    let hub = Hub::start().await;
    let nobody = |url: String| hub.client().http().post(url).body("{}").send();
    assert_eq!(nobody(format!("{}/webhooks/whatsapp", hub.url)).await.unwrap().status(), 404);
    assert_eq!(nobody(format!("{}/webhooks/smoke", hub.url)).await.unwrap().status(), 404);
    let (ada, bob) = (hub.found("Acme", "ada").await, hub.found("Other", "bob").await);
    let one = WhatsApp::connect(&hub, &ada, "PN_1").await;
    let mut unknown = one.texts(&[("491", "wamid.1", "for nobody")]);
    unknown["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = json!("PN_9");
    assert_eq!(post_signed(&hub, &unknown).await, 200);
    let mixed = together(&[unknown, one.texts(&[("491", "wamid.2", "for ada")])]);
    assert_eq!(post_signed(&hub, &mixed).await, 200);
    assert_eq!(texts(&ada).await, ["for ada"]);
    assert!(!recorded(&ada).await.iter().any(|one| one.to_string().contains("for nobody")));

    // News without a name go to the only organization that has the secret, and to nobody once two have it.
    let news = json!({"object": "whatsapp_business_account", "entry": [{"id": "WABA_1", "changes": [
        {"field": "account_alerts", "value": {"alert_type": "x", "alert_description": "y"}}]}]});
    assert_eq!(post_signed(&hub, &news).await, 200);
    assert_eq!(recorded(&ada).await.len(), 2);
    WhatsApp::connect(&hub, &bob, "PN_2").await;
    assert_eq!(post_signed(&hub, &news).await, 200);
    assert_eq!((recorded(&ada).await.len(), recorded(&bob).await.len()), (2, 0));
}

#[tokio::test]
async fn the_handshake_is_answered_to_who_knows_the_token() {
    let hub = Hub::start().await;
    let ada = hub.found("Acme", "ada").await;
    WhatsApp::connect(&hub, &ada, "PN_1").await;
    let ask = async |token: &str| {
        let url = format!("{}/webhooks/whatsapp", hub.url);
        let query = [("hub.mode", "subscribe"), ("hub.challenge", "1158201444"), ("hub.verify_token", token)];
        hub.client().http().get(url).query(&query).send().await.unwrap()
    };
    let answer = ask(VERIFY_TOKEN).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.text().await.unwrap(), "1158201444");
    for token in ["wrong", "", APP_SECRET] {
        assert_eq!(ask(token).await.status(), 403, "{token}");
    }
    assert!(recorded(&ada).await.is_empty());
}
