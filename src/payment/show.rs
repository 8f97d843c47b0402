//! Payments as they are shown, alone and in lists.

use chrono::{DateTime, Utc};
use payments::{About, Dispute, Failure, Method, Money};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{Postgres, QueryBuilder};
use utoipa::ToSchema;

use crate::{
    access::agent::Member,
    db::Tx,
    error::{Error, Result},
    ids::{ContactId, ConversationId, DealId, MessageId, PaymentAccountId, PaymentId, TeamId, UserId},
    realtime::event::Subject,
};

/// Money that was asked for, and what came of it.
#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct Payment {
    pub id: PaymentId,
    pub account_id: PaymentAccountId,
    pub provider: String,
    pub conversation_id: Option<ConversationId>,
    pub message_id: Option<MessageId>,
    pub deal_id: Option<DealId>,
    #[sqlx(json(nullable))]
    pub contact: Option<PaymentContact>,
    #[sqlx(json)]
    pub amount: Money,
    pub description: String,
    /// `card`, `pix`, `boleto`, `other`
    pub methods: Vec<String>,
    /// `preparing`, until the provider has made a page for it; then `pending`, `processing`, `authorized`, `paid`, `partially_refunded`,
    /// `refunded`, `failed`, `expired`, `cancelled`, `charged_back`.
    pub state: String,
    /// Somebody has asked for it to be cancelled; the provider decides.
    pub closing: bool,
    /// Taken from the payer, refunds not subtracted.
    #[sqlx(json)]
    pub captured: Money,
    #[sqlx(json)]
    pub refunded: Money,
    /// What the provider keeps, once it tells.
    #[sqlx(json(nullable))]
    pub fee: Option<Money>,
    /// What is left of it all, once the fee is known.
    #[sqlx(json(nullable))]
    pub net: Option<Money>,
    #[sqlx(json(nullable))]
    pub dispute: Option<Dispute>,
    /// What does not add up: `currency`, `too_much`, `too_little`, `refunded`, `after_cancel`.
    pub mismatch: Option<String>,
    /// The page on which it is paid.
    pub url: Option<String>,
    pub pix_code: Option<String>,
    pub expires_at: DateTime<Utc>,
    pub paid_at: Option<DateTime<Utc>>,
    /// A page with the receipt, for the payer.
    pub receipt_url: Option<String>,
    /// Why the provider made no page for it, or why the last attempt to pay failed.
    #[sqlx(json(nullable))]
    pub error: Option<PaymentFault>,
    #[sqlx(json(nullable))]
    pub created_by: Option<Person>,
    pub version: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// Of its conversation, for who sees it.
    #[serde(skip)]
    pub assignee_id: Option<UserId>,
    #[serde(skip)]
    pub team_id: Option<TeamId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentContact {
    pub id: ContactId,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PaymentFault {
    /// The provider's.
    pub code: String,
    pub detail: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = PaymentPerson)]
pub struct Person {
    pub id: UserId,
    pub name: String,
}

/// What a list holds; all conditions together.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub conversation_id: Option<ConversationId>,
    pub deal_id: Option<DealId>,
    pub contact_id: Option<ContactId>,
    pub account_id: Option<PaymentAccountId>,
    pub state: Option<String>,
    pub mismatched: bool,
}

/// The sort key of a row: newest first.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Position(pub DateTime<Utc>, pub PaymentId);

const SELECT: &str = "select p.id, p.account_id, a.provider, p.conversation_id, p.message_id, p.deal_id, p.description, p.methods, p.state,
    p.closing, p.mismatch, p.url, p.pix_code, p.expires_at, p.paid_at, p.receipt_url, p.error, p.dispute, p.version, p.created_at, p.updated_at,
    jsonb_build_object('minor', p.amount, 'currency', p.currency) as amount,
    jsonb_build_object('minor', p.captured, 'currency', p.currency) as captured,
    jsonb_build_object('minor', p.refunded, 'currency', p.currency) as refunded,
    case when p.fee is not null then jsonb_build_object('minor', p.fee, 'currency', p.currency) end as fee,
    case when p.fee is not null and p.captured > 0
         then jsonb_build_object('minor', p.captured - p.refunded - p.lost - p.fee, 'currency', p.currency) end as net,
    case when c.id is not null then jsonb_build_object('id', c.id, 'name', c.name) end as contact,
    case when u.id is not null then jsonb_build_object('id', u.id, 'name', u.name) end as created_by,
    v.assignee_id, v.team_id
    from payments p
    join payment_accounts a on a.organization_id = p.organization_id and a.id = p.account_id
    left join contacts c on c.organization_id = p.organization_id and c.id = p.contact_id
    left join users u on u.id = p.created_by
    left join conversations v on v.organization_id = p.organization_id and v.id = p.conversation_id
    where p.organization_id = ";

impl Payment {
    /// Who sees the conversation sees what is paid in it; what is asked for outside of conversations is everybody's.
    pub fn is_seen_by(&self, member: &Member) -> bool {
        let mine = self.created_by.as_ref().is_some_and(|by| by.id == member.user_id);
        mine || self.conversation_id.is_none() || member.sees(self.assignee_id, self.team_id)
    }

