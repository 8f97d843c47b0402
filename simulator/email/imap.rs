//! The side that is read (a part of RFC 3501 and RFC 2177): LOGIN, AUTHENTICATE, SELECT and EXAMINE of the inbox and of the folder for sent
//! letters, UID SEARCH, UID FETCH, IDLE, LIST (RFC 6154) and APPEND of the folder for sent letters.

use std::io;

use base64::{Engine, engine::general_purpose::STANDARD};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    sync::broadcast::error::RecvError,
};

use super::State;
use crate::Fault;

/// The folder for sent letters, in the language of its owner.
const SENT: &str = "Envoyes";
const CAPABILITIES: &str = "IMAP4rev1 IDLE AUTH=PLAIN AUTH=XOAUTH2 LITERAL+";

/// User and password of what SASL PLAIN or XOAUTH2 says. A token counts as a password.
pub(super) fn credentials(way: &str, said: &str) -> (String, String) {
    if way == "XOAUTH2" {
        let field = |name: &str| {
            said.split('\x01').find_map(|piece| piece.strip_prefix(name)).unwrap_or_default().to_owned()
        };
        return (field("user="), field("auth=Bearer "));
    }
    let mut words = said.split('\0').skip(1).map(str::to_owned);
    (words.next().unwrap_or_default(), words.next().unwrap_or_default())
}

/// What a client has opened, and how many of its letters it has been told of.
struct Looks {
    sent: bool,
    told: usize,
}

impl Looks {
    fn new(state: &State, user: &str, sent: bool) -> Self {
        Self { sent, told: count(state, user, sent) }
    }
}

pub(super) async fn serve(stream: TcpStream, state: &State) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut user = None;
    let mut looks_at = Looks { sent: false, told: 0 };
    say(&mut stream, &format!("* OK [CAPABILITY {CAPABILITIES}] played")).await?;
    while let Some(line) = line(&mut stream).await? {
        let mut words = line.splitn(3, ' ');
        let (tag, mut command) =
            (words.next().unwrap_or_default(), words.next().unwrap_or_default().to_ascii_uppercase());
        let mut rest = words.next().unwrap_or_default().to_owned();
        if command == "UID" {
            let (second, more) = rest.split_once(' ').unwrap_or((&rest, ""));
            (command, rest) = (second.to_ascii_uppercase(), more.to_owned());
        }
        match state.faults.take(&command) {
            Some(Fault::Refuse { .. } | Fault::Status(_)) => {
                say(&mut stream, &format!("{tag} NO refused as asked")).await?;
                continue;
            }
            Some(_) => return Ok(()),
            None => {}
        }
        match command.as_str() {
            "CAPABILITY" => {
                say(&mut stream, &format!("* CAPABILITY {CAPABILITIES}\r\n{tag} OK done")).await?
            }
            "NOOP" => say(&mut stream, &format!("{tag} OK done")).await?,
            "LOGOUT" => return say(&mut stream, &format!("* BYE bye\r\n{tag} OK done")).await,
            "LOGIN" | "AUTHENTICATE" => {
                user = log_in(&mut stream, state, &command, &rest).await?;
                let said = if user.is_some() {
                    "OK welcome"
                } else {
                    "NO [AUTHENTICATIONFAILED] wrong user or password"
                };
                say(&mut stream, &format!("{tag} {said}")).await?;
            }
            _ => match &user {
                None => say(&mut stream, &format!("{tag} BAD log in first")).await?,
                Some(user) if command == "APPEND" => append(&mut stream, state, user, &rest, tag).await?,
                Some(user) if command == "IDLE" => idle(&mut stream, state, user, tag, &mut looks_at).await?,
                Some(user) => {
                    if command == "SELECT" || command == "EXAMINE" {
                        let folder = quoted(&rest).into_iter().next().unwrap_or_default();
                        if folder != SENT && !folder.eq_ignore_ascii_case("INBOX") {
                            say(&mut stream, &format!("{tag} NO [NONEXISTENT] no such folder")).await?;
                            continue;
                        }
                        looks_at = Looks::new(state, user, folder == SENT);
                    }
                    let answer = answer(state, user, looks_at.sent, &command, &rest, tag);
                    stream.write_all(&answer).await?;
                }
            },
        }
    }
    Ok(())
}

