//! What Prometheus and Grafana ask for exists, and every alert is explained.

use std::{collections::BTreeSet, fs, path::Path};

use serde_norway::Value;
use switchboard::metrics::{self, Kind};

use super::{text, yaml};

/// Names that begin like ours in an expression, without the suffixes that Prometheus adds to histograms.
fn asked(expression: &str) -> BTreeSet<String> {
    expression
        .split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))
        .filter(|word| word.starts_with("switchboard_"))
        .map(|word| {
            let base = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| word.strip_suffix(suffix));
            base.filter(|base| kind(base) == Some(Kind::Histogram)).unwrap_or(word).to_owned()
        })
        .collect()
}

fn kind(name: &str) -> Option<Kind> {
    metrics::ALL.iter().find(|metric| metric.name == name).map(|metric| metric.kind)
}

fn rules() -> Vec<Value> {
    let alerts = yaml("deploy/prometheus/alerts.yml");
    alerts["groups"]
        .as_sequence()
        .unwrap()
        .iter()
        .flat_map(|group| group["rules"].as_sequence().unwrap().clone())
        .collect()
}

fn balanced(expression: &str) -> bool {
    let mut open = Vec::new();
    for letter in expression.chars() {
        match letter {
            '(' | '{' | '[' => open.push(letter),
            ')' | '}' | ']' => match (open.pop(), letter) {
                (Some('('), ')') | (Some('{'), '}') | (Some('['), ']') => {}
                _ => return false,
            },
            _ => {}
        }
    }
    open.is_empty()
}

#[test]
fn every_alert_asks_for_what_the_hub_counts_and_is_explained() {
    let manual = text("docs/operations.md");
    let rules = rules();
    assert!(rules.len() >= 5);
    for rule in rules {
        let name = rule["alert"].as_str().unwrap();
        let expression = rule["expr"].as_str().unwrap();
        assert!(balanced(expression), "{name}: {expression}");
        for metric in asked(expression) {
            assert!(kind(&metric).is_some(), "{name} asks for {metric}");
        }
        assert!(["critical", "warning"].contains(&rule["labels"]["severity"].as_str().unwrap()), "{name}");
        assert!(rule["annotations"]["summary"].is_string(), "{name}");
        assert!(manual.contains(&format!("| `{name}` |")), "docs/operations.md does not explain {name}");
    }
}

/// Every Rust file of the app, by its text; the list of metrics itself is left out.
fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        match path.is_dir() {
            true => sources(&path, found),
            false if path.ends_with("src/metrics.rs") => {}
            false => found.push(fs::read_to_string(&path).unwrap()),
        }
    }
}

/// A metric's name where it is written out, or where it is called by its constant in the list.
fn written(named: &str, list: &str) -> Option<String> {
    let constant = named.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let after = match constant {
        true => list.lines().find_map(|line| line.trim().strip_prefix(named)?.strip_prefix(' '))?,
        false => named,
    };
    after.split('"').nth(1).map(str::to_owned)
}

#[test]
fn the_list_of_metrics_is_what_the_code_counts() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let here = text("src/metrics.rs");
    let mut counted = BTreeSet::new();
    for file in files.iter().chain([&here]) {
        for macro_name in ["counter!(", "gauge!(", "histogram!("] {
            let calls =
                file.split(macro_name).skip(1).filter_map(|call| call.trim_start().split([',', ')']).next());
            counted.extend(calls.filter_map(|named| written(named, &here)));
        }
    }
    let listed: BTreeSet<String> = metrics::ALL.iter().map(|metric| metric.name.to_owned()).collect();
    assert_eq!(counted, listed);
}

#[test]
fn rates_are_taken_of_counters_only() {
    for rule in rules() {
        let expression = rule["expr"].as_str().unwrap();
        for metric in metrics::ALL {
            let counted =
                ["rate(", "increase("].iter().any(|of| expression.contains(&format!("{of}{}", metric.name)));
            assert!(!counted || metric.kind != Kind::Gauge, "{} has no rate: {expression}", metric.name);
        }
    }
}

#[test]
fn the_dashboard_shows_every_metric_and_no_other() {
    let dashboard: serde_json::Value =
        serde_json::from_str(&text("deploy/grafana/switchboard.json")).unwrap();
    let mut shown = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "two panels share an id");
        for target in panel["targets"].as_array().unwrap() {
            let expression = target["expr"].as_str().unwrap();
            assert!(balanced(expression), "{expression}");
            shown.extend(asked(expression));
        }
    }
    let ours: BTreeSet<String> = metrics::ALL.iter().map(|metric| metric.name.to_owned()).collect();
    assert_eq!(shown, ours);
}

#[test]
fn prometheus_scrapes_the_stacks_services_and_loads_the_alerts() {
    let prometheus = yaml("deploy/prometheus/prometheus.yml");
    assert_eq!(prometheus["rule_files"][0], "alerts.yml");
    let stack = yaml("docker-stack.yml");
    let mut jobs = BTreeSet::new();
    for scrape in prometheus["scrape_configs"].as_sequence().unwrap() {
        jobs.insert(scrape["job_name"].as_str().unwrap().to_owned());
        let found = &scrape["dns_sd_configs"][0];
        let service = found["names"][0].as_str().unwrap().strip_prefix("tasks.").unwrap();
        let bind = stack["services"][service]["environment"]["SWITCHBOARD_BIND"].as_str().unwrap();
        assert!(bind.ends_with(&format!(":{}", found["port"].as_u64().unwrap())), "{service}");
    }
    assert_eq!(jobs, ["switchboard-server", "switchboard-worker"].map(str::to_owned).into());
    let alertmanager = yaml("deploy/prometheus/alertmanager.yml");
    assert_eq!(alertmanager["route"]["receiver"], alertmanager["receivers"][0]["name"]);
}
