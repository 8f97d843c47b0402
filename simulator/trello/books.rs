//! What Trello knows: accounts, boards, cards, what happened to them, and who is told.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU32, Ordering},
};

use chrono::{SecondsFormat, Utc};
use rand::Rng;
use serde_json::{Map, Value, json};

use super::{tell::Letter, text};

/// After so many callbacks in a row that were not taken a webhook is given up.
const PATIENCE: u32 = 10;
/// The fields of a card that a call changes.
const FIELDS: [&str; 6] = ["name", "desc", "idList", "closed", "due", "pos"];

#[derive(Default)]
pub(super) struct Books {
    pub(super) accounts: Vec<Account>,
    pub(super) boards: BTreeMap<String, Board>,
    pub(super) cards: BTreeMap<String, Value>,
    /// Newest last, each with its board's id.
    pub(super) actions: Vec<Value>,
    pub(super) webhooks: BTreeMap<String, Webhook>,
}

#[derive(Clone)]
pub(super) struct Account {
    pub(super) key: String,
    pub(super) token: String,
    pub(super) secret: String,
    pub(super) member: Value,
    pub(super) revoked: bool,
}

pub(super) struct Board {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) closed: bool,
    /// Tokens that see it.
    pub(super) tokens: Vec<String>,
    /// Ids and names.
    pub(super) lists: Vec<(String, String)>,
}

pub(super) struct Webhook {
    pub(super) id: String,
    pub(super) token: String,
    pub(super) model: String,
    pub(super) callback_url: String,
    pub(super) active: bool,
    pub(super) failures: u32,
}

/// Who does something.
pub(super) struct Actor {
    pub(super) member: Value,
}

impl Actor {
    /// Somebody in a browser.
    pub(super) fn person() -> Self {
        Self { member: json!({"id": "5f0000000000000000000001", "fullName": "Ana", "username": "ana1"}) }
    }
}

impl Webhook {
    pub(super) fn show(&self) -> Value {
        json!({"id": self.id, "description": "", "idModel": self.model, "callbackURL": self.callback_url, "active": self.active,
            "consecutiveFailures": self.failures, "firstConsecutiveFailDate": null})
    }
}

impl Board {
    pub(super) fn url(&self) -> String {
        format!("https://trello.com/b/{}", self.id.get(16..).unwrap_or_default())
    }

    pub(super) fn show(&self) -> Value {
        let lists: Vec<Value> = self.lists_shown();
        json!({"id": self.id, "name": self.name, "url": self.url(), "closed": self.closed, "lists": lists})
    }

    pub(super) fn lists_shown(&self) -> Vec<Value> {
        self.lists
            .iter()
            .map(|(id, name)| json!({"id": id, "name": name, "closed": false, "idBoard": self.id}))
            .collect()
    }
}

/// 24 hexadecimal digits, of which the first eight are the time.
pub(super) fn new_id() -> String {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let made = MADE.fetch_add(1, Ordering::Relaxed);
    format!("{:08x}{:08x}{made:08x}", Utc::now().timestamp(), 0)
}

fn secret(digits: usize) -> String {
    let mut random = rand::rng();
    (0..digits).map(|_| char::from_digit(random.random_range(0..16), 16).unwrap_or('0')).collect()
}

fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true)
}

impl Books {
    pub(super) fn account(&mut self, name: &str) -> Account {
        let username = name.to_lowercase().replace(' ', "");
        let account = Account {
            key: secret(32),
            token: format!("ATTA{}", secret(64)),
            secret: secret(64),
            member: json!({"id": new_id(), "fullName": format!("{name} Admin"), "username": username}),
            revoked: false,
        };
        self.accounts.push(account.clone());
        account
    }

    pub(super) fn board(&mut self, name: &str, lists: &[&str], token: &str) -> (String, Vec<String>) {
        let lists: Vec<_> = lists.iter().map(|list| (new_id(), (*list).to_owned())).collect();
        let ids = lists.iter().map(|(id, _)| id.clone()).collect();
        let id = new_id();
        let board = Board {
            id: id.clone(),
            name: name.to_owned(),
            closed: false,
            tokens: vec![token.to_owned()],
            lists,
        };
        self.boards.insert(id.clone(), board);
        (id, ids)
    }

    pub(super) fn renew(&mut self, key: &str, board: &str) -> Option<String> {
        let before = self.accounts.iter().find(|one| one.key == key)?.clone();
        let token = format!("ATTA{}", secret(64));
        self.boards.get_mut(board)?.tokens.push(token.clone());
        self.accounts.push(Account { token: token.clone(), revoked: false, ..before });
        Some(token)
    }

    fn board_of_list(&self, list: &str) -> Option<&Board> {
        self.boards.values().find(|board| board.lists.iter().any(|(id, _)| id == list))
    }

    fn list(&self, id: &str) -> Value {
        let name = self.board_of_list(id).and_then(|board| board.lists.iter().find(|list| list.0 == id));
        json!({"id": id, "name": name.map(|list| list.1.clone())})
    }

    /// `None` where there is no such list.
    pub(super) fn make_card(
        &mut self,
        list: &str,
        fields: &Value,
        by: &Actor,
    ) -> Option<(String, Vec<Value>)> {
        let board = self.board_of_list(list)?.id.clone();
        let id = new_id();
        let on_board = self.cards.values().filter(|card| card["idBoard"] == *board);
        let (top, bottom) = on_board
            .filter_map(|card| card["pos"].as_f64())
            .fold((65_536.0_f64, 65_536.0_f64), |(top, bottom), pos| (top.min(pos), bottom.max(pos)));
        let pos = if fields["pos"] == "top" { top / 2.0 } else { bottom + 65_536.0 };
        let short = self.cards.len() + 1;
        let card = json!({"id": id, "idShort": short, "shortLink": id.get(16..), "name": fields["name"].as_str().unwrap_or_default(),
            "desc": fields["desc"].as_str().unwrap_or_default(), "idList": list, "idBoard": board, "closed": false,
            "due": fields["due"], "dueComplete": false, "pos": pos, "dateLastActivity": now(), "labels": [], "idMembers": []});
        self.cards.insert(id.clone(), card);
        let action = self.action(&board, &id, "createCard", json!({"list": self.list(list)}), by);
        Some((id, vec![action]))
    }

