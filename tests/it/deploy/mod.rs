//! The files that put the hub into production, held to what they promise. No engine is needed: they are read.

use std::fs;

use serde_norway::Value;

mod image;
mod monitoring;
mod operations;
mod proxy;
mod stack;

fn text(path: &str) -> String {
    fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR")))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn yaml(path: &str) -> Value {
    serde_norway::from_str(&text(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
