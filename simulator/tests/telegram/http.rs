//! The played API as any client meets it.

use net::{Method, Request, Response};
use serde_json::{Value, json};
use simulator::{Act, Player as _};

use crate::{Stage, ada};

impl Stage {
    pub fn telegram_fields(&self) -> std::collections::BTreeMap<String, String> {
        use secrecy::ExposeSecret;
        let fields = self.account.fields();
        fields.map(|(name, value)| (name.to_owned(), value.expose_secret().to_owned())).collect()
    }

    fn address(&self, path: &str) -> url::Url {
        let token = self.account.text("bot_token");
        format!("{}{}", self.simulator.base_url(), path.replace("TOKEN", token)).parse().unwrap()
    }

    async fn fetch(&self, request: Request) -> (u16, Value) {
        let answer: Response = self.net.send(request).await.unwrap();
        (answer.status.as_u16(), answer.json().unwrap_or_default())
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.fetch(Request::get(self.address(path))).await
    }
}

#[tokio::test]
async fn methods_have_no_case_and_parameters_come_in_any_form() {
    let stage = Stage::connected().await;
    stage.says("Hello").await;
    let fields = || vec![("chat_id".to_owned(), ada().id), ("text".to_owned(), "Hi".to_owned())];
    let multipart = net::multipart::Form::new().text("chat_id", ada().id).text("text", "Hi");
    let url = |method: &str| stage.address(&format!("/botTOKEN/{method}"));
    for request in [
        Request::get(stage.address("/botTOKEN/sendMessage?chat_id=5000000001&text=Hi")),
        Request::post(url("SENDMESSAGE")).form(fields()),
        Request::post(url("SendMessage")).json(&json!({ "chat_id": 5_000_000_001_i64, "text": "Hi" })),
        Request::new(Method::POST, url("sendmessage")).multipart(multipart),
    ] {
        let (status, answer) = stage.fetch(request).await;
        assert_eq!((status, &answer["ok"], &answer["result"]["text"]), (200, &json!(true), &json!("Hi")));
    }
    assert_eq!(stage.chat().len(), 5);
}

#[tokio::test]
async fn refusals_have_telegrams_codes_and_words() {
    let stage = Stage::connected().await;
    stage.says("Hello").await;
    let message = stage.send_text("Hi").await.unwrap().external_ids.remove(0);
    let number = message.rsplit(':').next().unwrap().to_owned();
    let long = "x".repeat(4097);
    let cases = [
        ("/botnonsense/getMe".to_owned(), 404, "Not Found"),
        ("/bot1:unknown/getMe".to_owned(), 401, "Unauthorized"),
        ("/botTOKEN/makeCoffee".to_owned(), 404, "Not Found: method not found"),
        ("/botTOKEN/getUpdates".to_owned(), 409, "Conflict: can't use getUpdates"),
        ("/botTOKEN/sendMessage?chat_id=1&text=Hi".to_owned(), 400, "Bad Request: chat not found"),
        ("/botTOKEN/sendMessage?chat_id=5000000001".to_owned(), 400, "Bad Request: message text is empty"),
        (
            format!("/botTOKEN/sendMessage?chat_id=5000000001&text={long}"),
            400,
            "Bad Request: message is too long",
        ),
        (
            "/botTOKEN/sendMessage?chat_id=5000000001&parse_mode=HTML&text=<x>Hi</x>".to_owned(),
            400,
            "Bad Request: can't parse entities: Unsupported start tag \"x\"",
        ),
        (
            "/botTOKEN/sendMessage?chat_id=5000000001&text=Hi&reply_parameters={\"message_id\":999}"
                .to_owned(),
            400,
            "Bad Request: message to be replied not found",
        ),
        (
            format!("/botTOKEN/editMessageText?chat_id=5000000001&message_id={number}&text=Hi"),
            400,
            "Bad Request: message is not modified",
        ),
        (
            "/botTOKEN/deleteMessage?chat_id=5000000001&message_id=999".to_owned(),
            400,
            "Bad Request: message to delete",
        ),
        (
            "/botTOKEN/sendPhoto?chat_id=5000000001&photo=nothing".to_owned(),
            400,
            "Bad Request: wrong file identifier",
        ),
        (
            "/botTOKEN/answerCallbackQuery?callback_query_id=1".to_owned(),
            400,
            "Bad Request: query is too old",
        ),
        ("/botTOKEN/setWebhook?url=ftp://x".to_owned(), 400, "Bad Request: bad webhook"),
        (
            "/botTOKEN/setWebhook?url=https://x.y&secret_token=a%20b".to_owned(),
            400,
            "Bad Request: secret token",
        ),
    ];
    for (path, code, words) in cases {
        let (status, answer) = stage.get(&path).await;
        let description = answer["description"].as_str().unwrap_or_default().to_owned();
        assert_eq!(
            (status, &answer["ok"], &answer["error_code"]),
            (code, &json!(false), &json!(code)),
            "{path}"
        );
        assert!(description.starts_with(words), "{path}: {description}");
    }
}

