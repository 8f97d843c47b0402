//! Every table as the app's database role sees it.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};
use switchboard::ids::OrganizationId;
use uuid::Uuid;

use crate::harness::database::{self, TestDatabase};

/// Tables that the app's role reaches although they have no `organization_id`; each has a policy of its own.
const WITHOUT_ORGANIZATION: [&str; 3] = ["organizations", "sessions", "users"];

#[tokio::test]
async fn the_app_s_role_cannot_climb_the_wall() {
    let database = database::fresh().await;
    let mut sql = database.connect().await;
    for role in ["switchboard_app", "switchboard_system"] {
        let free: bool = sqlx::query_scalar(
            "select rolsuper or rolbypassrls or rolcreaterole or rolcanlogin or rolreplication
                 or exists (select from pg_auth_members where member = pg_roles.oid)
                 or exists (select from pg_class where relowner = pg_roles.oid)
                 or ($1 = 'switchboard_app' and exists (select from pg_proc where proowner = pg_roles.oid))
             from pg_roles where rolname = $1",
        )
        .bind(role)
        .fetch_one(&mut sql)
        .await
        .unwrap();
        assert!(!free, "{role} can do more than use its tables");
    }
}

#[tokio::test]
async fn every_tenant_table_is_behind_the_wall() {
    let database = database::fresh().await;
    let mut sql = database.connect().await;
    let tables = sqlx::query(
        "select relname, relispartition, relrowsecurity and relforcerowsecurity as walled,
                exists (select from pg_attribute where attrelid = pg_class.oid and attname = 'organization_id' and not attisdropped) as tenant,
                has_table_privilege('switchboard_app', oid, 'select, insert, update, delete')
                    or has_any_column_privilege('switchboard_app', oid, 'select, insert, update') as reached,
                array(select coalesce(pg_get_expr(polqual, polrelid), '') || ' check ' || coalesce(pg_get_expr(polwithcheck, polrelid), '')
                      from pg_policy where polrelid = pg_class.oid
                        and (0 = any (polroles) or 'switchboard_app'::regrole = any (polroles))) as policies
         from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by relname",
    )
    .fetch_all(&mut sql)
    .await
    .unwrap();
    let mut walked = 0;
    for table in tables {
        let name: String = table.get("relname");
        let (tenant, reached, partition): (bool, bool, bool) =
            (table.get("tenant"), table.get("reached"), table.get("relispartition"));
        if !tenant && !reached {
            continue;
        }
        walked += 1;
        assert!(
            tenant || WITHOUT_ORGANIZATION.contains(&name.as_str()),
            "{name} is reached without an organization_id"
        );
        assert!(table.get::<bool, _>("walled"), "{name}: row-level security is not enabled and forced");
        let policies: Vec<String> = table.get("policies");
        if partition {
            assert!(
                policies.is_empty() && !reached,
                "{name}: a partition is reached through its parent only"
            );
            continue;
        }
        assert_eq!(policies.len(), 1, "{name}: policies are added up, so there is one");
        assert!(policies[0].contains("current_organization()"), "{name}: {policies:?}");
        if tenant {
            let condition = "(organization_id = ( SELECT current_organization() AS current_organization))";
            assert_eq!(policies[0], format!("{condition} check {condition}"), "{name}");
        }
    }
    assert!(walked > 20, "{walked} tables walked");
}

#[tokio::test]
async fn functions_that_see_past_the_wall_keep_to_the_organization() {
    let database = database::fresh().await;
    let functions: Vec<(String, String)> = sqlx::query_as(
        "select proname, pg_get_functiondef(pg_proc.oid) from pg_proc
         where pronamespace = 'public'::regnamespace and prosecdef and has_function_privilege('switchboard_app', pg_proc.oid, 'execute')
           and not exists (select from pg_depend where objid = pg_proc.oid and deptype = 'e')",
    )
    .fetch_all(&mut database.connect().await)
    .await
    .unwrap();
    for (name, source) in functions {
        assert!(
            source.contains("organization constant uuid := current_organization()"),
            "{name} is not bound"
        );
        let (_, body) = source.split_once("begin").unwrap();
        let reads = body.matches(" from ").count() + body.matches(" join ").count();
        assert!(
            reads > 0 && body.contains("organization_id = organization"),
            "{name} reads without the organization"
        );
    }
}

