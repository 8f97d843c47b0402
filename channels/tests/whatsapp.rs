//! What the WhatsApp channel asks of Meta beside sending, against a server that plays single answers: where the token
//! goes when addresses lead elsewhere, and lists of many pages.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::{Request, State},
    http::header::{AUTHORIZATION, LOCATION},
    response::{IntoResponse, Response},
};
use channels::{Account, Channel, FetchedMedia, MediaLimit, SendError};
use net::guard::Private;
use serde_json::{Value, json};
use tokio::net::TcpListener;

type Answers = Box<dyn Fn(&str) -> Response + Send + Sync>;

/// A server that answers by path and query, and remembers which calls brought a token.
struct Server {
    origin: String,
    calls: Calls,
}

type Calls = Arc<Mutex<Vec<(String, bool)>>>;

async fn serve(answers: impl FnOnce(String) -> Answers) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let calls = Calls::default();
    let state = Arc::new((answers(origin.clone()), calls.clone()));
    let router = Router::new().fallback(answer).with_state(state);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Server { origin, calls }
}

async fn answer(State(state): State<Arc<(Answers, Calls)>>, request: Request) -> Response {
    let path = request.uri().path_and_query().unwrap().as_str().to_owned();
    state.1.lock().unwrap().push((path.clone(), request.headers().contains_key(AUTHORIZATION)));
    (state.0)(&path)
}

fn whatsapp() -> &'static dyn Channel {
    channels::find("whatsapp").unwrap()
}

fn account(origin: &str) -> Account {
    let fields = [
        ("phone_number_id", "1"),
        ("business_account_id", "2"),
        ("access_token", "EAATESTTOKEN"),
        ("app_secret", "test-app-secret-0001"),
        ("verify_token", "a-verify-token"),
        ("api_base_url", origin),
    ];
    let fields: BTreeMap<_, _> =
        fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    whatsapp().account_form().fill(fields).unwrap()
}

fn client() -> net::Client {
    net::Client::new(Private::Allowed, net::Limits::default()).unwrap()
}

fn json_answer(value: &Value) -> Response {
    axum::Json(value).into_response()
}

fn redirect(to: &str) -> Response {
    (axum::http::StatusCode::FOUND, [(LOCATION, to.to_owned())]).into_response()
}

/// Fetches media 7, whose address is `url` on the server itself.
async fn fetch(server: &Server) -> Result<FetchedMedia, SendError> {
    let limit = MediaLimit(100);
    whatsapp().fetch_media(&account(&server.origin), &json!({ "id": "7" }), limit, &client()).await
}

#[tokio::test]
async fn the_token_does_not_follow_to_another_host() {
    let foreign = serve(|_| Box::new(|_| "the file".into_response())).await;
    let elsewhere = format!("{}/file", foreign.origin);
    let meta = serve(|origin| {
        Box::new(move |path| match path {
            "/first" => redirect("/second"),
            "/second" => redirect(&elsewhere),
            _ => json_answer(
                &json!({ "url": format!("{origin}/first"), "mime_type": "image/jpeg", "file_size": "8" }),
            ),
        })
    })
    .await;
    let fetched = fetch(&meta).await.unwrap();
    assert_eq!((&fetched.bytes[..], fetched.mime.as_deref()), (&b"the file"[..], Some("image/jpeg")));
    assert!(meta.calls.lock().unwrap().iter().all(|(_, token)| *token));
    assert_eq!(*foreign.calls.lock().unwrap(), [("/file".to_owned(), false)]);
}

#[tokio::test]
async fn redirects_come_to_an_end() {
    let circle = serve(|origin| {
        Box::new(move |path| match path {
            "/round" => redirect("/round"),
            _ => json_answer(&json!({ "url": format!("{origin}/round") })),
        })
    })
    .await;
    let Err(SendError::Later { reason, .. }) = fetch(&circle).await else { panic!("no end") };
    assert_eq!(reason.code, "media_unavailable");
    assert_eq!(circle.calls.lock().unwrap().len(), 5, "the address and three redirects");
}

#[tokio::test]
async fn a_file_that_grows_past_its_limit_is_dropped() {
    let server = serve(|origin| {
        Box::new(move |path| match path {
            "/file" => "x".repeat(101).into_response(),
            _ => json_answer(&json!({ "url": format!("{origin}/file"), "file_size": 1 })),
        })
    })
    .await;
    let Err(SendError::Refused(reason)) = fetch(&server).await else { panic!("too large") };
    assert_eq!(reason.code, "media_too_large");
}

#[tokio::test]
async fn templates_are_read_page_by_page() {
    let page = |names: &[&str], after: Option<&str>| {
        let data: Vec<_> = names.iter().map(|name| json!({ "name": name, "language": "en" })).collect();
        let mut page = json!({ "data": data, "paging": { "cursors": { "after": after } } });
        if after.is_some() {
            // An address that must not be called as it is: it holds the token.
            page["paging"]["next"] = json!("https://graph.example/v25.0/2/message_templates?access_token=x");
        }
        json_answer(&page)
    };
    let server = serve(|_| {
        Box::new(move |path| match path {
            _ if path.contains("after=p2") => page(&["c"], None),
            _ if path.contains("after=p1") => page(&["b"], Some("p2")),
            _ => page(&["a"], Some("p1")),
        })
    })
    .await;
    let templates = whatsapp().templates(&account(&server.origin), &client()).await.unwrap();
    let names: Vec<_> = templates.into_iter().map(|template| template.name).collect();
    assert_eq!(names, ["a", "b", "c"]);
}

#[tokio::test]
async fn a_list_that_repeats_its_page_ends() {
    let endless = json!({
        "data": [{ "name": "a", "language": "en" }],
        "paging": { "cursors": { "after": "p1" }, "next": "https://graph.example/" },
    });
    let server = serve(|_| Box::new(move |_| json_answer(&endless))).await;
    let templates = whatsapp().templates(&account(&server.origin), &client()).await.unwrap();
    assert_eq!(templates.len(), 2);
}
