//! The demo's pipeline, and deals with the customers who write.

use payments::{Currency, Money};

use crate::{
    access::agent::Member,
    app::App,
    deals::{
        deal_make::{self, Plan},
        line::Line,
        pipeline::{self, StageKind},
    },
    error::{Error, Result},
    ids::{ContactId, ConversationId, OrganizationId, UserId},
};

struct Sale {
    customer: &'static str,
    title: &'static str,
    stage: &'static str,
    /// Name, pieces and cents of one.
    lines: &'static [(&'static str, u32, i64)],
}

const SALES: &[Sale] = &[
    Sale {
        customer: "Yuki Tanaka",
        title: "Two rain shells to Osaka",
        stage: "New",
        lines: &[("Rain shell", 2, 18_900)],
    },
    Sale {
        customer: "Idris Kane",
        title: "Boots, 27.5 cm",
        stage: "Qualified",
        lines: &[("Trail boots", 1, 14_900)],
    },
    Sale {
        customer: "Tom Whitfield",
        title: "Rain shells for the shop in Leeds",
        stage: "Offer sent",
        lines: &[("Rain shell, wholesale", 60, 9_450), ("Display stand", 1, 12_000)],
    },
    Sale {
        customer: "Carmen Ruiz",
        title: "Trail 30, green",
        stage: "Negotiation",
        lines: &[("Trail 30 backpack", 1, 12_900)],
    },
    Sale {
        customer: "Lotte Brandt",
        title: "Trail 30 for the cabin",
        stage: "Won",
        lines: &[("Trail 30 backpack", 1, 12_900)],
    },
];

/// All of it or none. Customers who are not there yet are left out.
pub(super) async fn plant(app: &App, organization: OrganizationId, seller: UserId) -> Result<()> {
    let mut tx = app.db.begin(organization).await?;
    if !pipeline::list(&mut tx).await?.is_empty() {
        return Ok(());
    }
    let dollar: Currency = "USD".parse().map_err(|error| Error::Internal(format!("{error}")))?;
    let board = pipeline::create(&mut tx, "Sales", dollar, &pipeline::usual_stages()).await?;
    let won = board.stages.iter().find(|stage| stage.kind == StageKind::Won).map(|stage| stage.id);
    let change = pipeline::Change { on_paid_stage_id: Some(won), ..pipeline::Change::default() };
    pipeline::change(&mut tx, board.id, &change).await?;
    let member = Member::find(&mut tx, seller).await?;
    let talks: Vec<(String, ConversationId, ContactId)> = sqlx::query_as(
        "select distinct on (p.name) p.name, c.id, p.id from contacts p
         join conversations c on c.organization_id = p.organization_id and c.contact_id = p.id
         where p.organization_id = $1 order by p.name, c.last_message_at desc",
    )
    .bind(organization)
    .fetch_all(tx.sql())
    .await?;
    for (sale, talk) in pairs(&talks) {
        let line = |(name, count, unit_minor): &(&str, u32, i64)| Line {
            name: (*name).to_owned(),
            sku: None,
            quantity: (*count).into(),
            unit_minor: *unit_minor,
        };
        let plan = Plan {
            stage_id: board.stages.iter().find(|stage| stage.name == sale.stage).map(|stage| stage.id),
            title: sale.title.to_owned(),
            value: Some(Money::zero(dollar)),
            lines: sale.lines.iter().map(line).collect(),
            conversation: Some((talk.1, talk.2)),
            ..Plan::default()
        };
        deal_make::create(&mut tx, &member, plan).await?;
    }
    Ok(tx.commit().await?)
}

/// Each sale with its customer's conversation.
fn pairs(
    talks: &[(String, ConversationId, ContactId)],
) -> impl Iterator<Item = (&'static Sale, &(String, ConversationId, ContactId))> {
    SALES.iter().filter_map(|sale| Some((sale, talks.iter().find(|talk| talk.0 == sale.customer)?)))
}
