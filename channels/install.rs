//! Accounts that an admin connects by consenting on the platform's own page (OAuth) instead of copying keys.

use std::collections::BTreeMap;

use secrecy::SecretString;

use crate::Account;

/// An account that the platform has given the hub after the admin's consent.
#[derive(Clone, Debug)]
pub struct Installed {
    /// What people call it: a workspace, a page, a mailbox.
    pub name: String,
    /// Complete: the fields of `Channel::account_form`, with what refreshing and installing again will need.
    pub account: Account,
}

/// Fields of an account that have changed, and their new values: a fresh token.
pub type AccountChanges = BTreeMap<String, SecretString>;
