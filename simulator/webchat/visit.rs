//! A visitor comes in, proven by the site, and hears what is new until the site is gone.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use chrono::Utc;
use futures::{SinkExt, StreamExt};
use reqwest::{Method, header::ORIGIN};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio_tungstenite::{connect_async, tungstenite::Message};
use webhooks::sign::hmac_sha256_hex;

use super::{Sites, Visit, bubble};
use crate::{ActError, ChatButton, Customer};

const AGAIN: Duration = Duration::from_millis(500);

impl Sites {
    /// Opens the visitor's session and socket, unless they are open.
    pub(super) async fn come_in(
        self: &Arc<Self>,
        account: &str,
        customer: &Customer,
    ) -> Result<(), ActError> {
        let _one = self.opening.lock().await;
        let (window, secret) = {
            let sites = self.sites();
            let site = sites.get(account).ok_or(ActError::NoSuchAccount)?;
            if site.visits.contains_key(&customer.id) {
                return Ok(());
            }
            (site.window.clone().ok_or(ActError::NoWebhook)?, site.secret.clone())
        };
        let hash = hmac_sha256_hex(secret.expose_secret().as_bytes(), customer.id.as_bytes());
        let body = json!({ "user_id": customer.id, "user_hash": hash, "name": customer.name });
        let request = self.http.post(format!("{window}/session")).header(ORIGIN, &self.base_url).json(&body);
        let begun = answered(request).await?;
        let token = begun["token"].as_str().unwrap_or_default().to_owned();
        if let Some(site) = self.sites().get_mut(account) {
            site.visits.insert(customer.id.clone(), Visit { token, chat: Vec::new() });
        }
        let earlier = self.ask(account, &customer.id, Method::GET, "messages", None).await?;
        for message in earlier["data"].as_array().into_iter().flatten() {
            self.show(account, &customer.id, message);
        }
        tokio::spawn(hear(Arc::downgrade(self), account.to_owned(), customer.id.clone()));
        Ok(())
    }

    /// A request with the visitor's token.
    pub(super) async fn ask(
        &self,
        account: &str,
        customer: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, ActError> {
        let (window, token) = self.visit(account, customer).ok_or(ActError::NoSuchAccount)?;
        let request = self.http.request(method, format!("{window}/{path}"));
        let request = request.header(ORIGIN, &self.base_url).bearer_auth(token);
        answered(match body {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
    }

    /// The window's address and the visitor's token.
    pub(super) fn visit(&self, account: &str, customer: &str) -> Option<(String, String)> {
        let sites = self.sites();
        let site = sites.get(account)?;
        Some((site.window.clone()?, site.visits.get(customer)?.token.clone()))
    }

    /// Puts a message of the hub's into the chat, or changes it there.
    pub(super) fn show(&self, account: &str, customer: &str, message: &Value) {
        let text = |field: &str| message[field].as_str().unwrap_or_default();
        let hub = self.visit(account, customer).map(|(window, _)| window).unwrap_or_default();
        let hub = hub.split("/webchat/").next().unwrap_or_default().to_owned();
        let file = &message["attachments"][0];
        let mut view = bubble(text("id"), text("from") == "visitor", text("text"));
        if let Some(kind) = file["kind"].as_str() {
            kind.clone_into(&mut view.kind);
            view.file_name = file["file_name"].as_str().map(str::to_owned);
            view.media_url = file["url"].as_str().map(|url| format!("{hub}{url}"));
        }
        view.buttons = message["buttons"].as_array().into_iter().flatten().map(button).collect();
        view.reply_to = message["reply_to"]["id"].as_str().map(str::to_owned);
        view.edited = message["edited"] == true;
        view.deleted = message["deleted"] == true;
        view.at = text("sent_at").parse().unwrap_or_else(|_| Utc::now());
        self.change(account, customer, |visit| match visit.chat.iter_mut().find(|one| one.id == view.id) {
            Some(known) => {
                view.status.clone_from(&known.status);
                *known = view;
            }
            None => visit.chat.push(view),
        });
    }
}

async fn answered(request: reqwest::RequestBuilder) -> Result<Value, ActError> {
    let answer = request.send().await.map_err(|_| ActError::NotTaken(0))?;
    let status = answer.status();
    if !status.is_success() {
        return Err(ActError::NotTaken(status.as_u16()));
    }
    Ok(answer.json().await.unwrap_or_default())
}

fn button(value: &Value) -> ChatButton {
    let text = |field: &str| value[field].as_str().map(str::to_owned);
    ChatButton {
        id: text("id").unwrap_or_default(),
        title: text("title").unwrap_or_default(),
        description: text("description"),
        url: text("url"),
    }
}

/// Holds the visitor's socket, again and again, from where it was.
async fn hear(sites: Weak<Sites>, account: String, customer: String) {
    let mut cursor = None;
    loop {
        let Some(strong) = sites.upgrade() else { return };
        let Some((window, token)) = strong.visit(&account, &customer) else { return };
        drop(strong);
        // The end of a socket says nothing here: it is opened again.
        let _ = listen(&sites, &account, &customer, &window, &token, &mut cursor).await;
        tokio::time::sleep(AGAIN).await;
    }
}

async fn listen(
    sites: &Weak<Sites>,
    account: &str,
    customer: &str,
    window: &str,
    token: &str,
    cursor: &mut Option<String>,
) -> Option<()> {
    let hub = window.split("/webchat/").next()?.replacen("http", "ws", 1);
    let (mut socket, _) = connect_async(format!("{hub}/webchat/ws")).await.ok()?;
    let hello = json!({ "type": "authenticate", "data": { "token": token, "after": cursor } });
    socket.send(Message::text(hello.to_string())).await.ok()?;
    while let Some(Ok(packet)) = socket.next().await {
        let Message::Text(text) = packet else { continue };
        let frame: Value = serde_json::from_str(&text).ok()?;
        let strong = sites.upgrade()?;
        if let Some(now) = frame["cursor"].as_str() {
            *cursor = Some(now.to_owned());
        }
        let data = &frame["data"];
        match frame["type"].as_str() {
            Some("message") => {
                strong.show(account, customer, data);
                if data["from"] == "agent" {
                    let seen =
                        json!({ "type": "seen", "data": { "up_to": data["id"], "state": "delivered" } });
                    socket.send(Message::text(seen.to_string())).await.ok()?;
                }
            }
            Some("typing") => strong.changed(account, customer, data["typing"] == true),
            Some("conversation") => {
                strong.read_up_to(account, customer, data["read_up_to"].as_str().unwrap_or_default()).await;
            }
            _ => {}
        }
    }
    None
}

impl Sites {
    /// The business has read: the visitor's messages up to there show it.
    async fn read_up_to(&self, account: &str, customer: &str, position: &str) {
        let Ok(listed) = self.ask(account, customer, Method::GET, "messages", None).await else { return };
        let place = |position: &str| -> Option<(String, i64)> {
            let (conversation, seq) = position.split_once('.')?;
            Some((conversation.to_owned(), seq.parse().ok()?))
        };
        let read = place(position);
        let all = listed["data"].as_array().cloned().unwrap_or_default();
        let read: Vec<_> = all
            .iter()
            .filter(|one| read.is_some() && one["position"].as_str().and_then(place) <= read)
            .filter_map(|one| one["id"].as_str())
            .collect();
        self.change(account, customer, |visit| {
            let own = visit.chat.iter_mut().filter(|one| one.from_customer);
            own.filter(|one| read.contains(&one.id.as_str()))
                .for_each(|one| "read".clone_into(&mut one.status));
        });
    }
}
