//! Badges: how many conversations each view holds, from maintained counters. Exact at any time; a job folds what has changed
//! into few rows so that reading stays cheap.

use std::collections::BTreeMap;

use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::{
    access::agent::Member,
    db::Tx,
    error::Result,
    ids::{LabelId, TeamId, UserId},
};

/// Conversations of a view, and how many of them hold something unread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Count {
    pub conversations: i64,
    pub unread: i64,
}

/// Of what the member sees. `all`, `mine`, `unassigned`, teams, labels and channels count open conversations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Counts {
    pub all: Count,
    pub mine: Count,
    pub unassigned: Count,
    /// Conversations of any status that hold something unread.
    pub unread: Count,
    pub snoozed: Count,
    pub closed: Count,
    /// Unread mentions of the member.
    pub mentions: i64,
    /// By team; teams without open conversations are absent, as are labels and channels.
    #[schema(value_type = BTreeMap<String, Count>)]
    pub teams: BTreeMap<TeamId, Count>,
    #[schema(value_type = BTreeMap<String, Count>)]
    pub labels: BTreeMap<LabelId, Count>,
    pub channels: BTreeMap<String, Count>,
    /// Every status, also the closed.
    pub statuses: BTreeMap<String, Count>,
}

#[derive(sqlx::FromRow)]
struct Row {
    label_id: Option<LabelId>,
    assignee_id: Option<UserId>,
    team_id: Option<TeamId>,
    channel: String,
    status: String,
    conversations: i64,
    unread: i64,
}

pub async fn counts(tx: &mut Tx, member: &Member) -> Result<Counts> {
    // Other members' assignments tell nothing that is shown: summed up here, the rows that travel are few.
    let rows: Vec<Row> = sqlx::query_as(
        "select label_id, case when assignee_id = $2 then assignee_id when assignee_id is not null then '00000000-0000-0000-0000-000000000000' end as assignee_id,
                team_id, channel, status, sum(conversations)::bigint as conversations, sum(unread)::bigint as unread
         from (
             select * from conversation_counts where organization_id = $1
             union all
             select * from conversation_count_changes where organization_id = $1
         ) count
         where $3 or assignee_id = $2 or team_id = any($4) or (assignee_id is null and team_id is null)
         group by 1, 2, 3, 4, 5",
    )
    .bind(tx.organization())
    .bind(member.user_id)
    .bind(member.sees_all)
    .bind(&member.teams)
    .fetch_all(tx.sql())
    .await?;
    let mut counts = add_up(member, &rows);
    counts.mentions = sqlx::query_scalar(
        "select count(*) from mentions where organization_id = $1 and user_id = $2 and read_at is null",
    )
    .bind(tx.organization())
    .bind(member.user_id)
    .fetch_one(tx.sql())
    .await?;
    Ok(counts)
}

fn add_up(member: &Member, rows: &[Row]) -> Counts {
    let mut counts = Counts::default();
    for row in rows {
        if let Some(label) = row.label_id {
            counts.labels.entry(label).or_default().add(row);
            continue;
        }
        counts.statuses.entry(row.status.clone()).or_default().add(row);
        counts.unread.conversations += row.unread;
        counts.unread.unread += row.unread;
        match row.status.as_str() {
            "snoozed" => counts.snoozed.add(row),
            "closed" => counts.closed.add(row),
            _ => {}
        }
        if row.status != "open" {
            continue;
        }
        counts.all.add(row);
        counts.channels.entry(row.channel.clone()).or_default().add(row);
        if row.assignee_id == Some(member.user_id) {
            counts.mine.add(row);
        }
        if row.assignee_id.is_none() {
            counts.unassigned.add(row);
        }
        if let Some(team) = row.team_id {
            counts.teams.entry(team).or_default().add(row);
        }
    }
    counts.labels.retain(|_, count| count.conversations > 0);
    counts.channels.retain(|_, count| count.conversations > 0);
    counts.teams.retain(|_, count| count.conversations > 0);
    counts
}

impl Count {
    fn add(&mut self, row: &Row) {
        self.conversations += row.conversations;
        self.unread += row.unread;
    }
}

/// Folds the changes of all organizations into their counts. For the maintenance job, on system connections; may run
/// anywhere at any time, also twice at once.
pub async fn fold(system: &PgPool) -> Result<()> {
    sqlx::query(
        "with folded as (delete from conversation_count_changes returning *)
         insert into conversation_counts (organization_id, label_id, assignee_id, team_id, channel, status, conversations, unread)
         select organization_id, label_id, assignee_id, team_id, channel, status, sum(conversations), sum(unread)
         from folded
         group by organization_id, label_id, assignee_id, team_id, channel, status
         having sum(conversations) <> 0 or sum(unread) <> 0
         order by organization_id, label_id, assignee_id, team_id, channel, status
         on conflict (organization_id, label_id, assignee_id, team_id, channel, status) do update
         set conversations = conversation_counts.conversations + excluded.conversations,
             unread = conversation_counts.unread + excluded.unread",
    )
    .execute(system)
    .await?;
    sqlx::query("delete from conversation_counts where conversations = 0 and unread = 0")
        .execute(system)
        .await?;
    Ok(())
}
