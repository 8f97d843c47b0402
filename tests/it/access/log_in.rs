//! Accounts, log-ins, refresh tokens, letters.

use std::time::Duration;

use serde_json::json;

use crate::harness::{
    client::{Answer, Session},
    hub::{Hub, PASSWORD},
};

#[tokio::test]
async fn registering_answers_with_all_a_browser_needs() {
    let hub = Hub::start().await;
    let body = json!({"organization_name": " Padaria ", "name": "Ana", "email": "Ana@Example.org", "password": PASSWORD});
    let answer = hub.client().post("/auth/register", &body).await.expect(201);
    assert_eq!(answer.body["organization"]["name"], "Padaria");
    assert_eq!(answer.body["user"]["email"], "ana@example.org");
    assert_eq!(answer.body["role"], "owner");
    assert_eq!(answer.body["expires_in"], 900);
    assert!(!answer.body.to_string().contains("password"));
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/api/v1/auth"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let session = Session::from(hub.client(), answer);
    let sessions = session.get("/auth/sessions").await.expect(200);
    assert_eq!(sessions.body["data"][0]["current"], true);
    assert_eq!(sessions.body["data"][0]["address"], "127.0.0.1");
}

#[tokio::test]
async fn an_address_has_one_account() {
    let hub = Hub::start().await;
    hub.found("One", "ana").await;
    let body =
        json!({"organization_name": "Two", "name": "Ana", "email": "ANA@example.org", "password": PASSWORD});
    hub.client().post("/auth/register", &body).await.expect_problem(409, "email_taken");
    let organizations: i64 = sqlx::query_scalar("select count(*) from organizations")
        .fetch_one(&mut hub.sql().await)
        .await
        .unwrap();
    assert_eq!(organizations, 1, "nothing half-written");
}

#[tokio::test]
async fn what_cannot_be_registered_is_told_by_field() {
    let hub = Hub::start().await;
    let body = json!({"organization_name": " ", "name": "", "email": "nobody", "password": "short"});
    let answer = hub.client().post("/auth/register", &body).await.expect_problem(422, "invalid");
    let fields: Vec<_> = answer.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["field"].as_str().unwrap())
        .collect();
    for field in ["organization_name", "name", "email", "password"] {
        assert!(fields.contains(&field), "{fields:?}");
    }
}

