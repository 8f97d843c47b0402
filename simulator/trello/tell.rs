//! Callbacks on their way: signed over the body and the address as it was registered, and repeated three times.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use webhooks::sign;

use crate::callbacks::Poster;

/// How often a callback is tried, and the first pause; Trello's own are 30, 60 and 120 seconds.
const ATTEMPTS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(30);

/// A callback.
#[derive(Clone)]
pub(super) struct Letter {
    pub(super) webhook: String,
    pub(super) url: String,
    pub(super) secret: String,
    pub(super) body: String,
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    pub body: String,
    /// What our own call had said of itself.
    pub client: Option<String>,
    /// The hub's answer; 0 without one.
    pub status: u16,
}

/// Posts callbacks, as it was told to.
#[derive(Default)]
pub struct Messenger {
    poster: Poster,
    rules: Mutex<Rules>,
}

#[derive(Default)]
struct Rules {
    lost: bool,
    twice: bool,
    /// Waiting since callbacks are held.
    held: Option<Vec<(Letter, Option<String>)>>,
    heard: Vec<Heard>,
    known_as: Option<(String, String)>,
}

impl Messenger {
    /// Whether all callbacks are lost from now on.
    pub fn lose(&self, lost: bool) {
        self.rules().lost = lost;
    }

    /// Whether each is delivered twice.
    pub fn repeat(&self, twice: bool) {
        self.rules().twice = twice;
    }

    /// Callbacks wait until [`Self::release_reversed`].
    pub fn hold(&self) {
        self.rules().held = Some(Vec::new());
    }

    /// Sends what waited, the last one first.
    pub async fn release_reversed(&self) {
        let held = self.rules().held.take().unwrap_or_default();
        for (letter, client) in held.into_iter().rev() {
            self.deliver(letter, client.as_deref()).await;
        }
    }

    /// Attempts, oldest first.
    pub fn heard(&self) -> Vec<Heard> {
        self.rules().heard.clone()
    }

    /// The hub is reached at one origin and takes itself for another one, which is signed.
    pub(crate) fn known_as(&self, reached_at: &str, called: &str) {
        let trimmed = |text: &str| text.trim_end_matches('/').to_owned();
        self.rules().known_as = Some((trimmed(reached_at), trimmed(called)));
    }

    /// The status of `HEAD`; 0 without an answer.
    pub(super) async fn ask(&self, url: &str) -> u16 {
        self.poster.head(&self.reached(url)).await
    }

    /// The last answer; 200 for what is lost or held.
    pub(super) async fn deliver(&self, letter: Letter, client: Option<&str>) -> u16 {
        let copies = {
            let mut rules = self.rules();
            if let Some(held) = &mut rules.held {
                held.push((letter, client.map(str::to_owned)));
                return 200;
            }
            if rules.lost {
                return 200;
            }
            1 + u32::from(rules.twice)
        };
        let mut status = 0;
        for _ in 0..copies {
            status = self.post(&letter, client).await;
        }
        status
    }

    async fn post(&self, letter: &Letter, client: Option<&str>) -> u16 {
        let signed = [letter.body.as_bytes(), letter.url.as_bytes()].concat();
        let mut headers =
            vec![("X-Trello-Webhook", sign::hmac_sha1_base64(letter.secret.as_bytes(), &signed))];
        if let Some(client) = client {
            headers.push(("X-Trello-Client-Identifier", client.to_owned()));
        }
        let url = self.reached(&letter.url);
        let mut status = 0;
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                tokio::time::sleep(PAUSE * (1 << attempt)).await;
            }
            status = self.poster.post(&url, &headers, letter.body.clone().into_bytes()).await.status;
            let heard = Heard { body: letter.body.clone(), client: client.map(str::to_owned), status };
            self.rules().heard.push(heard);
            if (200..300).contains(&status) || status == 410 {
                break;
            }
        }
        status
    }

    fn reached(&self, url: &str) -> String {
        let Some((reached_at, called)) = self.rules().known_as.clone() else { return url.to_owned() };
        match url.strip_prefix(&called) {
            Some(path) if path.starts_with(['/', '?']) => format!("{reached_at}{path}"),
            _ => url.to_owned(),
        }
    }

    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
