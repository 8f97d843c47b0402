//! What handlers take out of a request. Whatever does not fit becomes a problem that says where and why: 400 when the request
//! makes no sense as a whole, 413 and 415 for its size and kind, 422 with one error per field otherwise.

use axum::{
    body::Bytes,
    extract::{
        FromRequest, FromRequestParts, OptionalFromRequest, Request, path::ErrorKind,
        rejection::PathRejection,
    },
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use garde::Validate;
use secrecy::{ExposeSecret, SecretString};
use serde::{
    Deserialize, Serialize,
    de::{DeserializeOwned, IgnoredAny},
};

use crate::{
    access::password::{LONGEST, SHORTEST},
    error::{Error, FieldError, Problem, Result},
};

/// Largest JSON body that a route takes unless it says otherwise, in bytes.
pub const BODY_BYTES: usize = 1024 * 1024;

/// Levels of lists and objects that a body may have.
const DEEPEST: usize = 64;

/// A validated JSON body, or a JSON answer. As `Option<Json<T>>` the body may be absent.
#[derive(Clone, Debug)]
pub struct Json<T>(pub T);

/// Validated query parameters.
#[derive(Clone, Debug)]
pub struct Query<T>(pub T);

/// Parameters of the path: ids, mostly.
#[derive(Clone, Copy, Debug)]
pub struct Path<T>(pub T);

impl<S, T> FromRequest<S> for Json<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Validate<Context: Default>,
{
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        if !is_json(request.headers()) {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "Send JSON, with the header Content-Type: application/json.",
            )
            .into());
        }
        parse(&body(request, state).await?).map(Self)
    }
}

impl<S, T> OptionalFromRequest<S> for Json<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Validate<Context: Default>,
{
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>> {
        if request.headers().contains_key(header::CONTENT_TYPE) {
            return <Self as FromRequest<S>>::from_request(request, state).await.map(Some);
        }
        match body(request, state).await? {
            bytes if bytes.is_empty() => Ok(None),
            _ => Err(Error::bad_request("content_type_missing", "The body has no Content-Type header.")),
        }
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl<S, T> FromRequestParts<S> for Query<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Validate<Context: Default>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        let query = parts.uri.query().unwrap_or_default();
        if query.contains("%00") {
            return Err(Error::bad_request("bad_query", "The query holds a NUL character."));
        }
        let pairs = serde_urlencoded::Deserializer::new(url::form_urlencoded::parse(query.as_bytes()));
        let value: T = serde_path_to_error::deserialize(pairs).map_err(|error| {
            let fault = fault(&error.path().to_string(), &error.inner().to_string());
            Problem::new(StatusCode::BAD_REQUEST, "bad_query", "A query parameter cannot be read.")
                .with_errors(vec![fault])
        })?;
        validate(&value)?;
        Ok(Self(value))
    }
}

impl<S, T> FromRequestParts<S> for Path<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Send,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        if parts.uri.path().contains("%00") {
            return Err(Error::bad_request("bad_path", "The path holds a NUL character."));
        }
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(rejection) => Err(bad_path(&rejection)),
        }
    }
}

fn bad_path(rejection: &PathRejection) -> Error {
    let PathRejection::FailedToDeserializePathParams(failed) = rejection else {
        return Error::Internal(rejection.to_string());
    };
    let field = match failed.kind() {
        ErrorKind::ParseErrorAtKey { key, .. }
        | ErrorKind::DeserializeError { key, .. }
        | ErrorKind::InvalidUtf8InPathParam { key } => key.clone(),
        _ => String::new(),
    };
    Problem::new(StatusCode::BAD_REQUEST, "bad_path", "An id in the path cannot be read.")
        .with_errors(vec![FieldError { field, detail: failed.body_text() }])
        .into()
}

/// All of it. 413 if it is larger than the route takes.
pub async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes> {
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "The body is larger than this route takes.",
        )
        .into(),
        _ => Error::bad_request("body_unreadable", "The body could not be read to its end."),
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

/// Reads and validates a JSON text.
fn parse<T: DeserializeOwned + Validate<Context: Default>>(bytes: &[u8]) -> Result<T> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Error::bad_request("not_utf8", format!("The body is not UTF-8: {error}.")))?;
    if holds_nul(text) {
        return Err(Error::bad_request("nul_character", "The body holds a NUL character (\\u0000)."));
    }
    if depth(text) > DEEPEST {
        return Err(Error::bad_request(
            "too_deep",
            format!("The body is nested deeper than {DEEPEST} levels."),
        ));
    }
    // All of it first, so that half a text is never taken for a whole one with fields missing.
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| malformed(&error))?;
    let value: T = serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(text))
        .map_err(unreadable)?;
    validate(&value)?;
    Ok(value)
}