#[tokio::test]
async fn a_stranger_and_a_wrong_password_get_one_answer() {
    let hub = Hub::start().await;
    hub.found("One", "ana").await;
    let wrong =
        hub.try_log_in("ana@example.org", "not this one").await.expect_problem(401, "wrong_credentials");
    let unknown =
        hub.try_log_in("nobody@example.org", PASSWORD).await.expect_problem(401, "wrong_credentials");
    assert_eq!(wrong.body["detail"], unknown.body["detail"]);
    hub.try_log_in(" Ana@example.org ", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn the_sixth_guess_is_locked_out_whether_there_is_an_account_or_not() {
    let hub = Hub::start().await;
    hub.found("One", "ana").await;
    for email in ["ana@example.org", "nobody@example.org"] {
        for _ in 0..5 {
            hub.try_log_in(email, "not this one").await.expect_problem(401, "wrong_credentials");
        }
        let locked = hub.try_log_in(email, PASSWORD).await.expect_problem(429, "account_locked");
        let seconds: u32 = locked.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((800..=900).contains(&seconds), "{seconds}");
    }
    later(&hub, "login_failures", "locked_until", "16 minutes").await;
    later(&hub, "login_failures", "last_at", "16 minutes").await;
    hub.try_log_in("ana@example.org", PASSWORD).await.expect(200);
}

#[tokio::test]
async fn guessing_at_once_is_no_way_round_the_lock() {
    let hub = Hub::start().await;
    hub.found("One", "ana").await;
    let guesses = (0..18).map(|n| {
        let right = n == 17;
        let hub = &hub;
        async move { hub.try_log_in("ana@example.org", if right { PASSWORD } else { "not this one" }).await }
    });
    let answers = futures::future::join_all(guesses).await;
    let wrong = answers.iter().filter(|answer| answer.status == 401).count();
    assert!(wrong >= 5, "{wrong}");
    hub.try_log_in("ana@example.org", PASSWORD).await.expect_problem(429, "account_locked");
}

#[tokio::test]
async fn an_account_and_an_address_run_dry() {
    let hub =
        Hub::start_with(&[("SWITCHBOARD_AUTH_REQUESTS_PER_MINUTE", "3"), ("SWITCHBOARD_PROXY_HOPS", "1")])
            .await;
    let from = async |address: &str| {
        let body = json!({"email": "ana@example.org", "password": PASSWORD});
        let request =
            hub.client().request(reqwest::Method::POST, "/auth/login").header("x-forwarded-for", address);
        Answer::of(request.json(&body)).await
    };
    for _ in 0..3 {
        from("6.6.6.6, 192.0.2.1").await.expect(401);
    }
    let refused = from("7.7.7.7, 192.0.2.1").await.expect_problem(429, "too_many_requests");
    assert!(refused.headers.contains_key("retry-after"));
    from("192.0.2.2").await.expect(401);
}

#[tokio::test]
async fn a_refresh_token_gives_the_next() {
    let hub = Hub::start().await;
    let ana = hub.found("One", "ana").await;
    let second = hub.client().refresh(&ana.refresh_cookie, None).await.expect(200);
    assert_ne!(second.cookie(), ana.refresh_cookie);
    let third = hub.client().refresh(&second.cookie(), None).await.expect(200);
    Session::from(hub.client(), third).get("/auth/sessions").await.expect(200);
}

#[tokio::test]
async fn a_stolen_refresh_token_ends_the_family() {
    let hub = Hub::start().await;
    let ana = hub.found("One", "ana").await;
    let other = Session::from(hub.client(), hub.try_log_in("ana@example.org", PASSWORD).await.expect(200));
    let second = hub.client().refresh(&ana.refresh_cookie, None).await.expect(200);
    later(&hub, "refresh_tokens", "used_at", "11 seconds").await;

    let reused =
        hub.client().refresh(&ana.refresh_cookie, None).await.expect_problem(401, "refresh_token_reused");
    assert!(reused.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    hub.client().refresh(&second.cookie(), None).await.expect_problem(401, "session_ended");
    ana.get("/auth/sessions").await.expect_problem(401, "session_ended");
    Session::from(hub.client(), second).get("/auth/sessions").await.expect_problem(401, "session_ended");
    other.get("/auth/sessions").await.expect(200);
}

#[tokio::test]
async fn two_tabs_that_refresh_at_once_stay_logged_in() {
    let hub = Hub::start().await;
    let ana = hub.found("One", "ana").await;
    let client = hub.client();
    let tabs = (0..8).map(|_| client.refresh(&ana.refresh_cookie, None));
    let answers = futures::future::join_all(tabs).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!(won.len(), 1, "one use, one successor");
    for answer in lost {
        let answer = answer.expect_problem(409, "refresh_raced");
        assert!(!answer.headers.contains_key("set-cookie"), "the winner's cookie must stay");
        assert!(answer.body.get("access_token").is_none());
    }
    hub.client().refresh(&won[0].cookie(), None).await.expect(200);
}

#[tokio::test]
async fn logging_out_ends_the_session_at_once() {
    let hub = Hub::start().await;
    let ana = hub.found("One", "ana").await;
    let logout = ana.request(reqwest::Method::POST, "/auth/logout").header("cookie", &ana.refresh_cookie);
    let answer = Answer::of(logout).await.expect(204);
    assert!(answer.headers["set-cookie"].to_str().unwrap().contains("Max-Age=0"));
    ana.get("/auth/sessions").await.expect_problem(401, "session_ended");
    hub.client().refresh(&ana.refresh_cookie, None).await.expect_problem(401, "session_ended");
    hub.client().post("/auth/logout", &json!({})).await.expect(204);
}

#[tokio::test]
async fn a_session_elsewhere_can_be_ended_but_not_somebody_else_s() {
    let hub = Hub::start().await;
    let ana = hub.found("One", "ana").await;
    let bia = hub.found("Two", "bia").await;
    let phone = Session::from(hub.client(), hub.try_log_in("ana@example.org", PASSWORD).await.expect(200));
    let sessions = ana.get("/auth/sessions").await.expect(200);
    let id =
        sessions.body["data"].as_array().unwrap().iter().find(|one| one["current"] == false).unwrap()["id"]
            .clone();
    let path = format!("/auth/sessions/{}", id.as_str().unwrap());
    bia.delete(&path).await.expect_problem(404, "not_found");
    phone.get("/auth/sessions").await.expect(200);
    ana.delete(&path).await.expect(204);
    phone.get("/auth/sessions").await.expect_problem(401, "session_ended");
    ana.delete(&path).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_forgotten_password_is_reset_once_and_ends_all_sessions() {
    let hub = Hub::start().await;
    let ana = hub.found("One", "ana").await;
    for _ in 0..5 {
        hub.try_log_in("ana@example.org", "not this one").await.expect(401);
    }
    let known =
        hub.client().post("/auth/forgot-password", &json!({"email": "ana@example.org"})).await.expect(202);
    let unknown =
        hub.client().post("/auth/forgot-password", &json!({"email": "no@example.org"})).await.expect(202);
    assert_eq!(known.bytes, unknown.bytes);
    let token = token_in(&letter(&hub).await);
    let body = json!({"token": token, "password": "a new password"});
    hub.client().post("/auth/reset-password", &body).await.expect(204);
    ana.get("/auth/sessions").await.expect_problem(401, "session_ended");
    hub.client().refresh(&ana.refresh_cookie, None).await.expect(401);
    hub.client().post("/auth/reset-password", &body).await.expect_problem(400, "reset_token_invalid");
    hub.try_log_in("ana@example.org", PASSWORD).await.expect(401);
    hub.try_log_in("ana@example.org", "a new password").await.expect(200);
    assert_eq!(letters(&hub).len(), 1, "no letter to a stranger");
}

#[tokio::test]
async fn a_password_link_is_good_for_an_hour() {
    let hub = Hub::start().await;
    hub.found("One", "ana").await;
    hub.client().post("/auth/forgot-password", &json!({"email": "ana@example.org"})).await.expect(202);
    let token = token_in(&letter(&hub).await);
    later(&hub, "password_resets", "expires_at", "61 minutes").await;
    let body = json!({"token": token, "password": "a new password"});
    hub.client().post("/auth/reset-password", &body).await.expect_problem(400, "reset_token_invalid");
    hub.try_log_in("ana@example.org", PASSWORD).await.expect(200);
}

/// Pretends that time has passed: moves a column of every row into the past.
async fn later(hub: &Hub, table: &str, column: &str, by: &str) {
    let sql = format!("update {table} set {column} = {column} - interval '{by}'");
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut hub.sql().await).await.unwrap();
}

fn letters(hub: &Hub) -> Vec<std::path::PathBuf> {
    let folder = std::fs::read_dir(hub.data.path().join("outbox"));
    folder.map(|entries| entries.map(|entry| entry.unwrap().path()).collect()).unwrap_or_default()
}

/// The only letter in the outbox, once it is there.
async fn letter(hub: &Hub) -> String {
    for _ in 0..100 {
        if let [path] = &letters(hub)[..] {
            let text = std::fs::read_to_string(path).unwrap();
            if text.ends_with("\r\n") {
                return text;
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no letter came")
}

fn token_in(letter: &str) -> String {
    let (_, rest) = letter.split_once("token=").unwrap();
    rest.split_whitespace().next().unwrap().to_owned()
}
