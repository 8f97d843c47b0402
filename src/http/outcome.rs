//! What came of one of many items: each is done for itself, and one that cannot be done costs the others nothing.

use axum::http::StatusCode;

use crate::error::{Error, Problem, Result};

/// As the single request would have answered.
pub struct Outcome<T> {
    pub status: u16,
    pub done: Option<T>,
    pub problem: Option<Problem>,
}

/// A problem with one item is its outcome; what concerns the caller (401, 403) or us ends the request.
pub fn settle<T>(result: Result<Option<T>>) -> Result<Outcome<T>> {
    match result {
        Ok(done) => {
            let status = if done.is_some() { StatusCode::OK } else { StatusCode::NO_CONTENT };
            Ok(Outcome { status: status.as_u16(), done, problem: None })
        }
        Err(Error::Problem(problem)) if !matches!(problem.status, 401 | 403) => {
            Ok(Outcome { status: problem.status, done: None, problem: Some(*problem) })
        }
        Err(error) => Err(error),
    }
}
