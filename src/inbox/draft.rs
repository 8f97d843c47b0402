//! What an agent wants to send, held against what the channel can carry, and cut into the messages that the platform
//! takes. Pure: files, templates and the contact were looked up before.

use channels::{
    Abilities, Template,
    abilities::MediaKind,
    message::{Kind, Part},
    split,
    template::{OutboundTemplate, TemplateValue, TemplateValueKind},
};
use serde::{Deserialize, Serialize};

use crate::{
    error::{Error, FieldError, Result},
    ids::AttachmentId,
    inbox::order::Extras,
};

/// An uploaded file that no message has yet.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct File {
    pub id: AttachmentId,
    #[sqlx(try_from = "String")]
    pub kind: FileKind,
    pub mime: String,
    pub size: i64,
}

/// [`MediaKind`], read from its column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileKind(pub MediaKind);

/// One message of the platform.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Piece {
    pub kind: Option<Kind>,
    pub text: String,
    pub parts: Vec<Part>,
    pub extras: Option<Extras>,
    /// With the kinds under which the channel carries them.
    pub files: Vec<(AttachmentId, MediaKind)>,
}

/// What is to be sent, as it was asked for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Draft {
    pub text: String,
    pub extras: Extras,
}

/// The messages to send, in order. Errs with every fault that the agent can mend.
pub fn pieces(
    abilities: &Abilities,
    draft: &Draft,
    files: &[File],
    template: Option<&Template>,
) -> Result<Vec<Piece>> {
    let text = draft.text.trim();
    let extras = &draft.extras;
    let contents = [extras.template.is_some(), extras.location.is_some(), !extras.buttons.is_empty()];
    let special = contents.into_iter().filter(|present| *present).count();
    let header_file = extras.template.is_some() && files.len() == 1;
    if special > 1 || (special == 1 && !files.is_empty() && !header_file) {
        return Err(Error::unprocessable(
            "one_content",
            "A message carries either files, or buttons, or a template, or a location. Send them one after the other.",
        ));
    }
    if let Some(asked) = &extras.template {
        return Ok(vec![templated(abilities, asked, template, extras, files.first())?]);
    }
    if extras.location.is_some() {
        return located(abilities, text, extras);
    }
    if !extras.buttons.is_empty() {
        return Ok(vec![buttoned(abilities, text, extras)?]);
    }
    if files.is_empty() {
        if text.is_empty() {
            return Err(Error::invalid_field("text", "There is nothing to send."));
        }
        if abilities.text.max == 0 {
            return Err(Error::unprocessable("no_texts", "Nothing can be written on this channel."));
        }
        return Ok(plain(abilities, text));
    }
    with_files(abilities, text, files)
}

/// As many messages as the platform needs for the text.
fn plain(abilities: &Abilities, text: &str) -> Vec<Piece> {
    let pieces = split::split(text, &abilities.text).into_iter();
    pieces.map(|text| Piece { kind: Some(Kind::Text), text, ..Piece::default() }).collect()
}

fn with_files(abilities: &Abilities, text: &str, files: &[File]) -> Result<Vec<Piece>> {
    let mut kinds = Vec::new();
    let mut errors = Vec::new();
    for (index, file) in files.iter().enumerate() {
        match carried_as(abilities, file) {
            Ok(kind) => kinds.push(kind),
            Err(detail) => errors.push(FieldError { field: format!("attachments[{index}]"), detail }),
        }
    }
    if !errors.is_empty() {
        return Err(Error::invalid(errors));
    }
    let mut pieces = Vec::new();
    let mut at = 0;
    while at < files.len() {
        let length = abilities.album_length(&kinds[at..]).max(1);
        let end = (at + length).min(files.len());
        let album = files[at..end].iter().zip(&kinds[at..end]).map(|(file, kind)| (file.id, *kind)).collect();
        pieces.push(Piece { kind: Some(kinds[at].into()), files: album, ..Piece::default() });
        at = end;
    }
    let captioned = abilities.media(kinds[0]).is_some_and(|media| media.caption)
        && abilities.text.length(text) <= abilities.text.caption_max;
    if captioned {
        text.clone_into(&mut pieces[0].text);
    } else if !text.is_empty() {
        pieces.splice(0..0, plain(abilities, text));
    }
    Ok(pieces)
}

