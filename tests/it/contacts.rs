//! Contacts: corrected, found, blocked, deleted and merged.

use chrono::Utc;
use serde_json::{Value, json};

use crate::harness::{
    client::Session,
    inbox::{Inbox, id, ids},
    platform::Telegram,
};

#[tokio::test]
async fn a_contact_is_made_corrected_and_taken_back() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    let body = json!({"name": "Zoe", "phone": "+49 (151) 0000-0009", "email": "zoe@example.org",
        "attributes": {"plan": "gold", "orders": 3, "vip": true}, "tags": ["b2b"],
        "identities": [{"channel": "whatsapp", "external_id": "+49 151 00000009"}]});
    let contact = owner.post("/contacts", &body).await.expect(201).body;
    assert_eq!((&contact["phone"], &contact["version"]), (&json!("+4915100000009"), &json!(1)));
    assert_eq!(
        contact["identities"],
        json!([{"channel": "whatsapp", "kind": "wa_id", "external_id": "4915100000009", "opted_out_at": null,
            "said": "+4915100000009"}])
    );
    let path = format!("/contacts/{}", id(&contact));
    let change =
        json!({"name": "Zoë", "phone": null, "attributes": {"plan": null, "city": "Lima"}, "version": 1});
    let changed = owner.patch(&path, &change).await.expect(200).body;
    assert_eq!(
        (&changed["name"], &changed["phone"], &changed["email"]),
        (&json!("Zoë"), &Value::Null, &json!("zoe@example.org"))
    );
    assert_eq!(changed["attributes"], json!({"orders": 3, "vip": true, "city": "Lima"}));
    let late =
        owner.patch(&path, &json!({"name": "x", "version": 1})).await.expect_problem(409, "version_conflict");
    assert_eq!(late.body["current"]["name"], "Zoë");
    let received = inbox.receive("4915100000009", "wamid.1", "hi").await;
    assert_eq!(received["contact"]["id"], contact["id"]);
    assert_eq!(received["contact"]["name"], "Zoë", "a person's word stays");
    owner.delete(&path).await.expect(204);
    owner.get(&path).await.expect_problem(404, "not_found");
    assert_eq!(ids(&owner.get("/contacts?deleted=true").await.expect(200).body), [id(&contact)]);
    owner.post(&format!("{path}/restore"), &Value::Null).await.expect(200);
    owner.get(&path).await.expect(200);
}

#[tokio::test]
async fn faulty_fields_are_named() {
    let inbox = Inbox::start().await;
    let many: serde_json::Map<String, Value> = (0..51).map(|n| (format!("k{n}"), json!(n))).collect();
    for (field, value) in [
        ("phone", json!("12345")),
        ("email", json!("nobody")),
        ("tags", json!(["x".repeat(51)])),
        ("attributes", Value::Object(many)),
    ] {
        let answer = inbox
            .owner
            .post("/contacts", &json!({"name": "x", field: value}))
            .await
            .expect_problem(422, "invalid");
        assert_eq!(answer.body["errors"][0]["field"], field);
    }
    let nested = json!({"name": "x", "attributes": {"deep": {"er": 1}}});
    let answer = inbox.owner.post("/contacts", &nested).await.expect_problem(422, "invalid");
    assert_eq!(answer.body["errors"][0]["field"], "attributes.deep");
}

#[tokio::test]
async fn an_address_belongs_to_one_contact() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    let conversation = inbox.receive("4915100000001", "wamid.1", "hi").await;
    let other = owner.post("/contacts", &json!({"name": "Other"})).await.expect(201).id();
    let identity = json!({"channel": "whatsapp", "external_id": "+49 151 00000001"});
    let path = format!("/contacts/{other}/identities");
    owner.post(&path, &identity).await.expect_problem(409, "identity_taken");
    let own = json!({"channel": "whatsapp", "kind": "wa_id", "external_id": "4915100000001"});
    let theirs = format!("/contacts/{}/identities", id(&conversation["contact"]));
    owner.send(reqwest::Method::DELETE, &theirs, Some(&own)).await.expect(200);
    let moved = owner.post(&path, &identity).await.expect(201).body;
    assert_eq!(moved["identities"][0]["external_id"], "4915100000001");
    owner.post(&path, &json!({"channel": "smoke", "external_id": "x"})).await.expect_problem(422, "invalid");
}

