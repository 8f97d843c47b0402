//! Inviting, changing, shutting out; teams; settings; several organizations.

use serde_json::json;

use crate::harness::{
    client::Session,
    hub::{Hub, PASSWORD},
};

#[tokio::test]
async fn an_invitation_works_once() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let invitation =
        ana.post("/users", &json!({"email": "Bia@example.org", "role": "agent"})).await.expect(201);
    let token = &invitation.body["token"];
    let seen = hub.client().post("/auth/invitation", &json!({"token": token})).await.expect(200);
    assert_eq!(
        seen.body,
        json!({"email": "bia@example.org", "organization_name": "Padaria", "role": "agent", "has_account": false})
    );

    let accept = json!({"token": token, "name": "Bia", "password": PASSWORD});
    let answer = hub.client().post("/auth/accept-invitation", &accept).await.expect(201);
    assert_eq!(answer.body["role"], "agent");
    assert_eq!(answer.body["organization"]["id"], ana.organization_id);
    hub.client().post("/auth/accept-invitation", &accept).await.expect_problem(400, "invitation_invalid");
    hub.client()
        .post("/auth/invitation", &json!({"token": token}))
        .await
        .expect_problem(400, "invitation_invalid");
    ana.post("/users", &json!({"email": "bia@example.org", "role": "agent"}))
        .await
        .expect_problem(409, "already_a_member");
}

#[tokio::test]
async fn inviting_again_or_withdrawing_makes_the_old_token_worthless() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let bia = json!({"email": "bia@example.org", "role": "viewer"});
    let first = ana.post("/users", &bia).await.expect(201);
    let second = ana.post("/users", &bia).await.expect(201);
    let look = async |token: &serde_json::Value| {
        hub.client().post("/auth/invitation", &json!({"token": token})).await
    };
    look(&first.body["token"]).await.expect_problem(400, "invitation_invalid");
    look(&second.body["token"]).await.expect(200);

    let people = ana.get("/users").await.expect(200);
    let waiting =
        people.body["data"].as_array().unwrap().iter().find(|one| one["invited"] == true).unwrap().clone();
    assert_eq!(waiting["email"], "bia@example.org");
    ana.delete(&format!("/users/{}", waiting["id"].as_str().unwrap())).await.expect(204);
    look(&second.body["token"]).await.expect_problem(400, "invitation_invalid");
}

#[tokio::test]
async fn somebody_with_an_account_joins_with_its_password() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let rui = hub.found("Livraria", "rui").await;
    let invitation =
        ana.post("/users", &json!({"email": "rui@example.org", "role": "manager"})).await.expect(201);
    let accept = |password: &str| json!({"token": invitation.body["token"], "password": password});
    hub.client()
        .post("/auth/accept-invitation", &accept("a wrong one"))
        .await
        .expect_problem(401, "wrong_credentials");
    let answer = hub.client().post("/auth/accept-invitation", &accept(PASSWORD)).await.expect(201);
    assert_eq!(answer.body["user"]["id"], rui.user_id);
    assert_eq!(answer.body["organization"]["name"], "Padaria");
}

#[tokio::test]
async fn one_person_in_several_organizations_switches_between_them() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let second = ana.post("/organizations", &json!({"name": "Livraria"})).await.expect(201);
    let mine = ana.get("/organizations").await.expect(200);
    let names: Vec<_> =
        mine.body["data"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Livraria", "Padaria"]);

    let body = json!({"organization_id": second.body["id"]});
    let switched = hub.client().refresh(&ana.refresh_cookie, Some(&body)).await.expect(200);
    assert_eq!(switched.body["organization"]["name"], "Livraria");
    let there = Session::from(hub.client(), switched);
    assert_eq!(there.get("/organizations/current").await.expect(200).body["name"], "Livraria");
    assert_eq!(
        ana.get("/organizations/current").await.expect(200).body["name"],
        "Padaria",
        "another tab stays"
    );
    let again = hub.try_log_in("ana@example.org", PASSWORD).await.expect(200);
    assert_eq!(again.body["organization"]["name"], "Livraria", "the one used last");

    let rui = hub.found("Mercado", "rui").await;
    let foreign = json!({"organization_id": rui.organization_id});
    hub.client().refresh(&there.refresh_cookie, Some(&foreign)).await.expect_problem(403, "not_a_member");
    hub.client().refresh(&there.refresh_cookie, None).await.expect(200);
    let body =
        json!({"email": "ana@example.org", "password": PASSWORD, "organization_id": rui.organization_id});
    hub.client().post("/auth/login", &body).await.expect_problem(403, "not_a_member");
}

