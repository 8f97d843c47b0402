//! The pages, clicked as a payer clicks them.

use crate::house::{House, id};

async fn press(house: &House, url: &str, form: &[(&str, &str)]) -> (u16, String) {
    let answer = house.http.post(url).form(form).send().await.unwrap();
    let status = answer.status().as_u16();
    let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
    (status, to.unwrap_or_default())
}

async fn text(house: &House, url: &str) -> String {
    let answer = house.http.get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.text().await.unwrap()
}

#[tokio::test]
async fn a_payer_pays_and_comes_back() {
    let house = House::start().await;
    let session = house.session(159_990).await;
    let url = session["url"].as_str().unwrap();
    let page = text(&house, url).await;
    for shown in ["Loja da Ana", "R$ 1.599,90", "Consulta &amp; café", "value=\"pay\"", "value=\"boleto\""] {
        assert!(page.contains(shown), "{shown}");
    }
    assert!(!page.contains("<script"));
    let (status, _) = press(&house, url, &[("act", "decline")]).await;
    assert_eq!(status, 409);
    let (status, to) = press(&house, url, &[("act", "pay"), ("means", "card")]).await;
    assert_eq!((status, to), (303, format!("https://hub.example/thanks?s={}", id(&session))));
    let (status, _) = press(&house, url, &[("act", "pay"), ("means", "card")]).await;
    assert_eq!(status, 409, "nobody pays twice");
    assert!(text(&house, url).await.contains("Dispute it"));
    assert_eq!(press(&house, url, &[("act", "dispute")]).await.0, 303);
    assert!(text(&house, url).await.contains("disputed"));
    assert_eq!(press(&house, url, &[("act", "lost")]).await.0, 303);
    assert!(text(&house, url).await.contains("took the money back"));
    assert_eq!(press(&house, url, &[("act", "steal")]).await.0, 400);
}

#[tokio::test]
async fn a_boleto_goes_to_the_bank() {
    let house = House::start().await;
    let session = house.session(5000).await;
    let url = session["url"].as_str().unwrap();
    let (status, to) = press(&house, url, &[("act", "boleto")]).await;
    assert_eq!(status, 303);
    let next = reqwest::Url::parse(url).unwrap().join(&to).unwrap();
    assert!(text(&house, next.as_str()).await.contains("Bank books it"));
    press(&house, url, &[("act", "settle")]).await;
    let seen = house.get(&format!("checkout/sessions/{}", id(&session))).await.json;
    assert_eq!(seen["payment_status"], "paid");
}

#[tokio::test]
async fn a_page_expires_and_a_receipt_stays() {
    let house = House::start().await;
    let session = house.session(5000).await;
    let url = session["url"].as_str().unwrap();
    press(&house, url, &[("act", "expire")]).await;
    assert!(text(&house, url).await.contains("expired"));
    let (_, intent) = house.paid(5000).await;
    let found = house.get(&format!("payment_intents/{intent}?expand[]=latest_charge")).await.json;
    let receipt = found["latest_charge"]["receipt_url"].as_str().unwrap();
    assert!(text(&house, receipt).await.contains("R$ 50,00"));
    let missing = format!("{}/c/pay/cs_test_none", house.fields["api_base_url"]);
    assert_eq!(house.http.get(missing).send().await.unwrap().status(), 404);
}