    /// One action for each field that is another now; `None` where there is no such card or list.
    pub(super) fn change_card(
        &mut self,
        id: &str,
        fields: &Map<String, Value>,
        by: &Actor,
    ) -> Option<Vec<Value>> {
        let mut card = self.cards.get(id)?.clone();
        if fields.contains_key("idList") {
            let board = self.board_of_list(text(fields, "idList"))?;
            if card["idBoard"] != *board.id {
                return None;
            }
        }
        let board = card["idBoard"].as_str()?.to_owned();
        let mut actions = Vec::new();
        for field in FIELDS {
            let Some(value) = fields.get(field).filter(|value| **value != card[field]) else { continue };
            let before = std::mem::replace(&mut card[field], value.clone());
            card["dateLastActivity"] = json!(now());
            self.cards.insert(id.to_owned(), card.clone());
            let mut data = json!({"old": {field: before}});
            if field == "idList" {
                data["listBefore"] = self.list(before.as_str().unwrap_or_default());
                data["listAfter"] = self.list(value.as_str().unwrap_or_default());
            }
            data["card"] = json!({field: value});
            actions.push(self.action(&board, id, "updateCard", data, by));
        }
        Some(actions)
    }

    pub(super) fn comment(&mut self, id: &str, words: &str, by: &Actor) -> Option<Value> {
        let board = self.cards.get(id)?["idBoard"].as_str()?.to_owned();
        Some(self.action(&board, id, "commentCard", json!({"text": words}), by))
    }

    pub(super) fn delete_card(&mut self, id: &str, by: &Actor) -> Option<Value> {
        let card = self.cards.remove(id)?;
        let action = self.action(card["idBoard"].as_str()?, id, "deleteCard", json!({}), by);
        Some(action)
    }

    pub(super) fn move_to_board(&mut self, id: &str, board: &str, list: &str, by: &Actor) -> Vec<Value> {
        let Some(card) = self.cards.get_mut(id) else { return Vec::new() };
        let from = card["idBoard"].as_str().unwrap_or_default().to_owned();
        (card["idBoard"], card["idList"]) = (json!(board), json!(list));
        vec![
            self.action(&from, id, "moveCardFromBoard", json!({"boardTarget": {"id": board}}), by),
            self.action(board, id, "moveCardToBoard", json!({"boardSource": {"id": from}}), by),
        ]
    }

    pub(super) fn close_board(&mut self, id: &str, by: &Actor) -> Option<Value> {
        self.boards.get_mut(id)?.closed = true;
        let mut action = self.action(id, "", "updateBoard", json!({"old": {"closed": false}}), by);
        action["data"].as_object_mut()?.remove("card");
        Some(action)
    }

    pub(super) fn revoke(&mut self, token: &str) {
        self.accounts.iter_mut().filter(|one| one.token == token).for_each(|one| one.revoked = true);
        self.webhooks.retain(|_, hook| hook.token != token);
    }

    fn action(&mut self, board: &str, card: &str, kind: &str, mut data: Value, by: &Actor) -> Value {
        let known = self.cards.get(card);
        let mut shown = json!({"id": card});
        for field in ["name", "idShort", "shortLink"] {
            if let Some(known) = known {
                shown[field] = known[field].clone();
            }
        }
        if let Some(more) = data["card"].as_object().cloned() {
            more.into_iter().for_each(|(name, value)| shown[name] = value);
        }
        let named = self.boards.get(board).map(|one| one.name.clone());
        data["card"] = shown;
        data["board"] = json!({"id": board, "name": named});
        let action = json!({"id": new_id(), "idMemberCreator": by.member["id"], "type": kind, "date": now(), "data": data,
            "memberCreator": by.member});
        self.actions.push(action.clone());
        action
    }

    /// What is to be sent about an action, unsigned.
    pub(super) fn letters(&self, action: &Value) -> Vec<Letter> {
        let model = action["data"]["board"]["id"].as_str().unwrap_or_default();
        let hooks = self.webhooks.values().filter(|hook| hook.active && hook.model == model);
        let shown = self
            .boards
            .get(model)
            .map(|board| json!({"id": board.id, "name": board.name, "url": board.url()}));
        hooks
            .map(|hook| Letter {
                webhook: hook.id.clone(),
                url: hook.callback_url.clone(),
                secret: self.secret_of(&hook.token),
                body: json!({"model": shown, "action": action, "webhook": hook.show()}).to_string(),
            })
            .collect()
    }

    fn secret_of(&self, token: &str) -> String {
        self.accounts.iter().find(|one| one.token == token).map(|one| one.secret.clone()).unwrap_or_default()
    }

    /// 410 deletes the webhook at once; long silence disables it.
    pub(super) fn answered(&mut self, webhook: &str, status: u16) {
        if status == 410 {
            self.webhooks.remove(webhook);
        }
        if let Some(hook) = self.webhooks.get_mut(webhook) {
            hook.failures = if (200..300).contains(&status) { 0 } else { hook.failures + 1 };
            hook.active &= hook.failures < PATIENCE;
        }
    }
}
