//! Every inbound fixture of every channel, posted to a running hub with its real signature: recorded as what it said, stored, and
//! the second time without effect.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use chrono::Utc;
use futures::future::join_all;
use reqwest::Method;
use serde_json::Value;
use sqlx::PgConnection;
use switchboard::{ids::CallbackId, inbox::integration::Integration, ingest::Delivery};
use webhooks::{Scheme, Unverified, Verified};

use super::{folder, prove::prove};
use crate::harness::{client::Session, hub::Hub, platform};

/// A request as its fixture gives it.
struct Callback {
    method: String,
    query: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
    body: Bytes,
    unsigned: bool,
}

/// An account on a running hub.
struct Called<'a> {
    hub: &'a Hub,
    owner: Session,
    integration: Arc<Integration>,
}

impl Callback {
    fn load(case: &Path) -> Self {
        if let Ok(body) = fs::read(case.join("callback.json")) {
            let (query, headers) = Default::default();
            return Self { method: "POST".into(), query, headers, body: body.into(), unsigned: false };
        }
        let text = fs::read(case.join("request.json")).unwrap();
        let given: Value = serde_json::from_slice(&text).unwrap();
        let pairs = |name: &str| -> BTreeMap<String, String> {
            let fields = given[name].as_object().into_iter().flatten();
            fields.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
        };
        let body = match &given["body"] {
            Value::Null => encoded(&pairs("form")).into(),
            Value::String(text) => Bytes::from(text.clone()),
            other => Bytes::from(other.to_string()),
        };
        Self {
            method: given["method"].as_str().unwrap_or("POST").to_owned(),
            query: pairs("query"),
            headers: pairs("headers"),
            body,
            unsigned: given["unsigned"] == true,
        }
    }

    fn address(&self, base: &str) -> String {
        if self.query.is_empty() { base.to_owned() } else { format!("{base}?{}", encoded(&self.query)) }
    }
}

fn encoded(pairs: &BTreeMap<String, String>) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

impl<'a> Called<'a> {
    async fn connect(
        hub: &'a Hub,
        channel: &'static dyn channels::Channel,
        account: &Path,
        name: &str,
    ) -> Self {
        let owner = hub.found(name, name).await;
        let fields = fs::read(account).unwrap();
        let mut fields: BTreeMap<String, String> = serde_json::from_slice(&fields).unwrap();
        fields.insert("api_base_url".to_owned(), "http://127.0.0.1:9".to_owned());
        let id = platform::connect(hub, &owner, channel, fields).await;
        let integration = hub.app.integrations.find(id).await.unwrap().unwrap();
        Self { hub, owner, integration }
    }

    /// The hub's status. A proof that the fixture brings is of another time and address, so that it is made anew, unless it shall
    /// be wrong.
    async fn post(&self, callback: &Callback, forged: bool) -> u16 {
        let channel = self.integration.channel;
        let path = format!("webhooks/{}/{}", channel.id(), self.integration.id);
        let public = callback.address(&format!("{}{path}", self.hub.app.config.server.public_url));
        let mut headers = callback.headers.clone();
        let scheme = self.scheme(callback, &public, &headers);
        if !callback.unsigned && !forged {
            let mut names = BTreeMap::new();
            prove(&scheme, &mut names, &public, &callback.body, Utc::now());
            headers.retain(|name, _| !names.keys().any(|proof| proof.eq_ignore_ascii_case(name)));
            prove(&scheme, &mut headers, &public, &callback.body, Utc::now());
        } else if !callback.unsigned {
            prove(&scheme, &mut headers, &public, &callback.body, Utc::now());
        }
        let Ok(method) = callback.method.parse::<Method>() else { panic!("{}", callback.method) };
        // A signature inside the body is of the fixture's own time, and Amazon's key is Amazon's.
        let inside = matches!(scheme, Scheme::SignedFields { .. } | Scheme::Sns { .. }) && !forged;
        if inside || !matches!(method, Method::GET | Method::POST) {
            return self.hear(callback, headers).await;
        }
        let url = callback.address(&format!("{}/{path}", self.hub.url));
        let mut request = self.hub.client().http().request(method, url).body(callback.body.clone());
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request.send().await.unwrap().status().as_u16()
    }

    fn scheme(&self, callback: &Callback, url: &str, headers: &BTreeMap<String, String>) -> Scheme {
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        let query = callback.query.clone().into_iter().collect();
        let request = Unverified::new(&callback.method, url, query, headers, callback.body.clone());
        self.integration.channel.proof(&self.integration.account, &request)
    }

    /// What a live connection has heard comes by no address.
    async fn hear(&self, callback: &Callback, headers: BTreeMap<String, String>) -> u16 {
        let query = callback.query.clone().into_iter().collect();
        let headers = headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
        let request =
            Verified::from_record(&callback.method, query, headers, callback.body.clone(), Utc::now());
        let mut delivery = Delivery::read(self.integration.clone(), request);
        delivery.id = CallbackId::new();
        self.hub.app.ingest.store(delivery).await.unwrap();
        200
    }

    /// The newest record: its outcome, and what each event was and became.
    async fn recorded(&self) -> Option<(String, Vec<(String, String)>)> {
        let page = self.owner.get("/callbacks?limit=1").await.expect(200).body;
        let newest = page["data"].as_array().unwrap().first()?;
        assert_eq!(newest["verdict"], "verified");
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let events = newest["events"].as_array().cloned().unwrap_or_default();
        Some((
            word(&newest["outcome"]),
            events.iter().map(|event| (word(&event["type"]), word(&event["effect"]))).collect(),
        ))
    }
}

