//! D1 and D2: pages of the inbox and its badges, in an organization with a million conversations.

use tokio::time::Instant;

use crate::{
    Result,
    archive::{Archive, CONVERSATIONS},
    report::{Bound, Line},
    stage::{House, Stage},
    statistics::{median, milliseconds, percentile},
    wire::Wire,
};

const REQUESTS: usize = 100;
/// Pages of 200 that lie before the deep page.
const DEPTH: usize = 50;

/// Times in ms, over HTTP and of the page's own statement.
#[derive(Clone, Debug, Default)]
struct Times {
    http: Vec<f64>,
    sql: Vec<f64>,
}

pub async fn run(stage: &mut Stage) -> Result<()> {
    let house = stage.house("archive").await?;
    let archive = Archive::build(stage, &house).await?;
    let filters = [
        ("all", String::new()),
        ("status=open", "status=open&".to_owned()),
        ("assignee", format!("assignee_id={}&", archive.assignee)),
        ("unassigned", "assignee_id=none&".to_owned()),
        ("team", format!("team_id={}&", archive.team)),
        ("label", format!("label={}&", archive.label)),
        ("unread", "unread=true&".to_owned()),
        ("channel", "channel=whatsapp&".to_owned()),
        ("integration", format!("integration_id={}&", archive.integration)),
        ("priority", "priority=high&".to_owned()),
    ];
    let mut worst: [(f64, &str); 2] = [(0.0, ""); 2];
    let mut depth: f64 = 0.0;
    let mut all = Vec::new();
    for (name, filter) in &filters {
        let first = measure(stage, &house, &archive, filter, None).await?;
        let cursor = walk(&house, &archive, filter).await?;
        let deep = measure(stage, &house, &archive, filter, cursor.as_deref()).await?;
        let (shallow, deeper) = (median(&first.sql), median(&deep.sql));
        worst[0] = if shallow > worst[0].0 { (shallow, name) } else { worst[0] };
        worst[1] = if deeper > worst[1].0 { (deeper, name) } else { worst[1] };
        depth = depth.max(deeper / shallow.max(0.05));
        all.push(format!(
            "{name} {shallow:.2}/{deeper:.2} ms SQL, {:.1}/{:.1} ms HTTP",
            median(&first.http),
            median(&deep.http)
        ));
    }
    let counts = counts(stage, &house, &archive).await?;
    let report = &mut stage.report;
    report.note(
        "D1",
        format!(
            "{CONVERSATIONS} conversations, {} messages; first page/page {DEPTH} of 200, p50 — {}",
            archive.messages,
            all.join("; ")
        ),
    );
    for (at, what) in ["first page", "deep page"].into_iter().enumerate() {
        report.add(
            Line::plain(
                "D1",
                format!("{what}, worst single filter ({}), SQL p50", worst[at].1),
                "ms",
                vec![worst[at].0],
            )
            .bar(Bound::AtMost(1.0))
            .goal(Bound::AtMost(0.2)),
        );
    }
    report.add(
        Line::plain("D1", "deep page ÷ first page, worst filter", "×", vec![depth]).bar(Bound::AtMost(2.0)),
    );
    report.add(
        Line::plain("D2", "counts per view, SQL p99", "ms", vec![percentile(&counts.sql, 99.0)])
            .bar(Bound::AtMost(5.0))
            .goal(Bound::AtMost(1.0)),
    );
    report.add(Line::plain("D2", "counts per view over HTTP, p50", "ms", vec![median(&counts.http)]));
    report.add(Line::plain(
        "D2",
        "counts per view over HTTP, p99",
        "ms",
        vec![percentile(&counts.http, 99.0)],
    ));
    crate::search::run(stage, &house, &archive).await
}

async fn measure(
    stage: &Stage,
    house: &House,
    archive: &Archive,
    filter: &str,
    cursor: Option<&str>,
) -> Result<Times> {
    let mut wire = Wire::connect(house.hub.address).await?;
    let path = page(filter, 50, cursor);
    for _ in 0..REQUESTS / 4 {
        archive.get(&mut wire, &path).await?;
    }
    let log = stage.postgres.begin_log().await?;
    let mut times = Times::default();
    for _ in 0..REQUESTS {
        let sent = Instant::now();
        archive.get(&mut wire, &path).await?;
        times.http.push(milliseconds(sent.elapsed()));
    }
    // A page may take more than one statement.
    let statements = stage.postgres.end_log(log, "last_message_at").await?;
    times.sql =
        statements.chunks((statements.len() / REQUESTS).max(1)).map(|page| page.iter().sum()).collect();
    Ok(times)
}

/// Where the deep page begins; `None` if there are not so many.
async fn walk(house: &House, archive: &Archive, filter: &str) -> Result<Option<String>> {
    let mut wire = Wire::connect(house.hub.address).await?;
    let mut cursor = None;
    for _ in 0..DEPTH {
        let answer = archive.get(&mut wire, &page(filter, 200, cursor.as_deref())).await?;
        match answer["next_cursor"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => break,
        }
    }
    Ok(cursor)
}

async fn counts(stage: &Stage, house: &House, archive: &Archive) -> Result<Times> {
    const PATH: &str = "/api/v1/conversations/counts";
    let mut wire = Wire::connect(house.hub.address).await?;
    for _ in 0..REQUESTS / 4 {
        archive.get(&mut wire, PATH).await?;
    }
    let log = stage.postgres.begin_log().await?;
    let mut times = Times::default();
    for _ in 0..REQUESTS * 2 {
        let sent = Instant::now();
        archive.get(&mut wire, PATH).await?;
        times.http.push(milliseconds(sent.elapsed()));
    }
    times.sql = stage.postgres.end_log(log, "conversation_counts").await?;
    Ok(times)
}

fn page(filter: &str, limit: usize, cursor: Option<&str>) -> String {
    let cursor = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
    format!("/api/v1/conversations?{filter}limit={limit}{cursor}")
}
