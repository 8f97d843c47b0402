//! What the documents say of the channels is what the code says: the matrix of the README and the table of each page of
//! docs/channels/ stand between marks and are written from `abilities`. `UPDATE_DOCS=1` writes them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use channels::{
    Abilities, Channel,
    abilities::{MediaKind, Reactions, Starts, Unit},
};

const BEGIN: &str = "<!-- written from the code: channels/tests/documented.rs -->";
const END: &str = "<!-- end -->";
const NO: &str = "–";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What a channel can do, each with a few words.
fn facts(abilities: &Abilities) -> Vec<(&'static str, String)> {
    let yes = |it: bool| if it { "yes" } else { NO }.to_owned();
    let unit = match abilities.text.unit {
        Unit::Utf16 => "UTF-16 units",
        _ => "characters",
    };
    let text = match abilities.text.max {
        0 => NO.to_owned(),
        most => format!("{} {unit}", grouped(most)),
    };
    let reactions = match &abilities.reactions {
        Reactions::None => NO.to_owned(),
        Reactions::Any => "any".to_owned(),
        Reactions::Listed(list) => format!("{} kinds", list.len()),
    };
    let buttons = abilities.buttons.as_ref().map(|buttons| format!("up to {}", buttons.max));
    let list = abilities.list.as_ref().map(|list| format!("up to {} rows", list.max_rows));
    vec![
        ("Text", text),
        ("Images", size(abilities, MediaKind::Image)),
        ("Video", size(abilities, MediaKind::Video)),
        ("Voice and audio", size(abilities, MediaKind::Audio)),
        ("Documents", size(abilities, MediaKind::Document)),
        ("Files in one message", abilities.attachments_per_message.to_string()),
        ("Replies to a message", yes(abilities.reply)),
        ("Reactions", reactions),
        ("Editing", time(abilities.edit_seconds)),
        ("Deleting", time(abilities.delete_seconds)),
        ("Buttons", buttons.unwrap_or_else(|| NO.to_owned())),
        ("Lists", list.unwrap_or_else(|| NO.to_owned())),
        ("Templates", yes(abilities.templates)),
        ("Location", yes(abilities.location)),
        ("Tells that you read", yes(abilities.read_receipts)),
        ("Tells that you type", yes(abilities.typing)),
        ("Delivered and read", yes(abilities.statuses)),
        (
            "Free text",
            abilities
                .window_hours
                .map_or_else(|| "always".to_owned(), |hours| format!("{hours} h after theirs")),
        ),
        (
            "Writing first",
            match abilities.can_start {
                Starts::Never => NO,
                Starts::WithTemplate => "by template",
                Starts::Always => "yes",
            }
            .to_owned(),
        ),
        ("Groups", yes(abilities.groups)),
        ("Calls", yes(abilities.calls)),
    ]
}

fn size(abilities: &Abilities, kind: MediaKind) -> String {
    let Some(media) = abilities.media(kind) else { return NO.to_owned() };
    match media.max_bytes {
        bytes if bytes >= 1 << 30 => format!("{} GB", bytes >> 30),
        bytes if bytes >= 1 << 20 => format!("{} MB", bytes >> 20),
        bytes => format!("{} KB", bytes >> 10),
    }
}

fn time(seconds: Option<u32>) -> String {
    match seconds {
        None => NO.to_owned(),
        Some(u32::MAX) => "always".to_owned(),
        Some(seconds) if seconds >= 172_800 && seconds.is_multiple_of(86_400) => {
            format!("{} days", seconds / 86_400)
        }
        Some(seconds) if seconds >= 3600 => format!("{} h", seconds / 3600),
        Some(seconds) => format!("{} min", seconds / 60),
    }
}

fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Capabilities down, channels across.
fn matrix() -> String {
    let all: Vec<_> =
        channels::all().iter().map(|channel| (channel.name(), facts(&channel.abilities()))).collect();
    let names: Vec<_> = all.iter().map(|(name, _)| *name).collect();
    let mut out = format!("| | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(names.len()));
    for (row, (what, _)) in all[0].1.iter().enumerate() {
        let cells: Vec<_> = all.iter().map(|(_, facts)| facts[row].1.as_str()).collect();
        out.push_str(&format!("| {what} | {} |\n", cells.join(" | ")));
    }
    out
}

fn table(channel: &dyn Channel) -> String {
    let abilities = channel.abilities();
    let rows = facts(&abilities).into_iter().map(|(what, fact)| format!("| {what} | {fact} |\n"));
    let rate = abilities.rate_per_second;
    format!("| | |\n|---|---|\n{}| Calls per second | {rate} |\n", rows.collect::<String>())
}

/// Compares what stands between the marks, or writes it.
fn holds(path: &Path, wanted: &str) -> Result<(), String> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
    let (before, rest) = text.split_once(BEGIN).ok_or_else(|| format!("{shown} has no mark {BEGIN}"))?;
    let (found, after) = rest.split_once(END).ok_or_else(|| format!("{shown} has no mark {END}"))?;
    let wanted = format!("\n{wanted}");
    if found == wanted {
        return Ok(());
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path, format!("{before}{BEGIN}{wanted}{END}{after}")).unwrap();
        return Ok(());
    }
    Err(format!("{shown} does not say what the code says; UPDATE_DOCS=1 writes it"))
}

#[test]
fn the_documents_say_what_the_code_says() {
    let root = root();
    let mut faults: Vec<_> = holds(&root.join("README.md"), &matrix()).err().into_iter().collect();
    for channel in channels::all() {
        let path = root.join(format!("docs/channels/{}.md", channel.id()));
        faults.extend(holds(&path, &table(*channel)).err());
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Every field of the form is told of where the admin reads.
#[test]
fn every_field_is_explained() {
    for channel in channels::all() {
        let path = root().join(format!("docs/channels/{}.md", channel.id()));
        let page = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for field in channel.account_form().fields {
            assert!(page.contains(field.label), "{} does not mention {:?}", path.display(), field.label);
        }
    }
}
