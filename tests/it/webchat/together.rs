//! Many visitors at once: their messages share transactions and looks at the table, and nobody's come to anybody else.

use futures::future::join_all;

use super::*;

const VISITORS: usize = 12;

#[tokio::test]
async fn visitors_who_write_at_once_are_told_their_own_alone() {
    let hub = Hub::start().await;
    let window = Window::open(&hub, "Acme", "ada", &[]).await;
    let guests = join_all((0..VISITORS).map(|_| window.guest())).await;
    let sockets = join_all(
        guests
            .iter()
            .map(async |guest| [socket(&hub, guest, None).await.0, socket(&hub, guest, None).await.0]),
    )
    .await;
    let answers = join_all(guests.iter().enumerate().map(async |(at, guest)| {
        let mut answers = Vec::new();
        for number in 0..4 {
            answers.push(window.write(guest, &format!("{number} of {at}")).await);
        }
        answers
    }))
    .await;
    let heard = join_all(sockets.into_iter().zip(&guests).map(async |(pair, guest)| {
        let told = join_all(pair.map(everything_told)).await;
        let (_, listed) = window.ask(guest, Method::GET, "messages", Value::Null).await;
        (told, listed["data"].as_array().unwrap().clone())
    }))
    .await;
    for (answers, (told, listed)) in answers.into_iter().zip(heard) {
        assert_eq!(answers, listed, "answered as it is stored");
        for mut told in told {
            // A socket that learns of its conversation looks at everything: it may be told something twice.
            told.dedup();
            let late = told.iter().position(|one| *one == answers[3]);
            assert!(late.is_some() && told.iter().all(|one| answers.contains(one)), "{told:?}");
            assert!(answers.iter().all(|one| told.contains(one)), "{told:?}");
        }
    }
}

/// What a socket was told of messages until the last one of four.
async fn everything_told(mut live: Socket) -> Vec<Value> {
    let mut told = Vec::new();
    loop {
        let next = frame(&mut live, |frame| frame["type"] == "message").await["data"].clone();
        let last = next["text"].as_str().unwrap().starts_with('3');
        told.push(next);
        if last {
            break;
        }
    }
    // And what comes behind it.
    live.send(Message::text(json!({"type": "ping"}).to_string())).await.unwrap();
    loop {
        let next = frame(&mut live, |_| true).await;
        match next["type"].as_str() {
            Some("pong") => return told,
            Some("message") => told.push(next["data"].clone()),
            _ => {}
        }
    }
}

#[tokio::test]
async fn what_is_answered_is_what_is_read_again() {
    let hub = Hub::start().await;
    let _work = hub.work();
    let window = Window::open(&hub, "Acme", "ada", &[]).await;
    let guest = window.guest().await;
    window.write(&guest, "one").await;
    let conversation = window.conversation().await;
    window.reply(&conversation, "Which size?").await;
    until("it is sent", async || window.texts(&guest).await.len() == 2).await;
    let (_, listed) = window.ask(&guest, Method::GET, "messages", Value::Null).await;
    let quoting = json!({"client_id": Uuid::new_v4(), "text": "The large one", "reply_to": listed["data"][1]["id"],
                         "form": {"name": "Greta"}, "page": {"url": "https://shop.example/shoes"}});
    let choosing = json!({"client_id": Uuid::new_v4(), "choice": {"id": "xl", "title": "Very large"}});
    for body in [quoting, choosing] {
        let (status, answered) = window.ask(&guest, Method::POST, "messages", body.clone()).await;
        assert_eq!(status, 201, "{answered}");
        let path = format!("messages/{}", answered["id"].as_str().unwrap());
        assert_eq!(window.ask(&guest, Method::GET, &path, Value::Null).await.1, answered);
        let (status, repeated) = window.ask(&guest, Method::POST, "messages", body).await;
        assert_eq!((status, repeated), (201, answered), "a repeat says the same");
    }
    let (_, listed) = window.ask(&guest, Method::GET, "messages", Value::Null).await;
    assert_eq!(listed["data"].as_array().map(Vec::len), Some(4));
    assert_eq!(listed["data"][2]["reply_to"]["text"], "Which size?");
}
