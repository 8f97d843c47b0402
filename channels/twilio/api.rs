//! Calls of Twilio's REST API: forms in, JSON out, HTTP basic, and what a failure means.

use net::{Method, Request, Response};
use serde_json::Value;
use url::Url;

use super::{account, errors};
use crate::{
    Account, Scope, SendError,
    error::{NextStep, Refusal},
};

/// A call that an account makes, not yet sent.
pub(super) struct Call {
    request: Request,
    /// Whether it may be repeated without doing anything twice. Twilio has no idempotency keys.
    repeatable: bool,
}

impl Call {
    pub(super) fn get(account: &Account, url: Url) -> Self {
        Self { request: request(account, Method::GET, url), repeatable: true }
    }

    /// Makes something new.
    pub(super) fn create(account: &Account, url: Url, form: Vec<(String, String)>) -> Self {
        Self { request: request(account, Method::POST, url).form(form), repeatable: false }
    }

    /// Makes something that it does no harm to have twice.
    pub(super) fn make(account: &Account, url: Url, value: &Value) -> Self {
        Self { request: request(account, Method::POST, url).json(value), repeatable: true }
    }

    /// Changes what is there.
    pub(super) fn update(account: &Account, url: Url, form: Vec<(String, String)>) -> Self {
        Self { request: request(account, Method::POST, url).form(form), repeatable: true }
    }

    /// The answer's body, of success only.
    pub(super) async fn run(self, net: &net::Client) -> Result<Value, SendError> {
        let repeatable = self.repeatable;
        let result = match net.send(self.request).await {
            Ok(answer) => parse(&answer),
            Err(failure) => Err(SendError::from_failure(&failure)),
        };
        result.map_err(|error| if repeatable { again(error) } else { error })
    }
}

fn request(account: &Account, method: Method, url: Url) -> Request {
    Request::new(method, url).header("authorization", account::authorization(account))
}

fn parse(answer: &Response) -> Result<Value, SendError> {
    if !answer.status.is_success() {
        return Err(errors::of(answer));
    }
    answer.json().map_err(|_| SendError::Unknown("Twilio's answer could not be read.".into()))
}

/// Not knowing whether a repeatable call was carried out is no more than having to repeat it.
pub(super) fn again(error: SendError) -> SendError {
    match error {
        SendError::Unknown(detail) => SendError::Later {
            after: None,
            scope: Scope::Account,
            reason: Refusal::new("platform_unavailable", detail, NextStep::Retry),
        },
        other => other,
    }
}

/// A text in an answer.
pub(super) fn word<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

pub(super) fn refused(code: &str, detail: impl Into<String>, step: NextStep) -> SendError {
    SendError::Refused(Refusal::new(code, detail, step))
}
