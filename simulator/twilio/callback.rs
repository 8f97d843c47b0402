//! Callbacks as Twilio makes them: a form, signed with its address, repeated only as far as the address's fragment asks for it.

use webhooks::{Digest, sign};

use super::{Platform, world::sid};
use crate::{ActError, callbacks::Taken};

/// A form and where it goes. `url` may bear a fragment.
#[derive(Clone, Debug)]
pub(super) struct Callback {
    pub url: String,
    pub token: String,
    pub form: Vec<(String, String)>,
}

/// Connection overrides in an address's fragment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Overrides {
    repeats: u32,
    /// Also when the hub answered with a fault.
    after_answers: bool,
}

impl Platform {
    /// Posts, and repeats as the address asks. The hub's answer to the last attempt.
    pub(super) async fn deliver(&self, callback: &Callback) -> Result<Taken, ActError> {
        let (address, fragment) = callback.url.split_once('#').unwrap_or((&callback.url, ""));
        let overrides = Overrides::read(fragment);
        let (reached, called) = self.addresses(address);
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&callback.form).finish();
        let signature = sign::signed_form(Digest::Sha1, callback.token.as_bytes(), &called, body.as_bytes());
        let headers = [("X-Twilio-Signature", signature), ("I-Twilio-Idempotency-Token", sid("ID"))];
        let mut attempt = 0;
        loop {
            let taken = self.poster.post_form(&reached, &headers, body.clone().into_bytes()).await;
            let again = match taken.status {
                200..=299 => return Ok(taken),
                0 => true,
                _ => overrides.after_answers,
            };
            if !again || attempt >= overrides.repeats {
                return Err(ActError::NotTaken(taken.status));
            }
            attempt += 1;
            tokio::time::sleep(std::time::Duration::from_millis(200 << attempt.min(4))).await;
        }
    }

    /// Where the hub is reached, and what it takes itself to be called.
    pub(super) fn addresses(&self, url: &str) -> (String, String) {
        let Some((local, public)) = self.settings().known_as else { return (url.to_owned(), url.to_owned()) };
        let path = url.strip_prefix(&local).or_else(|| url.strip_prefix(&public));
        match path {
            Some(path) => (format!("{local}{path}"), format!("{public}{path}")),
            None => (url.to_owned(), url.to_owned()),
        }
    }
}

impl Overrides {
    fn read(fragment: &str) -> Self {
        let value = |name: &str| {
            let pairs = fragment.split('&').filter_map(|pair| pair.split_once('='));
            pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        Self {
            repeats: value("rc").and_then(|count| count.parse().ok()).unwrap_or(1).min(5),
            after_answers: value("rp")
                .is_some_and(|kinds| kinds.split(',').any(|kind| matches!(kind, "all" | "5xx" | "4xx"))),
        }
    }
}

/// The form of a callback.
pub(super) fn form(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_fragment_makes_twilio_patient() {
        assert_eq!(Overrides::read(""), Overrides { repeats: 1, after_answers: false });
        assert_eq!(Overrides::read("rc=3&rp=all&rt=4000"), Overrides { repeats: 3, after_answers: true });
        assert_eq!(Overrides::read("rc=9&rp=ct,5xx"), Overrides { repeats: 5, after_answers: true });
    }

    #[test]
    fn a_hub_behind_a_proxy_is_called_by_its_own_name() {
        let platform = Platform::new("http://127.0.0.1:1");
        platform.known_as("http://127.0.0.1:8080/", "https://hub.example");
        let expected = ("http://127.0.0.1:8080/x?y".to_owned(), "https://hub.example/x?y".to_owned());
        assert_eq!(platform.addresses("http://127.0.0.1:8080/x?y"), expected);
        assert_eq!(platform.addresses("https://hub.example/x?y"), expected);
    }
}
