//! A workspace with an app in it: people, channels, messages, files.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::Utc;
use rand::Rng;
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use crate::Customer;

/// What the app is given when it is installed.
const SCOPES: &str = "app_mentions:read,channels:history,channels:read,chat:write,commands,files:read,files:write,groups:history,groups:read,im:history,im:read,im:write,mpim:history,mpim:read,reactions:read,reactions:write,users:read,users:read.email";

pub(super) struct Workspace {
    pub(super) name: String,
    pub(super) team: String,
    pub(super) app: String,
    /// The app as a user and as a bot.
    pub(super) user: String,
    pub(super) bot: String,
    pub(super) bot_token: String,
    pub(super) app_token: String,
    pub(super) signing_secret: String,
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) scopes: String,
    pub(super) request_url: Option<String>,
    pub(super) people: BTreeMap<String, Customer>,
    /// Addresses of those who have one, and whether Slack has had it confirmed.
    pub(super) emails: BTreeMap<String, (String, bool)>,
    pub(super) channels: BTreeMap<String, Channel>,
    pub(super) files: BTreeMap<String, File>,
    /// Open connections of Socket Mode, and tickets for further ones.
    pub(super) sockets: Vec<UnboundedSender<Value>>,
    pub(super) tickets: Vec<String>,
    last: i64,
}

#[derive(Default)]
pub(super) struct Channel {
    pub(super) name: String,
    /// The person, where this is a direct message.
    pub(super) person: Option<String>,
    pub(super) messages: Vec<Message>,
    /// What one person alone saw: the person, and what was asked for.
    pub(super) whispers: Vec<(String, Value)>,
}

/// A message as Slack keeps it.
pub(super) struct Message {
    pub(super) ts: String,
    pub(super) json: Value,
    pub(super) ours: bool,
    pub(super) deleted: bool,
    /// Names, each with who set it.
    pub(super) reactions: Vec<(String, String)>,
}

pub(super) struct File {
    pub(super) name: String,
    pub(super) mime: String,
    pub(super) bytes: Bytes,
    /// Channel and `ts` of the message that shows it.
    pub(super) share: Option<(String, String)>,
}

pub(super) fn random(length: usize) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ0123456789";
    let mut rng = rand::rng();
    (0..length).map(|_| char::from(LETTERS[rng.random_range(0..LETTERS.len())])).collect()
}

impl Workspace {
    pub(super) fn new(name: &str) -> Self {
        let app = format!("A0{}", random(9));
        Self {
            name: name.to_owned(),
            team: format!("T0{}", random(9)),
            user: format!("U0{}", random(9)),
            bot: format!("B0{}", random(9)),
            bot_token: format!("xoxb-{}", random(24)),
            app_token: format!("xapp-1-{app}-{}", random(24)),
            app,
            signing_secret: random(32).to_lowercase(),
            client_id: format!(
                "{}.{}",
                rand::random_range(1_000_000..9_999_999),
                rand::random_range(1_000_000..9_999_999)
            ),
            client_secret: random(32).to_lowercase(),
            scopes: SCOPES.to_owned(),
            request_url: None,
            people: BTreeMap::new(),
            emails: BTreeMap::new(),
            channels: BTreeMap::new(),
            files: BTreeMap::new(),
            sockets: Vec::new(),
            tickets: Vec::new(),
            last: 0,
        }
    }

    /// Of an earlier start.
    pub(super) fn adopted(fields: &BTreeMap<String, String>) -> Self {
        let mut workspace = Self::new("Workspace");
        let set = |name: &str, place: &mut String| {
            if let Some(value) = fields.get(name) {
                place.clone_from(value);
            }
        };
        set("team_id", &mut workspace.team);
        set("app_id", &mut workspace.app);
        set("bot_token", &mut workspace.bot_token);
        set("app_token", &mut workspace.app_token);
        set("signing_secret", &mut workspace.signing_secret);
        set("client_id", &mut workspace.client_id);
        set("client_secret", &mut workspace.client_secret);
        workspace
    }

    /// Another workspace into which the same app can be installed.
    pub(super) fn sibling(&self, name: &str) -> Self {
        let mut sibling = Self::new(name);
        sibling.app.clone_from(&self.app);
        sibling.app_token.clone_from(&self.app_token);
        sibling.signing_secret.clone_from(&self.signing_secret);
        sibling.client_id.clone_from(&self.client_id);
        sibling.client_secret.clone_from(&self.client_secret);
        sibling.request_url.clone_from(&self.request_url);
        sibling
    }

