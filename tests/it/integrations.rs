//! Connecting accounts on played platforms, and what admins see of them.

use serde_json::{Value, json};
use simulator::Simulator;

use crate::harness::{hub::Hub, inbox::id};

#[tokio::test]
async fn channels_tell_what_they_are() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ada").await;
    let channels = owner.get("/channels").await.expect(200).body;
    for name in ["whatsapp", "telegram"] {
        let channel = channels["data"].as_array().unwrap().iter().find(|one| one["id"] == name).unwrap();
        assert!(channel["abilities"]["text"]["max"].is_number());
        let shared = channel["shared_webhook_url"].as_str();
        assert_eq!(shared.is_some_and(|url| url.ends_with("/webhooks/whatsapp")), name == "whatsapp");
        assert!(channel["account_form"].as_array().unwrap().iter().any(|field| field["secret"] == true));
    }
}

#[tokio::test]
async fn an_account_is_connected_tested_paused_and_removed() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ada").await;
    let simulator = Simulator::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    for channel in ["telegram", "whatsapp"] {
        let account = simulator.player(channel).unwrap().open_account("Support");
        let body = json!({"channel": channel, "name": "Support", "account": account});
        let made = owner.post("/integrations", &body).await.expect(201).body;
        assert_eq!(
            made["webhook_url"],
            json!(format!(
                "{}/webhooks/{channel}/{}",
                hub.app.config.server.public_url.as_str().trim_end_matches('/'),
                id(&made)
            ))
        );
        let checks = made["checks"].as_array().unwrap();
        assert!(
            checks.iter().any(|check| check["name"] == "token" && check["ok"] == true),
            "{channel}: {checks:?}"
        );
        let text = made.to_string();
        let secrets = channels::find(channel).unwrap().account_form();
        for name in secrets.secrets().filter(|name| account.contains_key(*name)) {
            assert!(!text.contains(&account[name]), "{name} shows");
            assert!(made["account"][name].as_str().unwrap().starts_with("••••"));
        }
        owner.post("/integrations", &body).await.expect_problem(409, "account_taken");
        let path = format!("/integrations/{}", id(&made));
        let tested = owner.post(&format!("{path}/test"), &Value::Null).await.expect(200).body;
        assert_eq!(tested["integration"]["checks"], tested["checks"]);
        assert_eq!(
            owner.post(&format!("{path}/pause"), &Value::Null).await.expect(200).body["status"],
            "paused"
        );
        assert_eq!(
            owner.post(&format!("{path}/resume"), &Value::Null).await.expect(200).body["status"],
            "active"
        );
        let masked = json!({"name": "Sales", "account": made["account"]});
        let renamed = owner.patch(&path, &masked).await.expect(200).body;
        assert_eq!(
            (&renamed["name"], &renamed["status"]),
            (&json!("Sales"), &json!("active")),
            "masked secrets are no new secrets"
        );
        let detail = owner.get(&path).await.expect(200).body;
        assert_eq!((&detail["forgeries"], &detail["notices"]), (&json!([]), &json!([])));
        owner.delete(&path).await.expect(204);
        owner.get(&path).await.expect_problem(404, "not_found");
        owner.post("/integrations", &body).await.expect(201);
    }
}

#[tokio::test]
async fn a_field_is_changed_taken_away_and_made_anew_and_a_choice_is_one_of_those_offered() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ada").await;
    let account = json!({"allowed_origins": "apps", "greeting": "Hello", "theme": "Dark"});
    let body = json!({"channel": "webchat", "name": "Shop", "account": account});
    let made = owner.post("/integrations", &body).await.expect(201).body;
    assert_eq!(made["account"]["theme"], "dark", "a choice is stored as it is offered");
    let path = format!("/integrations/{}", id(&made));
    let secret = &made["account"]["identity_secret"];
    let change = |fields: Value| json!({"account": fields});
    let changed =
        owner.patch(&path, &change(json!({"greeting": "", "identity_secret": ""}))).await.expect(200).body;
    assert!(changed["account"].get("greeting").is_none(), "{changed}");
    assert_eq!(
        (&changed["account"]["theme"], &changed["account"]["allowed_origins"]),
        (&json!("dark"), &json!("apps"))
    );
    let renewed = &changed["account"]["identity_secret"];
    assert!(renewed.is_string() && renewed != secret, "what the hub makes is made anew");
    owner.patch(&path, &change(json!({"theme": "blue"}))).await.expect_problem(422, "invalid");
    owner.patch(&path, &change(json!({"allowed_origins": ""}))).await.expect_problem(422, "invalid");
}

#[tokio::test]
async fn templates_are_fetched() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ada").await;
    let simulator = Simulator::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let account = simulator.player("whatsapp").unwrap().open_account("Support");
    let body = json!({"channel": "whatsapp", "name": "Support", "account": account});
    let path =
        format!("/integrations/{}/templates", owner.post("/integrations", &body).await.expect(201).id());
    let synced = owner.post(&format!("{path}/sync"), &Value::Null).await.expect(200).body;
    assert!(synced["data"].as_array().unwrap().iter().any(|one| one["status"] == "approved"), "{synced}");
    let agent = hub.invite(&owner, "dan", "agent").await;
    assert_eq!(agent.get(&path).await.expect(200).body["data"], synced["data"]);
}

#[tokio::test]
async fn a_faulty_form_is_refused_field_by_field() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ada").await;
    let body = json!({"channel": "telegram", "name": "Bot", "account": {"colour": "red"}});
    let answer = owner.post("/integrations", &body).await.expect_problem(422, "invalid");
    let fields: Vec<_> =
        answer.body["errors"].as_array().unwrap().iter().map(|one| one["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["account.colour", "account.bot_token"]);
    let body = json!({"channel": "smoke", "name": "x", "account": {}});
    owner.post("/integrations", &body).await.expect_problem(422, "invalid");
    let agent = hub.invite(&owner, "dan", "agent").await;
    agent.post("/integrations", &body).await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn addresses_inside_the_network_are_refused() {
    let hub = Hub::start_with(&[("SWITCHBOARD_ALLOW_PRIVATE_ADDRESSES", "false")]).await;
    let owner = hub.found("Acme", "ada").await;
    for address in [
        "http://127.0.0.1:9",
        "http://localhost:9",
        "http://169.254.169.254",
        "http://10.0.0.1",
        "http://[::1]:9",
    ] {
        let account =
            json!({"bot_token": "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11", "api_base_url": address});
        let body = json!({"channel": "telegram", "name": "Bot", "account": account});
        let answer = owner.post("/integrations", &body).await.expect_problem(422, "invalid");
        assert_eq!(answer.body["errors"][0]["field"], "account.api_base_url", "{address}");
    }
}

#[tokio::test]
async fn an_account_that_the_platform_refuses_says_so_at_once() {
    let hub = Hub::start().await;
    let owner = hub.found("Acme", "ada").await;
    let simulator = Simulator::start(([127, 0, 0, 1], 0).into()).await.unwrap();
    let mut account = simulator.player("telegram").unwrap().open_account("Support");
    account.insert("bot_token".into(), "999:wrong-token-of-nobody-at-all".into());
    let body = json!({"channel": "telegram", "name": "Bot", "account": account});
    let made = owner.post("/integrations", &body).await.expect(201).body;
    assert_eq!(made["status"], "broken", "{made}");
    assert!(made["fault"]["detail"].is_string());
    assert!(made["checks"].as_array().unwrap().iter().any(|check| check["ok"] == false));
}
