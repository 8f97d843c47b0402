//! What nobody should send, sent to every route: the answer is always a complete problem of the 4xx kind, and nothing is left
//! half-written.

use chrono::{TimeDelta, Utc};
use reqwest::Method;
use serde_json::{Value, json};
use switchboard::access::token::Tokens;

use crate::harness::{
    client::Answer,
    hub::Hub,
    openapi::{Document, Operation},
    tenant::Tenant,
};

/// They end the session that the walk needs.
const LEFT_OUT: [&str; 2] = ["log_out", "end_session"];

struct Walk {
    hub: Hub,
    document: Document,
    tenant: Tenant,
}

impl Walk {
    async fn begin() -> Self {
        let hub = Hub::start().await;
        let document = Document::of(&hub).await;
        let tenant = Tenant::settle(&hub, "quixote").await;
        Self { hub, document, tenant }
    }

    fn operations(&self) -> impl Iterator<Item = Operation> {
        self.document.operations().into_iter().filter(|operation| !LEFT_OUT.contains(&operation.id.as_str()))
    }

    /// The operation with this body, as JSON unless told.
    async fn send(&self, operation: &Operation, kind: &str, body: Vec<u8>) -> Answer {
        let request = self.tenant.owner.request(operation.method.clone(), &self.tenant.path(operation));
        Answer::of(request.header("content-type", kind).body(body)).await
    }
}

#[tokio::test]
async fn nobody_gets_in_without_a_valid_token() {
    let walk = Walk::begin().await;
    let session = walk.tenant.owner.token.clone().unwrap();
    let claims = walk.hub.app.tokens.read(&session).unwrap();
    let sign = |tokens: &Tokens, age| {
        tokens
            .sign(
                claims.user_id,
                claims.organization_id,
                claims.session_id,
                Utc::now() - TimeDelta::minutes(age),
            )
            .unwrap()
    };
    let (head, _) = session.rsplit_once('.').unwrap();
    let tokens = [
        (None, "token_missing"),
        (Some("garbage".to_owned()), "token_invalid"),
        (Some("e30.e30.".to_owned()), "token_invalid"),
        (Some(format!("{head}.AAAA")), "token_invalid"),
        (Some(sign(&Tokens::new(&[9; 32]), 0)), "token_invalid"),
        (Some(sign(&walk.hub.app.tokens, 16)), "token_expired"),
    ];
    let callers = tokens.map(|(token, code)| (walk.hub.client().with_token(token), code));
    let mut walked = 0;
    for operation in walk.operations().filter(|operation| !operation.open) {
        walked += 1;
        let body = walk.tenant.sample_body(&walk.document, &operation);
        for (client, code) in &callers {
            let answer =
                client.send(operation.method.clone(), &walk.tenant.path(&operation), body.as_ref()).await;
            answer.expect_problem(401, code);
        }
    }
    assert!(walked > 20, "{walked} routes walked");
}

#[tokio::test]
async fn only_these_routes_are_open() {
    let walk = Walk::begin().await;
    let open: Vec<_> =
        walk.document.operations().into_iter().filter(|one| one.open).map(|one| one.id).collect();
    let expected = [
        "accept_invitation",
        "forgot_password",
        "log_in",
        "log_out",
        "look_at_invitation",
        "refresh",
        "register",
        "reset_password",
    ];
    let mut sorted = open.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
}

#[tokio::test]
async fn bodies_that_are_no_json_are_refused() {
    let walk = Walk::begin().await;
    let before = walk.tenant.everything(&mut walk.hub.sql().await).await;
    let mut walked = 0;
    for operation in walk.operations().filter(|operation| operation.body.is_some()) {
        walked += 1;
        let json = |text: &str| text.as_bytes().to_vec();
        let cases: [(&str, Vec<u8>, u16, &str); 9] = [
            ("text/plain", json("{}"), 415, "unsupported_media_type"),
            ("application/x-www-form-urlencoded", json("a=b"), 415, "unsupported_media_type"),
            ("application/json", json(""), 400, "malformed_json"),
            ("application/json", json("{\"a\":"), 400, "malformed_json"),
            ("application/json", json("{} {}"), 400, "malformed_json"),
            ("application/json", vec![b'"', 0xff, 0xfe, b'"'], 400, "not_utf8"),
            ("application/json", json("{\"name\": \"\\u0000\"}"), 400, "nul_character"),
            ("application/json", json(&format!("{{\"x\":{}", "[".repeat(100_000))), 400, "too_deep"),
            ("application/json", vec![b' '; 10 * 1024 * 1024], 413, "too_large"),
        ];
        for (kind, body, status, code) in cases {
            walk.send(&operation, kind, body).await.expect_problem(status, code);
        }
    }
    assert!(walked > 10, "{walked} routes walked");
    assert_eq!(walk.tenant.everything(&mut walk.hub.sql().await).await, before, "something was written");
}

