//! Finding messages by words and contacts by pieces of their name, number or address. The SQL functions that do it are in
//! the schema, where row-level security lets them use the indexes.

use chrono::{TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    access::agent::Member,
    db::Tx,
    error::Result,
    ids::{ContactId, ConversationId, MessageId},
    inbox::contact,
};

/// Hits that a list filtered by words is made from.
const AMONG: i64 = 500;

/// The sort key of a hit, behind which a page begins: ids are in the order of coming.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position(pub MessageId);

/// The newest messages that hold all words (the last one may be the beginning of a word), newest first. Quotes, `or` and `-` mean
/// what they do in web searches.
pub async fn messages(
    tx: &mut Tx,
    member: &Member,
    text: &str,
    conversation: Option<ConversationId>,
    after: Option<Position>,
    rows: i64,
) -> Result<Vec<MessageId>> {
    let (words, beginning) = split(text);
    let Position(before) = after.unwrap_or(Position(MessageId(Uuid::max())));
    Ok(sqlx::query_scalar(
        "select hit.id
         from organizations o,
              search_messages(
                  websearch_to_tsquery(o.search_language, $2)
                  && case when $3 = '' then ''::tsquery
                     else websearch_to_tsquery(o.search_language, $3) || to_tsquery('simple', $3 || ':*') end,
                  $4, $5, $6, $7, $8) hit
         where o.id = $1
         order by hit.id desc",
    )
    .bind(tx.organization())
    .bind(words)
    .bind(beginning)
    .bind((!member.sees_all).then_some(member.user_id))
    .bind(&member.teams)
    .bind(conversation)
    .bind(before)
    .bind(i32::try_from(rows).unwrap_or(i32::MAX))
    .fetch_all(tx.sql())
    .await?)
}

/// Contacts that match, best first, at most `rows`.
pub async fn contacts(tx: &mut Tx, text: &str, rows: i64) -> Result<Vec<ContactId>> {
    Ok(sqlx::query_scalar("select id from search_contacts($1, $2)")
        .bind(text.trim())
        .bind(i32::try_from(rows).unwrap_or(i32::MAX))
        .fetch_all(tx.sql())
        .await?)
}

/// The newest contacts that carry the tag and fit the filter, newest first, at most `rows`; not the deleted.
pub async fn tagged(
    tx: &mut Tx,
    tag: &str,
    filter: &contact::Filter,
    after: Option<contact::Position>,
    rows: i64,
) -> Result<Vec<ContactId>> {
    let contact::Position(before, before_id) =
        after.unwrap_or_else(|| contact::Position(Utc::now() + TimeDelta::days(1), ContactId(Uuid::max())));
    Ok(sqlx::query_scalar("select * from tagged_contacts($1, $2, $3, $4, $5, $6)")
        .bind(tag)
        .bind(&filter.channel)
        .bind(filter.blocked)
        .bind(before)
        .bind(before_id)
        .bind(i32::try_from(rows).unwrap_or(i32::MAX))
        .fetch_all(tx.sql())
        .await?)
}

/// Conversations whose contact matches, or whose newest messages hold the words. Who may see them is asked by the list.
pub async fn conversations(tx: &mut Tx, member: &Member, text: &str) -> Result<Vec<ConversationId>> {
    let contacts = contacts(tx, text, AMONG).await?;
    let hits = messages(tx, member, text, None, None, AMONG).await?;
    Ok(sqlx::query_scalar(
        "select id from conversations where organization_id = $1 and contact_id = any($2) and deleted_at is null
         union
         select conversation_id from messages where organization_id = $1 and id = any($3)",
    )
    .bind(tx.organization())
    .bind(contacts)
    .bind(hits)
    .fetch_all(tx.sql())
    .await?)
}

/// Whole words, and a last word that may still be under way.
fn split(text: &str) -> (&str, &str) {
    let quoted = text.matches('"').count() % 2 == 1;
    let (head, last) = text.rsplit_once(char::is_whitespace).unwrap_or(("", text));
    let word = last.chars().count() >= 2 && last.chars().all(char::is_alphanumeric);
    // `or` binds words that must then be read together.
    let choice = text.split_whitespace().any(|word| word.eq_ignore_ascii_case("or"));
    if quoted || choice || !word { (text, "") } else { (head, last) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_last_word_may_be_a_beginning() {
        assert_eq!(split("red sho"), ("red", "sho"));
        assert_eq!(split("sho"), ("", "sho"));
        for whole in ["red ", "\"red sho", "red -sho", "red s", "red or", "red or sho", "\"red sho\""] {
            assert_eq!(split(whole), (whole, ""), "{whole}");
        }
    }
}
