//! What has to be done so that a card and its deal say the same: a merge of three, how both stand now and how they stood when they were last
//! in step. Nothing is carried back to where it came from, whatever is heard twice, late or in any order. Pure.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

use super::{api::CardChange, wire::Card};
use crate::{
    deals::deal::Deal,
    ids::{DealId, StageId},
};

/// Most characters of a deal's title.
const TITLE: usize = 200;

/// How a card stands, as far as a deal has it, too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardState {
    pub name: String,
    pub list: String,
    pub closed: bool,
    pub due: Option<DateTime<Utc>>,
    /// Without our own line.
    pub desc: String,
}

/// How a deal stands, as far as a card has it, too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DealState {
    pub title: String,
    pub stage: StageId,
    pub deleted: bool,
    pub expected_close: Option<NaiveDate>,
}

/// Both, when they were in step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreed {
    pub card: CardState,
    pub deal: DealState,
}

/// Which lists and stages belong together. Several lists may be one stage.
#[derive(Clone, Debug, Default)]
pub struct Map {
    /// In the order of the board.
    pub lists: Vec<(String, Option<StageId>)>,
}

/// What is to be changed in the deal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DealStep {
    pub title: Option<String>,
    pub stage: Option<StageId>,
    pub expected_close: Option<Option<NaiveDate>>,
    pub deleted: Option<bool>,
    /// The card's description, to be written down.
    pub note: Option<String>,
}

/// What is to be changed on either side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    pub card: CardChange,
    pub deal: DealStep,
}

impl Map {
    pub fn stage(&self, list: &str) -> Option<StageId> {
        self.lists.iter().find(|(id, _)| id == list).and_then(|(_, stage)| *stage)
    }

    /// The first list of the stage.
    pub fn list(&self, stage: StageId) -> Option<&str> {
        self.lists.iter().find(|(_, other)| *other == Some(stage)).map(|(id, _)| id.as_str())
    }
}

impl DealStep {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl CardState {
    pub fn of(card: &Card) -> Self {
        let clean = |text: &str| text.replace('\0', "\u{fffd}");
        Self {
            name: clean(&card.name),
            list: card.id_list.clone(),
            closed: card.closed,
            due: card.due,
            desc: without_mark(&clean(&card.desc)),
        }
    }

