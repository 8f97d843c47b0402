//! Letters that SES puts into a bucket of S3, and tells only where they lie.

use base64::Engine;
use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};
use simulator::email::{
    Bucket, TOPIC,
    ses::{ACCESS_KEY, BUCKET, SECRET},
};

use super::{Place, until};
use crate::harness::inbox::ids;

/// What SES tells of a letter.
fn told(bucket: &str, key: &str, age: TimeDelta) -> Value {
    let action = json!({"type": "S3", "bucketName": bucket, "objectKey": key});
    json!({
        "notificationType": "Received", "mail": {"source": "ada@example.org", "timestamp": Utc::now() - age},
        "receipt": {"recipients": ["support@acme.example"], "dmarcVerdict": {"status": "PASS"}, "action": action},
    })
}

fn letter(text: &str, plan: &[u8]) -> Vec<u8> {
    format!(
        "From: Ada <ada@example.org>\r\nTo: support@acme.example\r\nSubject: The plan\r\nMessage-ID: <plan@example.org>\r\n\
         Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\n{text}\r\n--x\r\n\
         Content-Type: application/pdf\r\nContent-Disposition: attachment; filename=plan.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n--x--\r\n",
        base64::engine::general_purpose::STANDARD.encode(plan)
    )
    .into_bytes()
}

fn plan() -> Vec<u8> {
    (0..400_000_u32).map(|n| (n % 251) as u8).collect()
}

impl Place {
    /// Connected to SES; the integration, and where SNS calls.
    async fn with_ses(&self) -> (String, String) {
        let account = json!({
            "address": "support@acme.example", "provider": "ses", "topic_arn": TOPIC, "access_key_id": ACCESS_KEY,
            "provider_secret": SECRET, "api_base_url": self.simulator.base_url(),
        });
        let id = self.connect(account).await;
        let url = format!("{}/webhooks/email/{id}", self.hub.url);
        (id, url)
    }

    async fn announce(&self, url: &str, key: &str) {
        self.announce_late(url, key, TimeDelta::zero()).await;
    }

    async fn announce_late(&self, url: &str, key: &str, age: TimeDelta) {
        assert_eq!(self.simulator.email.amazon().publish(url, &told(BUCKET, key, age)).await, 200);
    }

    async fn integration(&self, id: &str) -> Value {
        self.owner.get(&format!("/integrations/{id}")).await.expect(200).body
    }
}

#[tokio::test]
async fn a_letter_that_lies_in_a_bucket_is_fetched_once_with_its_files() {
    let place = Place::start().await;
    let (_, url) = place.with_ses().await;
    let _work = place.hub.work();
    let plan = plan();
    place.simulator.email.put_into_bucket("in/2026 01/a+b", letter("here is the plan", &plan));
    for _ in 0..2 {
        place.announce(&url, "in/2026 01/a+b").await;
    }
    place.heard(&["here is the plan"]).await;
    let conversation = ids(&place.owner.get("/conversations").await.expect(200).body).remove(0);
    let file = until("the file is stored", async || {
        let page = place.owner.get(&format!("/conversations/{conversation}/messages")).await.expect(200).body;
        let file = page["data"][0]["attachments"][0].clone();
        (file["state"] == "stored").then_some(file)
    })
    .await;
    assert_eq!((&file["file_name"], &file["size"]), (&json!("plan.pdf"), &json!(plan.len())));
    assert_eq!(place.texts().await, ["here is the plan"]);
    // The flight recorder keeps where the letter lies and what was said, and no large file beside the one in the bucket.
    let kept: Vec<(Vec<u8>,)> =
        sqlx::query_as("select body from callbacks where body like convert_to('%here is the plan%', 'utf8')")
            .fetch_all(&mut place.hub.sql().await)
            .await
            .unwrap();
    assert!(!kept.is_empty());
    for (body,) in &kept {
        let text = String::from_utf8_lossy(body);
        assert!(text.starts_with("X-Switchboard-Announced:") && text.contains("in/2026 01/a+b"), "{text}");
        assert!(text.contains("filename=plan.pdf") && body.len() < 2_000, "{} bytes", body.len());
    }
    // Replayed, it is read as it was, and known.
    let recorded = ids(&place.owner.get("/callbacks").await.expect(200).body);
    let again =
        place.owner.post(&format!("/callbacks/{}/replay", recorded[0]), &Value::Null).await.expect(200).body;
    assert_eq!(again["outcome"], "repeated", "{again}");
}

