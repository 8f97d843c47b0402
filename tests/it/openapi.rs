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
