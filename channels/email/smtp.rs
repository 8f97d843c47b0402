//! Hands a letter to a mail server (RFC 5321) over the hub's own door. Until the final dot nothing has been sent; behind it, a lost
//! answer means that nobody knows.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use lettre::Message;
use net::Stream;
use secrecy::ExposeSecret;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufStream},
    time::timeout,
};

use super::{
    account::Server,
    errors::{self, Reply, Stage},
};
use crate::{Check, Refusal, Scope, SendError, error::NextStep};

const ANSWER_TIME: Duration = Duration::from_secs(60);
/// RFC 5321 asks for ten minutes behind the final dot; a worker does not wait so long.
const LETTER_TIME: Duration = Duration::from_secs(120);
/// Bytes of the longest line of an answer.
const LINE_MAX: usize = 4096;

/// A connection that is logged in.
pub(super) struct Smtp {
    stream: BufStream<Stream>,
    extensions: Vec<String>,
}

/// Hands it over; the server's last word, in which some tell an id of their own.
pub(super) async fn send(server: &Server, letter: &Message, net: &net::Client) -> Result<String, SendError> {
    let mut smtp = Smtp::open(server, net).await?;
    let reply = smtp.send(letter).await?;
    // The letter is there, whatever becomes of the parting.
    let _ = smtp.command("QUIT", Stage::Letter).await;
    Ok(reply.text)
}

/// Logs in and out again.
pub(super) async fn check(server: Result<Server, Refusal>, net: &net::Client) -> Check {
    let server = match server {
        Ok(server) => server,
        Err(why) => return Check::refused("sending", &why),
    };
    match Smtp::open(&server, net).await {
        Ok(_) => Check::passed("sending", "The mail server lets us send."),
        Err(
            SendError::Refused(why) | SendError::AccountBroken(why) | SendError::Later { reason: why, .. },
        ) => Check::refused("sending", &why),
        Err(SendError::Unknown(why)) => Check::failed("sending", why),
    }
}

impl Smtp {
    pub(super) async fn open(server: &Server, net: &net::Client) -> Result<Self, SendError> {
        let dialed = net.stream(&server.host, server.port, server.tls).await;
        let stream = dialed.map_err(|failure| SendError::from_failure(&failure))?;
        let mut smtp = Self { stream: BufStream::new(stream), extensions: Vec::new() };
        smtp.expect(Stage::Greeting, 220).await?;
        smtp.hello().await?;
        if server.tls == net::Tls::StartTls {
            smtp.command("STARTTLS", Stage::Greeting).await?;
            let stream = smtp.stream.into_inner().start_tls().await;
            smtp.stream = BufStream::new(stream.map_err(|failure| SendError::from_failure(&failure))?);
            smtp.hello().await?;
        }
        smtp.log_in(server).await?;
        Ok(smtp)
    }

    async fn hello(&mut self) -> Result<(), SendError> {
        let reply = self.command("EHLO switchboard.localdomain", Stage::Greeting).await?;
        self.extensions = reply.text.to_ascii_uppercase().lines().map(str::to_owned).collect();
        Ok(())
    }

    async fn log_in(&mut self, server: &Server) -> Result<(), SendError> {
        let ways =
            self.extensions.iter().find_map(|line| line.strip_prefix("AUTH ")).unwrap_or_default().to_owned();
        let offers = |way: &str| ways.split_whitespace().any(|one| one == way);
        if let Some(token) = &server.token {
            if token.expose_secret().is_empty() {
                return Err(lost("the OAuth token is being renewed"));
            }
            let first = STANDARD.encode(server.xoauth2(token));
            let reply = self.say(&format!("AUTH XOAUTH2 {first}"), Stage::LogIn).await?;
            // The reason comes as a challenge that wants an empty answer.
            let reply = if reply.code == 334 { self.say("", Stage::LogIn).await? } else { reply };
            return positive(Stage::LogIn, reply).map(|_| ());
        }
        let password = server.password.expose_secret();
        // A server of one's own network may want none.
        if password.is_empty() || ways.is_empty() {
            return Ok(());
        }
        if offers("PLAIN") || !offers("LOGIN") {
            let plain = STANDARD.encode(format!("\0{}\0{password}", server.user));
            return self.command(&format!("AUTH PLAIN {plain}"), Stage::LogIn).await.map(|_| ());
        }
        self.command("AUTH LOGIN", Stage::LogIn).await?;
        self.command(&STANDARD.encode(&server.user), Stage::LogIn).await?;
        self.command(&STANDARD.encode(password), Stage::LogIn).await.map(|_| ())
    }