fn unreadable(error: serde_path_to_error::Error<serde_json::Error>) -> Error {
    let field = error.path().to_string();
    let error = error.into_inner();
    if !error.is_data() {
        return malformed(&error);
    }
    let text = error.to_string();
    let detail = text.split(" at line ").next().unwrap_or_default();
    Error::invalid(vec![fault(&field, detail)])
}

/// A field that is missing is named by itself, not by what it is missing from.
fn fault(field: &str, detail: &str) -> FieldError {
    let inside = if field == "." { String::new() } else { format!("{field}.") };
    match detail.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        Some(missing) => FieldError { field: format!("{inside}{missing}"), detail: "is required".to_owned() },
        None => FieldError { field: field.to_owned(), detail: detail.to_owned() },
    }
}

fn malformed(error: &serde_json::Error) -> Error {
    Error::bad_request("malformed_json", format!("The body is not JSON: {error}."))
}

fn validate<T: Validate<Context: Default>>(value: &T) -> Result<()> {
    let Err(report) = value.validate() else { return Ok(()) };
    let errors = report
        .iter()
        .map(|(path, error)| FieldError { field: path.to_string(), detail: error.message().to_owned() })
        .collect();
    Err(Error::invalid(errors))
}

/// How deep lists and objects of a JSON text are nested in each other.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Whether a JSON text spells U+0000, which PostgreSQL cannot keep: an odd number of backslashes before `u0000`.
pub fn holds_nul(text: &str) -> bool {
    text.match_indices("u0000")
        .any(|(at, _)| text[..at].bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1)
}

/// garde: something other than blanks.
pub fn text<C>(value: &str, _: &C) -> garde::Result {
    if value.trim().is_empty() { Err(garde::Error::new("must not be empty")) } else { Ok(()) }
}

/// garde: long enough to be hard to guess, short enough to be hashed.
pub fn password_length<C>(value: &SecretString, _: &C) -> garde::Result {
    let length = value.expose_secret().chars().count();
    if (SHORTEST..=LONGEST).contains(&length) {
        return Ok(());
    }
    Err(garde::Error::new(format!("must have {SHORTEST} to {LONGEST} characters")))
}

/// Distinguishes a field that is absent (`None`) from one that is `null` (`Some(None)`) in a PATCH:
/// `#[serde(default, deserialize_with = "extract::present")]`.
///
/// # Errors
/// Those of the field's own type.
pub fn present<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, Validate)]
    struct Body {
        #[garde(length(chars, min = 1, max = 5))]
        name: String,
        #[serde(default)]
        #[garde(skip)]
        tree: serde_json::Value,
    }

    fn problem(bytes: &[u8]) -> Problem {
        match parse::<Body>(bytes) {
            Err(Error::Problem(problem)) => *problem,
            other => panic!("no problem: {other:?}"),
        }
    }

    #[test]
    fn every_kind_of_bad_body_has_its_code() {
        let good = parse::<Body>(br#"{"name": "Ana", "tree": [1]}"#).unwrap();
        assert_eq!((good.name.as_str(), good.tree), ("Ana", serde_json::json!([1])));
        assert_eq!(problem(b"\xff\xfe").code, "not_utf8");
        assert_eq!(problem(b"{").code, "malformed_json");
        assert_eq!(problem(br#"{"name": "Ana"} x"#).code, "malformed_json");
        assert_eq!(problem(b"").code, "malformed_json");
        assert_eq!(problem(br#"{"name": "\u0000"}"#).code, "nul_character");
        assert_eq!(problem(br#"{"name": "\ud800"}"#).code, "malformed_json");
        let deep = format!(r#"{{"name": "Ana", "tree": {}{}}}"#, "[".repeat(9000), "]".repeat(9000));
        assert_eq!(problem(deep.as_bytes()).code, "too_deep");
    }

    #[test]
    fn a_wrong_field_is_named() {
        let wrong = problem(br#"{"name": 7}"#);
        assert_eq!((wrong.status, wrong.errors[0].field.as_str()), (422, "name"));
        assert!(!wrong.errors[0].detail.contains("line"));
        assert_eq!(problem(br#"{"name": "too long"}"#).errors[0].field, "name");
        assert_eq!(problem(b"{}").errors[0].field, "name");
    }

    #[test]
    fn brackets_in_texts_are_no_depth() {
        assert_eq!(depth(r#"{"a": ["[[[", "\"[", {}]}"#), 3);
        assert_eq!(depth("]]]"), 0);
    }

    #[test]
    fn an_escaped_backslash_is_no_nul() {
        assert!(holds_nul(r#""\u0000""#));
        assert!(!holds_nul(r#""\\u0000""#));
        assert!(holds_nul(r#""\\\u0000""#));
        assert!(!holds_nul("u0000"));
    }
}
