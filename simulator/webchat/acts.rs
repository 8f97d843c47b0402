//! What a visitor does in the window.

use std::sync::Arc;

use reqwest::{
    Method,
    header::ORIGIN,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Sites;
use crate::{Act, ActError, Customer, Media};

impl Sites {
    pub(super) async fn carry_out(
        self: &Arc<Self>,
        account: &str,
        customer: &Customer,
        act: Act,
    ) -> Result<String, ActError> {
        match act {
            Act::Text { text, reply_to } => {
                self.write(account, customer, json!({ "text": text, "reply_to": reply_to })).await
            }
            Act::Media(media) => {
                let upload = self.upload(account, customer, &media).await?;
                let text = media.caption.unwrap_or_default();
                self.write(account, customer, json!({ "text": text, "uploads": [upload] })).await
            }
            Act::Press { message, button } => {
                let title = self.change(account, &customer.id, |visit| {
                    let shown = visit.chat.iter().find(|one| one.id == message)?;
                    Some(shown.buttons.iter().find(|one| one.id == button)?.title.clone())
                });
                let title = title.flatten().ok_or(ActError::NoSuchMessage)?;
                let choice = json!({ "id": button, "title": title });
                self.write(account, customer, json!({ "choice": choice, "reply_to": message })).await
            }
            Act::Read => {
                let newest = self.change(account, &customer.id, |visit| {
                    let from_agents = visit.chat.iter_mut().filter(|one| !one.from_customer);
                    from_agents
                        .map(|one| {
                            "read".clone_into(&mut one.status);
                            one.id.clone()
                        })
                        .last()
                });
                let Some(newest) = newest.flatten() else { return Ok(String::new()) };
                let body = json!({ "up_to": newest, "state": "read" });
                self.ask(account, &customer.id, Method::POST, "seen", Some(body)).await?;
                Ok(newest)
            }
            Act::Location { .. } => Err(ActError::Unsupported("locations of visitors")),
            Act::Contact { .. } => Err(ActError::Unsupported("contact cards")),
            Act::React { .. } => Err(ActError::Unsupported("reactions")),
            Act::Edit { .. } | Act::Delete { .. } => Err(ActError::Unsupported("changes by visitors")),
            Act::Block | Act::Unblock => Err(ActError::Unsupported("blocking")),
            Act::Phone(_) => Err(ActError::Unsupported("calls")),
        }
    }

    async fn write(&self, account: &str, customer: &Customer, mut body: Value) -> Result<String, ActError> {
        body["client_id"] = json!(Uuid::new_v4());
        body["page"] = json!({ "url": format!("{}/shop", self.base_url), "title": "The shop" });
        if let Some(fields) = body.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
        }
        let stored = self.ask(account, &customer.id, Method::POST, "messages", Some(body)).await?;
        self.show(account, &customer.id, &stored);
        Ok(stored["id"].as_str().unwrap_or_default().to_owned())
    }

    async fn upload(&self, account: &str, customer: &Customer, media: &Media) -> Result<String, ActError> {
        let (window, token) = self.visit(account, &customer.id).ok_or(ActError::NoSuchAccount)?;
        let file = Part::bytes(media.bytes.to_vec()).file_name(media.file_name.clone());
        let file = file.mime_str(&media.mime).map_err(|_| ActError::Unsupported("files of that type"))?;
        let request = self.http.post(format!("{window}/uploads")).header(ORIGIN, &self.base_url);
        let answer = request.bearer_auth(token).multipart(Form::new().part("file", file)).send().await;
        let answer = answer.map_err(|_| ActError::NotTaken(0))?;
        if !answer.status().is_success() {
            return Err(ActError::NotTaken(answer.status().as_u16()));
        }
        let answer: Value = answer.json().await.unwrap_or_default();
        Ok(answer["upload"].as_str().unwrap_or_default().to_owned())
    }
}
