//! Boards of the played Trello, kept in step with a pipeline: both ways, without loops, and whatever gets lost, comes twice or in disorder.

mod inbound;
mod outbound;
mod trouble;

use std::{future::Future, time::Duration};

use serde_json::{Value, json};
use simulator::{Simulator, trello::Opened};

use crate::harness::{
    client::Session,
    hub::{Hub, Work},
    inbox::id,
};

/// An organization with a pipeline and a board with the lists `Leads`, `Done`, `Ideas`; the last one is no stage.
struct Desk {
    hub: Hub,
    owner: Session,
    simulator: Simulator,
    board: Opened,
    pipeline: Value,
    connection: Value,
}

impl Desk {
    async fn open() -> Self {
        Self::open_with(false, |_| ()).await
    }

    /// With what is done at Trello before the board is connected.
    async fn open_with(import: bool, before: impl FnOnce(&Simulator)) -> Self {
        let hub = Hub::start().await;
        let owner = hub.found("Acme", "ada").await;
        let simulator = Simulator::start(([127, 0, 0, 1], 0).into()).await.unwrap();
        simulator.known_as(&hub.url, hub.app.config.server.public_url.as_str());
        let board = simulator.trello.open_board("Sales", &["Leads", "Done", "Ideas"]);
        let pipeline =
            owner.post("/pipelines", &json!({"name": "Sales", "currency": "BRL"})).await.expect(201).body;
        before(&simulator);
        let mut desk = Self { hub, owner, simulator, board, pipeline, connection: Value::Null };
        if !import {
            desk.connect(false).await;
        }
        desk
    }

    async fn connect(&mut self, import: bool) {
        let body = self.wish(import);
        self.connection = self.owner.post("/trello", &body).await.expect(201).body;
    }

    fn wish(&self, import: bool) -> Value {
        json!({
            "account": self.board.fields,
            "board_id": self.board.board,
            "pipeline_id": id(&self.pipeline),
            "lists": [
                {"list_id": self.leads(), "stage_id": self.stage("New")},
                {"list_id": self.done(), "stage_id": self.stage("Won")},
            ],
            "import": import,
        })
    }

    fn leads(&self) -> &str {
        &self.board.lists[0]
    }

    fn done(&self) -> &str {
        &self.board.lists[1]
    }

    fn ideas(&self) -> &str {
        &self.board.lists[2]
    }

    fn stage(&self, name: &str) -> String {
        let stages = self.pipeline["stages"].as_array().unwrap();
        id(stages.iter().find(|stage| stage["name"] == name).unwrap()).to_owned()
    }

    /// A worker, once the webhook stands.
    async fn work(&self) -> Work {
        let work = self.hub.work();
        until("a webhook", async || !self.simulator.trello.webhooks().is_empty() && self.is_at_rest().await)
            .await;
        work
    }

    async fn is_at_rest(&self) -> bool {
        let left: i64 = sqlx::query_scalar("select count(*) from jobs where state = 'ready'")
            .fetch_one(&mut self.hub.sql().await)
            .await
            .unwrap();
        left == 0
    }

    /// Nothing is left to do, also of what events tell.
    async fn settled(&self) {
        let mut calm = 0;
        until("rest", async || {
            calm = if self.is_at_rest().await { calm + 1 } else { 0 };
            calm > 35
        })
        .await;
    }

    async fn shown(&self) -> Value {
        self.owner.get(&format!("/trello/{}", id(&self.connection))).await.expect(200).body
    }

    async fn patch(&self, change: Value) -> Value {
        self.owner.patch(&format!("/trello/{}", id(&self.connection)), &change).await.expect(200).body
    }

    async fn sync(&self) {
        self.owner.post(&format!("/trello/{}/sync", id(&self.connection)), &json!({})).await.expect(202);
    }

    async fn deals(&self) -> Vec<Value> {
        let path = format!("/deals?pipeline_id={}&limit=100", id(&self.pipeline));
        self.owner.get(&path).await.expect(200).body["data"].as_array().unwrap().clone()
    }

    async fn titles(&self) -> Vec<String> {
        self.deals().await.iter().map(|deal| deal["title"].as_str().unwrap().to_owned()).collect()
    }

    async fn deal(&self, title: &str) -> Value {
        let found =
            until_some(title, async || self.deals().await.into_iter().find(|deal| deal["title"] == title));
        found.await
    }

    async fn make_deal(&self, title: &str) -> Value {
        self.owner
            .post("/deals", &json!({"title": title, "stage_id": self.stage("New")}))
            .await
            .expect(201)
            .body
    }

    fn cards(&self) -> Vec<Value> {
        self.simulator.trello.cards(&self.board.board)
    }

    async fn card(&self, name: &str) -> Value {
        until_some(name, async || self.cards().into_iter().find(|card| card["name"] == name)).await
    }

    /// What people wrote, newest first.
    async fn notes(&self, deal: &Value) -> Vec<String> {
        let all = self.owner.get(&format!("/deals/{}/activities", id(deal))).await.expect(200).body;
        let notes = all["data"].as_array().unwrap().iter().filter(|one| one["kind"] == "note");
        notes.map(|one| one["text"].as_str().unwrap().to_owned()).collect()
    }

    fn calls(&self, name: &str) -> usize {
        self.simulator.trello.calls().iter().filter(|call| *call == name).count()
    }
}

async fn until(what: &str, mut is: impl AsyncFnMut() -> bool) {
    for _ in 0..800 {
        if is().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("never {what}");
}

async fn until_some<F: Future<Output = Option<Value>>>(what: &str, mut find: impl FnMut() -> F) -> Value {
    for _ in 0..800 {
        if let Some(found) = find().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("never {what}");
}
