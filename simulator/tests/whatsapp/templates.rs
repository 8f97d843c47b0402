//! Approved messages: listed, filled in, refused.

use bytes::Bytes;
use channels::{
    SendError,
    abilities::MediaKind,
    event::What,
    message::{Content, Kind, MediaSource, OutboundMedia},
    template::{OutboundTemplate, TemplateButtonKind, TemplateButtonValue, TemplateValue, TemplateValueKind},
};
use simulator::{Act, Player};

use crate::hub::{Hub, ada, whatsapp};

fn text(name: &str, text: &str) -> TemplateValue {
    TemplateValue { name: name.into(), value: TemplateValueKind::Text { text: text.into() } }
}

fn template(name: &str, header: Vec<TemplateValue>, body: Vec<TemplateValue>) -> OutboundTemplate {
    OutboundTemplate {
        name: name.into(),
        language: "en_US".into(),
        external_id: None,
        header,
        body,
        buttons: Vec::new(),
    }
}

async fn refused(hub: &Hub, template: OutboundTemplate) -> String {
    match hub.send(&ada().id, Content::Template(template)).await {
        Err(SendError::Refused(reason)) => reason.platform_code.unwrap_or(reason.code),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn templates_are_listed_as_they_are() {
    let hub = Hub::start().await;
    let templates = whatsapp().templates(&hub.account, &hub.net).await.unwrap();
    let of = |name: &str| templates.iter().find(|template| template.name == name).unwrap();
    assert_eq!(templates.len(), 7);
    let order = of("order_update");
    assert_eq!((order.status.as_str(), order.category.as_str()), ("approved", "utility"));
    assert_eq!(order.parameters, ["1", "2"]);
    assert_eq!(order.header.as_ref().unwrap().parameters, ["1"]);
    assert_eq!(of("appointment_reminder").parameters, ["first_name", "day", "time"]);
    assert_eq!(of("seasonal_offer").header.as_ref().unwrap().format, "image");
    let parameters: Vec<_> = of("feedback_request").buttons.iter().map(|button| button.parameter).collect();
    assert_eq!(parameters, [false, false, true]);
    assert_eq!(of("payment_reminder").status, "pending");
}

#[tokio::test]
async fn a_template_goes_where_free_text_does_not() {
    let hub = Hub::start().await;
    let order = template("order_update", vec![text("1", "17")], vec![text("1", "Ada"), text("2", "Friday")]);
    let sent = hub.send(&ada().id, Content::Template(order)).await.unwrap().external_ids.remove(0);
    assert_eq!(hub.statuses_of(&sent, 2).await, ["sent", "delivered"]);
    let bubble = hub.simulator.whatsapp.chat(hub.key(), &ada().id).remove(0);
    let expected =
        "Order 17\nHello Ada, your order is on its way and arrives on Friday.\nReply STOP to opt out";
    assert_eq!(bubble.text, expected);
    let late = hub.text("and by the way").await.unwrap().external_ids.remove(0);
    assert_eq!(hub.statuses_of(&late, 1).await, ["failed"], "a template opens no window");
}

#[tokio::test]
async fn names_files_and_buttons_are_filled_in() {
    let hub = Hub::start().await;
    let values = vec![text("time", "9:30"), text("first_name", "Ada"), text("day", "Friday")];
    hub.send(&ada().id, Content::Template(template("appointment_reminder", vec![], values))).await.unwrap();

    let image = TemplateValue {
        name: "1".into(),
        value: TemplateValueKind::File(OutboundMedia {
            kind: MediaKind::Image,
            file_name: "sale.jpg".into(),
            mime: "image/jpeg".into(),
            source: MediaSource::Bytes(Bytes::from_static(b"sale")),
        }),
    };
    let mut offer = template("seasonal_offer", vec![image], vec![text("1", "Ada"), text("2", "20 %")]);
    let code = TemplateButtonKind::CopyCode { code: "SAVE20".into() };
    offer.buttons.push(TemplateButtonValue { index: 0, value: code });
    hub.send(&ada().id, Content::Template(offer)).await.unwrap();

    let mut feedback = template("feedback_request", vec![], vec![text("1", "Ada")]);
    let payload = TemplateButtonKind::QuickReply { payload: "good-17".into() };
    let suffix = TemplateButtonKind::Url { suffix: "17".into() };
    feedback.buttons.push(TemplateButtonValue { index: 0, value: payload });
    feedback.buttons.push(TemplateButtonValue { index: 2, value: suffix });
    let sent = hub.send(&ada().id, Content::Template(feedback)).await.unwrap().external_ids.remove(0);

    let chat = hub.simulator.whatsapp.chat(hub.key(), &ada().id);
    assert_eq!(chat[0].text, "Hi Ada, we expect you on Friday at 9:30.");
    let picture = chat[1].media_url.clone().unwrap().parse().unwrap();
    assert_eq!(hub.net.send(net::Request::get(picture)).await.unwrap().body, Bytes::from_static(b"sale"));
    assert_eq!(chat[1].buttons[0].id, "SAVE20");
    assert_eq!(chat[2].buttons[2].url.as_deref(), Some("https://example.org/feedback/17"));

    hub.act(&ada(), Act::Press { message: sent, button: "good-17".into() }).await;
    let message = hub.last_message();
    assert_eq!((message.kind, message.text.as_str()), (Kind::Interactive, "Good"));
}

#[tokio::test]
async fn what_meta_would_not_send_is_said() {
    let hub = Hub::start().await;
    assert_eq!(refused(&hub, template("no_such.*", vec![], vec![])).await, "132001");
    assert_eq!(refused(&hub, template("payment_reminder", vec![], vec![text("1", "17")])).await, "132001");
    assert_eq!(refused(&hub, template("spring_campaign", vec![], vec![text("1", "Ada")])).await, "132015");
    assert_eq!(refused(&hub, template("hello_world", vec![], vec![text("1", "Ada")])).await, "132000");
    let header_missing = template("seasonal_offer", vec![], vec![text("1", "Ada"), text("2", "x")]);
    assert_eq!(refused(&hub, header_missing).await, "132012");
    assert_eq!(refused(&hub, template("feedback_request", vec![], vec![text("1", "Ada")])).await, "131008");
    let named = vec![text("first_name", "Ada"), text("day", "x"), text("hour", "x")];
    assert_eq!(refused(&hub, template("appointment_reminder", vec![], named)).await, "131008");
    let blank = template("hello_world", vec![], vec![text("1", " ")]);
    assert_eq!(refused(&hub, blank).await, "template_parameters", "never leaves the hub");
}

#[tokio::test]
async fn a_review_is_told_and_shows_in_the_list() {
    let hub = Hub::start().await;
    let player = &hub.simulator.whatsapp;
    player.review_template(hub.key(), "payment_reminder", "APPROVED").await.unwrap();
    let What::Template(change) = hub.last() else { panic!("{:?}", hub.last()) };
    assert_eq!((change.name.as_str(), change.status.as_deref()), ("payment_reminder", Some("approved")));
    let templates = whatsapp().templates(&hub.account, &hub.net).await.unwrap();
    assert!(
        templates.iter().any(|template| template.name == "payment_reminder" && template.status == "approved")
    );
}
