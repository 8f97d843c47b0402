//! What Meta tells of a customer when asked: callbacks name nobody.
//!
//! <https://developers.facebook.com/docs/messenger-platform/identity/user-profile>

use serde::Deserialize;

use super::{Product, graph::Call};
use crate::{
    Account, SendError,
    party::{Party, PartyId},
};

#[derive(Deserialize)]
struct Profile {
    #[serde(default)]
    first_name: String,
    #[serde(default)]
    last_name: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    username: String,
}

/// Many are kept from apps without the permission for it, which Meta refuses; the conversation goes on without a name.
pub(super) async fn ask(
    product: Product,
    account: &Account,
    id: &PartyId,
    net: &net::Client,
) -> Result<Option<Party>, SendError> {
    let fields = match product {
        Product::Messenger => "first_name,last_name",
        Product::Instagram => "name,username",
    };
    let profile: Profile = match Call::get(account, &[&id.address], &[("fields", fields)])?.run(net).await {
        // Of this call alone: messages need another permission.
        Err(SendError::AccountBroken(why)) if why.code == "permission_missing" => return Ok(None),
        answer => answer?,
    };
    let whole = format!("{} {}", profile.first_name, profile.last_name);
    let name = [profile.name.trim(), whole.trim()].into_iter().find(|name| !name.is_empty());
    let username = Some(profile.username).filter(|username| !username.is_empty());
    if name.is_none() && username.is_none() {
        return Ok(None);
    }
    Ok(Some(Party { ids: vec![id.clone()], name: name.map(str::to_owned), username, ..Party::default() }))
}
