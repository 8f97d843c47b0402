//! Messages found by words, by who may see them.

use serde_json::{Value, json};

use crate::harness::{
    client::Session,
    inbox::{Inbox, id},
};

fn texts(page: &Value) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|one| one["text"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn words_phrases_and_beginnings() {
    let inbox = Inbox::start().await;
    for (n, text) in
        ["red shoes please", "shoes that are red", "blue hat", "<b>shoelace</b>"].into_iter().enumerate()
    {
        inbox.receive("4915100000001", &format!("wamid.{n}"), text).await;
    }
    let found = async |q: &str| inbox.owner.get(&format!("/messages?q={q}")).await.expect(200).body;
    assert_eq!(texts(&found("red%20shoes").await), ["shoes that are red", "red shoes please"]);
    assert_eq!(texts(&found("%22red%20shoes%22").await), ["red shoes please"]);
    assert_eq!(texts(&found("sho").await), ["<b>shoelace</b>", "shoes that are red", "red shoes please"]);
    assert_eq!(texts(&found("shoes%20-please").await), ["shoes that are red"]);
    assert_eq!(texts(&found("hat%20or%20please").await), ["blue hat", "red shoes please"]);
    for odd in ["%27%3B--", "%26%7C%21%28", "%3A%2A", "%22", "-", "%5C"] {
        found(odd).await;
    }
    inbox.owner.get("/messages?q=").await.expect_problem(422, "invalid");
    let first = inbox.owner.get("/messages?q=sho&limit=2").await.expect(200).body;
    let next = format!("/messages?q=sho&limit=2&cursor={}", first["next_cursor"].as_str().unwrap());
    assert_eq!(texts(&inbox.owner.get(&next).await.expect(200).body), ["red shoes please"]);
}

#[tokio::test]
async fn agents_find_what_they_see() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    let dan = inbox.hub.invite(owner, "dan", "agent").await;
    let mine = inbox.receive("4915100000001", "wamid.1", "secret of the first").await;
    let other = inbox.receive("4915100000002", "wamid.2", "secret of the second").await;
    owner
        .patch(&format!("/conversations/{}", id(&other)), &json!({"assignee_id": owner.user_id}))
        .await
        .expect(200);
    assert_eq!(texts(&dan.get("/messages?q=secret").await.expect(200).body), ["secret of the first"]);
    assert_eq!(owner.get("/messages?q=secret").await.expect(200).body["data"].as_array().unwrap().len(), 2);
    let within = format!("/messages?q=secret&conversation_id={}", id(&other));
    assert_eq!(texts(&owner.get(&within).await.expect(200).body), ["secret of the second"]);
    assert_eq!(texts(&dan.get(&within).await.expect(200).body), [] as [&str; 0]);
    let _ = mine;
}

#[tokio::test]
async fn the_organizations_language_knows_its_words() {
    let inbox = Inbox::start().await;
    sqlx::query("update organizations set search_language = 'spanish'")
        .execute(&mut inbox.hub.sql().await)
        .await
        .unwrap();
    let conversation = inbox.receive("4915100000001", "wamid.1", "quiero dos zapatos").await;
    let note = json!({"client_id": "n", "note": true, "text": "zapatos rojos"});
    inbox.owner.post(&format!("/conversations/{}/messages", id(&conversation)), &note).await.expect(201);
    assert_eq!(
        texts(&inbox.owner.get("/messages?q=zapato").await.expect(200).body),
        ["zapatos rojos", "quiero dos zapatos"]
    );
    assert_eq!(texts(&inbox.owner.get("/messages?q=querer").await.expect(200).body), [] as [&str; 0]);
}

/// Twenty thousand messages are looked through one by one; what lies behind them is found by the index, if it is not too much.
#[tokio::test]
async fn words_are_found_however_far_back_and_however_frequent_they_are() {
    const TEXTS: &str = "
        insert into messages (organization_id, id, conversation_id, seq, integration_id, direction, kind, text, sender_kind, sent_at, words)
        select c.organization_id, ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, c.id, 10 + n, c.integration_id, 'inbound',
            'text', text, 'contact', now(), to_tsvector('simple', text)
        from conversations c,
             (select n, case when n <= 3 then 'needle ' || n when n <= 5200 then 'season ' || n else 'hay ' || n end as text
              from generate_series(1, 25300) as n) numbered
        where c.id = $1::uuid";
    let inbox = Inbox::start().await;
    let dan = inbox.hub.invite(&inbox.owner, "dan", "agent").await;
    let seen = inbox.receive("4915100000001", "wamid.1", "hello").await;
    sqlx::query(TEXTS).bind(id(&seen)).execute(&mut inbox.hub.sql().await).await.unwrap();
    let hidden = inbox.receive("4915100000002", "wamid.2", "the needle of another").await;
    let owners = json!({"assignee_id": inbox.owner.user_id});
    inbox.owner.patch(&format!("/conversations/{}", id(&hidden)), &owners).await.expect(200);
    // Somebody else's house, with the same word in it.
    let stranger = inbox.hub.found("Other", "eve").await;
    let search = async |who: &Session, word: &str| {
        let page = who.get(&format!("/messages?q={word}&limit=4")).await.expect(200).body;
        let texts: Vec<_> = texts(&page).into_iter().map(str::to_owned).collect();
        (texts, page["next_cursor"].is_string())
    };
    let owner = &inbox.owner;
    let needles = ["needle 3", "needle 2", "needle 1"].map(str::to_owned);
    assert_eq!(search(&dan, "needle").await, (needles.to_vec(), false));
    assert_eq!(search(owner, "needle").await.0.len(), 4);
    for who in [owner, &dan] {
        let season = search(who, "season").await;
        assert_eq!(
            season,
            (["season 5200", "season 5199", "season 5198", "season 5197"].map(str::to_owned).to_vec(), true)
        );
        assert_eq!(search(who, "hay").await.0[0], "hay 25300");
        assert_eq!(search(who, "zebra").await, (vec![], false));
    }
    assert_eq!(search(&stranger, "needle").await, (vec![], false));
    // The conversation is another's: what is frequent there is nothing for whoever does not see it.
    owner.patch(&format!("/conversations/{}", id(&seen)), &owners).await.expect(200);
    for word in ["needle", "season", "hay"] {
        assert_eq!(search(&dan, word).await, (vec![], false), "{word}");
    }
}

