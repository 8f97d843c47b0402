//! Accounts connected on the platform's consent page, and their tokens afterwards.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use switchboard::{ids::IntegrationId, refresh};
use url::Url;

use crate::harness::{
    client::{Answer, Session},
    gateway::{CHANNELS, CODE, Gateway},
    hub::Hub,
    platform,
};

/// A browser on its way to the platform and back.
struct Visit {
    state: String,
    cookie: String,
}

impl Visit {
    fn begun(answer: Answer) -> Self {
        let answer = answer.expect(200);
        let set = answer.headers[SET_COOKIE].to_str().unwrap();
        assert!(
            set.contains("HttpOnly") && set.contains("SameSite=Lax") && set.contains("Path=/oauth"),
            "{set}"
        );
        let url: Url = answer.body["url"].as_str().unwrap().parse().unwrap();
        let state = url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        Self { state, cookie: answer.cookie() }
    }

    /// What the settings page is told: `connected=…` or `connect_error=…`.
    async fn back(&self, hub: &Hub) -> String {
        come_back(hub, "gateway", &self.state, &self.cookie, Some(CODE)).await
    }
}

async fn come_back(hub: &Hub, channel: &str, state: &str, cookie: &str, code: Option<&str>) -> String {
    let mut query = vec![("state", state)];
    query.extend(code.map(|code| ("code", code)));
    let request = hub.client().http().get(format!("{}/oauth/{channel}/callback", hub.url));
    let answer = request.query(&query).header(COOKIE, cookie).send().await.unwrap();
    assert_eq!(answer.status(), 303);
    let location = answer.headers()[LOCATION].to_str().unwrap().to_owned();
    location.strip_prefix("/settings/integrations?").unwrap().to_owned()
}

async fn start() -> (Hub, Session) {
    let hub = Hub::start_with_channels(CHANNELS).await;
    let owner = hub.found("Acme", "ada").await;
    (hub, owner)
}

async fn begin(session: &Session) -> Answer {
    let account = json!({"client_id": "app-1", "client_secret": "client-secret-0001"});
    session.post("/integrations/install", &json!({"channel": "gateway", "account": account})).await
}

