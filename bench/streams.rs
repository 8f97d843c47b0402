//! What an idle live connection holds: bots on Discord's gateway, Slack workspaces in Socket Mode, mailboxes that IMAP waits for.

use std::{collections::BTreeMap, time::Duration};

use simulator::{Player, Simulator};
use tokio::time::sleep;

use crate::{
    Result, machine, platform,
    platform::Organization,
    players::listened,
    report::{Bound, Line},
    stage::Stage,
};

/// The first ones also pay for what all share.
const FIRST: usize = 10;
const MORE: usize = 100;

pub async fn run(stage: &mut Stage) -> Result<()> {
    let simulator = Simulator::start(([127, 0, 0, 1], 0).into()).await?;
    let kinds = [
        ("discord", "a bot on Discord's gateway"),
        ("slack", "a workspace in Socket Mode"),
        ("email", "a mailbox"),
    ];
    for (channel, what) in kinds {
        let house = stage.house("streams").await?;
        let organization = Organization::register(house.hub.address, "Bench").await?;
        let channel = channels::find(channel).ok_or("a channel is missing")?;
        let mut before = 0;
        for count in [FIRST, MORE] {
            before = machine::memory(house.hub.pid()).0;
            for at in 0..count {
                let fields = open(&simulator, channel.id().as_str(), &format!("Bench {at}"));
                platform::connect(&house.sql, &organization, channel, fields).await?;
            }
            listened(&house, i64::try_from(if count == FIRST { FIRST } else { FIRST + MORE })?).await?;
            sleep(Duration::from_secs(2)).await;
        }
        let after = machine::memory(house.hub.pid()).0;
        let each = after.saturating_sub(before) as f64 / MORE as f64;
        let line = Line::plain("B5", format!("memory of {what}, idle"), "KiB", vec![each]);
        stage.report.add(line.bar(Bound::AtMost(2048.0)));
    }
    Ok(())
}

fn open(simulator: &Simulator, channel: &str, name: &str) -> BTreeMap<String, String> {
    match channel {
        "discord" => simulator.discord.open_account(name),
        "slack" => simulator.slack.open_socket_account(name),
        _ => simulator.email.open_account(name),
    }
}
