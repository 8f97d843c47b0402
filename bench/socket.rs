//! A WebSocket client that costs a load generator next to nothing: it counts whole frames and looks into few.

use std::{cell::RefCell, io, net::SocketAddr};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;
/// What one read takes at most.
const READ: usize = 64 * 1024;

thread_local! {
    /// Shared by all sockets of a thread, so that it stays in the processor's cache.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ]);
}

pub struct Socket {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Where the next frame begins.
    at: usize,
}

impl Socket {
    pub async fn open(address: SocketAddr, path: &str) -> io::Result<Self> {
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: AAECAwQFBgcICQoLDA0ODw==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut socket = Self { stream, buffer: Vec::with_capacity(4096), at: 0 };
        let end = loop {
            let end = socket.buffer.windows(4).position(|window| window == b"\r\n\r\n");
            match end {
                Some(end) => break end + 4,
                None => socket.fill().await?,
            }
        };
        if !socket.buffer.starts_with(b"HTTP/1.1 101") {
            let head = String::from_utf8_lossy(&socket.buffer[..end.min(80)]).into_owned();
            return Err(io::Error::other(format!("no socket: {head}")));
        }
        socket.at = end;
        Ok(socket)
    }

    /// A socket of the hub's that has said who it is, and where the hub's news begin for it.
    pub async fn enter(address: SocketAddr, token: &str, cursor: Option<&str>) -> io::Result<(Self, String)> {
        let mut socket = Self::open(address, "/ws").await?;
        let mut data = serde_json::json!({"token": token});
        if let Some(cursor) = cursor {
            data["cursor"] = cursor.into();
        }
        let hello = serde_json::json!({"type": "authenticate", "data": data}).to_string();
        socket.send(TEXT, hello.as_bytes()).await?;
        let answer: Value = loop {
            if let Some(text) = socket.next().await? {
                break serde_json::from_slice(text)?;
            }
        };
        match (answer["type"].as_str(), answer["cursor"].as_str()) {
            (Some("authenticated"), Some(cursor)) => {
                let cursor = cursor.to_owned();
                Ok((socket, cursor))
            }
            _ => Err(io::Error::other(format!("not let in: {answer}"))),
        }
    }

    /// The next text; `None` for a frame of the protocol's own.
    pub async fn next(&mut self) -> io::Result<Option<&[u8]>> {
        let (kind, payload) = loop {
            match frame(&self.buffer[self.at..]) {
                Some((kind, payload)) => break (kind, self.at + payload.start..self.at + payload.end),
                None => self.fill().await?,
            }
        };
        self.at = payload.end;
        match kind {
            TEXT => Ok(Some(&self.buffer[payload])),
            PING => {
                let echo = self.buffer[payload].to_vec();
                self.send(PONG, &echo).await?;
                Ok(None)
            }
            CLOSE => Err(io::ErrorKind::ConnectionAborted.into()),
            _ => Ok(None),
        }
    }

