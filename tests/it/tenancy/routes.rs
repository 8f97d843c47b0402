//! Every route, called by a member of one organization with the ids of another.

use serde_json::{Map, Value, json};

use crate::harness::{
    client::Answer,
    hub::Hub,
    openapi::{Document, Operation, Parameter},
    tenant::Tenant,
};

/// Routes that take a session away from who calls them, or make new people; called by nobody here.
const LEFT_OUT: [&str; 2] = ["log_out", "register"];

#[tokio::test]
async fn a_foreign_id_in_a_path_is_not_found() {
    let (hub, document, ours, theirs) = two_tenants().await;
    let before = theirs.everything(&mut hub.sql().await).await;
    let mut walked = 0;
    for operation in document.operations() {
        if operation.path_parameters().is_empty() {
            continue;
        }
        let path = operation.path_with(|name| theirs.thing(&operation, name).to_string());
        let body = ours.sample_body(&document, &operation);
        let answer = ours.owner.send(operation.method.clone(), &path, body.as_ref()).await;
        walked += 1;
        assert!(
            matches!(answer.status.as_u16(), 403 | 404),
            "{} {path} with {body:?} is answered {} {}",
            operation.method,
            answer.status,
            answer.body,
        );
        check_silence(&operation, &answer, &theirs);
    }
    assert!(walked > 5, "{walked} routes walked");
    assert_eq!(theirs.everything(&mut hub.sql().await).await, before, "foreign rows were touched");
}

/// The same ids are found by who owns them: the walk above met real things.
#[tokio::test]
async fn the_same_id_is_found_at_home() {
    let (_hub, document, _, theirs) = two_tenants().await;
    for operation in document.operations().into_iter().filter(|operation| operation.method == "GET") {
        let path = operation.path_with(|name| theirs.thing(&operation, name).to_string());
        let path = format!("{path}{}", operation.needed_query(&theirs.word));
        let answer = theirs.owner.get(&path).await;
        assert!(answer.status.as_u16() < 400, "{path} is answered {} {}", answer.status, answer.body);
    }
}

#[tokio::test]
async fn no_list_holds_foreign_things() {
    let (_hub, document, ours, theirs) = two_tenants().await;
    for operation in document.operations() {
        if operation.method != "GET" || !operation.path_parameters().is_empty() {
            continue;
        }
        let answer = ours.owner.get(&format!("{}{}", operation.path, operation.needed_query("hello"))).await;
        assert!(answer.status.is_success(), "{}: {} {}", operation.path, answer.status, answer.body);
        check_silence(&operation, &answer, &theirs);
        for Parameter { name, schema, .. } in &operation.query {
            let value = match schema["format"].as_str() {
                Some("uuid") => theirs.thing(&operation, name).to_string(),
                _ if schema["type"] == "string" && schema.get("enum").is_none() => theirs.word.clone(),
                _ => continue,
            };
            let answer = ours.owner.get(&format!("{}?{name}={value}", operation.path)).await;
            assert!(!answer.status.is_server_error(), "{}?{name}={value}: {}", operation.path, answer.body);
            let said = String::from_utf8_lossy(&answer.bytes).replace(&value, "");
            assert!(!said.contains(&theirs.word), "{}?{name}={value} tells {said}", operation.path);
        }
    }
}

/// What a body names is looked for at home only: nothing of ours ever points to something of theirs.
#[tokio::test]
async fn a_foreign_id_in_a_body_ties_nothing() {
    let (hub, document, ours, theirs) = two_tenants().await;
    let before = theirs.everything(&mut hub.sql().await).await;
    let mut walked = 0;
    for operation in document.operations() {
        let Some(schema) = &operation.body else { continue };
        if LEFT_OUT.contains(&operation.id.as_str()) {
            continue;
        }
        let whole = ours.sample_body(&document, &operation).unwrap();
        for (name, property) in document.properties(schema) {
            let Some(foreign) = foreign_value(&document, &operation, &name, &property, &theirs) else {
                continue;
            };
            let path = operation.path_with(|name| ours.thing(&operation, name).to_string());
            let mut body = whole.as_object().cloned().unwrap_or_default();
            body.insert(name.clone(), foreign);
            let answer = ours.owner.send(operation.method.clone(), &path, Some(&Value::Object(body))).await;
            walked += 1;
            assert!(!answer.status.is_server_error(), "{} {name}: {}", operation.id, answer.body);
            check_silence(&operation, &answer, &theirs);
            check_untied(&hub, &ours, &theirs, &format!("{} {name}", operation.id)).await;
        }
    }
    assert!(walked > 3, "{walked} properties walked");
    assert_eq!(theirs.everything(&mut hub.sql().await).await, before, "foreign rows were touched");
}

async fn two_tenants() -> (Hub, Document, Tenant, Tenant) {
    let hub = Hub::start().await;
    let document = Document::of(&hub).await;
    let ours = Tenant::settle(&hub, "quixote").await;
    let theirs = Tenant::settle(&hub, "zanzibar").await;
    (hub, document, ours, theirs)
}

/// For an id, a list of ids, or an object with ids in it; `None` for anything else.
fn foreign_value(
    document: &Document,
    operation: &Operation,
    name: &str,
    schema: &Value,
    tenant: &Tenant,
) -> Option<Value> {
    match schema["type"].as_str()? {
        "string" if schema["format"] == "uuid" => Some(json!(tenant.thing(operation, name))),
        "array" => {
            let item = foreign_value(document, operation, name, &document.resolve(&schema["items"]), tenant)?;
            Some(json!([item]))
        }
        "object" => {
            let inner = document.properties(schema).into_iter();
            let found: Map<_, _> = inner
                .filter_map(|(name, schema)| {
                    foreign_value(document, operation, &name, &schema, tenant).map(|value| (name, value))
                })
                .collect();
            (!found.is_empty()).then_some(Value::Object(found))
        }
        _ => None,
    }
}

#[track_caller]
fn check_silence(operation: &Operation, answer: &Answer, theirs: &Tenant) {
    let said = String::from_utf8_lossy(&answer.bytes);
    assert!(!said.contains(&theirs.word), "{} {} tells {said}", operation.method, operation.path);
}

async fn check_untied(hub: &Hub, ours: &Tenant, theirs: &Tenant, what: &str) {
    for (table, rows) in ours.everything(&mut hub.sql().await).await {
        for id in theirs.ids() {
            assert!(!rows.iter().any(|row| row.contains(&id.to_string())), "{what} put {id} into {table}");
        }
    }
}