    pub(super) fn key(&self) -> String {
        format!("{}:{}", self.team, self.app)
    }

    /// As an admin fills in the form.
    pub(super) fn fields(&self, base_url: &str) -> BTreeMap<String, String> {
        let fields = [
            ("app_id", &self.app),
            ("team_id", &self.team),
            ("bot_token", &self.bot_token),
            ("signing_secret", &self.signing_secret),
            ("api_base_url", &base_url.to_owned()),
        ];
        fields.into_iter().map(|(name, value)| (name.to_owned(), value.clone())).collect()
    }

    /// The next `ts`: never the same twice.
    pub(super) fn tick(&mut self) -> String {
        self.last = Utc::now().timestamp_micros().max(self.last + 1);
        format!("{}.{:06}", self.last / 1_000_000, self.last % 1_000_000)
    }

    /// What happens next happens so many seconds later.
    pub(super) fn pass(&mut self, seconds: i64) {
        self.last = self.last.max(Utc::now().timestamp_micros()) + seconds * 1_000_000;
    }

    pub(super) fn open_channel(&mut self, id: &str, name: &str) {
        self.channels.entry(id.to_owned()).or_default().name = name.to_owned();
    }

    /// The person's direct message with the app, opened if need be.
    pub(super) fn direct(&mut self, person: &str) -> String {
        let id = format!("D{}", person.get(1..).unwrap_or_default());
        let channel = self.channels.entry(id.clone()).or_default();
        channel.person.get_or_insert_with(|| person.to_owned());
        id
    }

    pub(super) fn meet(&mut self, customer: &Customer) {
        self.people.insert(customer.id.clone(), customer.clone());
    }

    pub(super) fn user_json(&self, id: &str) -> Option<Value> {
        let person = self.people.get(id)?;
        let handle = person.username.clone().unwrap_or_else(|| id.to_lowercase());
        let mut json = json!({
            "id": id, "team_id": self.team, "name": handle, "real_name": person.name, "deleted": false, "is_bot": false,
            "locale": "en-GB", "tz": "Europe/London", "updated": 1_760_000_000,
            "profile": { "real_name": person.name, "display_name": "", "team": self.team, "status_text": "" },
        });
        let told = self.scopes.split(',').any(|scope| scope == "users:read.email");
        if let Some((email, confirmed)) = self.emails.get(id).filter(|_| told) {
            json["profile"]["email"] = json!(email);
            json["is_email_confirmed"] = json!(confirmed);
        }
        Some(json)
    }

    pub(super) fn find(&mut self, channel: &str, ts: &str) -> Option<&mut Message> {
        let messages = &mut self.channels.get_mut(channel)?.messages;
        messages.iter_mut().find(|message| message.ts == ts && !message.deleted)
    }

    /// Keeps a message and returns its event.
    pub(super) fn keep(&mut self, channel: &str, mut json: Value, ours: bool) -> Value {
        let ts = self.tick();
        json["type"] = json!("message");
        json["ts"] = json!(ts);
        json["team"] = json!(self.team);
        let place = self.channels.entry(channel.to_owned()).or_default();
        place.messages.push(Message {
            ts: ts.clone(),
            json: json.clone(),
            ours,
            deleted: false,
            reactions: Vec::new(),
        });
        json["channel"] = json!(channel);
        json["channel_type"] = json!(if channel.starts_with('D') { "im" } else { "channel" });
        json["event_ts"] = json!(ts);
        json
    }

    pub(super) fn file_json(&self, base_url: &str, id: &str) -> Value {
        let Some(file) = self.files.get(id) else { return json!({ "id": id, "mode": "tombstone" }) };
        let address = format!("{base_url}/files-pri/{}-{id}/{}", self.team, file.name);
        let mut json = json!({
            "id": id, "name": file.name, "title": file.name, "mimetype": file.mime, "size": file.bytes.len(), "mode": "hosted",
            "is_external": false, "url_private": address, "url_private_download": address,
        });
        if let Some((channel, ts)) = &file.share {
            let kind = if channel.starts_with('C') { "public" } else { "private" };
            json["shares"] = json!({ kind: { channel: [{ "ts": ts }] } });
        }
        json
    }
}