/// A row of one organization in every table, looked at, changed, removed and forged as nobody and as another.
#[tokio::test]
async fn no_row_is_seen_or_touched_from_outside() {
    let database = database::fresh().await;
    let [ours, theirs] = [OrganizationId::new(), OrganizationId::new()];
    let mut owner = database.connect().await;
    let tables = tenant_tables(&mut owner).await;
    assert!(tables.len() > 20);
    for table in &tables {
        insert_row(&mut owner, table, ours).await;
    }
    let mut app = app_role(&database).await;
    for table in &tables {
        assert_eq!(count(&mut app, table, None).await, 0, "{table} without an organization");
        assert_eq!(count(&mut app, table, Some(theirs)).await, 0, "{table} from the other organization");
        assert_eq!(count(&mut app, table, Some(ours)).await, 1, "{table} from its own");
        assert_eq!(change(&mut app, table, "delete from", "", Some(theirs)).await, 0, "{table}");
        let forge =
            change(&mut app, table, "update", "set organization_id = organization_id", Some(theirs)).await;
        assert_eq!(forge, 0, "{table}");
        assert!(
            is_refused_insert(&mut app, &mut owner, table, ours, theirs).await,
            "{table} takes a row for another organization"
        );
    }
}

async fn tenant_tables(sql: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar(
        "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
           and exists (select from pg_attribute where attrelid = pg_class.oid and attname = 'organization_id' and not attisdropped)
         order by relname",
    )
    .fetch_all(sql)
    .await
    .unwrap()
}

async fn app_role(database: &TestDatabase) -> PgConnection {
    let mut connection = database.connect().await;
    connection.execute("set role switchboard_app").await.unwrap();
    connection
}

async fn bind(sql: &mut PgConnection, organization: Option<OrganizationId>) {
    let id = organization.map(|id| id.to_string()).unwrap_or_default();
    sqlx::query("select set_config('app.organization', $1, false)").bind(id).execute(sql).await.unwrap();
}

async fn count(sql: &mut PgConnection, table: &str, organization: Option<OrganizationId>) -> i64 {
    bind(sql, organization).await;
    sqlx::query_scalar(AssertSqlSafe(format!("select count(*) from {table}"))).fetch_one(sql).await.unwrap()
}

async fn change(
    sql: &mut PgConnection,
    table: &str,
    verb: &str,
    rest: &str,
    organization: Option<OrganizationId>,
) -> u64 {
    bind(sql, organization).await;
    let mut tx = sql.begin().await.unwrap();
    let done = tx.execute(AssertSqlSafe(format!("{verb} {table} {rest}"))).await.unwrap();
    tx.rollback().await.unwrap();
    done.rows_affected()
}

async fn is_refused_insert(
    app: &mut PgConnection,
    owner: &mut PgConnection,
    table: &str,
    ours: OrganizationId,
    theirs: OrganizationId,
) -> bool {
    let statement = insert_statement(owner, table, ours).await;
    bind(app, Some(theirs)).await;
    let error = app.execute(AssertSqlSafe(statement)).await.unwrap_err();
    // insufficient_privilege, which is what a policy's check answers
    error.as_database_error().and_then(|error| error.code()).as_deref() == Some("42501")
}

async fn insert_row(sql: &mut PgConnection, table: &str, organization: OrganizationId) {
    let statement = insert_statement(sql, table, organization).await;
    let mut tx = sql.begin().await.unwrap();
    // No triggers, no references: a row by itself.
    tx.execute("set local session_replication_role = replica").await.unwrap();
    tx.execute(AssertSqlSafe(statement.clone())).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
    tx.commit().await.unwrap();
}

/// An insert with a plain value for every column that needs one.
async fn insert_statement(sql: &mut PgConnection, table: &str, organization: OrganizationId) -> String {
    let columns: Vec<(String, String, Option<String>)> = sqlx::query_as(
        "select attname::text, format_type(atttypid, null),
                (select substring(pg_get_constraintdef(oid) from '''([a-z_]+)''') from pg_constraint
                 where conrelid = attrelid and contype = 'c' and conkey = array[attnum] limit 1)
         from pg_attribute
         where attrelid = $1::regclass and attnum > 0 and not attisdropped and attnotnull and not atthasdef
           and attidentity = '' and attgenerated = '' order by attnum",
    )
    .bind(table)
    .fetch_all(sql)
    .await
    .unwrap();
    let names: Vec<_> = columns.iter().map(|(name, ..)| name.as_str()).collect();
    let values: Vec<_> = columns.iter().map(|column| value(table, column, organization)).collect();
    format!("insert into {table} ({}) values ({})", names.join(", "), values.join(", "))
}

fn value(
    table: &str,
    (name, kind, allowed): &(String, String, Option<String>),
    organization: OrganizationId,
) -> String {
    if name == "organization_id" {
        return format!("'{organization}'");
    }
    match kind.as_str() {
        "uuid" => format!("'{}'", Uuid::now_v7()),
        "text" => format!("'{}'", allowed.as_deref().unwrap_or("x")),
        "bytea" => "'x'".to_owned(),
        "json" | "jsonb" => "'{}'".to_owned(),
        "smallint" | "integer" | "bigint" | "numeric" => "1".to_owned(),
        "date" | "timestamp with time zone" => "now()".to_owned(),
        "boolean" => "false".to_owned(),
        "text[]" => "'{}'".to_owned(),
        kind => panic!("{table}.{name}: say here what a plain {kind} looks like"),
    }
}
