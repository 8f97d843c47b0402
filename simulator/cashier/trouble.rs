//! Calls of a provider's API: remembered, and made to fail where that was asked for.

use axum::{
    body::Body,
    http::StatusCode,
    response::{IntoResponse, Response},
};

use crate::{Fault, Faults};

/// What the hub asked.
#[derive(Clone, Debug)]
pub struct Call {
    /// As faults name it: `refunds.create`.
    pub method: String,
    /// The account's id; empty where the key was nobody's.
    pub account: String,
    pub path: String,
    /// A form's fields with their brackets, a query's, or a JSON body as the only one, without a name.
    pub fields: Vec<(String, String)>,
    pub idempotency_key: Option<String>,
}

/// Lets the call suffer what was meant for it. `refuse` is the provider's own refusal, `work` what would be answered otherwise.
pub(crate) async fn suffer(
    faults: &Faults,
    method: &str,
    refuse: impl FnOnce(i64, Option<u64>) -> Response,
    work: impl FnOnce() -> Response,
) -> Response {
    match faults.take(method) {
        Some(Fault::Refuse { code, retry_after }) => refuse(code, retry_after),
        Some(Fault::Status(status)) => {
            StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR).into_response()
        }
        Some(Fault::CutBefore) => cut(),
        Some(Fault::CutAfter) => {
            work();
            cut()
        }
        Some(Fault::Slow(pause)) => {
            tokio::time::sleep(pause).await;
            work()
        }
        None => work(),
    }
}

/// An answer that breaks off.
fn cut() -> Response {
    let cut = futures::stream::once(async { Err::<&str, _>(std::io::Error::other("cut")) });
    Response::new(Body::from_stream(cut))
}