#[tokio::test]
async fn merged_contacts_keep_everything() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    let first = inbox.receive("4915100000001", "wamid.1", "from the first number").await;
    let second = inbox.receive("4915100000002", "wamid.2", "from the second number").await;
    let (kept, gone) = (id(&first["contact"]), id(&second["contact"]));
    owner
        .patch(&format!("/contacts/{kept}"), &json!({"attributes": {"plan": "gold"}, "tags": ["a"]}))
        .await
        .expect(200);
    owner
        .patch(
            &format!("/contacts/{gone}"),
            &json!({"attributes": {"plan": "tin", "city": "Lima"}, "tags": ["b"], "email": "x@example.org"}),
        )
        .await
        .expect(200);
    owner.post(&format!("/contacts/{gone}/notes"), &json!({"text": "likes tea"})).await.expect(201);
    let merged =
        owner.post(&format!("/contacts/{kept}/merge"), &json!({"contact_id": gone})).await.expect(200).body;
    assert_eq!(merged["identities"].as_array().unwrap().len(), 2);
    assert_eq!(merged["attributes"], json!({"plan": "gold", "city": "Lima"}));
    assert_eq!((&merged["tags"], &merged["email"]), (&json!(["a", "b"]), &json!("x@example.org")));
    let conversations = owner.get(&format!("/contacts/{kept}/conversations")).await.expect(200).body;
    assert_eq!(ids(&conversations), [id(&first)], "both went on in one thread: they are one now");
    let messages =
        owner.get(&format!("/conversations/{}/messages?direction=newer", id(&first))).await.expect(200).body;
    let texts: Vec<_> = messages["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["direction"] == "inbound")
        .map(|one| one["text"].as_str().unwrap())
        .collect();
    assert_eq!(texts, ["from the first number", "from the second number"]);
    let lost = owner.get(&format!("/contacts/{gone}")).await.expect_problem(404, "merged");
    assert_eq!(lost.body["current"]["merged_into"], kept);
    assert_eq!(
        owner.get(&format!("/contacts/{kept}/notes")).await.expect(200).body["data"][0]["text"],
        "likes tea"
    );
    let again = inbox.receive("4915100000002", "wamid.3", "me again").await;
    assert_eq!((id(&again), id(&again["contact"])), (id(&first), kept));
    owner
        .post(&format!("/contacts/{kept}/merge"), &json!({"contact_id": kept}))
        .await
        .expect_problem(422, "invalid");
}

/// Two addresses of one person on two accounts: one line, newest first, whole pages, and nothing of what a member may not see.
#[tokio::test]
async fn what_was_said_with_a_contact_is_one_line_through_all_channels() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    let first = inbox.receive("4915100000001", "wamid.1", "one").await;
    let telegram = Telegram::connect(&inbox.hub, owner).await;
    let update = |number: i64, text: &str| {
        json!({"update_id": number, "message": {"message_id": number, "date": Utc::now().timestamp(), "text": text,
            "chat": {"id": 77, "type": "private", "first_name": "Ada"}, "from": {"id": 77, "is_bot": false, "first_name": "Ada"}}})
    };
    assert_eq!(telegram.post(&update(1, "two")).await, 200);
    let second = owner.get("/conversations?channel=telegram").await.expect(200).body["data"][0].clone();
    inbox.receive("4915100000001", "wamid.2", "three").await;
    assert_eq!(telegram.post(&update(2, "four")).await, 200);
    let path = format!("/conversations/{}/messages", id(&second));
    owner.post(&path, &json!({"client_id": "n", "text": "five", "note": true})).await.expect(201);
    owner.patch(&format!("/conversations/{}", id(&second)), &json!({"priority": "high"})).await.expect(200);
    let kept = id(&first["contact"]);
    let merge = json!({"contact_id": id(&second["contact"])});
    owner.post(&format!("/contacts/{kept}/merge"), &merge).await.expect(200);

    let line = async |session: &Session| {
        let (mut texts, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/contacts/{kept}/timeline?limit=2{cursor}");
            let page = session.get(&path).await.expect(200).body;
            let rows = page["data"].as_array().unwrap();
            assert!(rows.len() <= 2);
            texts.extend(rows.iter().map(|one| one["text"].as_str().unwrap().to_owned()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return texts,
            }
        }
    };
    assert_eq!(line(owner).await, ["five", "four", "three", "two", "one"]);

    let agent = inbox.hub.invite(owner, "rui", "agent").await;
    let mine = json!({"assignee_id": owner.user_id});
    owner.patch(&format!("/conversations/{}", id(&second)), &mine).await.expect(200);
    assert_eq!(line(&agent).await, ["three", "one"], "what another has is not theirs to read");
}

#[tokio::test]
async fn lists_filter_and_page() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    let mut made = Vec::new();
    for name in ["Ana", "Bea", "Carl"] {
        made.push(
            owner
                .post("/contacts", &json!({"name": name, "tags": [name.to_lowercase()]}))
                .await
                .expect(201)
                .id(),
        );
    }
    inbox.receive("4915100000001", "wamid.1", "hi").await;
    let first = owner.get("/contacts?limit=2").await.expect(200).body;
    let rest = owner
        .get(&format!("/contacts?limit=2&cursor={}", first["next_cursor"].as_str().unwrap()))
        .await
        .expect(200)
        .body;
    assert_eq!(ids(&first).len(), 2);
    assert_eq!(ids(&rest), [made[1].clone(), made[0].clone()]);
    assert_eq!(ids(&owner.get("/contacts?label=bea").await.expect(200).body), [made[1].clone()]);
    assert_eq!(
        owner.get("/contacts?channel=whatsapp").await.expect(200).body["data"][0]["phone"],
        "+4915100000001"
    );
    assert_eq!(ids(&owner.get("/contacts?q=car").await.expect(200).body), [made[2].clone()]);
    assert_eq!(owner.get("/contacts?q=1510000").await.expect(200).body["data"].as_array().unwrap().len(), 1);
    assert_eq!(ids(&owner.get("/contacts?q=be").await.expect(200).body), [made[1].clone()]);
    assert_eq!(ids(&owner.get("/contacts?q=%25").await.expect(200).body), [] as [&str; 0]);
}

