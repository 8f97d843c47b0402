//! Pages of conversations. A page is merged from few ordered index scans, one per status, per value of a yes-or-no column and
//! per reason for which the member sees a conversation, each cut at the page's length: its cost depends on neither depth nor
//! size.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{Postgres, QueryBuilder};
use utoipa::ToSchema;

use crate::{
    access::agent::Member,
    db::Tx,
    error::Result,
    ids::{ContactId, ConversationId, IntegrationId, LabelId, TeamId, UserId},
    inbox::conversation::{Conversation, SELECT},
};

pub const STATUSES: [&str; 4] = ["open", "pending", "snoozed", "closed"];
pub const PRIORITIES: [&str; 5] = ["none", "low", "medium", "high", "urgent"];

/// Conditions that all hold. The default is every conversation that the member sees.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// One of [`STATUSES`]; empty: any.
    pub statuses: Vec<String>,
    pub channel: Option<String>,
    pub integration_id: Option<IntegrationId>,
    pub assignee: Option<Assignee>,
    pub team_id: Option<TeamId>,
    pub label_id: Option<LabelId>,
    pub contact_id: Option<ContactId>,
    pub priority: Option<String>,
    pub unread: bool,
    /// The member was mentioned in it.
    pub mentioned: bool,
    /// Only these, found by words before.
    pub among: Option<Vec<ConversationId>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assignee {
    Nobody,
    Member(UserId),
}

/// By newest message, or by when the conversation began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum Sort {
    #[default]
    #[serde(rename = "-last_message_at")]
    NewestMessage,
    #[serde(rename = "last_message_at")]
    OldestMessage,
    #[serde(rename = "-created_at")]
    Newest,
    #[serde(rename = "created_at")]
    Oldest,
}

/// The sort key of a row, behind which a page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position(pub DateTime<Utc>, pub ConversationId);

/// Up to `rows` conversations behind `after`.
pub async fn list(
    tx: &mut Tx,
    member: &Member,
    filter: &Filter,
    sort: Sort,
    after: Option<Position>,
    rows: i64,
) -> Result<Vec<Conversation>> {
    let mut query = Query { filter, member, sort, after, rows, sql: QueryBuilder::new("with ") };
    query.page(tx);
    let key = query.key("conversations");
    query.sql.push(" order by ").push(key);
    Ok(query.sql.build_query_as().fetch_all(tx.sql()).await?)
}

struct Query<'a> {
    filter: &'a Filter,
    member: &'a Member,
    sort: Sort,
    after: Option<Position>,
    rows: i64,
    sql: QueryBuilder<Postgres>,
}

/// Why rows of a scan are there; fixes the index that serves it.
#[derive(Clone, Copy)]
enum Scan {
    All,
    Assignee(UserId),
    Unassigned,
    /// Neither assignee nor team.
    Free,
    Team(TeamId),
    /// Any of the member's teams.
    MyTeams,
}

