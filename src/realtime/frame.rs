//! Server frames. An event's frame is composed once per server; all sockets share its bytes.

use std::time::Instant;

use axum::extract::ws::Utf8Bytes;
use serde::Serialize;

use crate::{
    ids::UserId,
    realtime::{
        cursor::Cursor,
        event::{Event, Subject},
        viewer::Viewer,
    },
};

/// A composed frame with what fan-out and resume ask of it.
#[derive(Debug)]
pub struct Frame {
    pub text: Utf8Bytes,
    /// The socket also sends a ping of the WebSocket protocol, and checks that its peer still answers.
    pub is_ping: bool,
    pub(super) xid: u64,
    pub(super) subject: Option<Subject>,
    audience: Vec<UserId>,
    pub(super) since: Instant,
}

#[derive(Serialize)]
struct Wire<'a, D> {
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<D>,
}

impl Frame {
    /// `cursor`: everything below it was composed earlier by this server.
    pub fn of(event: &Event, cursor: Cursor) -> Self {
        let kind = event.kind.as_str();
        let text = match event.id {
            Some(id) => {
                format!(r#"{{"type":"{kind}","id":"{id}","cursor":"{cursor}","data":{}}}"#, event.data)
            }
            None => format!(r#"{{"type":"{kind}","data":{}}}"#, event.data),
        };
        Self { xid: event.xid, subject: event.subject, audience: event.audience.clone(), ..Self::plain(text) }
    }

    /// Renews the cursor in quiet times.
    pub fn ping(cursor: Cursor) -> Self {
        Self { is_ping: true, ..Self::plain(encode("ping", Some(cursor), None::<()>)) }
    }

    /// A frame that is not stored.
    pub fn fleeting(kind: &str, data: impl Serialize) -> Self {
        Self::plain(encode(kind, None, Some(data)))
    }

    pub fn is_for(&self, viewer: &Viewer) -> bool {
        viewer.hears(self.subject, &self.audience)
    }

    fn plain(text: String) -> Self {
        Self {
            text: text.into(),
            is_ping: false,
            xid: 0,
            subject: None,
            audience: Vec::new(),
            since: Instant::now(),
        }
    }
}

/// The text of a frame for one socket.
pub fn encode(kind: &str, cursor: Option<Cursor>, data: Option<impl Serialize>) -> String {
    let wire = Wire { kind, cursor: cursor.map(|cursor| cursor.to_string()), data };
    // The types that come here serialise to JSON by construction.
    serde_json::to_string(&wire).unwrap_or_else(|_| format!(r#"{{"type":"{kind}"}}"#))
}