async fn integrations(session: &Session) -> Vec<Value> {
    session.get("/integrations").await.expect(200).body["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn consent_connects_all_that_it_was_given_for() {
    let (hub, owner) = start().await;
    let visit = Visit::begun(begin(&owner).await);
    let told = visit.back(&hub).await;
    let all = integrations(&owner).await;
    let mut names: Vec<_> = all.iter().map(|one| one["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["Page one", "Page two"]);
    for one in &all {
        assert!(told.starts_with("connected=") && told.contains(one["id"].as_str().unwrap()), "{told}");
        assert_eq!((&one["status"], &one["checks"][0]["ok"]), (&json!("active"), &json!(true)));
        assert!(one["account"]["client_secret"].as_str().unwrap().starts_with("••••"));
    }
    assert_eq!(visit.back(&hub).await, "connect_error=state", "a state is good once");

    Visit::begun(begin(&owner).await).back(&hub).await;
    let again = integrations(&owner).await;
    let ids = |rows: &[Value]| rows.iter().map(|one| one["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&again), ids(&all), "the same accounts are given new tokens");
    assert!(again[0]["version"].as_i64() > all[0]["version"].as_i64());
    assert_ne!(again[0]["account"]["token"], all[0]["account"]["token"]);
}

#[tokio::test]
async fn who_did_not_begin_does_not_finish() {
    let (hub, owner) = start().await;
    let eve = hub.found("Evil", "eve").await;
    let mine = Visit::begun(begin(&owner).await);
    let eves = Visit::begun(begin(&eve).await);
    let state_error = "connect_error=state";
    // Eve sends Ada her address: Ada's browser has no cookie for it, or its own.
    for cookie in ["", "a=b", mine.cookie.as_str()] {
        assert_eq!(come_back(&hub, "gateway", &eves.state, cookie, Some(CODE)).await, state_error);
    }
    let (_, value) = mine.cookie.split_once('=').unwrap();
    let (name, _) = eves.cookie.split_once('=').unwrap();
    let mixed = format!("{name}={value}");
    assert_eq!(come_back(&hub, "gateway", &eves.state, &mixed, Some(CODE)).await, state_error);
    for state in ["", "forged", &mine.state[1..]] {
        assert_eq!(come_back(&hub, "gateway", state, &mine.cookie, Some(CODE)).await, state_error);
    }
    assert_eq!(come_back(&hub, "telegram", &mine.state, &mine.cookie, Some(CODE)).await, state_error);
    let nowhere = hub.client().http().get(format!("{}/oauth/smoke/callback", hub.url)).send().await.unwrap();
    assert_eq!(nowhere.status(), 404);

    let late = Visit::begun(begin(&owner).await);
    sqlx::query("update installs set expires_at = now() - interval '1 second' where user_id = $1::uuid and state_hash = $2")
        .bind(owner.user_id.parse::<uuid::Uuid>().unwrap())
        .bind(switchboard::access::secret::hash(&late.state))
        .execute(&mut hub.sql().await)
        .await
        .unwrap();
    assert_eq!(late.back(&hub).await, state_error);

    assert!(integrations(&owner).await.is_empty() && integrations(&eve).await.is_empty());
    assert!(mine.back(&hub).await.starts_with("connected="), "what others tried did not use it up");
    assert!(integrations(&eve).await.is_empty());
}

#[tokio::test]
async fn what_the_platform_or_the_admin_refuses_connects_nothing() {
    let (hub, owner) = start().await;
    let visit = Visit::begun(begin(&owner).await);
    assert_eq!(come_back(&hub, "gateway", &visit.state, &visit.cookie, None).await, "connect_error=denied");
    assert_eq!(visit.back(&hub).await, "connect_error=state");
    let visit = Visit::begun(begin(&owner).await);
    let wrong = come_back(&hub, "gateway", &visit.state, &visit.cookie, Some("other")).await;
    assert_eq!(wrong, "connect_error=refused");

    let admin = hub.invite(&owner, "cy", "admin").await;
    let visit = Visit::begun(begin(&admin).await);
    owner.delete(&format!("/users/{}", admin.user_id)).await.expect(204);
    assert_eq!(visit.back(&hub).await, "connect_error=forbidden", "gone meanwhile");
    assert!(integrations(&owner).await.is_empty());

    let agent = hub.invite(&owner, "dan", "agent").await;
    begin(&agent).await.expect_problem(403, "forbidden");
    let telegram = json!({"channel": "telegram", "account": {}});
    owner.post("/integrations/install", &telegram).await.expect_problem(422, "not_installable");
    let unknown = json!({"channel": "smoke", "account": {}});
    owner.post("/integrations/install", &unknown).await.expect_problem(422, "invalid");
    let faulty = json!({"channel": "gateway", "account": {"client_id": "x", "colour": "red"}});
    owner.post("/integrations/install", &faulty).await.expect_problem(422, "invalid");
}

#[tokio::test]
async fn an_account_is_consented_to_again() {
    let (hub, owner) = start().await;
    Visit::begun(begin(&owner).await).back(&hub).await;
    let all = integrations(&owner).await;
    let path = |one: &Value| format!("/integrations/{}", one["id"].as_str().unwrap());
    owner.delete(&path(&all[1])).await.expect(204);
    sqlx::query("update integrations set status = 'broken', fault = '{\"detail\": \"x\"}'")
        .execute(&mut hub.sql().await)
        .await
        .unwrap();
    let again = owner.post(&format!("{}/reauthorise", path(&all[0])), &Value::Null).await;
    assert!(Visit::begun(again).back(&hub).await.ends_with(all[0]["id"].as_str().unwrap()));
    let now = integrations(&owner).await;
    assert_eq!(now.len(), 1, "nothing is connected that was not asked for");
    assert_eq!((&now[0]["status"], &now[0]["fault"]), (&json!("active"), &Value::Null));

    let eve = hub.found("Evil", "eve").await;
    eve.post(&format!("{}/reauthorise", path(&all[0])), &Value::Null).await.expect_problem(404, "not_found");
    let other = connect(&hub, &owner, "three", "").await;
    let again = owner.post(&format!("/integrations/{other}/reauthorise"), &Value::Null).await;
    assert_eq!(Visit::begun(again).back(&hub).await, "connect_error=other_account");

    let keys = BTreeMap::from([("token".to_owned(), "four".to_owned())]);
    let keyless = platform::connect(&hub, &owner, &Gateway, keys).await;
    let refused = owner.post(&format!("/integrations/{keyless}/reauthorise"), &Value::Null).await;
    refused.expect_problem(422, "app_keys_missing");
}

async fn connect(hub: &Hub, owner: &Session, token: &str, expires_at: &str) -> IntegrationId {
    let fields = [
        ("token", token),
        ("client_id", "app-1"),
        ("client_secret", "client-secret-0001"),
        ("expires_at", expires_at),
    ];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
    platform::connect(hub, owner, &Gateway, BTreeMap::from(fields)).await
}

#[tokio::test]
async fn tokens_are_renewed_before_they_expire() {
    let (hub, owner) = start().await;
    let due = connect(&hub, &owner, "due", "2026-01-01T00:00:00Z").await;
    let refused = connect(&hub, &owner, "refused", "2026-01-01T00:00:00Z").await;
    let later = connect(&hub, &owner, "later", "2999-01-01T00:00:00Z").await;
    sqlx::query("update integrations set refresh_at = case when id = $1 then null else now() - interval '1 minute' end")
        .bind(later)
        .execute(&mut hub.sql().await)
        .await
        .unwrap();
    refresh::ask(&hub.app).await.unwrap();
    refresh::ask(&hub.app).await.unwrap();
    let jobs: i64 = sqlx::query_scalar("select count(*) from jobs where kind = 'refresh'")
        .fetch_one(&mut hub.sql().await)
        .await
        .unwrap();
    assert_eq!(jobs, 2, "each is asked for once");
    let work = hub.work();
    let status =
        async |id| owner.get(&format!("/integrations/{id}")).await.expect(200).body["status"].clone();
    let token = async |id| {
        let found = hub.app.integrations.of_ids(&[id]).await.unwrap();
        found[0].account.secret("token").expose_secret().to_owned()
    };
    let begun = Instant::now();
    while token(due).await != "due.fresh" || status(refused).await != "broken" {
        assert!(begun.elapsed() < Duration::from_secs(20), "not renewed");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(token(later).await, "later");
    let next: bool = sqlx::query_scalar(
        "select refresh_at > now() + interval '50 minutes' from integrations where id = $1",
    )
    .bind(due)
    .fetch_one(&mut hub.sql().await)
    .await
    .unwrap();
    assert!(next, "the next time is known");
    work.end().await;
}