/// As what the channel takes a file; a file that fits nothing else may still go as a document.
fn carried_as(abilities: &Abilities, file: &File) -> Result<MediaKind, String> {
    let size = u64::try_from(file.size).unwrap_or_default();
    let fits = |kind: MediaKind| {
        abilities.media(kind).is_some_and(|media| media.accepts(&file.mime) && size <= media.max_bytes)
    };
    let kind = file.kind.0;
    if fits(kind) {
        return Ok(kind);
    }
    if fits(MediaKind::Document) {
        return Ok(MediaKind::Document);
    }
    let most = [kind, MediaKind::Document]
        .into_iter()
        .filter_map(|kind| abilities.media(kind))
        .filter(|media| media.accepts(&file.mime))
        .map(|media| media.max_bytes)
        .max();
    Err(match most {
        Some(most) => format!("This file is too large: the channel takes {} MB at most.", most / 1_000_000),
        None => format!("The channel takes no files of this type ({}).", file.mime),
    })
}

fn located(abilities: &Abilities, text: &str, extras: &Extras) -> Result<Vec<Piece>> {
    let Some(place) = extras.location.as_ref().filter(|_| abilities.location) else {
        return Err(Error::invalid_field("location", "This channel cannot carry locations."));
    };
    if !(-90.0..=90.0).contains(&place.latitude) || !(-180.0..=180.0).contains(&place.longitude) {
        return Err(Error::invalid_field("location", "There is no such place on Earth."));
    }
    let part = Part::Location {
        latitude: place.latitude,
        longitude: place.longitude,
        name: place.name.clone(),
        address: place.address.clone(),
        live: false,
    };
    let location = Piece {
        kind: Some(Kind::Location),
        text: place.name.clone().unwrap_or_default(),
        parts: vec![part],
        extras: Some(extras.clone()),
        ..Piece::default()
    };
    let mut pieces = if text.is_empty() { Vec::new() } else { plain(abilities, text) };
    pieces.push(location);
    Ok(pieces)
}

fn buttoned(abilities: &Abilities, text: &str, extras: &Extras) -> Result<Piece> {
    let mut errors = Vec::new();
    let mut fault = |field: String, detail: String| errors.push(FieldError { field, detail });
    // Too many for buttons, or too long: the platform's list takes them, where there is one.
    let list = extras.list || (!fit_buttons(abilities, extras) && abilities.list.is_some());
    let limits = if list {
        abilities.list.as_ref().map(|list| (list.max_rows, list.title_max, 200, list.body_max, false))
    } else {
        abilities.buttons.as_ref().map(|one| (one.max, one.title_max, one.id_max, one.body_max, one.url))
    };
    let Some((most, title_max, id_max, body_max, urls)) = limits else {
        let what = if list { "lists" } else { "buttons" };
        return Err(Error::invalid_field("buttons", format!("This channel has no {what}.")));
    };
    if extras.buttons.len() > most {
        fault("buttons".into(), format!("This channel takes at most {most}."));
    }
    if text.is_empty() || abilities.text.length(text) > body_max {
        fault("text".into(), format!("Buttons need a text of 1 to {body_max} characters."));
    }
    for (index, button) in extras.buttons.iter().enumerate() {
        let field = |name: &str| format!("buttons[{index}].{name}");
        if button.title.trim().is_empty() || abilities.measure(&button.title) > title_max {
            fault(field("title"), format!("A title has 1 to {title_max} characters."));
        }
        if button.id.is_empty() || button.id.len() > id_max {
            fault(field("id"), format!("An id has 1 to {id_max} bytes."));
        }
        if extras.buttons[..index].iter().any(|other| other.id == button.id) {
            fault(field("id"), "Another button has this id.".into());
        }
        if button.url.is_some() && !urls {
            fault(field("url"), "This channel has no buttons that open addresses.".into());
        }
    }
    if !errors.is_empty() {
        return Err(Error::invalid(errors));
    }
    let part = Part::Buttons {
        buttons: extras.buttons.clone(),
        list,
        header: extras.header.clone(),
        footer: extras.footer.clone(),
    };
    Ok(Piece {
        kind: Some(Kind::Interactive),
        text: text.to_owned(),
        parts: vec![part],
        extras: Some(Extras { list, ..extras.clone() }),
        ..Piece::default()
    })
}

