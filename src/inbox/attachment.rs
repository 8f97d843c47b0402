//! Files of messages: uploads that wait to be sent, and media that was fetched from platforms.

use crate::ids::AttachmentId;

/// Where an attachment's bytes lie in the object store.
pub fn storage_key(organization: crate::ids::OrganizationId, id: AttachmentId) -> String {
    format!("{organization}/{id}")
}

/// Where its preview image lies.
pub fn thumbnail_key(organization: crate::ids::OrganizationId, id: AttachmentId) -> String {
    format!("{organization}/{id}.thumbnail.webp")
}