async fn log_in(
    stream: &mut BufReader<TcpStream>,
    state: &State,
    command: &str,
    rest: &str,
) -> io::Result<Option<String>> {
    let (user, password) = if command == "LOGIN" {
        let mut words = quoted(rest).into_iter();
        (words.next().unwrap_or_default(), words.next().unwrap_or_default())
    } else {
        say(stream, "+ ").await?;
        let said = line(stream).await?.unwrap_or_default();
        let said = String::from_utf8_lossy(&STANDARD.decode(said.trim()).unwrap_or_default()).into_owned();
        credentials(rest.trim().to_ascii_uppercase().as_str(), &said)
    };
    let user = user.to_lowercase();
    let known = state.world().mailboxes.get(&user).is_some_and(|one| one.lets_in(&password));
    if !known && command == "AUTHENTICATE" {
        // The reason, which the client answers with an empty line.
        say(stream, &format!("+ {}", STANDARD.encode(r#"{"status":"400"}"#))).await?;
        line(stream).await?;
    }
    Ok(known.then_some(user))
}

/// Words, in quotes or without.
fn quoted(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let (mut inside, mut escaped) = (false, false);
    for c in text.chars() {
        match c {
            _ if escaped => {
                word.push(c);
                escaped = false;
            }
            '\\' if inside => escaped = true,
            '"' => inside = !inside,
            ' ' if !inside => words.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    words.push(word);
    words
}

fn answer(state: &State, user: &str, sent: bool, command: &str, rest: &str, tag: &str) -> Vec<u8> {
    let world = state.world();
    let Some(mailbox) = world.mailboxes.get(user) else { return format!("{tag} NO gone\r\n").into_bytes() };
    let mailbox = mailbox.folder(sent);
    let next = mailbox.letters.len() + 1;
    let mut out = Vec::new();
    match command {
        "SELECT" | "EXAMINE" => out.extend_from_slice(
            format!(
                "* FLAGS (\\Seen)\r\n* {} EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY {}] ok\r\n* OK [UIDNEXT {next}] ok\r\n",
                next - 1,
                mailbox.uid_validity
            )
            .as_bytes(),
        ),
        "LIST" => out.extend_from_slice(
            format!("* LIST (\\HasNoChildren) \"/\" INBOX\r\n* LIST (\\HasNoChildren \\Sent) \"/\" \"{SENT}\"\r\n").as_bytes(),
        ),
        "SEARCH" => {
            let found: Vec<_> = range(rest, next - 1).filter(|uid| mailbox.letters.get(uid - 1).is_some_and(Option::is_some)).collect();
            let list: String = found.iter().map(|uid| format!(" {uid}")).collect();
            out.extend_from_slice(format!("* SEARCH{list}\r\n").as_bytes());
        }
        "FETCH" => {
            let (set, items) = rest.split_once(' ').unwrap_or((rest, ""));
            for uid in range(&format!("UID {set}"), next - 1) {
                if let Some(Some(letter)) = mailbox.letters.get(uid - 1) {
                    out.extend_from_slice(&fetched(uid, letter, items));
                }
            }
        }
        _ => return format!("{tag} BAD no such command\r\n").into_bytes(),
    }
    out.extend_from_slice(format!("{tag} OK done\r\n").as_bytes());
    out
}

/// Takes a letter into the folder for sent ones; its size stands at the end of the line.
async fn append(
    stream: &mut BufReader<TcpStream>,
    state: &State,
    user: &str,
    rest: &str,
    tag: &str,
) -> io::Result<()> {
    let size = rest.rsplit_once('{').and_then(|(_, size)| size.trim_end_matches('}').parse().ok());
    let (Some(size), Some(SENT)) = (size, quoted(rest).first().map(String::as_str)) else {
        return say(stream, &format!("{tag} NO [TRYCREATE] no such folder")).await;
    };
    say(stream, "+ go on").await?;
    let mut letter = vec![0; size];
    stream.read_exact(&mut letter).await?;
    line(stream).await?;
    if let Some(mailbox) = state.world().mailboxes.get_mut(user) {
        mailbox.sent.add(letter);
    }
    let _ = state.arrivals.send(user.to_owned());
    say(stream, &format!("{tag} OK done")).await
}

fn fetched(uid: usize, letter: &[u8], items: &str) -> Vec<u8> {
    let mut out = format!("* {uid} FETCH (UID {uid}").into_bytes();
    if items.contains("RFC822.SIZE") {
        out.extend_from_slice(format!(" RFC822.SIZE {}", letter.len()).as_bytes());
    }
    let head = letter.windows(4).position(|four| four == b"\r\n\r\n").map_or(letter.len(), |at| at + 4);
    for (name, bytes) in [("BODY[HEADER]", &letter[..head]), ("BODY[]", letter)] {
        if items.contains(&name.replace("BODY", "BODY.PEEK")) {
            out.extend_from_slice(format!(" {name} {{{}}}\r\n", bytes.len()).as_bytes());
            out.extend_from_slice(bytes);
        }
    }
    out.extend_from_slice(b")\r\n");
    out
}

/// `UID 4:*`, `UID 7`; everything for any other question. A range that ends with `*` holds the last one.
fn range(asked: &str, last: usize) -> std::ops::RangeInclusive<usize> {
    let set = asked.strip_prefix("UID ").unwrap_or("1:*");
    let (from, to) = set.split_once(':').unwrap_or((set, set));
    let number = |text: &str| if text == "*" { last } else { text.parse().unwrap_or(last) };
    let (from, to) = (number(from), number(to));
    from.min(to).max(1)..=from.max(to).min(last)
}

fn count(state: &State, user: &str, sent: bool) -> usize {
    state.world().mailboxes.get(user).map_or(0, |mailbox| mailbox.folder(sent).letters.len())
}

/// Tells of arrivals until the client is done, also of those since it was last told.
async fn idle(
    stream: &mut BufReader<TcpStream>,
    state: &State,
    user: &str,
    tag: &str,
    looks_at: &mut Looks,
) -> io::Result<()> {
    let mut arrivals = state.arrivals.subscribe();
    let mut done = String::new();
    say(stream, "+ idling").await?;
    loop {
        let now = count(state, user, looks_at.sent);
        if now != looks_at.told {
            say(stream, &format!("* {now} EXISTS")).await?;
            looks_at.told = now;
        }
        tokio::select! {
            read = stream.read_line(&mut done) => {
                read?;
                return say(stream, &format!("{tag} OK done")).await;
            }
            arrived = arrivals.recv() => if matches!(arrived, Err(RecvError::Closed)) { return Ok(()) },
        }
    }
}

async fn say(stream: &mut BufReader<TcpStream>, text: &str) -> io::Result<()> {
    stream.write_all(format!("{text}\r\n").as_bytes()).await
}

async fn line(stream: &mut BufReader<TcpStream>) -> io::Result<Option<String>> {
    let mut text = String::new();
    let read = stream.read_line(&mut text).await?;
    Ok((read > 0).then(|| text.trim_end_matches(['\r', '\n']).to_owned()))
}