fn fit_buttons(abilities: &Abilities, extras: &Extras) -> bool {
    let Some(limits) = &abilities.buttons else { return false };
    let short = extras.buttons.iter().all(|button| abilities.measure(&button.title) <= limits.title_max);
    let links = extras.buttons.iter().any(|button| button.url.is_some());
    links || (short && extras.buttons.len() <= limits.max)
}

fn templated(
    abilities: &Abilities,
    asked: &OutboundTemplate,
    template: Option<&Template>,
    extras: &Extras,
    file: Option<&File>,
) -> Result<Piece> {
    if !abilities.templates {
        return Err(Error::invalid_field("template", "This channel has no templates."));
    }
    let Some(template) = template else {
        return Err(Error::invalid_field(
            "template",
            "There is no such template in this language. Sync the templates.",
        ));
    };
    if template.status != "approved" {
        return Err(Error::invalid_field("template", format!("This template is {}.", template.status)));
    }
    let missing: Vec<_> = template
        .parameters
        .iter()
        .filter(|name| !asked.body.iter().any(|value| value.name == **name))
        .map(|name| FieldError {
            field: format!("template.body.{name}"),
            detail: "This value is missing.".into(),
        })
        .collect();
    if !missing.is_empty() {
        return Err(Error::invalid(missing));
    }
    let files = header_file(abilities, template, !asked.header.is_empty(), file)?;
    let part = Part::Template {
        name: template.name.clone(),
        language: template.language.clone(),
        header: template.header.as_ref().and_then(|header| header.text.clone()),
        footer: template.footer.clone(),
    };
    Ok(Piece {
        kind: Some(Kind::Template),
        text: filled_in(&template.body, &asked.body),
        parts: vec![part],
        extras: Some(named(extras, template)),
        files: files.into_iter().collect(),
    })
}

/// As asked, with the platform's own id of the template.
fn named(extras: &Extras, template: &Template) -> Extras {
    let mut extras = extras.clone();
    if let Some(asked) = &mut extras.template {
        asked.external_id = Some(template.external_id.clone());
    }
    extras
}

/// A template whose header is a file takes one, as an attachment or as an address among its values; others take none.
fn header_file(
    abilities: &Abilities,
    template: &Template,
    given: bool,
    file: Option<&File>,
) -> Result<Option<(AttachmentId, MediaKind)>> {
    let format = template.header.as_ref().map(|header| header.format.as_str());
    let wanted = match format {
        Some("image") => MediaKind::Image,
        Some("video") => MediaKind::Video,
        Some("document") => MediaKind::Document,
        _ if file.is_some() => {
            return Err(Error::invalid_field("attachments", "This template takes no file."));
        }
        _ => return Ok(None),
    };
    let Some(file) = file else {
        let detail =
            format!("This template begins with a file: attach one ({}).", format.unwrap_or_default());
        return if given { Ok(None) } else { Err(Error::invalid_field("template.header", detail)) };
    };
    let as_wanted = File { kind: FileKind(wanted), ..file.clone() };
    match carried_as(abilities, &as_wanted) {
        Ok(kind) if kind == wanted => Ok(Some((file.id, kind))),
        Ok(_) => Err(Error::invalid_field("attachments[0]", "This template takes another kind of file.")),
        Err(detail) => Err(Error::invalid_field("attachments[0]", detail)),
    }
}

/// The template's body as the customer reads it.
fn filled_in(body: &str, values: &[TemplateValue]) -> String {
    values.iter().fold(body.to_owned(), |text, value| {
        let shown = match &value.value {
            TemplateValueKind::Text { text } => text.as_str(),
            TemplateValueKind::Currency { fallback, .. } | TemplateValueKind::DateTime { fallback } => {
                fallback
            }
            _ => return text,
        };
        text.replace(&format!("{{{{{}}}}}", value.name), shown)
    })
}

impl TryFrom<String> for FileKind {
    type Error = serde_json::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        serde_json::from_value(serde_json::Value::String(text)).map(Self)
    }
}