#[tokio::test]
async fn many_are_changed_and_exported_at_once() {
    let inbox = Inbox::start().await;
    let owner = &inbox.owner;
    let mut made = Vec::new();
    for name in ["Ana", "Bea, \"the boss\"", "=1+1"] {
        made.push(owner.post("/contacts", &json!({"name": name, "tags": ["old"]})).await.expect(201).id());
    }
    let nobody = uuid::Uuid::now_v7();
    let change =
        json!({"ids": [made[0], nobody], "add_tags": ["new"], "remove_tags": ["old"], "blocked": true});
    let outcomes = owner.patch("/contacts/bulk", &change).await.expect(200).body;
    assert_eq!(
        (&outcomes["data"][0]["contact"]["tags"], &outcomes["data"][0]["contact"]["blocked"]),
        (&json!(["new"]), &json!(true))
    );
    assert_eq!(outcomes["data"][1]["status"], 404);
    let table = owner.get("/contacts/export").await.expect(200);
    let text = String::from_utf8(table.bytes).unwrap();
    let names: Vec<_> = text.lines().map(|line| line.split_once(',').unwrap().1).collect();
    assert_eq!(names.len(), 4);
    assert!(names[1].starts_with("Ana,,,,,new,true,"));
    assert!(names[2].starts_with("\"Bea, \"\"the boss\"\"\",,"));
    assert!(names[3].starts_with("'=1+1,"));
    let body = json!({"ids": made});
    owner.send(reqwest::Method::DELETE, "/contacts/bulk", Some(&body)).await.expect(200);
    assert_eq!(ids(&owner.get("/contacts").await.expect(200).body), [] as [&str; 0]);
}

#[tokio::test]
async fn lists_of_few_among_many_are_found_by_an_index() {
    let inbox = Inbox::start().await;
    let mut sql = inbox.hub.sql().await;
    // Rare ones are the oldest, behind everything that a walk from the newest sees first.
    sqlx::query(
        "insert into contacts (organization_id, id, name, tags, blocked, created_at, deleted_at)
         select $1::uuid, gen_random_uuid(), 'C' || n,
                case when n <= 3 then array['rare', 'few'] when n % 2 = 0 then array['common'] else '{}' end,
                n = 2, now() - make_interval(secs => 60000 - n), case when n = 4 then now() end
         from generate_series(1, 60000) n",
    )
    .bind(&inbox.owner.organization_id)
    .execute(&mut sql)
    .await
    .unwrap();
    sqlx::query(
        "insert into contact_identities (organization_id, channel, kind, key, address, contact_id)
         select organization_id, case when name = 'C1' then 'telegram' else 'whatsapp' end, 'user', id::text, id::text, id from contacts",
    )
    .execute(&mut sql)
    .await
    .unwrap();
    sqlx::raw_sql("vacuum analyze contacts, contact_identities").execute(&mut sql).await.unwrap();
    let names = async |query: &str| -> Vec<String> {
        let page = inbox.owner.get(&format!("/contacts?{query}")).await.expect(200).body;
        page["data"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    let looked_through = async || -> i64 {
        // What the statistics have of the hub's connections; theirs come with a pause.
        sqlx::raw_sql("select pg_stat_force_next_flush()").execute(&mut inbox.hub.sql().await).await.unwrap();
        sqlx::query_scalar(
            "select coalesce(sum(seq_scan), 0)::int8 from pg_stat_user_tables where relname = 'contacts'",
        )
        .fetch_one(&mut inbox.hub.sql().await)
        .await
        .unwrap()
    };
    let before = looked_through().await;
    assert_eq!(names("label=rare").await, ["C3", "C2", "C1"]);
    assert_eq!(names("label=rare&blocked=true").await, ["C2"]);
    assert_eq!(names("label=rare&blocked=false").await, ["C3", "C1"]);
    assert_eq!(names("label=rare&channel=telegram").await, ["C1"]);
    assert_eq!(names("label=common&channel=telegram").await, Vec::<String>::new());
    assert_eq!(names("label=none").await, Vec::<String>::new());
    assert_eq!(names("blocked=true").await, ["C2"]);
    assert_eq!(names("deleted=true").await, ["C4"]);
    assert_eq!(names("channel=telegram").await, ["C1"]);
    assert_eq!(names("label=common&limit=2").await, ["C60000", "C59998"]);
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    assert_eq!(looked_through().await, before, "a list was made by looking at every contact");

    let mut seen = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = inbox.owner.get(&format!("/contacts?label=few&limit=2{cursor}")).await.expect(200).body;
        seen.extend(ids(&page));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    seen.dedup();
    assert_eq!(seen.len(), 3);
}
