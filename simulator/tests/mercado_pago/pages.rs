//! The pages, clicked as a payer clicks them.

use reqwest::Url;
use serde_json::json;

use crate::house::House;

async fn press(house: &House, url: &str, form: &[(&str, &str)]) -> (u16, String) {
    let answer = house.http.post(url).form(form).send().await.unwrap();
    let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
    (answer.status().as_u16(), to.unwrap_or_default())
}

async fn text(house: &House, url: &str) -> String {
    let answer = house.http.get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.text().await.unwrap()
}

async fn init_point(house: &House, id: &str) -> String {
    let seen = house.get(&format!("checkout/preferences/{id}")).await.json;
    seen["init_point"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_payer_pays_comes_back_and_disputes() {
    let house = House::start().await;
    let preference = house.preference("1599.90").await;
    let url = init_point(&house, &preference).await;
    let page = text(&house, &url).await;
    for shown in ["Loja da Ana", "R$ 1.599,90", "Consulta &amp; café", "value=\"boleto\""] {
        assert!(page.contains(shown), "{shown}");
    }
    assert_eq!(press(&house, &url, &[("act", "decline")]).await.0, 409);
    let (status, to) = press(&house, &url, &[("act", "pay"), ("means", "pix")]).await;
    let to = Url::parse(&to).unwrap();
    let query: std::collections::BTreeMap<_, _> = to.query_pairs().into_owned().collect();
    assert_eq!((status, to.path()), (303, "/thanks"));
    assert_eq!((query["status"].as_str(), query["external_reference"].as_str()), ("approved", "pay-42"));
    assert_eq!(query["preference_id"], preference);
    assert!(text(&house, &url).await.contains("Pay a second time"));
    assert_eq!(press(&house, &url, &[("act", "dispute")]).await.0, 303);
    let payment = house.get(&format!("v1/payments/{}", query["payment_id"])).await.json;
    assert_eq!(payment["status"], "charged_back");
    press(&house, &url, &[("act", "won")]).await;
    assert!(text(&house, &url).await.contains("for the seller"));
}

#[tokio::test]
async fn a_boleto_comes_back_pending_and_is_booked_later() {
    let house = House::start().await;
    let preference = house.preference("10").await;
    let url = init_point(&house, &preference).await;
    let (_, to) = press(&house, &url, &[("act", "pay"), ("means", "boleto")]).await;
    assert!(to.starts_with("https://hub.example/wait?") && to.contains("status=pending"), "{to}");
    assert!(text(&house, &url).await.contains("Bank books it"));
    press(&house, &url, &[("act", "settle")]).await;
    assert!(text(&house, &url).await.contains("Dispute it"));
}

#[tokio::test]
async fn a_pix_ticket_shows_its_code_as_a_picture() {
    let house = House::start().await;
    let body = json!({ "transaction_amount": 5, "payment_method_id": "pix", "payer": { "email": "ana@example.com" } });
    let made = house.post("v1/payments", body, "one").await.json;
    let shown = &made["point_of_interaction"]["transaction_data"];
    let url = shown["ticket_url"].as_str().unwrap();
    let page = text(&house, url).await;
    assert!(page.contains(shown["qr_code"].as_str().unwrap()) && page.contains("data:image/png;base64,"));
    press(&house, url, &[("act", "pay")]).await;
    assert_eq!(house.get(&format!("v1/payments/{}", made["id"])).await.json["status"], "approved");
}

#[tokio::test]
async fn an_expired_link_takes_nothing() {
    let house = House::start().await;
    let preference = house.preference("10").await;
    let url = init_point(&house, &preference).await;
    press(&house, &url, &[("act", "expire")]).await;
    assert!(text(&house, &url).await.contains("expired"));
    assert_eq!(press(&house, &url, &[("act", "pay")]).await.0, 409);
    assert_eq!(house.get("v1/payments/search").await.json["paging"]["total"], 0);
}