#[tokio::test]
async fn fields_of_a_wrong_kind_are_named() {
    let walk = Walk::begin().await;
    for operation in walk.operations() {
        let Some(schema) = &operation.body else { continue };
        let whole = walk.tenant.sample_body(&walk.document, &operation).unwrap();
        for (name, property) in walk.document.properties(schema) {
            let wrong = match property["type"].as_str() {
                Some("string") => json!({"not": "text"}),
                Some("integer" | "number" | "boolean") => json!("not one"),
                Some("array") => json!("not a list"),
                Some("object") => json!([1]),
                _ => continue,
            };
            let mut body = whole.clone();
            body[&name] = wrong;
            let answer = walk
                .tenant
                .owner
                .send(operation.method.clone(), &walk.tenant.path(&operation), Some(&body))
                .await;
            let answer = answer.expect_problem(422, "invalid");
            let field = answer.body["errors"][0]["field"].as_str().unwrap();
            assert!(field.starts_with(&name), "{}: {name} is called {field}", operation.id);
        }
    }
}

/// Values that a type allows and the database or a calculation might not.
#[tokio::test]
async fn extreme_values_break_nothing() {
    let walk = Walk::begin().await;
    let mut broken = Vec::new();
    for operation in walk.operations() {
        let Some(schema) = &operation.body else { continue };
        let whole = walk.tenant.sample_body(&walk.document, &operation).unwrap();
        for (name, property) in walk.document.properties(schema) {
            for extreme in extremes(&property) {
                let mut body = whole.clone();
                body[&name] = extreme.clone();
                let answer = walk
                    .tenant
                    .owner
                    .send(operation.method.clone(), &walk.tenant.path(&operation), Some(&body))
                    .await;
                let shown: String = extreme.to_string().chars().take(60).collect();
                broken.extend(
                    fault(&answer).map(|fault| format!("{} {name} = {shown}: {fault}", operation.id)),
                );
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[tokio::test]
async fn absurd_paths_and_queries_are_refused() {
    let walk = Walk::begin().await;
    let long = "x".repeat(4000);
    let mut broken = Vec::new();
    for operation in walk.operations() {
        let body = walk.tenant.sample_body(&walk.document, &operation);
        let send =
            async |path: String| walk.tenant.owner.send(operation.method.clone(), &path, body.as_ref()).await;
        for absurd in ["not-an-id", "%00", "%ff", "..%2f..", "0", "-1", &long] {
            if operation.path_parameters().is_empty() {
                break;
            }
            let path = operation.path_with(|_| absurd.to_owned());
            let answer = send(path.clone()).await;
            assert!(
                matches!(answer.status.as_u16(), 400 | 404 | 405),
                "{path}: {} {}",
                answer.status,
                answer.body
            );
            broken.extend(fault(&answer).map(|fault| format!("{path}: {fault}")));
        }
        for parameter in &operation.query {
            for absurd in [
                "%00",
                "%ff%fe",
                "",
                "-1",
                "0",
                "99999999999999999999",
                "+262000-01-01T00:00:00Z",
                "'",
                "%25",
                &long,
            ] {
                let path = format!("{}&{}={absurd}", walk.tenant.path(&operation), parameter.name);
                broken.extend(fault(&send(path.clone()).await).map(|fault| format!("{path}: {fault}")));
            }
        }
        for (name, absurd, code) in [
            ("cursor", "e30", "bad_cursor"),
            ("cursor", "%F0%9F%98%80", "bad_cursor"),
            ("limit", "0", "bad_query"),
            ("limit", "201", "bad_query"),
        ] {
            if operation.query.iter().any(|parameter| parameter.name == name) {
                send(format!("{}&{name}={absurd}", walk.tenant.path(&operation)))
                    .await
                    .expect_problem(400, code);
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[tokio::test]
async fn unknown_addresses_and_wrong_methods_are_problems() {
    let walk = Walk::begin().await;
    for path in ["/nothing", "/api/v2/users", "/api/v1", "/webhooks/nothing/here"] {
        walk.tenant.owner.get(path).await.expect_problem(404, "not_found");
    }
    let answer = walk.tenant.owner.send(Method::PUT, "/auth/login", None).await;
    let answer = answer.expect_problem(405, "method_not_allowed");
    assert_eq!(answer.headers["allow"], "POST");
}

fn extremes(schema: &Value) -> Vec<Value> {
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("string"), Some("date-time")) => {
            ["-262000-01-01T00:00:00Z", "+262000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"]
                .map(Value::from)
                .to_vec()
        }
        (Some("string"), Some("uuid")) => {
            vec![json!("00000000-0000-0000-0000-000000000000"), json!("not-an-id")]
        }
        (Some("string"), _) => {
            vec![
                json!(""),
                json!(" "),
                json!("\u{202e}\u{0007}"),
                json!("x".repeat(300_000)),
                json!("😀".repeat(5000)),
            ]
        }
        (Some("integer" | "number"), _) => {
            [i64::MAX, i64::MIN, -1, 0].map(Value::from).into_iter().chain([json!(1e300)]).collect()
        }
        (Some("array"), _) => vec![json!([]), Value::Array(vec![json!(1); 100_000])],
        (Some("object"), _) => {
            vec![json!({}), json!({"": {"a": [null, {}]}}), json!({"k": "x".repeat(300_000)})]
        }
        _ => vec![Value::Null],
    }
}

/// Fine is what is taken, or refused with a complete problem; never a fault of ours.
fn fault(answer: &Answer) -> Option<String> {
    let complete = answer.status.is_client_error()
        && answer.headers["content-type"] == "application/problem+json"
        && answer.body["code"].is_string()
        && answer.body["request_id"].is_string();
    (!complete && !answer.status.is_success()).then(|| format!("{} {}", answer.status, answer.body))
}