#[tokio::test]
async fn nobody_gives_a_role_above_their_own() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let bia = hub.invite(&ana, "bia", "admin").await;
    let caio = hub.invite(&ana, "caio", "agent").await;
    bia.post("/users", &json!({"email": "x@example.org", "role": "owner"}))
        .await
        .expect_problem(403, "forbidden");
    bia.patch(&format!("/users/{}", caio.user_id), &json!({"role": "owner"}))
        .await
        .expect_problem(403, "forbidden");
    bia.patch(&format!("/users/{}", bia.user_id), &json!({"role": "owner"}))
        .await
        .expect_problem(403, "forbidden");
    bia.patch(&format!("/users/{}", ana.user_id), &json!({"role": "viewer"}))
        .await
        .expect_problem(403, "forbidden");
    bia.delete(&format!("/users/{}", ana.user_id)).await.expect_problem(403, "forbidden");
    let changed = bia.patch(&format!("/users/{}", caio.user_id), &json!({"role": "admin"})).await.expect(200);
    assert_eq!(changed.body["role"], "admin");
    caio.post("/users", &json!({"email": "y@example.org", "role": "agent"})).await.expect(201);
}

#[tokio::test]
async fn an_organization_keeps_an_owner() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let me = format!("/users/{}", ana.user_id);
    ana.patch(&me, &json!({"role": "admin"})).await.expect_problem(409, "last_owner");
    ana.patch(&me, &json!({"active": false})).await.expect_problem(422, "not_oneself");
    ana.delete(&me).await.expect_problem(422, "not_oneself");

    let bia = hub.invite(&ana, "bia", "owner").await;
    let (other, step_down) = (format!("/users/{}", bia.user_id), json!({"role": "agent"}));
    let (one, two) = tokio::join!(ana.patch(&other, &step_down), bia.patch(&me, &step_down));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200, "one of the two goes through");
    assert_ne!(statuses[1], 200, "both would leave nobody");
}

#[tokio::test]
async fn who_is_deactivated_is_out_at_once_and_can_come_back() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let bia = hub.invite(&ana, "bia", "agent").await;
    let path = format!("/users/{}", bia.user_id);
    let out = ana.patch(&path, &json!({"active": false})).await.expect(200);
    assert!(out.body["deactivated_at"].is_string());
    bia.get("/users/me").await.expect_problem(401, "session_ended");
    hub.client().refresh(&bia.refresh_cookie, None).await.expect_problem(401, "session_ended");
    hub.try_log_in("bia@example.org", PASSWORD).await.expect_problem(403, "not_a_member");

    ana.patch(&path, &json!({"active": true})).await.expect(200);
    bia.get("/users/me").await.expect_problem(401, "session_ended");
    hub.try_log_in("bia@example.org", PASSWORD).await.expect(200);
    ana.delete(&path).await.expect(204);
    ana.get(&path).await.expect_problem(404, "not_found");
    hub.try_log_in("bia@example.org", PASSWORD).await.expect_problem(403, "not_a_member");
}

#[tokio::test]
async fn a_role_counts_from_the_next_request_on() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let bia = hub.invite(&ana, "bia", "manager").await;
    bia.post("/teams", &json!({"name": "Sales"})).await.expect(201);
    ana.patch(&format!("/users/{}", bia.user_id), &json!({"role": "viewer"})).await.expect(200);
    bia.post("/teams", &json!({"name": "Support"})).await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn one_changes_one_s_own_name_and_password() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let elsewhere =
        Session::from(hub.client(), hub.try_log_in("ana@example.org", PASSWORD).await.expect(200));
    let change = json!({"name": "Ana Lima", "preferences": {"theme": "dark"}});
    let me = ana.patch("/users/me", &change).await.expect(200);
    assert_eq!((&me.body["name"], &me.body["preferences"]["theme"]), (&json!("Ana Lima"), &json!("dark")));
    let kept = ana.patch("/users/me", &json!({})).await.expect(200);
    assert_eq!(kept.body["name"], "Ana Lima");

    ana.patch("/users/me", &json!({"new_password": "another one"})).await.expect_problem(422, "invalid");
    let wrong = json!({"current_password": "not this one", "new_password": "another one"});
    ana.patch("/users/me", &wrong).await.expect_problem(422, "invalid");
    let right = json!({"current_password": PASSWORD, "new_password": "another one"});
    ana.patch("/users/me", &right).await.expect(200);
    elsewhere.get("/users/me").await.expect_problem(401, "session_ended");
    hub.try_log_in("ana@example.org", PASSWORD).await.expect(401);
    hub.try_log_in("ana@example.org", "another one").await.expect(200);
}

#[tokio::test]
async fn settings_have_versions_and_an_allow_list() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let path = "/organizations/current";
    let change = json!({"agents_see_all": true, "search_language": "portuguese", "version": 1});
    let changed = ana.patch(path, &change).await.expect(200);
    assert_eq!(
        (&changed.body["version"], &changed.body["search_language"]),
        (&json!(2), &json!("portuguese"))
    );
    let stale = ana
        .patch(path, &json!({"name": "Other", "version": 1}))
        .await
        .expect_problem(409, "version_conflict");
    assert_eq!(stale.body["current"]["version"], 2);
    assert_eq!(stale.body["current"]["name"], "Padaria");
    ana.patch(path, &json!({"search_language": "klingon"})).await.expect_problem(422, "invalid");
    ana.patch(path, &json!({"name": "  "})).await.expect_problem(422, "invalid");
}

