//! Switchboard: a multi-channel messaging hub.

pub mod access;
pub mod app;
pub mod config;
pub mod db;
pub mod doctor;
pub mod embedded;
pub mod error;
pub mod forgeries;
pub mod http;
pub mod ids;
pub mod inbox;
pub mod ingest;
pub mod jobs;
pub mod mail;
pub mod metrics;
pub mod realtime;
pub mod router;
pub mod serve;
pub mod start;
pub mod store;
pub mod vault;
pub mod web;
pub mod writers;
