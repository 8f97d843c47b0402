//! What the hub says to a callback: how many events it took, and what was wrong with the others.

use serde_json::json;

use crate::{Incoming, event::Answer};

/// An event that could not be read, by its place in the list.
pub(super) struct Rejected {
    pub(super) index: usize,
    pub(super) detail: String,
}

/// 200 if anything was taken, 422 if nothing was.
pub(super) fn taken(accepted: usize, rejected: &[Rejected]) -> Answer {
    let list: Vec<_> =
        rejected.iter().map(|one| json!({ "index": one.index, "detail": one.detail })).collect();
    if accepted == 0 && !list.is_empty() {
        return problem("No event could be read.", json!(list));
    }
    let body = json!({ "accepted": accepted, "rejected": list }).to_string();
    Answer { status: 200, content_type: "application/json", body: body.into() }
}

/// Nothing was read.
pub(super) fn refused(detail: &str) -> Incoming {
    Incoming { events: Vec::new(), answer: Some(problem(detail, json!([]))) }
}

fn problem(detail: &str, rejected: serde_json::Value) -> Answer {
    let body = json!({
        "type": "about:blank",
        "title": "Unprocessable Content",
        "status": 422,
        "code": "unreadable",
        "detail": detail,
        "rejected": rejected,
    });
    Answer { status: 422, content_type: "application/problem+json", body: body.to_string().into() }
}