/// What others write often is looked for among what somebody sees, not among all that others wrote.
#[tokio::test]
async fn whoever_sees_little_is_searched_for_in_that() {
    const OTHERS: i64 = 40_000;
    const TEXTS: &str = "
        insert into messages (organization_id, id, conversation_id, seq, integration_id, direction, kind, text, sender_kind, sent_at, words)
        select c.organization_id, ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, c.id, 10 + n, c.integration_id,
            'inbound', 'text', $4 || n, 'contact', now(), to_tsvector('simple', $4 || n)
        from conversations c, generate_series($2::bigint, $3::bigint) as n
        where c.id = $1::uuid";
    let inbox = Inbox::start().await;
    let (hub, owner) = (&inbox.hub, &inbox.owner);
    let dan = hub.invite(owner, "dan", "agent").await;
    let eve = hub.invite(owner, "eve", "agent").await;
    let night = json!({"name": "Night", "member_ids": [dan.user_id]});
    let team = owner.post("/teams", &night).await.expect(201).id();
    let mut sql = hub.sql().await;
    let places = [
        (json!({"assignee_id": dan.user_id}), 1, 2, "order "),
        (json!({"assignee_id": owner.user_id, "team_id": team}), 3, 4, "order "),
        (json!({"assignee_id": eve.user_id}), 5, 300, "plain "),
        (json!({"assignee_id": owner.user_id}), 301, OTHERS, "order "),
    ];
    for (number, (whose, from, to, word)) in places.iter().enumerate() {
        let at = inbox.receive(&format!("491510000000{number}"), &format!("wamid.{number}"), "hello").await;
        owner.patch(&format!("/conversations/{}", id(&at)), whose).await.expect(200);
        sqlx::query(TEXTS).bind(id(&at)).bind(from).bind(to).bind(word).execute(&mut sql).await.unwrap();
    }
    let free = inbox.receive("4915100000009", "wamid.9", "an order of nobody's").await;
    let found = async |who: &Session| {
        let page = who.get("/messages?q=order&limit=10").await.expect(200).body;
        texts(&page).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(found(&dan).await, ["an order of nobody's", "order 4", "order 3", "order 2", "order 1"]);
    assert_eq!(found(&eve).await, ["an order of nobody's"]);
    assert_eq!(found(owner).await.len(), 10);
    let taken = json!({"assignee_id": owner.user_id});
    owner.patch(&format!("/conversations/{}", id(&free)), &taken).await.expect(200);
    assert_eq!(found(&eve).await, [] as [&str; 0], "sees none any more");

    let setting = format!("set track_functions = 'all'; set app.organization = '{}'", owner.organization_id);
    sqlx::raw_sql(sqlx::AssertSqlSafe(setting)).execute(&mut sql).await.unwrap();
    // What is rare is found by the index, what is frequent among hers.
    for (word, among_hers) in [("zebra", 0), ("order", 1)] {
        let mut tx = sqlx::Connection::begin(&mut sql).await.unwrap();
        sqlx::query(
            "select id from search_messages($2::tsquery, $1::uuid, '{}', null, 'ffffffff-ffff-ffff-ffff-ffffffffffff', 11)",
        )
        .bind(&eve.user_id)
        .bind(word)
        .execute(&mut *tx)
        .await
        .unwrap();
        let calls: Option<i64> = sqlx::query_scalar(
            "select calls from pg_stat_xact_user_functions where funcname = 'messages_within'",
        )
        .fetch_optional(&mut *tx)
        .await
        .unwrap();
        assert_eq!(calls.unwrap_or(0), among_hers, "{word}");
    }
    // Whoever sees more is not searched for like that.
    let found: Vec<Option<i32>> = sqlx::query_scalar(
        "select cardinality(messages_within('plain', conversations_seen_by($1::uuid, '{}', 10), 'ffffffff-ffff-ffff-ffff-ffffffffffff', 500, most))
         from unnest('{400, 100}'::int[]) as most",
    )
    .bind(&eve.user_id)
    .fetch_all(&mut sql)
    .await
    .unwrap();
    assert_eq!(found, [Some(296), None]);
}
