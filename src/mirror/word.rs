//! What a colleague wrote in a thread becomes an agent's message: sent to the customer, or kept as a note; edits and deletions follow.
//! Whatever cannot be done is said to whoever wrote, with the reason.

use std::sync::Arc;

use channels::{
    MediaLimit, PartyId, Refusal, SendError,
    event::{InboundMedia, InboundMessage, What},
    markup::{self, Marked},
    message::{Content, Part},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    Turn, after_failure, client_prefix, post, refused, render, usable,
    writer::{self, Writer},
};
use crate::{
    app::App,
    db::Tx,
    error::{Error, Result},
    ids::{AttachmentId, ConversationId, IntegrationId, MessageId},
    inbox::{
        attachment,
        draft::Draft,
        integration::Integration,
        message, message_change,
        send::{self, Send, Sent},
    },
    jobs::Job,
    upload,
};

/// Begin a note for colleagues, whatever case they are in.
const NOTES: [&str; 3] = ["//", "note:", "private:"];
/// How long an edit or a deletion waits for its message to leave.
const ON_ITS_WAY: std::time::Duration = std::time::Duration::from_secs(1);

/// What a job is given.
#[derive(Serialize, Deserialize)]
pub struct Heard {
    pub integration_id: IntegrationId,
    pub external_id: String,
    pub what: What,
}

/// The row of what was heard.
#[derive(sqlx::FromRow)]
struct Word {
    conversation_id: ConversationId,
    thread: String,
    id: Uuid,
    #[sqlx(json)]
    author: PartyId,
    message_id: Option<MessageId>,
    created_at: DateTime<Utc>,
}

/// Carries out a `mirror_word` job.
pub async fn carry_out(app: &App, job: &Job) -> Result<Turn> {
    let heard: Heard =
        serde_json::from_value(job.payload.clone()).map_err(|error| Error::Internal(error.to_string()))?;
    let integration = match usable(app, job.organization_id, heard.integration_id).await? {
        Ok(integration) => integration,
        Err(turn) => return Ok(turn),
    };
    let mut tx = app.db.begin(job.organization_id).await?;
    let word = word(&mut tx, &heard).await?;
    tx.commit().await?;
    let Some(word) = word else { return Ok(Turn::Done) };
    let turn = Hearing { app, job, integration, word, external_id: &heard.external_id };
    match &heard.what {
        What::Message(message) => turn.say(message).await,
        What::Edit(edit) => turn.edit(&written(&edit.text, &edit.parts)).await,
        What::Delete(_) => turn.delete().await,
        _ => Ok(Turn::Done),
    }
}

/// `None` if its thread is mirrored no more.
async fn word(tx: &mut Tx, heard: &Heard) -> Result<Option<Word>> {
    Ok(sqlx::query_as(
        "select w.conversation_id, t.thread, w.id, w.author, w.message_id, w.created_at
         from mirror_words w
         join mirrors m on m.organization_id = $1 and m.integration_id = $2 and m.place = w.place
         join mirror_threads t on t.organization_id = $1 and t.integration_id = $2
              and t.conversation_id = w.conversation_id and t.place = w.place
         where w.organization_id = $1 and w.integration_id = $2 and w.external_id = $3",
    )
    .bind(tx.organization())
    .bind(heard.integration_id)
    .bind(&heard.external_id)
    .fetch_optional(tx.sql())
    .await?)
}

/// In the hub's markup, as an agent would have written it.
fn written(text: &str, parts: &[Part]) -> String {
    let ranges = parts.iter().find_map(|part| match part {
        Part::Format { ranges } => Some(ranges.as_slice()),
        _ => None,
    });
    markup::write(&Marked::from_ranges(text, ranges.unwrap_or_default()))
}

/// A note's text without its mark; `None` for what is meant for the customer.
fn note(text: &str) -> Option<&str> {
    let text = text.trim_start();
    NOTES.iter().find_map(|mark| {
        let (begin, rest) = text.split_at_checked(mark.len())?;
        begin.eq_ignore_ascii_case(mark).then(|| rest.trim_start())
    })
}

/// A word and all that is needed to act on it.
struct Hearing<'a> {
    app: &'a App,
    job: &'a Job,
    integration: Arc<Integration>,
    word: Word,
    external_id: &'a str,
}