/// Everything that a repeat must leave as it is.
async fn state(sql: &mut PgConnection) -> String {
    sqlx::query_scalar(
        "select concat_ws(' ',
             (select count(*) from contacts), (select count(*) from contact_identities), (select count(*) from attachments),
             (select string_agg(row(status, last_seq, unread_count, last_message_id)::text, '|' order by id) from conversations),
             (select string_agg(row(conversation_id, seq, external_id, text, parts, status, reactions, deleted_at)::text, '|' order by id)
              from messages))",
    )
    .fetch_one(sql)
    .await
    .unwrap()
}

async fn forget(sql: &mut PgConnection) {
    sqlx::raw_sql(
        "delete from messages; delete from conversations; delete from contacts; delete from early_changes; delete from jobs;
         delete from callbacks; delete from notices; update integrations set status = 'active', fault = null",
    )
    .execute(sql)
    .await
    .unwrap();
}

async fn walk_case(called: &Called<'_>, sql: &mut PgConnection, case: &Path) {
    let name = case.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().display();
    let expected: Value = serde_json::from_slice(&fs::read(case.join("expected.json")).unwrap()).unwrap();
    let callback = Callback::load(case);
    if expected["forged"].is_string() {
        let status = called.post(&callback, true).await;
        assert!(matches!(status, 401 | 403), "{name}: {status}");
        assert_eq!(called.recorded().await, None, "{name}");
        return;
    }
    let answered = expected["answer"]["status"].as_u64();
    let wanted = answered.and_then(|status| u16::try_from(status).ok()).unwrap_or(200);
    assert_eq!(called.post(&callback, false).await, wanted, "{name}");
    if expected["read_error"].is_string() {
        assert_eq!(called.recorded().await.unwrap().0, "unreadable", "{name}");
        return;
    }
    let events = expected["events"].as_array().cloned().unwrap_or_default();
    if events.is_empty() {
        return;
    }
    let (outcome, became) = called.recorded().await.unwrap_or_else(|| panic!("{name}: nothing was recorded"));
    assert!(["stored", "ignored", "repeated"].contains(&outcome.as_str()), "{name}: {outcome}");
    assert_eq!(became.len(), events.len(), "{name}: {became:?}");
    let mut written = BTreeSet::new();
    for (event, (kind, effect)) in events.iter().zip(&became) {
        let ours = event["account"].as_str().is_none_or(|key| key == called.integration.account_key);
        let message = match event["type"].as_str().unwrap() {
            "message" => event,
            "past" => &event["message"],
            _ => continue,
        };
        assert!(["message", "past_message"].contains(&kind.as_str()), "{name}: {kind}");
        let new = ours && written.insert(message["external_id"].as_str().unwrap().to_owned());
        let wanted = if new {
            "stored"
        } else if ours {
            "repeated"
        } else {
            "unrouted"
        };
        assert_eq!(effect, wanted, "{name}: {message}");
    }
    let there: i64 = sqlx::query_scalar("select count(*) from messages where external_id = any($1)")
        .bind(written.iter().cloned().collect::<Vec<_>>())
        .fetch_one(&mut *sql)
        .await
        .unwrap();
    assert_eq!(usize::try_from(there).unwrap(), written.len(), "{name}");

    let before = state(sql).await;
    assert_eq!(called.post(&callback, false).await, wanted, "{name}, once more");
    assert_eq!(state(sql).await, before, "{name}: twice is not once");
    let (_, again) = called.recorded().await.unwrap();
    let written_again = again.iter().any(|(kind, effect)| kind.ends_with("message") && effect == "stored");
    assert!(!written_again, "{name}: {again:?}");
}

async fn walk(channel: &'static dyn channels::Channel) -> usize {
    let hub = Hub::start().await;
    let mut sql = hub.sql().await;
    let folder = folder(channel);
    let usual = Called::connect(&hub, channel, &folder.join("account.json"), "usual").await;
    let mut cases: Vec<PathBuf> =
        fs::read_dir(folder.join("inbound")).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    for (at, case) in cases.iter().enumerate() {
        forget(&mut sql).await;
        let own = case.join("account.json");
        if own.exists() {
            let called = Called::connect(&hub, channel, &own, &format!("own{at}")).await;
            walk_case(&called, &mut sql, case).await;
        } else {
            walk_case(&usual, &mut sql, case).await;
        }
    }
    cases.len()
}

/// Every third channel, so that three tests share the way.
async fn walk_from(first: usize) {
    let walked = join_all(channels::all().iter().skip(first).step_by(3).map(|channel| walk(*channel))).await;
    assert!(!walked.is_empty() && walked.iter().all(|cases| *cases > 20), "{walked:?}");
}

#[tokio::test]
async fn every_fixture_of_every_channel_is_stored_once() {
    walk_from(0).await;
}

#[tokio::test]
async fn every_fixture_of_every_channel_is_stored_once_second_part() {
    walk_from(1).await;
}

#[tokio::test]
async fn every_fixture_of_every_channel_is_stored_once_third_part() {
    walk_from(2).await;
}
