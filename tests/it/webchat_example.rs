//! docs/channels/webchat-example.mjs is a whole chat without the widget: it is run as it stands.

use std::{path::Path, process::Stdio, time::Duration};

use serde_json::{Value, json};
use switchboard::ids::IntegrationId;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};
use uuid::Uuid;

use crate::harness::{client::Session, hub::Hub, platform};

/// The example at work.
struct Example {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Example {
    /// Its token is kept in `folder`.
    fn start(hub: &Hub, window: IntegrationId, folder: &Path) -> Self {
        let mut child = Command::new("node")
            .args(["--experimental-websocket", "--no-warnings"])
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/channels/webchat-example.mjs"))
            .env("HUB", &hub.url)
            .env("INTEGRATION", window.to_string())
            .env("TOKEN_FILE", folder.join("token"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    async fn write(&mut self, text: &str) {
        let line = format!("{text}\n");
        self.child.stdin.as_mut().unwrap().write_all(line.as_bytes()).await.unwrap();
    }

    async fn line(&mut self) -> String {
        let next = tokio::time::timeout(Duration::from_secs(20), self.lines.next_line());
        next.await.expect("a line in time").unwrap().expect("the example goes on")
    }
}

async fn reply(owner: &Session, text: &str) -> String {
    let listed = owner.get("/conversations").await.expect(200).body;
    let conversation = listed["data"][0]["id"].as_str().unwrap();
    let body = json!({"client_id": Uuid::now_v7().to_string(), "text": text});
    owner.post(&format!("/conversations/{conversation}/messages"), &body).await.expect(201).id()
}

async fn becomes(owner: &Session, message: &str, status: &str) {
    let mut last = Value::Null;
    for _ in 0..200 {
        last = owner.get(&format!("/messages/{message}")).await.expect(200).body["status"].clone();
        if last == status {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{status} it never was, but {last}");
}

#[tokio::test]
async fn the_documented_example_runs() {
    let hub = Hub::start().await;
    let _work = hub.work();
    let owner = hub.found("Acme", "ada").await;
    let fields = [("allowed_origins".to_owned(), "apps".to_owned())].into();
    let window = platform::connect(&hub, &owner, channels::find("webchat").unwrap(), fields).await;
    let folder = tempfile::tempdir().unwrap();
    let mut example = Example::start(&hub, window, folder.path());
    assert_eq!(example.line().await, "connected");
    example.write("Where is my order?").await;
    assert_eq!(example.line().await, "you: Where is my order?");
    let message = reply(&owner, "On its way.").await;
    assert_eq!(example.line().await, "ada: On its way.");
    becomes(&owner, &message, "read").await;

    drop(example);
    let message = reply(&owner, "Are you still there?").await;
    becomes(&owner, &message, "sent").await;
    let mut example = Example::start(&hub, window, folder.path());
    for told in ["you: Where is my order?", "ada: On its way.", "ada: Are you still there?", "connected"] {
        assert_eq!(example.line().await, told, "it comes back as the same visitor");
    }
    becomes(&owner, &message, "read").await;
}