#[tokio::test]
async fn a_letter_that_is_gone_from_its_bucket_is_told_to_the_admin() {
    let place = Place::start().await;
    let (id, url) = place.with_ses().await;
    let _work = place.hub.work();
    place.announce(&url, "in/gone").await;
    let notices = until("the admin is told", async || {
        let notices = place.integration(&id).await["notices"].to_string();
        notices.contains("in/gone").then_some(notices)
    })
    .await;
    assert!(notices.contains("does not lie in the bucket played-letters any more"), "{notices}");
    assert_eq!(place.integration(&id).await["status"], "active", "nothing is wrong with the account");
    let left: i64 = sqlx::query_scalar("select count(*) from jobs where kind = 'fetch_news'")
        .fetch_one(&mut place.hub.sql().await)
        .await
        .unwrap();
    assert_eq!(left, 0, "it is not asked for again");
}

/// Amazon says then that it may not be read.
#[tokio::test]
async fn a_letter_that_is_gone_is_told_of_also_where_the_key_may_not_list_the_bucket() {
    let place = Place::start().await;
    let (id, url) = place.with_ses().await;
    let _work = place.hub.work();
    let cases = [
        ("in/named", "User is not authorized to perform: s3:ListBucket.", TimeDelta::zero()),
        ("in/old", "Access Denied", TimeDelta::days(3)),
    ];
    for (key, words, age) in cases {
        place.simulator.email.let_into_bucket(Bucket::Unlisted(words));
        place.announce_late(&url, key, age).await;
        let notices = until("the admin is told", async || {
            let notices = place.integration(&id).await["notices"].to_string();
            notices.contains(key).then_some(notices)
        })
        .await;
        assert!(notices.contains("any more, as it seems") && notices.contains("s3:ListBucket"), "{notices}");
        assert_eq!(place.integration(&id).await["status"], "active", "{key}");
    }
    // What does lie there comes.
    place.simulator.email.put_into_bucket("in/there", letter("from an unlisted bucket", b"plan"));
    place.announce_late(&url, "in/there", TimeDelta::days(3)).await;
    place.heard(&["from an unlisted bucket"]).await;
    assert_eq!(place.integration(&id).await["status"], "active");
}

/// However old the letter is.
#[tokio::test]
async fn a_key_that_is_none_any_more_breaks_the_account() {
    let place = Place::start().await;
    let (id, url) = place.with_ses().await;
    let _work = place.hub.work();
    place.simulator.email.let_into_bucket(Bucket::KeyRevoked);
    place.announce_late(&url, "in/old", TimeDelta::days(3)).await;
    let broken = until("the account is broken", async || {
        let now = place.integration(&id).await;
        (now["status"] == "broken").then_some(now)
    })
    .await;
    assert_eq!(broken["fault"]["code"], "token_rejected", "{broken}");
    assert!(broken["fault"]["detail"].as_str().unwrap().contains("InvalidAccessKeyId"), "{broken}");
}

/// The key's permission is the admin's to mend: until then letters wait, and come by themselves.
#[tokio::test]
async fn letters_of_a_closed_bucket_wait_until_the_key_is_mended() {
    let place = Place::start().await;
    let (id, url) = place.with_ses().await;
    let _work = place.hub.work();
    place.simulator.email.put_into_bucket("in/1", letter("from a closed bucket", b"plan"));
    place.simulator.email.let_into_bucket(Bucket::Closed);
    place.announce(&url, "in/1").await;
    let broken = until("the account is broken", async || {
        let now = place.integration(&id).await;
        (now["status"] == "broken").then_some(now)
    })
    .await;
    assert_eq!(broken["fault"]["code"], "bucket_closed", "{broken}");
    assert!(broken["fault"]["detail"].as_str().unwrap().contains("s3:GetObject"), "{broken}");
    // So that the test need not wait for the pauses.
    let hurry = async || {
        sqlx::query("update jobs set run_at = now() where kind = 'fetch_news' and run_at > now() + interval '5 seconds'")
            .execute(&mut place.hub.sql().await)
            .await
            .unwrap();
    };
    hurry().await;
    place.announce(&url, "in/1").await;
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    assert!(place.texts().await.is_empty());
    let waiting: i64 =
        sqlx::query_scalar("select count(*) from jobs where kind = 'fetch_news' and state = 'ready'")
            .fetch_one(&mut place.hub.sql().await)
            .await
            .unwrap();
    assert_eq!(waiting, 2, "both errands wait");

    place.simulator.email.let_into_bucket(Bucket::Open);
    place.owner.post(&format!("/integrations/{id}/test"), &Value::Null).await.expect(200);
    assert_eq!(place.integration(&id).await["status"], "active");
    until("the letter came", async || {
        hurry().await;
        (place.texts().await == ["from a closed bucket"]).then_some(())
    })
    .await;
}
