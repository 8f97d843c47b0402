//! What the doctor says of a bucket, against a small store that speaks as much of S3 as it asks for.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::any,
};
use tokio::net::TcpListener;

use super::{Hub, text};

const KEY_ID: &str = "AKIAEXAMPLE";
const BUCKET: &str = "media";

/// Objects of one bucket, for whoever signs with the right key id.
#[derive(Clone, Default)]
struct Store(Arc<Mutex<HashSet<String>>>);

fn refused(status: StatusCode, code: &str, message: &str) -> Response {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    (status, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
}

async fn object(
    State(store): State<Store>,
    Path((bucket, key)): Path<(String, String)>,
    method: Method,
    headers: HeaderMap,
    _body: Bytes,
) -> Response {
    let signed = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !signed.contains(&format!("Credential={KEY_ID}/")) {
        let message = "The AWS Access Key Id you provided does not exist in our records.";
        return refused(StatusCode::FORBIDDEN, "InvalidAccessKeyId", message);
    }
    if bucket != BUCKET {
        return refused(StatusCode::NOT_FOUND, "NoSuchBucket", "The specified bucket does not exist");
    }
    let mut objects = store.0.lock().unwrap();
    match method {
        Method::PUT => {
            objects.insert(key);
            (StatusCode::OK, [(header::ETAG, "\"d41d8cd98f00b204e9800998ecf8427e\"")]).into_response()
        }
        Method::DELETE => {
            objects.remove(&key);
            StatusCode::NO_CONTENT.into_response()
        }
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

/// Deletes what a list names, as the client asks for one object, too.
async fn delete(
    State(store): State<Store>,
    Path(bucket): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body = text(&body);
    let key = body.split("<Key>").nth(1).and_then(|rest| rest.split("</Key>").next()).unwrap_or_default();
    let done =
        object(State(store), Path((bucket, key.to_owned())), Method::DELETE, headers, Bytes::new()).await;
    if !done.status().is_success() {
        return done;
    }
    let answer = format!("<DeleteResult><Deleted><Key>{key}</Key></Deleted></DeleteResult>");
    ([(header::CONTENT_TYPE, "application/xml")], answer).into_response()
}

/// What the doctor says of the media store.
async fn told(endpoint: &str, bucket: &str, key_id: &str) -> String {
    let hub = Hub::new();
    let mut command = hub.command("doctor");
    command
        .env("SWITCHBOARD_STORAGE_URL", format!("s3://{bucket}"))
        .env("SWITCHBOARD_STORAGE_ENDPOINT", endpoint)
        .env("SWITCHBOARD_STORAGE_REGION", "eu-central-1")
        .env("SWITCHBOARD_STORAGE_ACCESS_KEY_ID", key_id)
        .env("SWITCHBOARD_STORAGE_SECRET_ACCESS_KEY", "secret-that-nobody-prints");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
    assert!(!said.contains("secret-that-nobody-prints"));
    let line =
        said.lines().find(|line| line.contains("can be written") || line.contains("cannot be written"));
    line.unwrap_or_else(|| panic!("{said}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_tells_refused_keys_from_a_missing_bucket() {
    let store = Store::default();
    let routes = Router::new()
        .route("/{bucket}", any(delete))
        .route("/{bucket}/{*key}", any(object))
        .with_state(store.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });

    assert!(told(&endpoint, BUCKET, KEY_ID).await.contains("can be written"));
    assert!(store.0.lock().unwrap().is_empty(), "the doctor leaves nothing behind");
    let keys = told(&endpoint, BUCKET, "AKIASTRANGER").await;
    assert!(keys.contains("cannot be written") && keys.contains("the store refuses the keys"), "{keys}");
    assert!(keys.contains("bucket `media` at http://127.0.0.1"), "{keys}");
    let missing = told(&endpoint, "nowhere", KEY_ID).await;
    assert!(missing.contains("does not exist"), "{missing}");
    serving.abort();
}
