//! Two conversations with the same contact on the same integration become one. Their messages are put in order of time and
//! numbered anew, without gaps.

use serde_json::json;

use crate::{
    access::agent::Member,
    db::Tx,
    error::{Error, Result},
    ids::ConversationId,
    inbox::{
        change,
        conversation::{self, Conversation, Locked},
        tell,
        timeline::{self, Line},
    },
    realtime::event::{EventKind, NewEvent},
};

/// Moves everything of `from` into `into`, which keeps its id, assignment and priority. If one of the two goes on, the result does.
pub async fn merge(
    tx: &mut Tx,
    member: &Member,
    into: ConversationId,
    from: ConversationId,
) -> Result<Conversation> {
    if into == from {
        return Err(Error::invalid_field("conversation_id", "A conversation cannot be merged with itself."));
    }
    // In the order of ids, as everybody who locks several does.
    let (first, second) = (into.min(from), into.max(from));
    let first = conversation::lock(tx, member, first).await?;
    let second = conversation::lock(tx, member, second).await?;
    let (target, source) = if first.id == into { (first, second) } else { (second, first) };
    if (target.contact_id, target.integration_id) != (source.contact_id, source.integration_id) {
        return Err(Error::unprocessable(
            "not_mergeable",
            "Only conversations with the same contact on the same integration can be merged.",
        ));
    }
    let text = format!("{} merged another conversation into this one.", member.name);
    unite(tx, Some(member), target, &source, text).await
}

/// The same for what the hub finds out itself: both conversations are the same contact's.
pub async fn merge_known(tx: &mut Tx, into: ConversationId, from: ConversationId) -> Result<Conversation> {
    let (first, second) = (into.min(from), into.max(from));
    let first = conversation::lock_for_all(tx, first).await?;
    let second = conversation::lock_for_all(tx, second).await?;
    let (target, source) = if first.id == into { (first, second) } else { (second, first) };
    let text = "Another conversation of the same person was merged into this one.".to_owned();
    unite(tx, None, target, &source, text).await
}

async fn unite(
    tx: &mut Tx,
    by: Option<&Member>,
    mut target: Locked,
    source: &Locked,
    text: String,
) -> Result<Conversation> {
    let (into, from) = (target.id, source.id);
    let gone = change::reload(tx, from).await?;
    move_rows(tx, &target, source).await?;
    target.last_seq += source.last_seq;
    let line = Line::new(text, "merged", json!(from), json!(into));
    let written = timeline::append(tx, &mut target, by, &[line]).await?;
    let after = change::reload(tx, into).await?;
    let changed_by = by.map(tell::changed_by);
    let data = json!({"conversation": gone, "deleted": true, "merged_into": into, "changed_by": changed_by});
    tx.tell(NewEvent::about(EventKind::ConversationUpdated, source.subject(), &data));
    let data = json!({"conversation": after, "renumbered": true, "changed_by": changed_by});
    tx.tell(NewEvent::about(EventKind::ConversationUpdated, after.subject(), &data));
    tell::new_messages(tx, &after, &written).await?;
    Ok(after)
}

async fn move_rows(tx: &mut Tx, target: &Locked, source: &Locked) -> Result<()> {
    let status = if target.status == "closed" { &source.status } else { &target.status };
    let statements = [
        // Out of the way first, so that no two conversations of the thread go on at once.
        "update conversations set status = 'closed', deleted_at = now(), version = version + 1 where organization_id = $1 and id = $3",
        // Negative numbers meanwhile: a number may be taken until all are moved. What was unread is noted in the sign of nothing;
        // it is found again below as the first inbound message behind either mark.
        "create temp table if not exists merging (id uuid primary key, seq bigint, unread boolean, old_conversation uuid, old_seq bigint) on commit drop",
        "truncate merging",
        "insert into merging
         select m.id, row_number() over (order by m.past desc, case when m.past then m.sent_at else m.created_at end, m.seq, m.id), m.direction = 'inbound' and m.seq > c.read_seq, m.conversation_id, m.seq
         from messages m join conversations c on c.organization_id = m.organization_id and c.id = m.conversation_id
         where m.organization_id = $1 and m.conversation_id in ($2, $3)",
        "update messages m set seq = -n.seq from merging n where m.organization_id = $1 and m.id = n.id and m.conversation_id in ($2, $3)",
        "update messages m set seq = n.seq, conversation_id = $2 from merging n where m.organization_id = $1 and m.id = n.id and $3::uuid is not null",
        "update attachments set conversation_id = $2 where organization_id = $1 and conversation_id = $3",
        "update mentions set conversation_id = $2 where organization_id = $1 and conversation_id = $3",
        "update tasks set conversation_id = $2, version = version + 1 where organization_id = $1 and conversation_id = $3",
        "update scheduled_messages set conversation_id = $2, client_id = id::text where organization_id = $1 and conversation_id = $3",
        "update read_marks r set seq = n.seq from merging n
         where r.organization_id = $1 and r.conversation_id = $2 and n.old_conversation = $2 and n.old_seq = r.seq and $3::uuid is not null",
        "insert into conversation_labels (organization_id, conversation_id, label_id, last_message_at)
         select organization_id, $2, label_id, last_message_at from conversation_labels where organization_id = $1 and conversation_id = $3
         on conflict do nothing",
        "with mark as (select coalesce((select min(seq) - 1 from merging where unread), (select max(seq) from merging), 0) as seq)
         update conversations t
         set last_seq = (select count(*) from merging),
             read_seq = mark.seq,
             unread_count = (select count(*) from messages m where m.organization_id = $1 and m.conversation_id = $2
                             and m.direction = 'inbound' and m.seq > mark.seq),
             last_message_id = case when s.last_message_at > t.last_message_at then coalesce(s.last_message_id, t.last_message_id) else coalesce(t.last_message_id, s.last_message_id) end,
             last_message_at = greatest(t.last_message_at, s.last_message_at),
             last_inbound_at = greatest(t.last_inbound_at, s.last_inbound_at),
             window_closes_at = greatest(t.window_closes_at, s.window_closes_at),
             version = t.version + 1
         from conversations s, mark
         where t.organization_id = $1 and t.id = $2 and s.organization_id = $1 and s.id = $3",
    ];
    let organization = tx.organization();
    for statement in statements {
        let mut query = sqlx::query(statement);
        if statement.contains("$1") {
            query = query.bind(organization).bind(target.id).bind(source.id);
        }
        query.execute(tx.sql()).await?;
    }
    sqlx::query(
        "update conversations set status = $3, closed_at = case when $3 = 'closed' then closed_at end,
                snoozed_until = case when $3 = 'snoozed' then coalesce(snoozed_until, (select s.snoozed_until from conversations s
                    where s.organization_id = $1 and s.id = $4)) end
         where organization_id = $1 and id = $2",
    )
    .bind(organization)
    .bind(target.id)
    .bind(status)
    .bind(source.id)
    .execute(tx.sql())
    .await?;
    Ok(())
}
