//! The API: what it takes, what it refuses, lists and expansion.

use serde_json::json;
use simulator::{Cashier, Means};

use crate::house::{House, id};

#[tokio::test]
async fn a_session_has_its_amount_and_no_intent_before_its_payer_begins() {
    let house = House::start().await;
    let session = house.session(15_990).await;
    assert_eq!((&session["amount_total"], &session["currency"]), (&json!(15_990), &json!("brl")));
    assert_eq!((&session["status"], &session["payment_status"]), (&json!("open"), &json!("unpaid")));
    assert!(session["payment_intent"].is_null() && session["livemode"] == false);
    assert_eq!(session["payment_method_types"], json!(["card", "boleto", "pix"]));
    let again = house.get(&format!("checkout/sessions/{}?expand[]=line_items", id(&session))).await.json;
    assert_eq!(again["line_items"]["data"][0]["description"], "Consulta & café");
    let account = house.get("account").await.json;
    assert_eq!(account["settings"]["dashboard"]["display_name"], "Loja da Ana");
}

#[tokio::test]
async fn bad_parameters_get_stripes_error_object() {
    let house = House::start().await;
    let good = [
        ("mode", "payment"),
        ("success_url", "https://hub.example/"),
        ("line_items[0][quantity]", "1"),
        ("line_items[0][price_data][currency]", "brl"),
        ("line_items[0][price_data][unit_amount]", "1000"),
        ("line_items[0][price_data][product_data][name]", "Consulta"),
    ];
    let soon = (chrono::Utc::now().timestamp() + 600).to_string();
    for (name, value, code) in [
        ("mode", "", "parameter_invalid_empty"),
        ("success_url", "nowhere", "url_invalid"),
        ("line_items[0][quantity]", "0", "parameter_invalid_integer"),
        ("line_items[0][price_data][unit_amount]", "10.5", "parameter_invalid_integer"),
        ("line_items[0][price_data][unit_amount]", "-1", "parameter_invalid_integer"),
        ("line_items[0][price_data][unit_amount]", "1", "amount_too_small"),
        ("line_items[0][price_data][unit_amount]", "100000000", "amount_too_large"),
        ("line_items[0][price_data][currency]", "xxx", ""),
        ("expires_at", &soon, ""),
        ("amount", "1", "parameter_unknown"),
        ("customer_email", "nobody", "email_invalid"),
        ("payment_method_types[0]", "cash", ""),
    ] {
        let mut form: Vec<_> = good.iter().copied().filter(|(known, _)| *known != name).collect();
        form.push((name, value));
        let refused = house.post("checkout/sessions", &form).await;
        let error = &refused.json["error"];
        assert_eq!(
            (refused.status, error["type"].as_str()),
            (400, Some("invalid_request_error")),
            "{name}={value}"
        );
        assert_eq!(error["code"].as_str().unwrap_or_default(), code, "{error}");
        assert!(error["message"].is_string() && error["param"].is_string(), "{error}");
    }
    let mut dollars = good.to_vec();
    dollars[3].1 = "usd";
    dollars.push(("payment_method_types[0]", "pix"));
    assert_eq!(house.post("checkout/sessions", &dollars).await.status, 400);
    assert_eq!(house.get("checkout/sessions/cs_test_none").await.json["error"]["code"], "resource_missing");
    assert_eq!(house.get("checkout/nothing").await.status, 404);
}

#[tokio::test]
async fn nobody_gets_in_without_the_key() {
    let house = House::start().await;
    let stranger = House::start().await;
    let url = format!("{}/v1/account", house.fields["api_base_url"]);
    for key in ["", "sk_test_nobodys", stranger.fields["secret_key"].as_str()] {
        let answer = house.http.get(&url).bearer_auth(key).send().await.unwrap();
        assert_eq!(answer.status(), 401);
    }
    // Another merchant of the same Stripe sees nothing of this one's.
    let other = house.simulator.stripe.open_account("Outra");
    let session = id(&house.session(1000).await);
    let url = format!("{}/v1/checkout/sessions/{session}", house.fields["api_base_url"]);
    let answer = house.http.get(url).bearer_auth(&other["secret_key"]).send().await.unwrap();
    assert_eq!(answer.status(), 404);
}

#[tokio::test]
async fn a_paid_session_leads_to_charge_fee_and_net() {
    let house = House::start().await;
    let (session, intent) = house.paid(10_000).await;
    let path = format!(
        "payment_intents/{intent}?expand[]=latest_charge.balance_transaction&expand[]=latest_charge.refunds"
    );
    let found = house.get(&path).await.json;
    assert_eq!((&found["status"], &found["amount_received"]), (&json!("succeeded"), &json!(10_000)));
    assert_eq!(found["metadata"]["request"], "42");
    let charge = &found["latest_charge"];
    let transaction = &charge["balance_transaction"];
    assert_eq!((&transaction["fee"], &transaction["net"]), (&json!(438), &json!(9562)));
    assert_eq!(charge["refunds"]["data"], json!([]));
    let path = format!("charges/{}?expand[]=balance_transaction", id(charge));
    assert_eq!(house.get(&path).await.json["balance_transaction"]["net"], 9562);
    let list = house.get(&format!("checkout/sessions?payment_intent={intent}")).await.json;
    assert_eq!((&list["data"][0]["id"], &list["has_more"]), (&json!(session), &json!(false)));
    assert!(list["data"][0]["url"].is_null());
    assert_eq!(house.get(&format!("payment_intents/{intent}?expand[]=amount")).await.status, 400);
}

