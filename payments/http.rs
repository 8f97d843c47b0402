//! What an HTTP answer, or its absence, means to whom it concerns: the same for every provider, but for the words. Only a call that
//! writes can have an unknown outcome; one that reads is asked again later.

use std::time::Duration;

use net::{Failure, Response, StatusCode};
use serde::de::DeserializeOwned;
use url::Url;

use crate::error::ProviderError;

/// Whether a call changes anything at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Reads,
    Writes,
}

/// A provider's own words about a call that it did not carry out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) code: String,
    pub(crate) detail: String,
}

impl Call {
    fn unclear(self, detail: String) -> ProviderError {
        match self {
            Self::Reads => ProviderError::Later { after: None, detail },
            Self::Writes => ProviderError::Unknown(detail),
        }
    }

    /// No answer.
    pub(crate) fn failed(self, failure: &Failure) -> ProviderError {
        match failure {
            Failure::Refused(_) => ProviderError::AccountBroken(failure.to_string()),
            Failure::NotSent(_) => ProviderError::Later { after: None, detail: failure.to_string() },
            Failure::MaybeSent(_) | Failure::TooLarge(_) => self.unclear(failure.to_string()),
        }
    }

    /// An answer of success, parsed.
    pub(crate) fn answer<T: DeserializeOwned>(self, response: &Response) -> Result<T, ProviderError> {
        serde_json::from_slice(&without_nul(&response.body))
            .map_err(|error| self.unclear(format!("the answer is not of the provider's form: {error}")))
    }

    /// An answer that is no success. `again` is the provider's own word on whether the call should be repeated.
    pub(crate) fn refused(
        self,
        status: StatusCode,
        after: Option<Duration>,
        again: Option<bool>,
        said: Said,
    ) -> ProviderError {
        let Said { code, detail } = said;
        match (status.as_u16(), again) {
            (401 | 403, _) => ProviderError::AccountBroken(detail),
            (500.., _) => self.unclear(format!("HTTP {status}: {detail}")),
            // Not carried out: another call with the key is under way, the object is locked, or there were too many.
            (409 | 423 | 424 | 425 | 429, Some(true) | None) | (400.., Some(true)) => {
                ProviderError::Later { after, detail }
            }
            (400.., _) => ProviderError::Refused { code, detail },
            // Neither provider redirects; something in between spoke.
            _ => self.unclear(format!("HTTP {status}")),
        }
    }
}

/// An address below the base, with every piece escaped.
pub(crate) fn below(base: &Url, pieces: &[&str]) -> Result<Url, ProviderError> {
    let mut url = base.clone();
    url.path_segments_mut()
        .map_err(|()| ProviderError::AccountBroken("the API address cannot carry a path".to_owned()))?
        .pop_if_empty()
        .extend(pieces);
    Ok(url)
}

/// JSON in which escaped NUL characters, which PostgreSQL does not take, are U+FFFD. What is literally written `\\u0000` becomes
/// `\\ufffd`, which is as unlikely as harmless.
pub(crate) fn without_nul(body: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    const NUL: &[u8] = br"\u0000";
    if !body.windows(NUL.len()).any(|window| window == NUL) {
        return body.into();
    }
    let mut out = body.to_vec();
    let mut at = 0;
    while let Some(found) = out[at..].windows(NUL.len()).position(|window| window == NUL) {
        at += found + NUL.len();
        out[at - 4..at].copy_from_slice(b"fffd");
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(call: Call, status: u16, again: Option<bool>) -> &'static str {
        let said = Said { code: "c".into(), detail: "d".into() };
        match call.refused(StatusCode::from_u16(status).unwrap(), None, again, said) {
            ProviderError::Refused { .. } => "refused",
            ProviderError::Later { .. } => "later",
            ProviderError::AccountBroken(_) => "broken",
            ProviderError::Unknown(_) => "unknown",
        }
    }

    #[test]
    fn every_status_has_a_meaning() {
        for (status, meaning) in [
            (400, "refused"),
            (401, "broken"),
            (402, "refused"),
            (403, "broken"),
            (404, "refused"),
            (409, "later"),
            (422, "refused"),
            (423, "later"),
            (424, "later"),
            (429, "later"),
            (500, "unknown"),
            (503, "unknown"),
            (302, "unknown"),
        ] {
            assert_eq!(refused(Call::Writes, status, None), meaning, "{status}");
        }
        for status in [500, 503, 302, 429] {
            assert_eq!(refused(Call::Reads, status, None), "later", "{status}");
        }
        assert_eq!(refused(Call::Writes, 400, Some(true)), "later");
        assert_eq!(refused(Call::Writes, 409, Some(false)), "refused");
        assert_eq!(refused(Call::Writes, 500, Some(false)), "unknown");
    }

    #[test]
    fn no_nul_comes_in() {
        let body = without_nul(br#"{"a":"x\u0000y\u0000"}"#);
        let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(value["a"], "x\u{fffd}y\u{fffd}");
        assert_eq!(&*without_nul(b"{}"), b"{}");
    }

    #[test]
    fn pieces_of_an_address_are_escaped() {
        let base: Url = "http://127.0.0.1:9/x/".parse().unwrap();
        assert_eq!(
            below(&base, &["v1", "a/../b?c"]).unwrap().as_str(),
            "http://127.0.0.1:9/x/v1/a%2F..%2Fb%3Fc"
        );
        assert!(below(&"mailto:a@b".parse().unwrap(), &["v1"]).is_err());
    }
}
