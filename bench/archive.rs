//! A large organization, written straight into the tables: what lists, counts and search have to find their way in.

use std::time::Instant;

use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor, PgConnection, PgPool};

use crate::{
    Result,
    platform::{Number, Organization},
    stage::{House, Stage},
    wire::Wire,
};

pub const CONVERSATIONS: i64 = 1_000_000;
const MESSAGES: i64 = 300_000;
const MESSAGES_LARGE: i64 = 20_000_000;
const CHUNK: i64 = 500_000;

/// The organization and the values that its conversations are filtered by.
pub struct Archive {
    pub organization: Organization,
    pub assignee: uuid::Uuid,
    pub team: uuid::Uuid,
    pub label: uuid::Uuid,
    pub integration: uuid::Uuid,
    pub messages: i64,
}

const CONTACTS: &str = "
    insert into contacts (organization_id, id, name, phone)
    select $1, md5('contact' || n)::uuid, 'Customer ' || n, '49151' || lpad(n::text, 8, '0') from generate_series(0, 99999) as n";

/// Ids in the order of coming, as the hub's are; the greater the number, the older the message.
const MESSAGE_ID: &str = "
    create function pg_temp.message_id(n bigint) returns uuid language sql immutable as
    $$ select (lpad(to_hex(1700000000000 - n * 50), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid $$";

/// Statuses, owners, teams and the like in proportions of a busy inbox; one second apart, the newest last.
const THREADS: &str = "
    insert into conversations (organization_id, id, integration_id, channel, contact_id, thread, status, assignee_id, team_id, priority,
        last_seq, unread_count, last_message_id, last_message_at, last_inbound_at, created_at, closed_at)
    select $1, md5('conversation' || n)::uuid, $2, 'whatsapp', md5('contact' || n % 100000)::uuid, n::text,
        case when n % 10 < 6 then 'closed' when n % 10 < 9 then 'open' else 'pending' end,
        case when n % 3 = 0 then md5('user' || n % 50)::uuid end,
        case when n % 4 = 0 then md5('team' || n % 8)::uuid end,
        case when n % 20 = 0 then 'high' else 'none' end,
        1, (n % 20 = 0)::int, pg_temp.message_id(($3 - 1 - n) % $4), moment, moment, moment,
        case when n % 10 < 6 then moment end
    from (select n, now() - make_interval(secs => $3 - n) as moment from generate_series(0, $3 - 1) as n) numbered";

const LABELS: &str = "
    insert into conversation_labels (organization_id, conversation_id, label_id, last_message_at)
    select organization_id, id, $2, last_message_at from conversations where organization_id = $1 and thread::bigint % 25 = 0";

/// `order` is in every second message, each `medium…` in one of two hundred, each `rare…` in one of a hundred thousand.
const MESSAGES_SQL: &str = "
    insert into messages (organization_id, id, conversation_id, seq, integration_id, direction, kind, text, sender_kind, external_id,
        sent_at, created_at, words)
    select $1, pg_temp.message_id(n), md5('conversation' || n % $4)::uuid, 1 + ($3 - n) / $4, $2, 'inbound', 'text', text, 'contact',
        'archive.' || n, moment, moment, to_tsvector('simple', text)
    from (select n, now() - make_interval(secs => n * 0.05) as moment,
                 case when n % 2 = 0 then 'order ' else 'parcel ' end || 'medium' || n % 200 || ' rare' || n % 100000
                 || ' please tell me when it arrives at number ' || n % 977 as text
          from generate_series($5, $6 - 1) as n) numbered";

impl Archive {
    pub async fn build(stage: &Stage, house: &House) -> Result<Self> {
        let begun = Instant::now();
        let organization = Organization::register(house.hub.address, "Archive").await?;
        let number =
            Number::connect(&house.sql, &organization, "106500000000000", "http://127.0.0.1:9").await?;
        let label = uuid::Uuid::now_v7();
        let messages = if stage.options.large { MESSAGES_LARGE } else { MESSAGES };
        let archive = Self {
            assignee: id(&house.sql, "user3").await?,
            team: id(&house.sql, "team4").await?,
            label,
            integration: number.integration.0,
            organization,
            messages,
        };
        archive.fill(&house.sql).await?;
        stage.postgres.settle(house.database).await?;
        println!(
            "  {CONVERSATIONS} conversations and {messages} messages written in {:.0} s",
            begun.elapsed().as_secs_f64()
        );
        Ok(archive)
    }

    async fn fill(&self, sql: &PgPool) -> Result<()> {
        let organization = self.organization.id;
        let mut connection = sql.acquire().await?;
        connection.execute("set synchronous_commit = off").await?;
        connection.execute(MESSAGE_ID).await?;
        sqlx::query(CONTACTS).bind(organization).execute(&mut *connection).await?;
        sqlx::query(THREADS)
            .bind(organization)
            .bind(self.integration)
            .bind(CONVERSATIONS)
            .bind(self.messages)
            .execute(&mut *connection)
            .await?;
        sqlx::query("insert into labels (organization_id, id, name) values ($1, $2, 'Refund')")
            .bind(organization)
            .bind(self.label)
            .execute(&mut *connection)
            .await?;
        sqlx::query(LABELS).bind(organization).bind(self.label).execute(&mut *connection).await?;
        let indexes = self.drop_indexes(&mut connection).await?;
        for first in (0..self.messages).step_by(usize::try_from(CHUNK)?) {
            sqlx::query(MESSAGES_SQL)
                .bind(organization)
                .bind(self.integration)
                .bind(self.messages)
                .bind(CONVERSATIONS)
                .bind(first)
                .bind(self.messages.min(first + CHUNK))
                .execute(&mut *connection)
                .await?;
        }
        for index in indexes {
            connection.execute(AssertSqlSafe(index)).await?;
        }
        Ok(())
    }

    /// Takes the indexes of a large archive's messages away while it is written, which would take hours with them; how to make them again.
    async fn drop_indexes(&self, connection: &mut PgConnection) -> Result<Vec<String>> {
        if self.messages < MESSAGES_LARGE {
            return Ok(Vec::new());
        }
        let indexes: Vec<(String, String)> = sqlx::query_as(
            "select indexname, indexdef from pg_indexes where schemaname = 'public' and tablename = 'messages' and indexname <> 'messages_pkey'",
        )
        .fetch_all(&mut *connection)
        .await?;
        connection.execute("set maintenance_work_mem = '2GB'").await?;
        let mut again = Vec::new();
        for (name, definition) in indexes {
            connection.execute(AssertSqlSafe(format!("drop index {name}"))).await?;
            again.push(definition);
        }
        Ok(again)
    }

    /// The answer's body.
    ///
    /// # Errors
    /// It is not 200.
    pub async fn get(&self, wire: &mut Wire, path: &str) -> Result<Value> {
        let status = wire.get(path, Some(&self.organization.token)).await?;
        let body: Value = serde_json::from_slice(wire.body())?;
        match status {
            200 => Ok(body),
            status => Err(format!("{path} was answered {status}: {body}").into()),
        }
    }
}

async fn id(sql: &PgPool, name: &str) -> Result<uuid::Uuid> {
    Ok(sqlx::query_scalar("select md5($1)::uuid").bind(name).fetch_one(sql).await?)
}