#[tokio::test]
async fn lists_have_pages() {
    let house = House::start().await;
    let mut intents = Vec::new();
    for _ in 0..5 {
        intents.push(house.paid(1000).await.1);
    }
    intents.reverse();
    let since = chrono::Utc::now().timestamp() - 60;
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("payment_intents?limit=2&created[gte]={since}&expand[]=data.latest_charge{after}");
        let page = house.get(&path).await.json;
        let data = page["data"].as_array().unwrap();
        assert!(data.iter().all(|intent| intent["latest_charge"]["paid"] == true));
        seen.extend(data.iter().map(id));
        if page["has_more"] == false {
            break;
        }
        after = format!("&starting_after={}", seen.last().unwrap());
    }
    assert_eq!(seen, intents);
    assert_eq!(
        house.get(&format!("payment_intents?created[gt]={}", since + 3600)).await.json["data"],
        json!([])
    );
    for bad in ["limit=0", "limit=101", "starting_after=pi_none", "payment_intent=x", "created[soon]=1"] {
        assert!(house.get(&format!("payment_intents?{bad}")).await.status >= 400, "{bad}");
    }
}

#[tokio::test]
async fn a_pix_code_is_paid_or_cancelled_or_lapses() {
    let house = House::start().await;
    let form = [
        ("amount", "4990"),
        ("currency", "brl"),
        ("confirm", "true"),
        ("payment_method_types[0]", "pix"),
        ("payment_method_data[type]", "pix"),
        ("payment_method_options[pix][expires_after_seconds]", "3600"),
    ];
    let mut made = Vec::new();
    for _ in 0..3 {
        made.push(house.post("payment_intents", &form).await.json);
    }
    let shown = &made[0]["next_action"]["pix_display_qr_code"];
    assert_eq!(made[0]["status"], "requires_action");
    assert!(shown["data"].as_str().unwrap().contains("540549.90"), "{shown}");
    let stripe = &house.simulator.stripe;
    stripe.pay(&id(&made[0])).await.unwrap();
    let paid = house.get(&format!("payment_intents/{}?expand[]=latest_charge", id(&made[0]))).await.json;
    assert_eq!(paid["latest_charge"]["payment_method_details"]["type"], "pix");
    let cancelled = house.post(&format!("payment_intents/{}/cancel", id(&made[1])), &[]).await.json;
    assert_eq!(cancelled["status"], "canceled");
    assert!(stripe.pay(&id(&made[1])).await.is_err());
    let refused = house.post(&format!("payment_intents/{}/cancel", id(&made[0])), &[]).await;
    assert_eq!(refused.json["error"]["code"], "payment_intent_unexpected_state");
    stripe.expire(&id(&made[2])).await.unwrap();
    let lapsed = house.get(&format!("payment_intents/{}", id(&made[2]))).await.json;
    assert_eq!(lapsed["last_payment_error"]["code"], "payment_intent_payment_attempt_expired");
}

#[tokio::test]
async fn no_more_is_given_back_than_was_taken() {
    let house = House::start().await;
    let (_, intent) = house.paid(5000).await;
    let give = async |amount: &str| {
        house.post("refunds", &[("payment_intent", intent.as_str()), ("amount", amount)]).await
    };
    assert_eq!(give("2000").await.json["status"], "succeeded");
    assert_eq!(give("3001").await.json["error"]["param"], "amount");
    assert_eq!(give("0").await.status, 400);
    let rest = house.post("refunds", &[("payment_intent", intent.as_str())]).await.json;
    assert_eq!(rest["amount"], 3000);
    assert_eq!(give("1").await.json["error"]["code"], "charge_already_refunded");
    let list = house.get(&format!("refunds?payment_intent={intent}")).await.json;
    assert_eq!(list["data"].as_array().unwrap().len(), 2);
    let unpaid = id(&house.session(1000).await);
    house.simulator.stripe.fail(&unpaid).await.unwrap();
    let session = house.get(&format!("checkout/sessions/{unpaid}")).await.json;
    let refused =
        house.post("refunds", &[("payment_intent", session["payment_intent"].as_str().unwrap())]).await;
    assert_eq!(refused.status, 400);
    // A declined payer can try again, by another means.
    house.simulator.stripe.pay_by(&unpaid, Means::Pix).await.unwrap();
    assert_eq!(house.get(&format!("checkout/sessions/{unpaid}")).await.json["payment_status"], "paid");
}
