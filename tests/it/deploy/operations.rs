//! `docs/operations.md` names every variable and every metric, with the truth about each.

use std::collections::BTreeMap;

use switchboard::{config::Config, metrics};

use super::text;

/// The rows of the manual's tables whose first cell is a name in code letters: name to the other cells.
fn rows(starts: &str) -> BTreeMap<String, Vec<String>> {
    let manual = text("docs/operations.md");
    let rows = manual.lines().filter_map(|line| {
        let cells: Vec<&str> = line.strip_prefix("| `")?.strip_suffix(" |")?.split(" | ").collect();
        let (name, rest) = cells.split_first()?;
        let name = name.strip_suffix('`')?;
        let cells = rest.iter().map(|cell| cell.trim().to_owned()).collect();
        name.split('{').next().filter(|name| name.starts_with(starts)).map(|name| (name.to_owned(), cells))
    });
    rows.collect()
}

#[test]
fn the_manual_lists_every_variable_with_its_default() {
    let mut listed = rows("SWITCHBOARD_");
    listed.extend(rows("DATABASE_URL"));
    listed.extend(rows("REDIS_URL"));
    for variable in Config::variables() {
        let cells = listed.remove(variable.name);
        let cells = cells.unwrap_or_else(|| panic!("docs/operations.md does not list {}", variable.name));
        let default = cells[0].trim_matches('`');
        assert_eq!(default, variable.default, "the default of {}", variable.name);
        assert!(!cells[1].is_empty(), "{} is not explained", variable.name);
    }
    assert!(listed.is_empty(), "the hub does not read {:?}", listed.keys());
}

#[test]
fn the_manual_lists_every_metric() {
    let mut listed = rows("switchboard_");
    for metric in metrics::ALL {
        assert!(listed.remove(metric.name).is_some(), "docs/operations.md does not list {}", metric.name);
    }
    assert!(listed.is_empty(), "the hub does not count {:?}", listed.keys());
}
