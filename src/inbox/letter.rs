//! What only letters have, held against what the channel can carry: a subject, copies, a body in HTML.

use channels::{
    Abilities,
    mail::{Letter, Mailbox},
    message::Part,
};

use crate::{
    db::Tx,
    error::{Error, FieldError, Result},
    ids::ConversationId,
    inbox::{draft::Piece, order::Extras},
};

/// Gives every piece the letter's head. Subjects and HTML mean nothing to a channel without them; a copy that nobody would get
/// is refused.
pub fn address(abilities: &Abilities, extras: &Extras, pieces: &mut [Piece]) -> Result<()> {
    let mut errors = Vec::new();
    for (field, boxes) in [("cc", &extras.cc), ("bcc", &extras.bcc)] {
        if !boxes.is_empty() && !abilities.cc {
            errors.push(FieldError {
                field: field.to_owned(),
                detail: "This channel sends no copies.".to_owned(),
            });
        }
        errors.extend(boxes.iter().enumerate().filter(|(_, one)| !is_address(one)).map(|(index, _)| {
            FieldError {
                field: format!("{field}[{index}].address"),
                detail: "This is no e-mail address.".to_owned(),
            }
        }));
    }
    let subject =
        extras.subject.as_deref().map(str::trim).filter(|text| abilities.subject && !text.is_empty());
    if subject.is_some_and(|subject| subject.chars().any(char::is_control)) {
        errors.push(FieldError { field: "subject".to_owned(), detail: "A subject is one line.".to_owned() });
    }
    if !errors.is_empty() {
        return Err(Error::invalid(errors));
    }
    let html = extras.html.clone().filter(|html| abilities.html && !html.trim().is_empty());
    if subject.is_none() && html.is_none() && extras.cc.is_empty() && extras.bcc.is_empty() {
        return Ok(());
    }
    for (index, piece) in pieces.iter_mut().enumerate() {
        let asked = piece.extras.get_or_insert_default();
        asked.subject = subject.map(str::to_owned);
        asked.cc.clone_from(&extras.cc);
        asked.bcc.clone_from(&extras.bcc);
        asked.html = html.clone().filter(|_| index == 0);
        piece.parts.push(Part::Email(Letter {
            cc: extras.cc.clone(),
            bcc: extras.bcc.clone(),
            subject: subject.map(str::to_owned),
            ..Letter::default()
        }));
    }
    Ok(())
}

/// The first subject is the conversation's.
pub async fn name(tx: &mut Tx, conversation: ConversationId, pieces: &[Piece]) -> Result<()> {
    let subject = pieces.iter().find_map(|piece| piece.extras.as_ref()?.subject.as_deref());
    let Some(subject) = subject else { return Ok(()) };
    sqlx::query(
        "update conversations set subject = $3 where organization_id = $1 and id = $2 and subject is null",
    )
    .bind(tx.organization())
    .bind(conversation)
    .bind(subject)
    .execute(tx.sql())
    .await?;
    Ok(())
}

/// As much as keeps a header in one piece; whether the address exists, only its server knows.
fn is_address(mailbox: &Mailbox) -> bool {
    let clean = |text: &str| !text.chars().any(char::is_control);
    let address = mailbox.address.as_str();
    let parts =
        address.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    let bare = !address.contains(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';'));
    parts && bare && clean(address) && address.len() <= 320 && mailbox.name.as_deref().is_none_or(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Extras {
        Extras {
            subject: Some(" Your order ".into()),
            cc: vec![Mailbox::new("ada@example.org")],
            html: Some("<p>Hi</p>".into()),
            ..Extras::default()
        }
    }

    fn letters() -> Abilities {
        Abilities { subject: true, cc: true, html: true, ..Abilities::default() }
    }

    #[test]
    fn a_letter_carries_its_head_and_a_chat_refuses_copies() {
        let mut pieces = vec![Piece { text: "Hi".into(), ..Piece::default() }];
        address(&letters(), &asked(), &mut pieces).unwrap();
        let extras = pieces[0].extras.as_ref().unwrap();
        assert_eq!((extras.subject.as_deref(), extras.cc.len()), (Some("Your order"), 1));
        assert!(matches!(&pieces[0].parts[..], [Part::Email(letter)] if letter.cc == extras.cc));
        assert!(address(&Abilities::default(), &asked(), &mut pieces).is_err());
        let mut plain = vec![Piece::default()];
        let chat = Extras { cc: Vec::new(), ..asked() };
        address(&Abilities::default(), &chat, &mut plain).unwrap();
        assert_eq!(plain, [Piece::default()]);
    }

    #[test]
    fn what_would_break_a_header_is_refused() {
        for faulty in
            ["ada", "@x", "ada@", "a b@x.org", "<a@x.org>", "a@x.org,b@x.org", "a@x.org\r\nBcc: b@x.org"]
        {
            assert!(!is_address(&Mailbox::new(faulty)), "{faulty}");
        }
        let named = Mailbox { name: Some("Ada\nBcc: x".into()), ..Mailbox::new("ada@example.org") };
        assert!(!is_address(&named));
        let twice = Extras { subject: Some("a\r\nBcc: b@x.org".into()), ..Extras::default() };
        assert!(address(&letters(), &twice, &mut []).is_err());
    }
}
