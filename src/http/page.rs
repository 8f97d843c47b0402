//! Pages of a list by keyset: a cursor is the sort key of the last row seen, so that a page costs the same wherever it
//! begins and rows that come or go shift nothing.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use utoipa::ToSchema;

use crate::{
    error::{Error, Result},
    http::extract::holds_nul,
};

const DEFAULT: u32 = 50;
const MOST: u32 = 200;
/// No cursor that was given out is longer, in bytes.
const LONGEST: usize = 2048;

/// A page, and where the next one begins.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    pub data: Vec<T>,
    /// Give it back as `cursor`; `null` on the last page.
    pub next_cursor: Option<String>,
}

/// Rows of a page: 1 to 200, 50 unless told. `Option<Limit>` in a query, `unwrap_or_default()` in the handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "u32", into = "u32")]
#[schema(value_type = u32, minimum = 1, maximum = 200)]
pub struct Limit(u32);

impl<T> Page<T> {
    /// `rows` hold up to one more than the limit ([`Limit::with_next`]), which tells whether there is a next page; `key` is the sort
    /// key of a row.
    pub fn cut<K: Serialize>(mut rows: Vec<T>, limit: Limit, key: impl FnOnce(&T) -> K) -> Self {
        let most = usize::try_from(limit.0).unwrap_or(usize::MAX);
        let more = rows.len() > most;
        rows.truncate(most);
        let next_cursor = rows.last().filter(|_| more).map(|row| write_cursor(&key(row)));
        Self { data: rows, next_cursor }
    }

    /// A list that is always given whole.
    pub fn whole(data: Vec<T>) -> Self {
        Self { data, next_cursor: None }
    }
}

impl Limit {
    /// For SQL: one more than the page shows.
    pub fn with_next(self) -> i64 {
        i64::from(self.0) + 1
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(DEFAULT)
    }
}

impl TryFrom<u32> for Limit {
    type Error = String;

    fn try_from(rows: u32) -> Result<Self, String> {
        if (1..=MOST).contains(&rows) { Ok(Self(rows)) } else { Err(format!("must be 1 to {MOST}")) }
    }
}

impl From<Limit> for u32 {
    fn from(limit: Limit) -> Self {
        limit.0
    }
}

/// An opaque text for a sort key.
pub fn write_cursor(key: &impl Serialize) -> String {
    // Keys are ids, times and numbers, which always serialise.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default())
}

/// The sort key that a client gives back; `None` begins at the first page.
///
/// # Errors
/// 400 `bad_cursor` for anything that this list did not give out.
pub fn read_cursor<K: DeserializeOwned>(cursor: Option<&str>) -> Result<Option<K>> {
    let Some(cursor) = cursor else { return Ok(None) };
    let bad = || Error::bad_request("bad_cursor", "This cursor was not given out by this list.");
    if cursor.len() > LONGEST {
        return Err(bad());
    }
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| bad())?;
    let text = std::str::from_utf8(&bytes).ok().filter(|text| !holds_nul(text)).ok_or_else(bad)?;
    serde_json::from_str(text).map(Some).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_page_ends_where_the_next_begins() {
        let limit = Limit::try_from(2).unwrap();
        let page = Page::cut(vec![1, 2, 3], limit, |row| *row);
        assert_eq!(page.data, [1, 2]);
        assert_eq!(read_cursor::<i32>(page.next_cursor.as_deref()).unwrap(), Some(2));
        assert_eq!(Page::cut(vec![1, 2], limit, |row| *row).next_cursor, None);
    }

    #[test]
    fn limits_are_one_to_two_hundred() {
        assert!(Limit::try_from(0).is_err());
        assert!(Limit::try_from(201).is_err());
        assert_eq!(Limit::try_from(200).unwrap().with_next(), 201);
    }

    proptest! {
        #[test]
        fn absurd_cursors_are_refused(text in ".{0,300}") {
            let read = read_cursor::<(chrono::DateTime<chrono::Utc>, uuid::Uuid)>(Some(&text));
            prop_assert!(matches!(read, Err(Error::Problem(problem)) if problem.code == "bad_cursor"));
        }
    }
}
