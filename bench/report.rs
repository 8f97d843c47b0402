//! What was measured beside what was asked for: on the terminal while it runs, in `docs/benchmarks.md` at the end.

use std::fmt::Write as _;

use crate::{
    machine::Machine,
    statistics::{median, range},
};

/// What a figure has to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// One measured quantity: a value per run, in `unit`.
#[derive(Clone, Debug)]
pub struct Line {
    /// The name it has in the list of bars: `A1`.
    pub figure: &'static str,
    pub what: String,
    pub runs: Vec<f64>,
    pub unit: &'static str,
    pub bar: Option<Bound>,
    pub goal: Option<Bound>,
}

/// Everything measured so far, in the order of measuring.
#[derive(Default)]
pub struct Report {
    lines: Vec<Line>,
    /// Circumstances that belong to a figure.
    notes: Vec<(&'static str, String)>,
}

impl Bound {
    fn met(self, value: f64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= bound,
            Self::AtMost(bound) => value <= bound,
        }
    }

    fn text(self, unit: &str) -> String {
        match self {
            Self::AtLeast(bound) => format!("≥ {}", quantity(bound, unit)),
            Self::AtMost(bound) => format!("≤ {}", quantity(bound, unit)),
        }
    }

    /// How far `value` is from here; above 100 % is better than asked for.
    fn reached(self, value: f64) -> f64 {
        match self {
            Self::AtLeast(bound) if bound > 0.0 => value / bound * 100.0,
            Self::AtMost(bound) if value > 0.0 && bound > 0.0 => bound / value * 100.0,
            _ if self.met(value) => 100.0,
            _ => 0.0,
        }
    }
}

impl Line {
    /// A quantity without a bar, for context.
    pub fn plain(figure: &'static str, what: impl Into<String>, unit: &'static str, runs: Vec<f64>) -> Self {
        Self { figure, what: what.into(), runs, unit, bar: None, goal: None }
    }

    #[must_use]
    pub fn bar(mut self, bar: Bound) -> Self {
        self.bar = Some(bar);
        self
    }

    #[must_use]
    pub fn goal(mut self, goal: Bound) -> Self {
        self.goal = Some(goal);
        self
    }

    fn value(&self) -> f64 {
        median(&self.runs)
    }

    fn measured(&self) -> String {
        let (low, high) = range(&self.runs);
        let value = quantity(self.value(), self.unit);
        match self.runs.len() {
            0 | 1 => value,
            _ => format!("{value} ({} … {})", number(low), number(high)),
        }
    }

    /// `met`, or how much of the goal is reached.
    fn verdict(&self, bound: Option<Bound>) -> String {
        match bound {
            None => String::new(),
            Some(bound) if bound.met(self.value()) => format!("{} met", bound.text(self.unit)),
            Some(bound) => {
                format!("{} **missed** ({:.0} %)", bound.text(self.unit), bound.reached(self.value()))
            }
        }
    }
}

impl Report {
    /// Prints the line and keeps it.
    pub fn add(&mut self, line: Line) {
        let verdicts = [("bar", line.bar), ("goal", line.goal)].map(|(name, bound)| match bound {
            None => String::new(),
            Some(_) => format!("  {name} {}", line.verdict(bound).replace("**", "")),
        });
        println!("  {:<3} {:<58} {:>26}{}", line.figure, line.what, line.measured(), verdicts.concat());
        self.lines.push(line);
    }

    /// Prints a remark and keeps it.
    pub fn note(&mut self, figure: &'static str, text: impl Into<String>) {
        let text = text.into();
        println!("  {figure:<3} note: {text}");
        self.notes.push((figure, text));
    }

    /// Figures whose bar was missed.
    pub fn missed(&self) -> Vec<&Line> {
        self.lines.iter().filter(|line| line.bar.is_some_and(|bar| !bar.met(line.value()))).collect()
    }

