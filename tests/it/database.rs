//! The schema as a whole, and the servers that the other tests stand on.

use redis::AsyncCommands;
use secrecy::ExposeSecret;
use sqlx::Connection;

use crate::harness::database;

#[tokio::test]
async fn every_test_has_a_database_of_its_own_with_nothing_pending() {
    let (first, second) = (database::fresh().await, database::fresh().await);
    assert_ne!(first.url().expose_secret(), second.url().expose_secret());
    assert!(switchboard::db::pending_migrations(&first.url()).await.unwrap().is_empty());
    sqlx::raw_sql("create table mine (id int)").execute(&mut first.connect().await).await.unwrap();
    let foreign: bool = sqlx::query_scalar("select to_regclass('mine') is null")
        .fetch_one(&mut second.connect().await)
        .await
        .unwrap();
    assert!(foreign);
}

#[tokio::test]
async fn a_database_ends_with_its_test() {
    let database = database::fresh().await;
    let url = database.url();
    drop(database);
    assert!(sqlx::PgConnection::connect(url.expose_secret()).await.is_err());
}

#[tokio::test]
async fn migrations_apply_to_an_empty_database_and_again() {
    let database = database::empty().await;
    let url = database.url();
    let pending = switchboard::db::pending_migrations(&url).await.unwrap();
    assert!(!pending.is_empty());
    switchboard::db::migrate(&url).await.unwrap();
    switchboard::db::migrate(&url).await.unwrap();
    assert!(switchboard::db::pending_migrations(&url).await.unwrap().is_empty());
}

#[tokio::test]
async fn redis_answers() {
    let client = redis::Client::open(database::redis_url().expose_secret()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let key = format!("{}greeting", database::redis_prefix());
    let _: () = connection.set(&key, "hello").await.unwrap();
    let text: String = connection.get(&key).await.unwrap();
    assert_eq!(text, "hello");
}
