//! What Trello says happened on a board, by a callback or when it is asked: remembered by its id, and turned into looks.

use std::collections::BTreeMap;

use super::{
    connection::{self, Connection},
    order::What,
    wire::{Action, Member},
};
use crate::{app::App, error::Result};

/// Kinds of actions that something may follow from, as Trello is asked for them.
pub const KINDS: &str = "createCard,copyCard,convertToCardFromCheckItem,emailCard,updateCard,deleteCard,moveCardToBoard,moveCardFromBoard,commentCard,createList,updateList,moveListToBoard,moveListFromBoard,updateBoard";

/// Most characters of a comment that are written down.
const TEXT: usize = 10_000;

/// Of several, in the order in which they happened. What was taken in before is passed over; of an `echo` of what we did ourselves nothing
/// follows.
pub async fn take_in(app: &App, connection: &Connection, mut actions: Vec<Action>, echo: bool) -> Result<()> {
    actions.sort_by(|one, other| (one.date, &one.id).cmp(&(other.date, &other.id)));
    actions.retain(|action| what(action).is_some());
    if actions.is_empty() {
        return Ok(());
    }
    let mut tx = app.db.begin(connection.organization_id).await?;
    let ids: Vec<&str> = actions.iter().map(|action| action.id.as_str()).collect();
    let fresh: Vec<String> = sqlx::query_scalar(
        "insert into trello_actions (organization_id, connection_id, action_id) select distinct $1::uuid, $2::uuid, id from unnest($3::text[]) as id
         on conflict do nothing returning action_id",
    )
    .bind(tx.organization())
    .bind(connection.id)
    .bind(ids)
    .fetch_all(tx.sql())
    .await?;
    for order in orders(actions.iter().filter(|action| !echo && fresh.contains(&action.id))) {
        tx.enqueue(order.of(connection.id));
    }
    Ok(tx.commit().await?)
}

/// One look at each card, however much happened to it; comments after the look at their card.
fn orders<'a>(actions: impl Iterator<Item = &'a Action>) -> Vec<What> {
    let mut orders: Vec<What> = Vec::new();
    let mut looked: BTreeMap<String, usize> = BTreeMap::new();
    for what in actions.filter_map(what) {
        match &what {
            What::Card { card_id, fresh } => match looked.get(card_id) {
                Some(&at) => {
                    if let Some(What::Card { fresh: before, .. }) = orders.get_mut(at) {
                        *before |= fresh;
                    }
                }
                None => {
                    looked.insert(card_id.clone(), orders.len());
                    orders.push(what);
                }
            },
            What::Board if orders.contains(&What::Board) => {}
            _ => orders.push(what),
        }
    }
    orders
}

fn what(action: &Action) -> Option<What> {
    let card = action.data.card.as_ref().map(|card| card.id.clone());
    match action.kind.as_str() {
        "createCard" | "copyCard" | "convertToCardFromCheckItem" | "emailCard" | "moveCardToBoard" => {
            Some(What::Card { card_id: card?, fresh: true })
        }
        "updateCard" => {
            let arrived = action.data.list_after.is_some() || action.data.old.contains_key("closed");
            Some(What::Card { card_id: card?, fresh: arrived })
        }
        "deleteCard" | "moveCardFromBoard" => Some(What::Card { card_id: card?, fresh: false }),
        "commentCard" => Some(What::Comment {
            card_id: card?,
            action_id: action.id.clone(),
            author: action.member_creator.as_ref().map_or_else(|| "Somebody".to_owned(), name),
            text: action.data.text.as_deref()?.replace('\0', "").chars().take(TEXT).collect(),
            at: action.date,
        }),
        "createList" | "updateList" | "moveListToBoard" | "moveListFromBoard" | "updateBoard" => {
            Some(What::Board)
        }
        _ => None,
    }
}

pub fn name(member: &Member) -> String {
    let name = if member.full_name.is_empty() { &member.username } else { &member.full_name };
    name.replace('\0', "").chars().take(100).collect()
}

/// Whether a callback is about what we did ourselves. To be asked after its signature was checked: anybody may send the header.
pub fn is_echo(connection: &Connection, client: Option<&[u8]>, action: &Action) -> bool {
    client == Some(connection::client(connection.id).as_bytes())
        && action.id_member_creator == connection.member_id
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn action(id: &str, kind: &str, data: serde_json::Value) -> Action {
        let action = json!({"id": id, "type": kind, "date": "2026-01-30T13:05:00.000Z", "idMemberCreator": "m", "data": data});
        serde_json::from_value(action).unwrap()
    }

    #[test]
    fn each_card_is_looked_at_once_and_comments_follow() {
        let card = json!({"id": "c1"});
        let actions = [
            action("1", "updateCard", json!({"card": card, "old": {"name": "x"}})),
            action("2", "commentCard", json!({"card": card, "text": "hello\u{0}"})),
            action(
                "3",
                "updateCard",
                json!({"card": card, "old": {"idList": "x"}, "listAfter": {"id": "l"}}),
            ),
            action("4", "updateList", json!({})),
            action("5", "updateBoard", json!({})),
            action("6", "addLabelToCard", json!({"card": card})),
            action("7", "createCard", json!({})),
        ];
        let orders = orders(actions.iter());
        assert_eq!(orders.len(), 3);
        assert_eq!(orders[0], What::Card { card_id: "c1".into(), fresh: true });
        assert!(
            matches!(&orders[1], What::Comment { text, author, .. } if text == "hello" && author == "Somebody")
        );
        assert_eq!(orders[2], What::Board);
    }
}