#[tokio::test]
async fn updates_can_be_polled_and_are_confirmed_by_the_offset() {
    let stage = Stage::new().await;
    for text in ["one", "two"] {
        let act = Act::Text { text: text.into(), reply_to: None };
        assert!(stage.telegram().act(&stage.bot, &ada(), act).await.is_err());
    }
    let (_, all) = stage.get("/botTOKEN/getUpdates").await;
    let updates = all["result"].as_array().unwrap().clone();
    assert_eq!(
        updates.iter().map(|update| update["message"]["text"].clone()).collect::<Vec<_>>(),
        ["one", "two"]
    );
    let next = updates[0]["update_id"].as_i64().unwrap() + 1;
    let (_, rest) = stage.get(&format!("/botTOKEN/getUpdates?offset={next}")).await;
    assert_eq!(rest["result"].as_array().unwrap().len(), 1);
    let (_, info) = stage.get("/botTOKEN/getWebhookInfo").await;
    assert_eq!(info["result"]["pending_update_count"], 1);
}

#[tokio::test]
async fn files_are_served_by_path_with_the_slash_in_either_form() {
    let stage = Stage::connected().await;
    let media = simulator::Media {
        kind: "document".into(),
        file_name: "a.pdf".into(),
        mime: "application/pdf".into(),
        bytes: "%PDF".into(),
        caption: None,
    };
    stage.act(Act::Media(media)).await;
    let file = stage.messages()[0].media[0].reference["file_id"].as_str().unwrap().to_owned();
    let (_, answer) = stage.get(&format!("/botTOKEN/getFile?file_id={file}")).await;
    let path = answer["result"]["file_path"].as_str().unwrap();
    for path in [path.to_owned(), path.replace('/', "%2F")] {
        let answer =
            stage.net.send(Request::get(stage.address(&format!("/file/botTOKEN/{path}")))).await.unwrap();
        assert_eq!((answer.status.as_u16(), &answer.body[..]), (200, &b"%PDF"[..]));
    }
    let (status, _) = stage.get("/file/botTOKEN/documents/none.pdf").await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn an_adopted_account_goes_on_where_the_earlier_start_ended() {
    let first = Stage::connected().await;
    let earlier = first.says("Hello").await;
    let second = Stage::new().await;
    second.telegram().adopt_account(&first.telegram_fields(), &first.hub.url);
    let act = Act::Text { text: "Are you there?".into(), reply_to: None };
    let later = second.telegram().act(&first.bot, &ada(), act).await.unwrap();
    assert_ne!(earlier, later);
    assert_eq!(first.messages().len(), 2, "told with the same secret");
    let (_, sent) = second.get_as(&first, "sendMessage?chat_id=5000000002&text=Hi").await;
    assert_eq!(sent["ok"], json!(true), "chats of the earlier start are known");
}

impl Stage {
    async fn get_as(&self, other: &Stage, call: &str) -> (u16, Value) {
        let token = other.account.text("bot_token");
        let url = format!("{}/bot{token}/{call}", self.simulator.base_url());
        self.fetch(Request::get(url.parse().unwrap())).await
    }
}
