//! The side that takes letters (RFC 5321): EHLO, AUTH PLAIN, LOGIN and XOAUTH2, MAIL, RCPT, DATA. Faults refuse a command with the code
//! that was asked for, or cut the connection before or after it was carried out.

use std::io;

use base64::{Engine, engine::general_purpose::STANDARD};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

use super::{State, world::Stored};
use crate::Fault;

#[derive(Default)]
struct Client {
    user: Option<String>,
    from: Option<String>,
    to: Vec<String>,
}

/// What to say, and whether to go on.
enum Said {
    Line(String),
    Cut,
}

pub(super) async fn serve(stream: TcpStream, state: &State) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut client = Client::default();
    say(&mut stream, "220 hub.example ESMTP played").await?;
    while let Some(line) = line(&mut stream).await? {
        let command = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let fault = if command == "DATA" { None } else { state.faults.take(&command) };
        let said = match (command.as_str(), fault) {
            (_, Some(fault)) => trouble(&fault),
            ("QUIT", _) => {
                say(&mut stream, "221 2.0.0 bye").await?;
                return Ok(());
            }
            ("AUTH", _) => Said::Line(log_in(&mut stream, state, &mut client, &line).await?),
            ("DATA", _) => data(&mut stream, state, &mut client).await?,
            _ => Said::Line(client.obey(&command, &line)),
        };
        match said {
            Said::Line(text) => say(&mut stream, &text).await?,
            Said::Cut => return Ok(()),
        }
    }
    Ok(())
}

fn trouble(fault: &Fault) -> Said {
    match fault {
        Fault::Refuse { code, .. } => Said::Line(format!("{code} refused as asked")),
        Fault::Status(code) => Said::Line(format!("{code} refused as asked")),
        Fault::CutAfter | Fault::CutBefore | Fault::Slow(_) => Said::Cut,
    }
}

impl Client {
    fn obey(&mut self, command: &str, line: &str) -> String {
        match command {
            "EHLO" => "250-hub.example\r\n250-SIZE 26214400\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN XOAUTH2"
                .to_owned(),
            "HELO" | "NOOP" | "RSET" => "250 2.0.0 ok".to_owned(),
            "MAIL" if self.user.is_none() => "530 5.7.0 log in first".to_owned(),
            "MAIL" => match address(line) {
                Some(from) if self.user.as_deref() == Some(from.to_lowercase().as_str()) => {
                    self.from = Some(from);
                    self.to.clear();
                    "250 2.1.0 ok".to_owned()
                }
                _ => "553 5.7.1 that is not your address".to_owned(),
            },
            "RCPT" if self.from.is_none() => "503 5.5.1 MAIL first".to_owned(),
            "RCPT" => match address(line).filter(|to| to.contains('@')) {
                Some(to) if to.starts_with("nobody@") => format!("550 5.1.1 <{to}>: no such user"),
                Some(to) => {
                    self.to.push(to);
                    "250 2.1.5 ok".to_owned()
                }
                None => "501 5.1.3 that is no address".to_owned(),
            },
            _ => "502 5.5.2 no such command".to_owned(),
        }
    }
}

/// Between the angle brackets.
fn address(line: &str) -> Option<String> {
    let (_, rest) = line.split_once('<')?;
    Some(rest.split_once('>')?.0.to_owned())
}

async fn log_in(
    stream: &mut BufReader<TcpStream>,
    state: &State,
    client: &mut Client,
    line: &str,
) -> io::Result<String> {
    let mut words = line.split_whitespace().skip(1);
    let way = words.next().unwrap_or_default().to_ascii_uppercase();
    let first = words.next().map(str::to_owned);
    let text = |coded: String| {
        String::from_utf8_lossy(&STANDARD.decode(coded.trim()).unwrap_or_default()).into_owned()
    };
    let (user, password) = match way.as_str() {
        "LOGIN" => {
            let user = ask(stream, "334 VXNlcm5hbWU6").await?;
            (text(user), text(ask(stream, "334 UGFzc3dvcmQ6").await?))
        }
        "PLAIN" | "XOAUTH2" => {
            let coded = match first {
                Some(first) => first,
                None => ask(stream, "334 ").await?,
            };
            super::imap::credentials(&way, &text(coded))
        }
        _ => return Ok("504 5.5.4 no such way".to_owned()),
    };
    let known = state.world().mailboxes.get(&user.to_lowercase()).is_some_and(|one| one.lets_in(&password));
    if !known {
        return Ok("535 5.7.8 authentication failed".to_owned());
    }
    client.user = Some(user.to_lowercase());
    Ok("235 2.7.0 welcome".to_owned())
}

async fn ask(stream: &mut BufReader<TcpStream>, question: &str) -> io::Result<String> {
    say(stream, question).await?;
    Ok(line(stream).await?.unwrap_or_default())
}

/// Takes the letter; its fault strikes behind the final dot.
async fn data(stream: &mut BufReader<TcpStream>, state: &State, client: &mut Client) -> io::Result<Said> {
    let Some(from) = client.from.clone().filter(|_| !client.to.is_empty()) else {
        return Ok(Said::Line("503 5.5.1 RCPT first".to_owned()));
    };
    say(stream, "354 go on").await?;
    let mut raw = String::new();
    loop {
        let Some(line) = line(stream).await? else { return Ok(Said::Cut) };
        if line == "." {
            break;
        }
        raw.push_str(line.strip_prefix('.').unwrap_or(&line));
        raw.push_str("\r\n");
    }
    let fault = state.faults.take("DATA");
    if let Some(fault) = fault.as_ref().filter(|fault| !matches!(fault, Fault::CutAfter)) {
        return Ok(trouble(fault));
    }
    let changed = state.world().take(Stored { from, to: std::mem::take(&mut client.to), raw });
    changed.iter().for_each(|(account, customer)| state.changed(account, customer));
    Ok(if fault.is_some() { Said::Cut } else { Said::Line("250 2.0.0 taken".to_owned()) })
}

async fn say(stream: &mut BufReader<TcpStream>, text: &str) -> io::Result<()> {
    stream.write_all(format!("{text}\r\n").as_bytes()).await
}

async fn line(stream: &mut BufReader<TcpStream>) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    if stream.read_until(b'\n', &mut bytes).await? == 0 {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}