    /// The page for the documentation.
    pub fn markdown(&self, machine: &Machine, runs: usize) -> String {
        let mut page = String::from(INTRODUCTION);
        let _ = writeln!(page, "\n## The machine\n\n{}", machine.markdown());
        let _ = writeln!(
            page,
            "Values are medians of {runs} runs with their range, unless a line says otherwise.\n"
        );
        let _ = writeln!(page, "## Figures with a bar\n");
        let _ = writeln!(page, "| | what | measured | bar | goal |\n|---|---|---|---|---|");
        for line in self.lines.iter().filter(|line| line.bar.is_some() || line.goal.is_some()) {
            let _ = writeln!(
                page,
                "| {} | {} | {} | {} | {} |",
                line.figure,
                line.what,
                line.measured(),
                line.verdict(line.bar),
                line.verdict(line.goal)
            );
        }
        let _ = writeln!(page, "\n## What stands behind them\n\n| | what | measured |\n|---|---|---|");
        for line in self.lines.iter().filter(|line| line.bar.is_none() && line.goal.is_none()) {
            let _ = writeln!(page, "| {} | {} | {} |", line.figure, line.what, line.measured());
        }
        if !self.notes.is_empty() {
            let _ = writeln!(page, "\n## Notes\n");
            for (figure, text) in &self.notes {
                let _ = writeln!(page, "- **{figure}** {text}");
            }
        }
        page
    }
}

const INTRODUCTION: &str = "\
# Benchmarks

Written by `make bench`. Load generator, hub, PostgreSQL and Redis share one machine and talk over loopback; the hub is the binary
as it is shipped (profile `dist`) in a process of its own, PostgreSQL is durable (`fsync` and `synchronous_commit` on). Read the ratios: both of their
sides come from the same run, while absolute figures change with the machine. *c* is the time in which one client of this PostgreSQL
commits one inserted row. A percentage beside *missed* says how much of what was asked for is reached.
";

fn quantity(value: f64, unit: &str) -> String {
    match unit {
        "" => number(value),
        "×" => format!("{} ×", number(value)),
        _ => format!("{} {unit}", number(value)),
    }
}

/// Three significant digits, thousands apart.
fn number(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude >= 1000.0 {
        let digits = format!("{value:.0}");
        let mut text = String::new();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && digit != '-' && (digits.len() - index) % 3 == 0 && !text.ends_with('-') {
                text.push(',');
            }
            text.push(digit);
        }
        return text;
    }
    let rounded = match magnitude {
        m if m >= 100.0 => format!("{value:.0}"),
        m if m >= 10.0 => format!("{value:.1}"),
        m if m >= 0.095 || m == 0.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    };
    match rounded.contains('.') {
        true => rounded.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => rounded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(number(1_234_567.0), "1,234,567");
        assert_eq!(number(-12_345.0), "-12,345");
        assert_eq!(number(123.4), "123");
        assert_eq!(number(1.256), "1.26");
        assert_eq!(number(0.0312), "0.031");
        assert_eq!(number(0.0), "0");
        assert_eq!(number(20.0), "20");
    }

    #[test]
    fn a_bound_tells_whether_it_is_met_and_how_far_it_is() {
        let line = Line::plain("A1", "rate", "×", vec![0.9, 0.6, 0.7]);
        assert_eq!(line.verdict(Some(Bound::AtLeast(0.7))), "≥ 0.7 × met");
        assert_eq!(line.verdict(Some(Bound::AtLeast(1.4))), "≥ 1.4 × **missed** (50 %)");
        assert_eq!(line.verdict(Some(Bound::AtMost(0.35))), "≤ 0.35 × **missed** (50 %)");
        assert_eq!(line.measured(), "0.7 × (0.6 … 0.9)");
    }

    #[test]
    fn what_missed_its_bar_is_listed() {
        let mut report = Report::default();
        report.add(Line::plain("A1", "rate", "×", vec![1.0]).bar(Bound::AtLeast(2.0)));
        report.add(Line::plain("A2", "time", "ms", vec![1.0]).bar(Bound::AtMost(2.0)));
        let missed: Vec<_> = report.missed().iter().map(|line| line.figure).collect();
        assert_eq!(missed, ["A1"]);
    }
}
