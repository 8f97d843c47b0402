//! How a window begins: its settings, and a token for whoever opened it.

use std::sync::Arc;

use axum::extract::State;
use channels::webchat::Widget;
use chrono::{DateTime, Utc};
use garde::Validate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::knock::Knock;
use crate::{
    error::{Error, Result},
    http::extract::Json,
    inbox::contact_change::{is_email, normal_phone},
    webchat::{Door, acts::Guest, own, token::Visitor, view::ShownConversation},
};

#[derive(Debug, Deserialize, Validate)]
#[serde(deny_unknown_fields)]
pub(super) struct Begin {
    /// The token of an earlier session of this browser.
    #[garde(inner(length(chars, max = 4096)))]
    token: Option<String>,
    #[garde(inner(length(chars, min = 1, max = 200)))]
    user_id: Option<String>,
    /// Hexadecimal HMAC-SHA256 of `user_id` under the identity secret.
    #[garde(inner(length(chars, max = 128)))]
    user_hash: Option<String>,
    #[garde(inner(length(chars, max = 200)))]
    name: Option<String>,
    #[garde(inner(length(chars, max = 50)))]
    phone: Option<String>,
    #[garde(inner(length(chars, max = 320)))]
    email: Option<String>,
    #[garde(inner(length(chars, max = 35)))]
    language: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Begun {
    token: String,
    expires_at: DateTime<Utc>,
    visitor: ShownVisitor,
    settings: Widget,
    conversations: Vec<ShownConversation>,
}

#[derive(Serialize)]
struct ShownVisitor {
    id: Uuid,
    user_id: Option<String>,
    name: Option<String>,
}

pub(super) async fn settings(knock: Knock) -> Json<Widget> {
    Json(Widget::of(&knock.integration.account, &knock.integration.name))
}

/// A token that is too old or none of ours begins a new anonymous visitor; a hash that is wrong is refused.
pub(super) async fn create(
    State(door): State<Arc<Door>>,
    knock: Knock,
    Json(begin): Json<Begin>,
) -> Result<Json<Begun>> {
    door.limits.session(knock.address)?;
    let Knock { integration, .. } = knock;
    let now = Utc::now();
    let settings = Widget::of(&integration.account, &integration.name);
    let before =
        begin.token.as_ref().and_then(|token| Visitor::read(&door.app.vault, &integration, token, now).ok());
    let (visitor, recognised) = match &begin.user_id {
        Some(user) => {
            let hash = begin.user_hash.as_deref().unwrap_or_default();
            if !Widget::proves(&integration.account, user, hash) {
                return Err(Error::unauthorized(
                    "identity_unproven",
                    "The hash does not prove this user id.",
                ));
            }
            match before {
                Some(before) if before.user_id.as_ref() == Some(user) => (before.renewed(now), None),
                // Another user's browser begins anew.
                Some(other) if other.user_id.is_some() => {
                    (Visitor::anonymous(now).proven(&integration, user, now), None)
                }
                Some(anonymous) => (anonymous.clone().proven(&integration, user, now), Some(anonymous)),
                None => (Visitor::anonymous(now).proven(&integration, user, now), None),
            }
        }
        None if settings.identity_required => {
            return Err(Error::unauthorized(
                "identity_required",
                "Only visitors whom the site has proven may write.",
            ));
        }
        // Who was proven and is not any more has logged out.
        None => match before.filter(|before| before.user_id.is_none()) {
            Some(before) => (before.renewed(now), None),
            None => (Visitor::anonymous(now), None),
        },
    };
    let visitor = Visitor {
        name: begin.name.or(visitor.name),
        phone: begin.phone.as_deref().and_then(normal_phone).or(visitor.phone),
        email: begin.email.filter(|email| is_email(email)).or(visitor.email),
        language: begin.language.or(visitor.language),
        ..visitor
    };
    let guest = Guest { integration, visitor };
    if let Some(anonymous) = recognised {
        door.recognise(&guest, &anonymous).await?;
    }
    begun(&door, guest, settings).await.map(Json)
}

async fn begun(door: &Door, guest: Guest, settings: Widget) -> Result<Begun> {
    let mut tx = door.app.db.begin(guest.integration.organization_id).await?;
    let conversations = own::conversations(&mut tx, &guest.own()).await?;
    drop(tx);
    let visitor = &guest.visitor;
    Ok(Begun {
        token: visitor.seal(&door.app.vault, &guest.integration)?,
        expires_at: DateTime::from_timestamp(visitor.expires, 0).unwrap_or_default(),
        visitor: ShownVisitor {
            id: visitor.id,
            user_id: visitor.user_id.clone(),
            name: visitor.name.clone(),
        },
        settings,
        conversations: conversations.iter().map(ShownConversation::of).collect(),
    })
}
