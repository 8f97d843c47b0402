//! Letters to members. Until a mail server can be configured they are put as files into `outbox` in the data folder, where
//! an operator finds them; the log names the file and never its contents.

use std::{io, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::Utc;
use tokio::{fs, io::AsyncWriteExt};
use uuid::Uuid;

/// Plain text to one person.
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub text: String,
}

/// Writes the letter to `<data>/outbox/<time>-<id>.eml`, readable for the hub's user only.
///
/// # Errors
/// The folder cannot be written.
pub async fn send(data: &Path, mail: &Mail) -> io::Result<()> {
    let folder = data.join("outbox");
    fs::create_dir_all(&folder).await?;
    let now = Utc::now();
    let path = folder.join(format!("{}-{}.eml", now.format("%Y%m%dT%H%M%S%.3fZ"), Uuid::now_v7()));
    let text = format!(
        "Date: {}\r\nFrom: Switchboard <no-reply@localhost>\r\nTo: {}\r\nSubject: {}\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}\r\n",
        now.to_rfc2822(),
        header(&mail.to),
        header(&mail.subject),
        mail.text,
    );
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).await?;
    file.write_all(text.as_bytes()).await?;
    file.flush().await?;
    tracing::info!(mail.file = %path.display(), mail.subject = %mail.subject, "mail written to the outbox");
    Ok(())
}

/// One header line: RFC 2047 where it is not plain ASCII, and never a line break.
fn header(text: &str) -> String {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return text.to_owned();
    }
    format!("=?utf-8?B?{}?=", STANDARD.encode(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_stays_one_line() {
        assert_eq!(header("Reset your password"), "Reset your password");
        assert!(!header("a\r\nBcc: b@example.org").contains('\n'));
        assert_eq!(header("Olá"), "=?utf-8?B?T2zDoQ==?=");
    }
}