#[tokio::test]
async fn every_search_language_is_known_to_the_database() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let document = ana.get("/api/openapi.json").await.expect(200).body;
    let languages = document["components"]["schemas"]["SearchLanguage"]["enum"].as_array().unwrap().clone();
    assert!(languages.len() > 20);
    for language in languages {
        let changed =
            ana.patch("/organizations/current", &json!({"search_language": language})).await.expect(200);
        assert_eq!(changed.body["search_language"], language);
    }
}

#[tokio::test]
async fn teams_and_their_members() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let bia = hub.invite(&ana, "bia", "agent").await;
    let team = ana.post("/teams", &json!({"name": "Sales", "member_ids": [bia.user_id]})).await.expect(201);
    let path = format!("/teams/{}", team.id());
    ana.post("/teams", &json!({"name": "SALES"})).await.expect_problem(409, "name_taken");
    assert_eq!(bia.get("/users/me").await.expect(200).body["teams"][0]["name"], "Sales");

    ana.post(&format!("{path}/members"), &json!({"user_id": ana.user_id})).await.expect(200);
    let members = bia.get(&format!("{path}/members")).await.expect(200);
    assert_eq!(members.body["data"].as_array().unwrap().len(), 2);
    ana.delete(&format!("{path}/members/{}", bia.user_id)).await.expect(204);
    ana.delete(&format!("{path}/members/{}", bia.user_id)).await.expect_problem(404, "not_found");
    let set = ana.put(&format!("{path}/members"), &json!({"member_ids": [bia.user_id]})).await.expect(200);
    assert_eq!(set.body["members"][0]["id"], bia.user_id);

    let stale = json!({"name": "Vendas", "version": 1});
    ana.patch(&path, &stale).await.expect_problem(409, "version_conflict");
    let changed =
        ana.patch(&path, &json!({"name": "Vendas", "version": set.body["version"]})).await.expect(200);
    assert_eq!(changed.body["name"], "Vendas");
    let rui = hub.found("Livraria", "rui").await;
    let foreign = json!({"member_ids": [rui.user_id]});
    ana.patch(&path, &foreign).await.expect_problem(422, "invalid");
    ana.delete(&path).await.expect(204);
    ana.get(&path).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_repeated_create_is_answered_alike_and_done_once() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let bia = hub.invite(&ana, "bia", "manager").await;
    let create = async |by: &Session, key: &str, name: &str| {
        let request = by.request(reqwest::Method::POST, "/teams").header("idempotency-key", key);
        crate::harness::client::Answer::of(request.json(&json!({"name": name}))).await
    };
    let repeats = (0..6).map(|_| create(&ana, "key-1", "Sales"));
    let answers = futures::future::join_all(repeats).await;
    for answer in &answers {
        assert_eq!((answer.status.as_u16(), &answer.body), (201, &answers[0].body));
    }
    assert_eq!(
        answers.iter().filter(|answer| answer.headers.contains_key("idempotency-replayed")).count(),
        5
    );
    create(&ana, "key-1", "Support").await.expect_problem(422, "idempotency_key_reused");
    create(&bia, "key-1", "Support").await.expect(201);
    create(&ana, "key-2", "Sales").await.expect_problem(409, "name_taken");
    create(&ana, "key-2", "Billing").await.expect(201);
    create(&ana, "", "Other").await.expect_problem(400, "bad_idempotency_key");
}

#[tokio::test]
async fn an_organization_and_its_key_stand_or_fall_together() {
    let hub = Hub::start().await;
    let ana = hub.found("Padaria", "ana").await;
    let create = async |name: &str| {
        let request =
            ana.request(reqwest::Method::POST, "/organizations").header("idempotency-key", "second");
        crate::harness::client::Answer::of(request.json(&json!({"name": name}))).await
    };
    let mut sql = hub.sql().await;
    // The answer cannot be kept.
    sqlx::raw_sql("alter table idempotency_keys add constraint broken check (status is null)")
        .execute(&mut sql)
        .await
        .unwrap();
    create("Mercado").await.expect(500);
    sqlx::raw_sql("alter table idempotency_keys drop constraint broken").execute(&mut sql).await.unwrap();
    let mine = ana.get("/organizations").await.expect(200).body;
    assert_eq!(mine["data"].as_array().unwrap().len(), 1, "half a founding is left: {mine}");
    let founded = create("Mercado").await.expect(201).id();
    let again = create("Mercado").await.expect(201);
    assert_eq!((again.id(), again.headers.contains_key("idempotency-replayed")), (founded, true));
    create("Oficina").await.expect_problem(422, "idempotency_key_reused");
}