    pub fn subject(&self) -> Option<Subject> {
        let (assignee_id, team_id) = (self.assignee_id, self.team_id);
        self.conversation_id.map(|conversation_id| Subject { conversation_id, assignee_id, team_id })
    }
}

/// Up to `rows` payments that the member sees, newest first.
pub async fn list(
    tx: &mut Tx,
    member: &Member,
    filter: &Filter,
    after: Option<Position>,
    rows: i64,
) -> Result<Vec<Payment>> {
    let mut sql = QueryBuilder::new(SELECT);
    sql.push_bind(tx.organization());
    visible(&mut sql, member);
    narrow(&mut sql, filter);
    if let Some(Position(at, id)) = after {
        sql.push(" and (p.created_at, p.id) < (").push_bind(at).push(", ").push_bind(id).push(")");
    }
    sql.push(format!(" order by p.created_at desc, p.id desc limit {rows}"));
    Ok(sql.build_query_as().fetch_all(tx.sql()).await?)
}

fn visible(sql: &mut QueryBuilder<Postgres>, member: &Member) {
    if member.sees_all {
        return;
    }
    let me = member.user_id;
    sql.push(" and (p.conversation_id is null or p.created_by = ").push_bind(me);
    sql.push(" or v.free or v.assignee_id = ").push_bind(me);
    sql.push(" or v.team_id = any(").push_bind(member.teams.clone()).push("))");
}

fn narrow(sql: &mut QueryBuilder<Postgres>, filter: &Filter) {
    if let Some(conversation) = filter.conversation_id {
        sql.push(" and p.conversation_id = ").push_bind(conversation);
    }
    if let Some(deal) = filter.deal_id {
        sql.push(" and p.deal_id = ").push_bind(deal);
    }
    if let Some(contact) = filter.contact_id {
        sql.push(" and p.contact_id = ").push_bind(contact);
    }
    if let Some(account) = filter.account_id {
        sql.push(" and p.account_id = ").push_bind(account);
    }
    if let Some(state) = &filter.state {
        sql.push(" and p.state = ").push_bind(state.clone());
    }
    if filter.mismatched {
        sql.push(" and p.mismatch is not null");
    }
}

/// Without asking who may see it; 404 when there is none.
pub async fn load(tx: &mut Tx, id: PaymentId) -> Result<Payment> {
    let mut sql = QueryBuilder::new(SELECT);
    sql.push_bind(tx.organization()).push(" and p.id = ").push_bind(id);
    let found: Option<Payment> = sql.build_query_as().fetch_optional(tx.sql()).await?;
    found.ok_or_else(|| Error::not_found("payment"))
}

/// One that the member sees; 404 otherwise.
pub async fn find(tx: &mut Tx, member: &Member, id: PaymentId) -> Result<Payment> {
    let found = load(tx, id).await?;
    if found.is_seen_by(member) { Ok(found) } else { Err(Error::not_found("payment")) }
}

/// What to look at to see how it stands; `None` while the provider does not know of it.
pub async fn offer(tx: &mut Tx, id: PaymentId) -> Result<Option<About>> {
    let offer: Option<Option<String>> =
        sqlx::query_scalar("select offer_id from payments where organization_id = $1 and id = $2")
            .bind(tx.organization())
            .bind(id)
            .fetch_optional(tx.sql())
            .await?;
    Ok(offer.flatten().map(About::Offer))
}

/// What one time of paying, or trying to, came to.
#[derive(Clone, Debug, Serialize, ToSchema, sqlx::FromRow)]
#[schema(as = PaymentCharge)]
pub struct Charged {
    pub id: crate::ids::ChargeId,
    pub external_id: String,
    /// All that the provider tells of it.
    #[schema(value_type = ChargeSeen)]
    #[sqlx(json)]
    #[serde(flatten)]
    pub seen: Value,
}

/// What a provider tells of a charge.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChargeSeen)]
pub struct ChargeSeen {
    /// `open`, `processing`, `authorized`, `captured`, `failed`, `expired`, `cancelled`
    pub progress: String,
    pub method: Method,
    pub amount: Money,
    pub captured: Money,
    pub refunded: Money,
    pub fee: Option<Money>,
    pub failure: Option<Failure>,
    pub dispute: Option<Dispute>,
    pub receipt_url: Option<String>,
    /// Name or e-mail address of who paid.
    pub payer: Option<String>,
    pub created_at: DateTime<Utc>,
    pub paid_at: Option<DateTime<Utc>>,
}

/// All charges of a payment, oldest first.
pub async fn charges(tx: &mut Tx, id: PaymentId) -> Result<Vec<Charged>> {
    Ok(sqlx::query_as(
        "select id, external_id, charge - 'id' - 'request' - 'refunds' as seen
         from payment_charges where organization_id = $1 and payment_id = $2 order by created_at, id",
    )
    .bind(tx.organization())
    .bind(id)
    .fetch_all(tx.sql())
    .await?)
}
