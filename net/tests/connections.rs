//! Sockets and streams against real servers on loopback.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use net::{Client, Failure, Frame, Limits, Private, Tls};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};
use url::Url;

fn client(private: Private) -> Client {
    let limits = Limits { connect: Duration::from_millis(500), ..Limits::default() };
    Client::new(private, limits).unwrap()
}

/// A server that gives its one connection to `serve`.
async fn server<F: Future<Output = ()> + Send + 'static>(
    serve: impl FnOnce(TcpStream) -> F + Send + 'static,
) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { serve(listener.accept().await.unwrap().0).await });
    port
}

async fn gateway<F: Future<Output = ()> + Send + 'static>(
    serve: impl FnOnce(WebSocketStream<TcpStream>) -> F + Send + 'static,
) -> Url {
    let port =
        server(|stream| async { serve(tokio_tungstenite::accept_async(stream).await.unwrap()).await }).await;
    Url::parse(&format!("ws://127.0.0.1:{port}/gateway?ticket=secret-1")).unwrap()
}

#[tokio::test]
async fn messages_go_both_ways_and_pings_are_answered() {
    let url = gateway(|mut socket| async move {
        socket.send(Message::Ping(b"alive?".to_vec().into())).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::Pong(b"alive?".to_vec().into()));
        socket.send(Message::text("hello")).await.unwrap();
        assert_eq!(socket.next().await.unwrap().unwrap(), Message::text("identify"));
        socket.send(Message::binary(vec![1, 2])).await.unwrap();
        socket.close(None).await.unwrap();
    })
    .await;
    let mut socket = client(Private::Allowed).websocket(&url, &[("x-trace", "1")]).await.unwrap();
    assert_eq!(socket.next().await.unwrap(), Frame::Text("hello".into()));
    socket.send("identify").await.unwrap();
    assert_eq!(socket.next().await.unwrap(), Frame::Binary(vec![1, 2].into()));
    assert_eq!(socket.next().await.unwrap(), Frame::Closed { code: None, reason: String::new() });
}

#[tokio::test]
async fn a_socket_that_breaks_or_says_too_much_is_an_error() {
    let url = gateway(|socket| async move { drop(socket) }).await;
    let mut socket = client(Private::Allowed).websocket(&url, &[]).await.unwrap();
    assert!(matches!(socket.next().await, Err(Failure::MaybeSent(_))));

    let url = gateway(|mut socket| async move {
        let _ = socket.send(Message::binary(vec![0; 17 << 20])).await;
        let _ = socket.next().await;
    })
    .await;
    let mut socket = client(Private::Allowed).websocket(&url, &[]).await.unwrap();
    assert!(matches!(socket.next().await, Err(Failure::TooLarge(_))));
}

#[tokio::test]
async fn a_refused_handshake_says_the_status_and_no_secret() {
    let port = server(|mut stream| async move {
        let mut asked = [0; 1024];
        let _ = stream.read(&mut asked).await.unwrap();
        stream.write_all(b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    })
    .await;
    let url = Url::parse(&format!("ws://127.0.0.1:{port}/?ticket=secret-1")).unwrap();
    let error = client(Private::Allowed).websocket(&url, &[]).await.unwrap_err();
    assert!(matches!(error, Failure::NotSent(_)));
    assert!(error.to_string().contains("429") && !error.to_string().contains("secret-1"), "{error}");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_left() {
    let port = server(|stream| async move {
        tokio::time::sleep(Duration::from_secs(30)).await;
        drop(stream);
    })
    .await;
    let url = Url::parse(&format!("ws://127.0.0.1:{port}/")).unwrap();
    let error = client(Private::Allowed).websocket(&url, &[]).await.unwrap_err();
    assert!(error.to_string().contains("too long"), "{error}");
}

#[tokio::test]
async fn private_addresses_are_refused_however_they_are_written() {
    let guarded = client(Private::Refused);
    for host in ["localhost", "127.0.0.1", "2130706433", "::1", "[::1]"] {
        let refused = guarded.stream(host, 143, Tls::None).await;
        assert!(matches!(refused, Err(Failure::Refused(_))), "{host}");
    }
    let url = Url::parse("ws://127.0.0.1:9/").unwrap();
    assert!(matches!(guarded.websocket(&url, &[]).await, Err(Failure::Refused(_))));
    let url = Url::parse("https://gateway.example/").unwrap();
    assert!(matches!(guarded.websocket(&url, &[]).await, Err(Failure::Refused(_))));
}

#[tokio::test]
async fn a_stream_carries_bytes() {
    let port = server(|mut stream| async move {
        stream.write_all(b"* OK ready\r\n").await.unwrap();
        let mut said = [0; 4];
        stream.read_exact(&mut said).await.unwrap();
        assert_eq!(&said, b"NOOP");
        stream.write_all(b"done").await.unwrap();
    })
    .await;
    let mut stream = client(Private::Allowed).stream("127.0.0.1", port, Tls::StartTls).await.unwrap();
    assert!(!stream.is_private());
    let mut greeting = [0; 12];
    stream.read_exact(&mut greeting).await.unwrap();
    stream.write_all(b"NOOP").await.unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert_eq!((&greeting, rest.as_slice()), (b"* OK ready\r\n", &b"done"[..]));
}

#[tokio::test]
async fn who_does_not_speak_tls_is_not_believed() {
    for tls in [Tls::Implicit, Tls::StartTls] {
        let port = server(|mut stream| async move {
            let _ = stream.write_all(b"220 hello, no TLS here\r\n").await;
            let _ = stream.read(&mut [0; 512]).await;
        })
        .await;
        let connected = client(Private::Allowed).stream("127.0.0.1", port, tls).await;
        let secured = match connected {
            Ok(plain) => plain.start_tls().await,
            refused => refused,
        };
        assert!(matches!(secured, Err(Failure::NotSent(_))), "{tls:?}");
    }
}

#[tokio::test]
async fn a_closed_port_was_not_sent() {
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let refused = client(Private::Allowed).stream("127.0.0.1", port, Tls::None).await;
    assert!(matches!(refused, Err(Failure::NotSent(_))));
}
