//! The interface's description is committed, so that a change of it is seen in review and the web client's types follow it.

use std::{fs, path::Path};

use switchboard::router;

use crate::harness::hub::Hub;

/// `UPDATE_OPENAPI=1` writes the file anew; then run `npm run api` in `web/`.
#[test]
#[expect(clippy::disallowed_methods, reason = "a switch for whoever runs the test")]
fn the_committed_description_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.json");
    let now = serde_json::to_string_pretty(&router::openapi()).unwrap() + "\n";
    if std::env::var("UPDATE_OPENAPI").is_ok() {
        fs::write(&path, &now).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == now, "docs/openapi.json is stale: run this test with UPDATE_OPENAPI=1");
}

#[tokio::test]
async fn the_running_hub_describes_itself() {
    let hub = Hub::start().await;
    let document = hub.client().get("/api/openapi.json").await.expect(200).body;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(document, serde_json::to_value(router::openapi()).unwrap());
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            assert!(operation["operationId"].is_string(), "{method} {path} has no name");
            assert!(
                operation["tags"].as_array().is_some_and(|tags| !tags.is_empty()),
                "{method} {path} has no tag"
            );
        }
    }
}

/// Where anything may stand: what people and platforms make up, and what a problem brings along.
const FREE: [&str; 6] = ["attributes", "preferences", "events/items", "headers", "query", "current"];

#[test]
fn every_object_says_what_is_in_it() {
    let document = serde_json::to_value(router::openapi()).unwrap();
    let mut loose = Vec::new();
    find_loose(&document["components"]["schemas"], "", &mut loose);
    find_loose(&document["paths"], "", &mut loose);
    loose.retain(|place: &String| !FREE.iter().any(|free| place.ends_with(&format!("/properties/{free}"))));
    assert!(loose.is_empty(), "these tell a client nothing: {loose:#?}");
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["ChannelView"]["properties"]["abilities"]["$ref"], "#/components/schemas/Abilities");
    let kinds = schemas["Part"]["oneOf"].as_array().unwrap();
    assert!(
        kinds.iter().all(|kind| !kind["allOf"].is_null() || kind["properties"]["type"]["enum"].is_array())
    );
    let templates = &document["paths"]["/api/v1/integrations/{id}/templates"]["get"]["responses"]["200"];
    let page = &templates["content"]["application/json"]["schema"]["$ref"];
    let page = page.as_str().unwrap().rsplit('/').next().unwrap();
    let template = &schemas[page]["properties"]["data"]["items"]["properties"];
    assert_eq!(template["buttons"]["items"]["$ref"], "#/components/schemas/TemplateButton");
}

/// Schemas of objects without a property.
fn find_loose(value: &serde_json::Value, place: &str, loose: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            let types = fields.get("type").map(ToString::to_string).unwrap_or_default();
            let described = ["properties", "additionalProperties", "allOf", "oneOf", "$ref"];
            if types.contains("\"object\"") && !described.iter().any(|word| fields.contains_key(*word)) {
                loose.push(place.to_owned());
            }
            for (name, field) in fields {
                find_loose(field, &format!("{place}/{name}"), loose);
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| find_loose(item, place, loose)),
        _ => {}
    }
}
