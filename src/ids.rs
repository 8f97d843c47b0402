//! A type per id, so that no id fits another's hole. The text form is the plain UUID; new ones are UUIDv7,
//! which sort by time of making.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord,
            serde::Serialize, serde::Deserialize, sqlx::Type, utoipa::ToSchema,
        )]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(pub uuid::Uuid);

        impl $name {
            /// A new id, later than all made before in this process.
            pub fn new() -> Self {
                Self(uuid::Uuid::now_v7())
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )*};
}

ids! {
    /// The tenant.
    OrganizationId;
    UserId;
    /// One log-in and the refresh tokens that follow from it.
    SessionId;
    InvitationId;
    TeamId;
    LabelId;
    IntegrationId;
    ContactId;
    MergeSuggestionId;
    ConversationId;
    MessageId;
    AttachmentId;
    ScheduledMessageId;
    TaskId;
    /// A company.
    AccountId;
    PipelineId;
    StageId;
    DealId;
    ActivityId;
    /// A saved view of the board.
    DealViewId;
    DealFieldId;
    /// An account at a payment provider.
    PaymentAccountId;
    PaymentId;
    ChargeId;
    RefundId;
    /// A board of Trello that is kept in step.
    TrelloId;
    /// A recorded callback.
    CallbackId;
}