impl Query<'_> {
    fn page(&mut self, tx: &Tx) {
        let labelled = self.filter.label_id.is_some() && self.by_message();
        if labelled || self.fits_one_scan() {
            self.sql.push("conversations as (");
            if labelled {
                self.labelled(tx)
            } else {
                self.one_scan(tx)
            }
            self.sql.push(") ").push(SELECT).push(" where true");
        } else {
            // Of what is merged most is left out: it is read as ids, and the rows of those that stay.
            self.sql.push("page as (");
            self.merged(tx);
            self.sql
                .push(") ")
                .push(SELECT)
                .push(" join page on page.id = conversations.id where conversations.deleted_at is null");
        }
        self.sql.push(" and conversations.organization_id = ").push_bind(tx.organization());
    }

    /// Where another condition finds few rows, or has an index in the list's own order.
    fn fits_one_scan(&self) -> bool {
        let filter = self.filter;
        !self.by_message()
            || filter.among.is_some()
            || filter.mentioned
            || filter.contact_id.is_some()
            || filter.priority.as_deref().is_some_and(|priority| priority != "none")
    }

    fn one_scan(&mut self, tx: &Tx) {
        self.sql.push("select c.* from conversations c where c.organization_id = ");
        self.sql.push_bind(tx.organization());
        self.statuses();
        self.conditions();
        self.visible();
        self.cut("c");
    }

    fn labelled(&mut self, tx: &Tx) {
        self.sql.push(
            "select c.* from conversation_labels l
             join conversations c on c.organization_id = l.organization_id and c.id = l.conversation_id
             where l.organization_id = ",
        );
        self.sql.push_bind(tx.organization()).push(" and l.label_id = ").push_bind(self.filter.label_id);
        self.statuses();
        self.conditions();
        self.visible();
        let (less, down) = self.direction();
        if let Some(Position(at, id)) = self.after {
            self.sql.push(format!(" and (l.last_message_at, l.conversation_id) {less} ("));
            self.sql.push_bind(at).push(", ").push_bind(id).push(")");
        }
        self.sql.push(format!(
            " order by l.last_message_at {down}, l.conversation_id {down} limit {}",
            self.rows
        ));
    }

    fn merged(&mut self, tx: &Tx) {
        self.sql.push("select id, last_message_at from (");
        for (index, scan) in self.scans().into_iter().enumerate() {
            if index > 0 {
                self.sql.push(" union ");
            }
            self.scan(tx, scan);
        }
        let key = self.key("merged");
        self.sql.push(format!(") merged order by {key} limit {}", self.rows));
    }

    fn scans(&self) -> Vec<Scan> {
        let (filter, member) = (self.filter, self.member);
        match (filter.assignee, filter.team_id) {
            (Some(Assignee::Member(user)), _) => vec![Scan::Assignee(user)],
            (_, Some(team)) => vec![Scan::Team(team)],
            (Some(Assignee::Nobody), None) if member.sees_all => vec![Scan::Unassigned],
            (Some(Assignee::Nobody), None) => vec![Scan::Free, Scan::MyTeams],
            // Few are unread: rather those that the member does not see are left out than the read ones of each reason.
            (None, None) if filter.unread => vec![Scan::All],
            (None, None) if member.sees_all => vec![Scan::All],
            (None, None) => vec![Scan::Assignee(member.user_id), Scan::Free, Scan::MyTeams],
        }
    }

    /// One ordered scan per status (and integration, and team), each cut at the page's length.
    fn scan(&mut self, tx: &Tx, scan: Scan) {
        let statuses: Vec<String> = match self.filter.statuses.as_slice() {
            [] => STATUSES.map(str::to_owned).to_vec(),
            some => some.to_vec(),
        };
        self.sql
            .push("select one.id, one.last_message_at from unnest(")
            .push_bind(statuses)
            .push("::text[]) s (status)");
        if matches!(scan, Scan::MyTeams) {
            self.sql
                .push(" cross join unnest(")
                .push_bind(self.member.teams.clone())
                .push("::uuid[]) t (team_id)");
        }
        let all = matches!(scan, Scan::All);
        let by_channel = all && self.filter.channel.is_some();
        let by_unread = all && !by_channel && self.filter.integration_id.is_none() && !self.filter.unread;
        if by_unread || matches!(scan, Scan::Unassigned) {
            self.sql.push(" cross join (values (true), (false)) either (way)");
        }
        if by_channel {
            self.sql.push(" cross join (select i.id from integrations i where i.organization_id = ");
            self.sql
                .push_bind(tx.organization())
                .push(" and i.channel = ")
                .push_bind(self.filter.channel.clone())
                .push(") i");
        }
        self.sql.push(
            " cross join lateral (select c.id, c.last_message_at from conversations c where c.status = s.status and c.organization_id = ",
        );
        self.sql.push_bind(tx.organization());
        if by_channel {
            self.sql.push(" and c.integration_id = i.id");
        }
        match scan {
            Scan::All if by_unread => self.sql.push(" and c.unread = either.way"),
            Scan::All => &mut self.sql,
            Scan::Assignee(user) => self.sql.push(" and c.assignee_id = ").push_bind(user),
            Scan::Unassigned => self.sql.push(" and c.assignee_id is null and c.free = either.way"),
            Scan::Free => self.sql.push(" and c.assignee_id is null and c.free"),
            Scan::Team(team) => self.sql.push(" and c.team_id = ").push_bind(team),
            Scan::MyTeams => self.sql.push(" and c.team_id = t.team_id"),
        };
        self.conditions();
        if matches!(scan, Scan::All | Scan::Team(_) | Scan::Assignee(_)) {
            self.visible();
        }
        self.cut("c");
        self.sql.push(") one");
    }

    fn statuses(&mut self) {
        if !self.filter.statuses.is_empty() {
            self.sql.push(" and c.status = any(").push_bind(self.filter.statuses.clone()).push(")");
        }
    }

    /// Every condition but the status; repeating the one that a scan was chosen for is harmless.
    fn conditions(&mut self) {
        let (filter, sql) = (self.filter, &mut self.sql);
        sql.push(" and c.deleted_at is null");
        match filter.assignee {
            Some(Assignee::Nobody) => sql.push(" and c.assignee_id is null"),
            Some(Assignee::Member(user)) => sql.push(" and c.assignee_id = ").push_bind(user),
            None => sql,
        };
        if let Some(channel) = &filter.channel {
            sql.push(" and c.channel = ").push_bind(channel.clone());
        }
        if let Some(integration) = filter.integration_id {
            sql.push(" and c.integration_id = ").push_bind(integration);
        }
        if let Some(team) = filter.team_id {
            sql.push(" and c.team_id = ").push_bind(team);
        }
        if let Some(contact) = filter.contact_id {
            sql.push(" and c.contact_id = ").push_bind(contact);
        }
        if let Some(priority) = &filter.priority {
            sql.push(" and c.priority = ").push_bind(priority.clone());
            if priority != "none" {
                sql.push(" and c.priority <> 'none'");
            }
        }
        if filter.unread {
            sql.push(" and c.unread");
        }
        if let Some(among) = &filter.among {
            sql.push(" and c.id = any(").push_bind(among.clone()).push(")");
        }
        if filter.mentioned {
            sql.push(" and c.id in (select m.conversation_id from mentions m where m.organization_id = c.organization_id and m.user_id = ");
            sql.push_bind(self.member.user_id).push(")");
        }
        if let (Some(label), false) = (filter.label_id, self.by_message()) {
            let sql = &mut self.sql;
            sql.push(" and exists (select from conversation_labels l where l.organization_id = c.organization_id and l.conversation_id = c.id and l.label_id = ");
            sql.push_bind(label).push(")");
        }
    }

    fn visible(&mut self) {
        if self.member.sees_all {
            return;
        }
        self.sql.push(" and (c.assignee_id = ").push_bind(self.member.user_id);
        self.sql.push(" or c.team_id = any(").push_bind(self.member.teams.clone());
        self.sql.push(") or (c.assignee_id is null and c.team_id is null))");
    }

    fn cut(&mut self, table: &str) {
        let (less, _) = self.direction();
        if let Some(Position(at, id)) = self.after {
            if self.by_message() {
                self.sql
                    .push(format!(" and ({table}.last_message_at, {table}.id) {less} ("))
                    .push_bind(at)
                    .push(", ");
                self.sql.push_bind(id).push(")");
            } else {
                self.sql.push(format!(" and {table}.id {less} ")).push_bind(id);
            }
        }
        let key = self.key(table);
        self.sql.push(format!(" order by {key} limit {}", self.rows));
    }

    fn key(&self, table: &str) -> String {
        let (_, down) = self.direction();
        if self.by_message() {
            format!("{table}.last_message_at {down}, {table}.id {down}")
        } else {
            format!("{table}.id {down}")
        }
    }

    fn by_message(&self) -> bool {
        matches!(self.sort, Sort::NewestMessage | Sort::OldestMessage)
    }

    fn direction(&self) -> (&'static str, &'static str) {
        match self.sort {
            Sort::NewestMessage | Sort::Newest => ("<", "desc"),
            Sort::OldestMessage | Sort::Oldest => (">", "asc"),
        }
    }
}