impl Hearing<'_> {
    async fn say(&self, inbound: &InboundMessage) -> Result<Turn> {
        if self.word.message_id.is_some() {
            return Ok(Turn::Done);
        }
        let text = written(&inbound.text, &inbound.parts);
        let files = match self.fetch(&inbound.media).await? {
            Ok(files) => files,
            Err(turn) => return Ok(turn),
        };
        let colleague = match writer::ask(self.app, &self.integration, &self.word.author).await {
            Ok(colleague) => colleague,
            Err(error) => return self.later(error).await,
        };
        let name = colleague.name.clone();
        let said = async {
            let mut tx = self.app.db.begin(self.job.organization_id).await?;
            let writer = match Writer::of(&mut tx, colleague).await? {
                Ok(writer) => writer,
                Err(why) => return Ok(Err(why)),
            };
            let attachments = self.keep(&mut tx, &writer, &files).await?;
            let note = note(&text);
            let send = Send {
                client_id: format!("{}{}", client_prefix(self.integration.id), self.external_id),
                draft: Draft { text: note.unwrap_or(&text).to_owned(), ..Draft::default() },
                attachments,
                note: note.is_some(),
                force: true,
                ..Send::default()
            };
            let sent = send::send_for(&mut tx, &writer.author(), self.word.conversation_id, &send).await?;
            let (Sent::New(message, _) | Sent::Repeated(message)) = sent;
            self.became(&mut tx, message.id).await?;
            Ok(Ok(tx.commit().await?))
        };
        match said.await {
            Ok(Ok(())) => Ok(Turn::Done),
            Ok(Err(why)) => self.refuse(&name, &inbound.text, &why.detail).await,
            Err(Error::Problem(problem)) if problem.status < 500 => {
                let faults: Vec<_> = problem.errors.iter().map(|fault| fault.detail.as_str()).collect();
                let why = if faults.is_empty() { problem.detail.clone() } else { faults.join(" ") };
                self.refuse(&name, &inbound.text, &why).await
            }
            Err(error) => Err(error),
        }
    }

    async fn edit(&self, text: &str) -> Result<Turn> {
        let Some(id) = self.word.message_id else { return Ok(Turn::Done) };
        let text = note(text).unwrap_or(text);
        self.change(id, "This edit was not carried over", async |tx| {
            if self.is_several(tx, id).await? {
                let why = "it became several messages to the customer.";
                return Err(Error::unprocessable("not_changeable", why));
            }
            message_change::edit_for(tx, id, text).await.map(drop)
        })
        .await
    }

    async fn delete(&self) -> Result<Turn> {
        let Some(id) = self.word.message_id else { return Ok(Turn::Done) };
        self.change(id, "This deletion was not carried over", async |tx| {
            if self.is_several(tx, id).await? {
                let why = "it became several messages to the customer. Delete them in the inbox.";
                return Err(Error::unprocessable("not_changeable", why));
            }
            message_change::delete_for(tx, id).await.map(drop)
        })
        .await
    }

    /// A change that the customer's channel cannot follow is told to its author alone: to all others the thread says what was sent.
    async fn change(
        &self,
        id: MessageId,
        failed: &str,
        change: impl AsyncFnOnce(&mut Tx) -> Result<()>,
    ) -> Result<Turn> {
        let mut tx = self.app.db.begin(self.job.organization_id).await?;
        let status = message::find(&mut tx, id).await.ok().and_then(|message| message.status);
        if matches!(status.as_deref(), Some("queued" | "sending")) {
            return Ok(Turn::Wait(ON_ITS_WAY));
        }
        match change(&mut tx).await {
            Ok(()) => {
                tx.commit().await?;
                Ok(Turn::Done)
            }
            Err(Error::Problem(problem)) if problem.status < 500 => {
                drop(tx);
                self.whisper(&format!("{failed}: {}", problem.detail)).await
            }
            Err(error) => Err(error),
        }
    }

    /// Whether the customer's platform needed more than one message for it.
    async fn is_several(&self, tx: &mut Tx, id: MessageId) -> Result<bool> {
        Ok(sqlx::query_scalar(
            "select exists (select from messages one
                            join messages other on other.organization_id = $1 and other.conversation_id = one.conversation_id
                                 and other.client_id = one.client_id || '#2'
                            where one.organization_id = $1 and one.id = $2)",
        )
        .bind(tx.organization())
        .bind(id)
        .fetch_one(tx.sql())
        .await?)
    }

    async fn became(&self, tx: &mut Tx, id: MessageId) -> Result<()> {
        sqlx::query(
            "update mirror_words set message_id = $4
             where organization_id = $1 and integration_id = $2 and external_id = $3",
        )
        .bind(tx.organization())
        .bind(self.integration.id)
        .bind(self.external_id)
        .bind(id)
        .execute(tx.sql())
        .await?;
        Ok(())
    }

    /// The files' bytes; a file that cannot be had refuses the whole word, as half of it is not what was meant.
    async fn fetch(
        &self,
        media: &[InboundMedia],
    ) -> Result<std::result::Result<Vec<channels::FetchedMedia>, Turn>> {
        let limit = MediaLimit(usize::try_from(self.app.config.limits.media_bytes).unwrap_or(usize::MAX));
        let mut files = Vec::new();
        for one in media {
            if let Some(why) = &one.unavailable {
                return Ok(Err(self.refuse("", one.file_name.as_deref().unwrap_or_default(), why).await?));
            }
            let channel = self.integration.channel;
            let fetched =
                channel.fetch_media(&self.integration.account, &one.reference, limit, &self.app.net).await;
            match fetched {
                Ok(mut file) => {
                    file.file_name = file.file_name.or_else(|| one.file_name.clone());
                    file.mime = file.mime.or_else(|| one.mime.clone());
                    files.push(file);
                }
                Err(SendError::Refused(why)) => {
                    let name = one.file_name.clone().unwrap_or_default();
                    return Ok(Err(self.refuse("", &name, &why.detail).await?));
                }
                Err(error) => return Ok(Err(self.later(error).await?)),
            }
        }
        Ok(Ok(files))
    }

    /// As if the agent had uploaded them.
    async fn keep(
        &self,
        tx: &mut Tx,
        writer: &Writer,
        files: &[channels::FetchedMedia],
    ) -> Result<Vec<AttachmentId>> {
        let mut ids = Vec::new();
        for file in files {
            let name = file.file_name.as_deref().unwrap_or("file");
            let bytes = file.bytes.clone();
            let stored =
                upload::take(self.app, self.job.organization_id, bytes, file.mime.as_deref(), name).await?;
            attachment::keep(tx, writer.user_id(), &stored).await?;
            ids.push(stored.id);
        }
        Ok(ids)
    }

    /// Everybody in the thread must know that the customer did not get this.
    async fn refuse(&self, name: &str, about: &str, why: &str) -> Result<Turn> {
        let name = if name.is_empty() { self.word.author.address.as_str() } else { name };
        let text = format!("This was not sent: {why}");
        let text = render::warning(Some((name, &self.word.author.address)), Some(about), &text);
        let message = post::outbound(self.word.id, &self.word.thread, Content::Text { text });
        let channel = self.integration.channel;
        if self.job.attempts > 1
            && let Some(mirror) = channel.mirror()
        {
            let since = self.word.created_at;
            match mirror.find_sent(&self.integration.account, &message, since, &self.app.net).await {
                Ok(Some(_)) => return Ok(Turn::Done),
                Ok(None) => {}
                Err(error) => return self.later(error).await,
            }
        }
        match channel.send(&self.integration.account, &message, &self.app.net).await {
            Ok(_) => Ok(Turn::Done),
            Err(error) => self.later(error).await,
        }
    }

    async fn whisper(&self, text: &str) -> Result<Turn> {
        let Some(mirror) = self.integration.channel.mirror() else { return Ok(Turn::Done) };
        let text = render::warning(None, None, text);
        let (thread, to) = (&self.word.thread, &self.word.author);
        match mirror.whisper(&self.integration.account, thread, to, &text, &self.app.net).await {
            Ok(()) => Ok(Turn::Done),
            Err(error) => self.later(error).await,
        }
    }

    async fn later(&self, error: SendError) -> Result<Turn> {
        Ok(match after_failure(self.app, self.job, &self.integration, error).await? {
            Err(turn) => turn,
            Ok(why) => {
                let why: Refusal = refused("mirror", why.to_string());
                tracing::warn!(integration.id = %self.integration.id, %why, "a word in a mirror was lost");
                Turn::Done
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_known_by_how_they_begin() {
        for (text, expected) in [
            ("// look here", Some("look here")),
            ("Note: look here", Some("look here")),
            ("  private:x", Some("x")),
            ("/ no", None),
            ("notes: no", None),
            ("see // no", None),
            ("ä", None),
            ("", None),
        ] {
            assert_eq!(note(text), expected, "{text}");
        }
    }
}
