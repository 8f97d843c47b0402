//! A window's settings as its account holds them, and who may use it.

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use webhooks::sign::{hmac_sha256, hmac_sha256_hex};

use super::{
    account,
    hours::{self, Hours},
    origins,
};
use crate::Account;

/// The languages that the window speaks.
const LANGUAGES: [&str; 6] = ["en", "de", "es", "pt", "fr", "ar"];
const COLOUR: &str = "#2563eb";

/// What a window needs to know to draw itself. Everybody may read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Widget {
    pub title: String,
    /// `#rrggbb`.
    pub colour: String,
    pub side: Side,
    pub theme: Theme,
    pub greeting: String,
    /// Seconds after which the greeting shows itself.
    pub greeting_after: Option<u32>,
    pub pre_chat: Vec<PreChatField>,
    /// `None`: always open.
    pub business_hours: Option<Hours>,
    pub away_message: String,
    /// The first is spoken where none fits.
    pub languages: Vec<String>,
    /// Whether only proven visitors may write.
    pub identity_required: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Left,
    Right,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    Light,
    Dark,
    /// As the visitor's device is set.
    Auto,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PreChatField {
    /// `name`, `email` or `phone`.
    pub name: String,
    pub required: bool,
}

impl Widget {
    /// What means nothing is left out; a check tells the admin of it.
    pub fn of(account: &Account, name: &str) -> Self {
        let text = |field| account.text(field).to_owned();
        let or = |value: String, other: &str| if value.is_empty() { other.to_owned() } else { value };
        let open = hours::parse(account.text(account::HOURS)).unwrap_or_default();
        let time_zone = or(text(account::TIME_ZONE), "UTC");
        let colour = text(account::COLOUR);
        Self {
            title: or(text(account::TITLE), name),
            colour: if crate::account::is_colour(&colour) { colour } else { COLOUR.to_owned() },
            side: if account.text(account::SIDE) == "left" { Side::Left } else { Side::Right },
            theme: match account.text(account::THEME).to_lowercase().as_str() {
                "dark" => Theme::Dark,
                "auto" => Theme::Auto,
                _ => Theme::Light,
            },
            greeting: text(account::GREETING),
            greeting_after: account.text(account::GREETING_AFTER).parse().ok(),
            pre_chat: pre_chat(account.text(account::PRE_CHAT)).into_iter().flatten().collect(),
            business_hours: (!open.is_empty()).then_some(Hours { time_zone, open }),
            away_message: text(account::AWAY),
            languages: languages(account.text(account::LANGUAGES)),
            identity_required: identity_required(account),
        }
    }

    /// Whether a page of that origin may show the account's window; `None` is a program.
    pub fn allows(account: &Account, origin: Option<&str>) -> bool {
        origins::allows(account.text(account::ORIGINS), origin)
    }

    /// Whether `hash` is the hexadecimal HMAC-SHA256 of the visitor's id under one of the account's secrets. Takes the same time
    /// whatever is wrong.
    pub fn proves(account: &Account, user_id: &str, hash: &str) -> bool {
        let Ok(given) = hex::decode(hash.trim()) else { return false };
        account::secrets(account).iter().filter(|secret| !secret.expose_secret().is_empty()).any(|secret| {
            let right = hmac_sha256(secret.expose_secret().as_bytes(), user_id.as_bytes());
            given.len() == right.len()
                && given.iter().zip(right.iter()).fold(0, |differs, (one, other)| differs | (one ^ other))
                    == 0
        })
    }

    /// Changes with the account's secrets, so that what was proven under an older one ends with it. Tells nothing of them.
    pub fn proof_mark(account: &Account) -> String {
        let mark =
            |secret: &SecretString| hmac_sha256_hex(secret.expose_secret().as_bytes(), b"webchat proof mark");
        account::secrets(account).first().map(mark).unwrap_or_default().chars().take(16).collect()
    }
}

pub(super) fn identity_required(account: &Account) -> bool {
    matches!(account.text(account::REQUIRED).to_lowercase().as_str(), "yes" | "true" | "1")
}

/// Each entry, or `Err` with the one that is none of the fields.
pub(super) fn pre_chat(text: &str) -> Vec<Result<PreChatField, String>> {
    let entries = text.split([',', ' ', ';']).map(str::trim).filter(|entry| !entry.is_empty());
    entries
        .map(|entry| {
            let name = entry.trim_end_matches('*');
            match ["name", "email", "phone"].contains(&name) {
                true => Ok(PreChatField { name: name.to_owned(), required: name.len() < entry.len() }),
                false => Err(entry.to_owned()),
            }
        })
        .collect()
}

/// Those that the window speaks, in the order given; all where none of these is given.
fn languages(text: &str) -> Vec<String> {
    let given = text.split([',', ' ', ';']).map(str::trim);
    let known: Vec<_> = given.filter(|one| LANGUAGES.contains(one)).map(str::to_owned).collect();
    if known.is_empty() { LANGUAGES.map(str::to_owned).to_vec() } else { known }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(fields: &[(&str, &str)]) -> Account {
        Account::new(fields.iter().map(|(name, value)| ((*name).to_owned(), SecretString::from(*value))))
    }

    #[test]
    fn a_visitor_is_proven_by_either_secret_and_by_nothing_else() {
        let hash = "7457c1fe6169231e47b271375b8d30ce1d904d7ec9a1cbbe6e86108a4fb4ac9e";
        let secret = "widget-identity-secret-0001";
        assert!(Widget::proves(&account(&[("identity_secret", secret)]), "user-42", hash));
        let rotated = account(&[("identity_secret", "another"), ("former_identity_secret", secret)]);
        assert!(Widget::proves(&rotated, "user-42", hash));
        assert!(!Widget::proves(&rotated, "user-43", hash));
        assert!(!Widget::proves(&rotated, "user-42", &hash[..62]));
        assert!(!Widget::proves(&rotated, "user-42", ""));
        assert!(!Widget::proves(&account(&[]), "user-42", hash));
        let unsealed = account(&[("identity_secret", "")]);
        assert!(!Widget::proves(&unsealed, "user-42", &hmac_sha256_hex(b"", b"user-42")));
    }

    #[test]
    fn settings_that_mean_nothing_are_left_out() {
        let widget = Widget::of(
            &account(&[
                ("colour", "red"),
                ("pre_chat", "name*, shoe_size, email"),
                ("business_hours", "soon"),
                ("languages", "de, xx"),
            ]),
            "Support",
        );
        assert_eq!((widget.title.as_str(), widget.colour.as_str()), ("Support", COLOUR));
        let fields: Vec<_> =
            widget.pre_chat.iter().map(|field| (field.name.as_str(), field.required)).collect();
        assert_eq!(fields, [("name", true), ("email", false)]);
        assert_eq!((widget.business_hours, widget.languages), (None, vec!["de".to_owned()]));
    }
}
