//! The fields of a chat window, and how the business's own servers prove themselves.

use std::iter;

use rand::RngCore;
use secrecy::SecretString;
use webhooks::{Part, Scheme, Stamp};

use crate::{Account, Choice, Field, Form};

pub(super) const ORIGINS: &str = "allowed_origins";
pub(super) const SECRET: &str = "identity_secret";
pub(super) const FORMER_SECRET: &str = "former_identity_secret";
pub(super) const REQUIRED: &str = "identity_required";
pub(super) const WIDGET: &str = "widget_id";
pub(super) const TITLE: &str = "title";
pub(super) const COLOUR: &str = "colour";
pub(super) const SIDE: &str = "side";
pub(super) const THEME: &str = "theme";
pub(super) const GREETING: &str = "greeting";
pub(super) const GREETING_AFTER: &str = "greeting_after";
pub(super) const PRE_CHAT: &str = "pre_chat";
pub(super) const HOURS: &str = "business_hours";
pub(super) const TIME_ZONE: &str = "time_zone";
pub(super) const AWAY: &str = "away_message";
pub(super) const LANGUAGES: &str = "languages";

const SIGNATURE: &str = "x-webchat-signature";
const TIMESTAMP: &str = "x-webchat-timestamp";
/// Seconds.
const TOLERANCE: u32 = 300;

pub(super) fn form() -> Form {
    let text = |name, label, help| Field::text(name, label, help).optional();
    let after = Field::number(
        GREETING_AFTER,
        "Greet after",
        "Seconds on a page after which the greeting appears by itself. Empty: only when the window is opened.",
    )
    .optional();
    let site = Field::text(
        ORIGINS,
        "Allowed origins",
        "Sites that may show the window: https://shop.example, https://*.shop.example. Also: apps, for programs; *, for every site.",
    );
    let look = Field::section(
        "How it looks",
        [
            text(TITLE, "Title", "What stands at the top of the window. Empty: the name of the integration."),
            Field::colour(
                COLOUR,
                "Colour",
                "Of the button and the window's head. The writing on it is made dark or light, whichever can be read. Empty: #2563eb.",
            )
            .optional(),
            text(SIDE, "Side", "Of the page, at the bottom. Not set: right.")
                .one_of(const { &[Choice::of("right", "Right"), Choice::of("left", "Left")] }),
            text(THEME, "Theme", "Not set: light.").one_of(const { &[
                Choice::of("light", "Light"),
                Choice::of("dark", "Dark"),
                Choice::of("auto", "As the visitor's device is set"),
            ] }),
            text(
                LANGUAGES,
                "Languages",
                "Of en, de, es, pt, fr and ar, those that the window may speak; the first is spoken where none fits. Empty: all.",
            ),
        ],
    );
    let welcome = Field::section(
        "Welcome",
        [
            text(GREETING, "Greeting", "The first words in an empty window."),
            after,
            text(
                PRE_CHAT,
                "Asked before the chat",
                "Of name, email and phone, those that are asked; with a * those that must be answered: name*, email.",
            ),
        ],
    );
    let hours = Field::section(
        "Business hours",
        [
            text(
                HOURS,
                "Business hours",
                "For instance Mon-Fri 09:00-18:00, Sat 10:00-14:00. Empty: always open.",
            ),
            Field::time_zone(TIME_ZONE, "Time zone", "Of the business hours. Not set: UTC.").optional(),
            text(AWAY, "Words outside the hours", "Shown above the field when nobody is there."),
        ],
    );
    let identity = Field::section(
        "Who visitors are",
        [
            Field::secret(
                SECRET,
                "Identity secret",
                "With it your server proves who a visitor is. Leave it empty to have one made.",
            )
            .optional(),
            Field::secret(
                FORMER_SECRET,
                "Former identity secret",
                "While you exchange the secret: the one before, which is believed as well.",
            )
            .optional(),
            text(
                REQUIRED,
                "Only proven visitors",
                "Whether somebody may write who was not proven by your server. Not set: everybody may.",
            )
            .one_of(
                const {
                    &[
                        Choice::of("yes", "Only proven visitors may write"),
                        Choice::of("no", "Everybody may write"),
                    ]
                },
            ),
            text(
                WIDGET,
                "Name of the window",
                "Tells several windows apart. Leave it empty to have one made.",
            ),
        ],
    );
    Form::new(iter::once(site).chain(look).chain(welcome).chain(hours).chain(identity).collect())
}

pub(super) fn complete(account: &mut Account) {
    if !account.has(SECRET) {
        let mut key = [0; 32];
        rand::rng().fill_bytes(&mut key);
        account.set(SECRET, SecretString::from(hex::encode(key)));
    }
    if !account.has(WIDGET) {
        let name = format!("window-{:08x}", rand::rng().next_u32());
        account.set(WIDGET, SecretString::from(name));
    }
}

/// The newest first.
pub(super) fn secrets(account: &Account) -> Vec<SecretString> {
    [SECRET, FORMER_SECRET]
        .into_iter()
        .filter(|name| account.has(name))
        .map(|name| account.secret(name))
        .collect()
}

/// Hexadecimal HMAC-SHA256 of the time, a point and the body.
pub(super) fn proof(account: &Account) -> Scheme {
    match Scheme::hmac_sha256_hex(SIGNATURE, "", account.secret(SECRET)) {
        Scheme::Hmac { digest, header, prefix, encoding, .. } => Scheme::Hmac {
            digest,
            header,
            prefix,
            encoding,
            secrets: secrets(account),
            message: vec![Part::Header(TIMESTAMP), Part::Literal("."), Part::Body],
            stamp: Some(Stamp { header: TIMESTAMP, tolerance_seconds: TOLERANCE }),
        },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn what_is_missing_is_made_once() {
        let given = [(ORIGINS.to_owned(), "https://shop.example".to_owned())].into();
        let mut account = form().fill(given).unwrap();
        complete(&mut account);
        let (secret, name) = (account.secret(SECRET), account.text(WIDGET).to_owned());
        assert_eq!(secret.expose_secret().len(), 64);
        complete(&mut account);
        assert_eq!(account.secret(SECRET).expose_secret(), secret.expose_secret());
        assert_eq!(account.text(WIDGET), name);
    }
}
