//! The hub from outside: one binary, so that the crates are linked once.
#![cfg(test)]

mod access;
mod bad_input;
mod database;
mod deploy;
mod embedded;
mod harness;
mod inbound;
mod openapi;
mod process;
mod realtime;
mod reply;
mod tenancy;