    /// As a deal's title.
    pub fn title(&self) -> String {
        title(&self.name)
    }
}

impl DealState {
    pub fn of(deal: &Deal) -> Self {
        Self {
            title: deal.title.clone(),
            stage: deal.stage_id,
            deleted: deal.deleted_at.is_some(),
            expected_close: deal.expected_close,
        }
    }
}

/// `card_last`: where both sides changed the same thing, the card did it later, and has its way.
pub fn merge(map: &Map, agreed: &Agreed, card: &CardState, deal: &DealState, card_last: bool) -> Steps {
    let mut steps = Steps::default();
    let turn = |card_changed: bool, deal_changed: bool| match (card_changed, deal_changed) {
        (true, true) => Some(card_last),
        (true, false) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    };
    match turn(card.name != agreed.card.name, deal.title != agreed.deal.title) {
        Some(true) => steps.deal.title = Some(card.title()).filter(|title| *title != deal.title),
        Some(false) if card.title() != deal.title => steps.card.name = Some(deal.title.clone()),
        _ => {}
    }
    let (here, there) = (map.stage(&card.list), deal.stage);
    match turn(card.list != agreed.card.list, there != agreed.deal.stage) {
        Some(true) => steps.deal.stage = here.filter(|stage| *stage != there),
        Some(false) if here != Some(there) => steps.card.list = map.list(there).map(str::to_owned),
        _ => {}
    }
    match turn(card.closed != agreed.card.closed, deal.deleted != agreed.deal.deleted) {
        Some(true) => steps.deal.deleted = Some(card.closed).filter(|closed| *closed != deal.deleted),
        Some(false) => steps.card.closed = Some(deal.deleted).filter(|deleted| *deleted != card.closed),
        None => {}
    }
    match turn(card.due != agreed.card.due, deal.expected_close != agreed.deal.expected_close) {
        Some(true) => {
            steps.deal.expected_close = Some(day(card.due)).filter(|day| *day != deal.expected_close)
        }
        Some(false) if day(card.due) != deal.expected_close => {
            steps.card.due = Some(due(deal.expected_close))
        }
        _ => {}
    }
    if card.desc != agreed.card.desc && !card.desc.is_empty() {
        steps.deal.note = Some(card.desc.clone());
    }
    steps
}

/// What a new card says of a deal; `None` where its stage has no list.
pub fn new_card(map: &Map, deal: &DealState) -> Option<CardChange> {
    Some(CardChange {
        name: Some(deal.title.clone()),
        list: Some(map.list(deal.stage)?.to_owned()),
        closed: None,
        due: deal.expected_close.map(|day| due(Some(day))),
    })
}

pub fn day(due: Option<DateTime<Utc>>) -> Option<NaiveDate> {
    due.map(|due| due.date_naive())
}

/// Noon is that day nearly everywhere.
fn due(day: Option<NaiveDate>) -> Option<DateTime<Utc>> {
    let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default();
    day.map(|day| day.and_time(noon).and_utc())
}

fn title(name: &str) -> String {
    let title: String = name.trim().chars().filter(|c| !c.is_control()).take(TITLE).collect();
    let title = title.trim();
    if title.is_empty() { "A card without a name".to_owned() } else { title.to_owned() }
}

/// By which a card that we made is found again, and people find the deal.
pub fn mark(public_url: &str, deal: DealId) -> String {
    format!("{}/deals/{deal}", public_url.trim_end_matches('/'))
}

fn without_mark(desc: &str) -> String {
    let lines = desc.lines().filter(|line| marked(line).is_none());
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// The deal that a description names as its own.
pub fn marked(desc: &str) -> Option<DealId> {
    desc.lines().find_map(|line| {
        let line = line.trim();
        let (address, id) = line.rsplit_once("/deals/")?;
        address.starts_with("http").then(|| id.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Scene {
        map: Map,
        agreed: Agreed,
        open: StageId,
        won: StageId,
    }

    fn scene() -> Scene {
        let (open, won) = (StageId::new(), StageId::new());
        let lists = [("new", Some(open)), ("also new", Some(open)), ("ideas", None), ("done", Some(won))];
        let map = Map { lists: lists.map(|(id, stage)| (id.to_owned(), stage)).to_vec() };
        let card = CardState {
            name: "Cake".into(),
            list: "new".into(),
            closed: false,
            due: None,
            desc: String::new(),
        };
        let deal = DealState { title: "Cake".into(), stage: open, deleted: false, expected_close: None };
        Scene { map, agreed: Agreed { card, deal }, open, won }
    }

    impl Scene {
        fn merge(&self, card: &CardState, deal: &DealState, card_last: bool) -> Steps {
            merge(&self.map, &self.agreed, card, deal, card_last)
        }
    }

    #[test]
    fn what_is_in_step_stays() {
        let scene = scene();
        let Agreed { card, deal } = scene.agreed.clone();
        for card_last in [true, false] {
            assert_eq!(scene.merge(&card, &deal, card_last), Steps::default());
        }
        // Both went the same way.
        let card = CardState { name: "Pie".into(), list: "done".into(), closed: true, ..card };
        let deal = DealState { title: "Pie".into(), stage: scene.won, deleted: true, ..deal };
        for card_last in [true, false] {
            assert_eq!(scene.merge(&card, &deal, card_last), Steps::default());
        }
    }

    #[test]
    fn each_side_s_changes_reach_the_other() {
        let scene = scene();
        let Agreed { card, deal } = scene.agreed.clone();
        let at: DateTime<Utc> = "2026-05-04T21:30:00Z".parse().unwrap();
        let moved = CardState {
            name: " Pie ".into(),
            list: "done".into(),
            due: Some(at),
            desc: "big".into(),
            ..card.clone()
        };
        let steps = scene.merge(&moved, &deal, false);
        let expected = DealStep {
            title: Some("Pie".into()),
            stage: Some(scene.won),
            expected_close: Some(NaiveDate::from_ymd_opt(2026, 5, 4)),
            deleted: None,
            note: Some("big".into()),
        };
        assert_eq!(steps, Steps { card: CardChange::default(), deal: expected });

        let won = DealState {
            stage: scene.won,
            expected_close: NaiveDate::from_ymd_opt(2026, 5, 4),
            deleted: true,
            ..deal
        };
        let steps = scene.merge(&card, &won, true);
        assert!(steps.deal.is_empty());
        assert_eq!(steps.card.list.as_deref(), Some("done"));
        assert_eq!(steps.card.closed, Some(true));
        assert_eq!(day(steps.card.due.unwrap()), won.expected_close);
    }

    #[test]
    fn the_later_one_has_its_way_where_both_changed() {
        let scene = scene();
        let card = CardState { name: "Pie".into(), ..scene.agreed.card.clone() };
        let deal = DealState { title: "Tart".into(), ..scene.agreed.deal.clone() };
        assert_eq!(scene.merge(&card, &deal, true).deal.title.as_deref(), Some("Pie"));
        assert_eq!(scene.merge(&card, &deal, false).card.name.as_deref(), Some("Tart"));
    }

    #[test]
    fn lists_of_one_stage_and_of_none_move_no_deal() {
        let scene = scene();
        let Agreed { card, deal } = scene.agreed.clone();
        for list in ["also new", "ideas", "unheard of"] {
            let card = CardState { list: list.into(), ..card.clone() };
            assert_eq!(scene.merge(&card, &deal, true), Steps::default(), "{list}");
        }
        let elsewhere = DealState { stage: StageId::new(), ..deal };
        assert_eq!(scene.merge(&card, &elsewhere, true), Steps::default(), "a stage without a list");
        let ideas = CardState { list: "ideas".into(), ..card };
        let back = DealState { stage: scene.open, ..elsewhere };
        assert_eq!(scene.merge(&ideas, &back, true), Steps::default());
    }

    #[test]
    fn our_own_line_is_found_and_no_note() {
        let deal = DealId::new();
        let line = mark("https://hub.example.com/", deal);
        assert_eq!(marked(&format!("By hand\n{line}\n")), Some(deal));
        assert_eq!(marked("see https://elsewhere.example.com/deals/next"), None);
        assert_eq!(without_mark(&format!("{line}\n\nBy hand")), "By hand");
        assert_eq!(without_mark(&line), "");
    }

    #[test]
    fn any_name_makes_a_title() {
        assert_eq!(title(&"ä".repeat(500)).chars().count(), TITLE);
        assert_eq!(title(" \n "), "A card without a name");
    }
}
