//! All contacts as a table that spreadsheets open, read piece by piece.

use bytes::Bytes;
use futures::{Stream, stream};
use serde_json::Value;

use crate::{
    access::{agent::Agent, permission::May},
    error::Result,
    ids::ContactId,
};

/// Rows of one piece.
const PIECE: i64 = 500;
const HEAD: &str = "id,name,phone,email,username,language,tags,blocked,created_at,attributes\r\n";

#[derive(sqlx::FromRow)]
struct Row {
    id: ContactId,
    name: String,
    phone: Option<String>,
    email: Option<String>,
    username: Option<String>,
    language: Option<String>,
    tags: Vec<String>,
    blocked: bool,
    created_at: chrono::DateTime<chrono::Utc>,
    attributes: Value,
}

/// The head and then pieces of rows in the order of ids, each read in a transaction of its own: an export ends where the
/// agent's rights do.
pub fn stream(agent: Agent) -> impl Stream<Item = Result<Bytes>> {
    let head = stream::once(async { Ok(Bytes::from_static(HEAD.as_bytes())) });
    let pieces = stream::try_unfold(Some(ContactId(uuid::Uuid::nil())), move |after| {
        let agent = agent.clone();
        async move {
            let Some(after) = after else { return Ok(None) };
            let rows = piece(&agent, after).await?;
            let text: String = rows.iter().map(line).collect();
            Ok(rows.last().map(|row| (Bytes::from(text), Some(row.id))))
        }
    });
    futures::StreamExt::chain(head, pieces)
}

async fn piece(agent: &Agent, after: ContactId) -> Result<Vec<Row>> {
    let (mut tx, _) = agent.begin(May::ReadContacts).await?;
    Ok(sqlx::query_as(
        "select id, name, phone, email, username, language, tags, blocked, created_at, attributes from contacts
         where organization_id = $1 and id > $2 and deleted_at is null order by id limit $3",
    )
    .bind(tx.organization())
    .bind(after)
    .bind(PIECE)
    .fetch_all(tx.sql())
    .await?)
}

fn line(row: &Row) -> String {
    let cells = [
        row.id.to_string(),
        row.name.clone(),
        row.phone.clone().unwrap_or_default(),
        row.email.clone().unwrap_or_default(),
        row.username.clone().unwrap_or_default(),
        row.language.clone().unwrap_or_default(),
        row.tags.join(";"),
        row.blocked.to_string(),
        row.created_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        row.attributes.to_string(),
    ];
    let mut line = cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",");
    line.push_str("\r\n");
    line
}

/// A cell. What a spreadsheet would run as a formula gets an apostrophe before it; a phone number is none.
fn quoted(cell: &str) -> String {
    let number = cell.strip_prefix('+').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && !number;
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\r', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_run_nothing() {
        assert_eq!(quoted("Ana"), "Ana");
        assert_eq!(quoted("a, \"b\"\n"), "\"a, \"\"b\"\"\n\"");
        assert_eq!(quoted("=1+1"), "'=1+1");
        assert_eq!(quoted("+5511988887777"), "+5511988887777");
        assert_eq!(quoted("+cmd"), "'+cmd");
    }
}