    async fn send(&mut self, letter: &Message) -> Result<Reply, SendError> {
        let bytes = letter.formatted();
        let envelope = letter.envelope();
        let from = envelope.from().map(ToString::to_string).unwrap_or_default();
        let size = if self.offers("SIZE") { format!(" SIZE={}", bytes.len()) } else { String::new() };
        self.command(&format!("MAIL FROM:<{from}>{size}"), Stage::Sender).await?;
        // One that is refused stops the letter for all: nobody gets it twice when it is mended.
        for to in envelope.to() {
            self.command(&format!("RCPT TO:<{to}>"), Stage::Recipient).await?;
        }
        self.command("DATA", Stage::Letter).await?;
        let body = stuffed(&bytes);
        let written = timeout(LETTER_TIME, async {
            self.stream.write_all(&body).await?;
            self.stream.flush().await
        });
        match written.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(lost(&error.to_string())),
            Err(_) => return Err(lost("it took too long")),
        }
        self.end().await
    }

    /// The final dot. From here on a lost answer is an unknown outcome.
    async fn end(&mut self) -> Result<Reply, SendError> {
        let unknown = |why: &str| {
            SendError::Unknown(format!("The mail server did not say whether it took the letter: {why}"))
        };
        let said = timeout(LETTER_TIME, async {
            self.stream.write_all(b".\r\n").await?;
            self.stream.flush().await?;
            self.read().await
        });
        match said.await {
            Ok(Ok(reply)) => positive(Stage::Letter, reply),
            Ok(Err(error)) => Err(unknown(&error.to_string())),
            Err(_) => Err(unknown("it took too long")),
        }
    }

    fn offers(&self, extension: &str) -> bool {
        self.extensions.iter().any(|line| line.split_whitespace().next() == Some(extension))
    }

    /// Says a line; any answer but a good one is an error.
    async fn command(&mut self, line: &str, stage: Stage) -> Result<Reply, SendError> {
        let reply = self.say(line, stage).await?;
        positive(stage, reply)
    }

    async fn expect(&mut self, stage: Stage, code: u16) -> Result<Reply, SendError> {
        let reply = match timeout(ANSWER_TIME, self.read()).await {
            Ok(Ok(reply)) => reply,
            Ok(Err(error)) => return Err(lost(&error.to_string())),
            Err(_) => return Err(lost("it took too long")),
        };
        if reply.code == code { Ok(reply) } else { Err(errors::smtp(stage, &reply)) }
    }

    async fn say(&mut self, line: &str, _stage: Stage) -> Result<Reply, SendError> {
        let said = timeout(ANSWER_TIME, async {
            self.stream.write_all(format!("{line}\r\n").as_bytes()).await?;
            self.stream.flush().await?;
            self.read().await
        });
        match said.await {
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(error)) => Err(lost(&error.to_string())),
            Err(_) => Err(lost("it took too long")),
        }
    }

    /// An answer of one or more lines.
    async fn read(&mut self) -> std::io::Result<Reply> {
        let mut lines = Vec::new();
        loop {
            let mut line = Vec::new();
            let mut limited = tokio::io::AsyncReadExt::take(&mut self.stream, LINE_MAX as u64);
            limited.read_until(b'\n', &mut line).await?;
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            let code = line.get(..3).and_then(|code| code.parse::<u16>().ok());
            let Some(code) = code.filter(|_| lines.len() < 100) else {
                return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, "the connection was cut"));
            };
            lines.push(line.get(4..).unwrap_or_default().to_owned());
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(Reply { code, text: lines.join("\n") });
            }
        }
    }
}

fn positive(stage: Stage, reply: Reply) -> Result<Reply, SendError> {
    if (200..400).contains(&reply.code) { Ok(reply) } else { Err(errors::smtp(stage, &reply)) }
}

/// Before the final dot: the server forgets a letter that was not finished.
fn lost(why: &str) -> SendError {
    let detail = format!("The connection to the mail server was lost: {why}");
    let reason = Refusal::new("platform_unreachable", detail, NextStep::Wait);
    SendError::Later { after: None, scope: Scope::Account, reason }
}

/// Lines that begin with a dot get a second one; the last line is ended.
fn stuffed(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 64);
    let mut at_start = true;
    for byte in bytes {
        if at_start && *byte == b'.' {
            out.push(b'.');
        }
        out.push(*byte);
        at_start = *byte == b'\n';
    }
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_doubled() {
        assert_eq!(stuffed(b".a\r\nb.\r\n..\r\n"), b"..a\r\nb.\r\n...\r\n");
        assert_eq!(stuffed(b"a"), b"a\r\n");
    }
}