    /// Reads what has come and counts the news in it: the hub's, or every text where `all` are. Do not mix with [`Socket::next`] after
    /// the first call.
    pub async fn count(&mut self, all: bool) -> io::Result<u64> {
        if self.at > 0 {
            self.buffer.drain(..self.at);
            self.at = 0;
        }
        let heard = if self.buffer.is_empty() {
            self.stream.readable().await?;
            Heard::default()
        } else {
            // What came behind the answers that were looked into.
            let heard = tally(&self.buffer, all)?;
            self.buffer.drain(..heard.bytes);
            if heard.news > 0 || self.buffer.is_empty() {
                return self.answer(heard).await;
            }
            self.stream.readable().await?;
            heard
        };
        let more = SCRATCH.with_borrow_mut(|scratch| {
            let length = match self.stream.try_read(scratch) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Heard::default()),
                Err(error) => return Err(error),
            };
            if self.buffer.is_empty() {
                let heard = tally(&scratch[..length], all)?;
                self.buffer.extend_from_slice(&scratch[heard.bytes..length]);
                return Ok(heard);
            }
            self.buffer.extend_from_slice(&scratch[..length]);
            let heard = tally(&self.buffer, all)?;
            self.buffer.drain(..heard.bytes);
            Ok(heard)
        })?;
        self.answer(Heard { news: heard.news + more.news, pinged: heard.pinged | more.pinged, bytes: 0 })
            .await
    }

    async fn answer(&mut self, heard: Heard) -> io::Result<u64> {
        if heard.pinged {
            self.send(PONG, b"").await?;
        }
        Ok(heard.news)
    }

    /// Masked with zeros, which is allowed and costs nothing.
    async fn send(&mut self, kind: u8, payload: &[u8]) -> io::Result<()> {
        let mut bytes = vec![0x80 | kind];
        match u16::try_from(payload.len()) {
            Ok(short @ 0..126) => bytes.push(0x80 | short.to_be_bytes()[1]),
            Ok(length) => {
                bytes.push(0x80 | 126);
                bytes.extend(length.to_be_bytes());
            }
            Err(_) => return Err(io::ErrorKind::InvalidInput.into()),
        }
        bytes.extend([0; 4]);
        bytes.extend_from_slice(payload);
        self.stream.write_all(&bytes).await
    }

    async fn fill(&mut self) -> io::Result<()> {
        if self.at > 0 {
            self.buffer.drain(..self.at);
            self.at = 0;
        }
        if self.buffer.capacity() - self.buffer.len() < 2048 {
            self.buffer.reserve(16 * 1024);
        }
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// What whole frames held.
#[derive(Default)]
struct Heard {
    news: u64,
    pinged: bool,
    /// Of all whole frames together.
    bytes: usize,
}

fn tally(bytes: &[u8], all: bool) -> io::Result<Heard> {
    let mut heard = Heard::default();
    while let Some((kind, payload)) = frame(&bytes[heard.bytes..]) {
        let text = &bytes[heard.bytes..][payload.clone()];
        match kind {
            TEXT => heard.news += u64::from(all || is_news(text)),
            PING => heard.pinged = true,
            CLOSE => return Err(io::ErrorKind::ConnectionAborted.into()),
            _ => {}
        }
        heard.bytes += payload.end;
    }
    Ok(heard)
}

/// Kind and payload of the first whole frame.
fn frame(bytes: &[u8]) -> Option<(u8, std::ops::Range<usize>)> {
    let (first, second) = (*bytes.first()?, *bytes.get(1)?);
    let (begin, length) = match second & 0x7f {
        126 => (4, usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
        127 => (10, usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?),
        short => (2, usize::from(short)),
    };
    (bytes.len() >= begin + length).then_some((first & 0x0f, begin..begin + length))
}

/// The value of a frame's first member of that name, as text: cheaper than parsing.
pub fn member<'a>(frame: &'a [u8], name: &str) -> Option<&'a str> {
    let text = std::str::from_utf8(frame).ok()?;
    let begin = text.find(&format!(r#""{name}":""#))? + name.len() + 4;
    text[begin..].split('"').next()
}

/// Whether the frame tells of something that was committed: a message, or what became of one.
pub fn is_news(frame: &[u8]) -> bool {
    is_message(frame) || frame.starts_with(br#"{"type":"message_status""#)
}

/// Whether the frame tells of a new message.
pub fn is_message(frame: &[u8]) -> bool {
    frame.starts_with(br#"{"type":"new_message""#)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_every_length_are_found() {
        assert_eq!(frame(&[0x81, 2, b'h', b'i', 9]), Some((TEXT, 2..4)));
        assert_eq!(frame(&[0x81, 3, b'h', b'i']), None);
        let mut long = vec![0x81, 126, 1, 0];
        long.extend([0; 256]);
        assert_eq!(frame(&long), Some((TEXT, 4..260)));
        assert_eq!(frame(&[0x89, 0]), Some((PING, 2..2)));
    }

    #[test]
    fn whole_frames_are_counted_and_the_rest_is_left() {
        let news = br#"{"type":"new_message"}"#;
        let mut bytes = vec![0x89, 0, 0x81, news.len() as u8];
        bytes.extend(news);
        bytes.extend([0x81, 2, b'{', b'}', 0x81, 9]);
        let heard = tally(&bytes, false).unwrap();
        assert_eq!((heard.news, heard.pinged, heard.bytes), (1, true, bytes.len() - 2));
        assert_eq!(tally(&bytes, true).unwrap().news, 2);
        assert!(tally(&[0x88, 0], true).is_err());
    }

    #[test]
    fn members_are_found_without_parsing() {
        let frame = br#"{"type":"new_message","id":"17","cursor":"a.b","data":{}}"#;
        assert!(is_message(frame));
        assert_eq!(member(frame, "id"), Some("17"));
        assert_eq!(member(frame, "cursor"), Some("a.b"));
        assert_eq!(member(frame, "none"), None);
    }
}
