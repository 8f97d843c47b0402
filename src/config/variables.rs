//! One variable at a time: looked up directly or through its `…_FILE`, parsed, and every fault written down.

use std::{fmt::Display, fs, str::FromStr};

use secrecy::SecretString;

/// A variable the hub reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    pub name: &'static str,
    /// What holds when it is not set, as text; empty when nothing does.
    pub default: String,
}

/// One thing that is wrong with one variable. Never holds the value of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub variable: &'static str,
    pub problem: String,
}

/// The source of the variables, with what was asked of it and what was wrong.
pub struct Variables<'a> {
    source: &'a dyn Fn(&str) -> Option<String>,
    known: Vec<Variable>,
    faults: Vec<Fault>,
}

impl<'a> Variables<'a> {
    pub fn new(source: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { source, known: Vec::new(), faults: Vec::new() }
    }

    pub fn into_faults(self) -> Vec<Fault> {
        self.faults
    }

    pub fn into_known(self) -> Vec<Variable> {
        self.known
    }

    pub fn fault(&mut self, variable: &'static str, problem: impl Into<String>) {
        self.faults.push(Fault { variable, problem: problem.into() });
    }

    /// The variable's text without the blanks around it; an empty one counts as not set. `default` is only for the
    /// list of variables.
    pub fn text(&mut self, name: &'static str, default: impl Into<String>) -> Option<String> {
        self.known.push(Variable { name, default: default.into() });
        let file_name = format!("{name}_FILE");
        let direct = self.lookup(name);
        match (direct, self.lookup(&file_name)) {
            (Some(_), Some(_)) => {
                self.fault(name, format!("set either {name} or {file_name}, not both"));
                None
            }
            (Some(text), None) => Some(text),
            (None, Some(path)) => self.text_of_file(name, &path),
            (None, None) => None,
        }
    }

    pub fn secret(&mut self, name: &'static str, default: &str) -> Option<SecretString> {
        self.text(name, default).map(SecretString::from)
    }

    /// The parsed variable, or the default when it is not set or wrong (the fault is then on record).
    pub fn parsed<T>(&mut self, name: &'static str, default: T, expected: &str) -> T
    where
        T: FromStr + Display,
    {
        let Some(text) = self.text(name, default.to_string()) else { return default };
        text.parse().unwrap_or_else(|_| {
            self.fault(name, format!("expected {expected}, found `{text}`"));
            default
        })
    }

    /// A whole number between `least` and `most`, both allowed.
    pub fn number(&mut self, name: &'static str, default: u64, least: u64, most: u64) -> u64 {
        let value = self.parsed(name, default, "a whole number");
        if (least..=most).contains(&value) {
            return value;
        }
        self.fault(name, format!("expected a number from {least} to {most}, found {value}"));
        default
    }

    pub fn flag(&mut self, name: &'static str) -> bool {
        match self.text(name, "false").as_deref() {
            None | Some("false" | "0" | "no" | "off") => false,
            Some("true" | "1" | "yes" | "on") => true,
            Some(other) => {
                let problem = format!("expected true or false, found `{other}`");
                self.fault(name, problem);
                false
            }
        }
    }

    fn lookup(&self, name: &str) -> Option<String> {
        (self.source)(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    fn text_of_file(&mut self, name: &'static str, path: &str) -> Option<String> {
        match fs::read_to_string(path) {
            Ok(text) if text.trim().is_empty() => {
                self.fault(name, format!("the file {path} is empty"));
                None
            }
            Ok(text) => Some(text.trim().to_owned()),
            Err(error) => {
                self.fault(name, format!("cannot read the file {path}: {error}"));
                None
            }
        }
    }
}
