//! Calls of the Web API: the crate's sessions and requests, and of the answers only what is needed, so that an answer that Slack
//! has added to is still read.

use secrecy::ExposeSecret;
use serde::{Serialize, de::DeserializeOwned};
use slack_morphism::{
    ClientResult, SlackApiToken, SlackClient, SlackClientSession,
    prelude::{SlackApiTokenType, SlackApiTokenValue},
};

use super::{account, door::Door};
use crate::{Account, SendError};

/// One account's way to the API.
pub(super) struct Api {
    client: SlackClient<Door>,
    token: SlackApiToken,
}

impl Api {
    pub(super) fn new(account: &Account, net: &net::Client) -> Result<Self, SendError> {
        Self::with_token(account, account::BOT_TOKEN, net)
    }

    /// With the token in that field.
    pub(super) fn with_token(account: &Account, field: &str, net: &net::Client) -> Result<Self, SendError> {
        let client = client(account, net)?;
        let value = SlackApiTokenValue(account.secret(field).expose_secret().to_owned());
        let token = SlackApiToken::new(value).with_token_type(SlackApiTokenType::Bot);
        Ok(Self { client, token })
    }

    pub(super) fn session(&self) -> SlackClientSession<'_, Door> {
        self.client.open_session(&self.token)
    }

    pub(super) fn door(&self) -> &Door {
        &self.client.http_api.connector
    }

    /// JSON in, JSON out.
    pub(super) async fn post<RQ, RS>(&self, method: &str, request: &RQ) -> ClientResult<RS>
    where
        RQ: Serialize + Send + Sync,
        RS: DeserializeOwned + Send,
    {
        self.session().http_session_api.http_post(method, request, None).await
    }

    /// The methods that read take their arguments in the query.
    pub(super) async fn get<RS>(&self, method: &str, fields: &[(&str, &str)]) -> ClientResult<RS>
    where
        RS: DeserializeOwned + Send,
    {
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, Some(*value))).collect();
        self.session().http_session_api.http_get(method, &fields, None).await
    }
}

/// Without a token: for trading a consent for one.
pub(super) fn client(account: &Account, net: &net::Client) -> Result<SlackClient<Door>, SendError> {
    Ok(SlackClient::new(Door::new(net, account::base(account, net)?)))
}
