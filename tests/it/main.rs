//! The hub from outside: one binary, so that the crates are linked once.
#![cfg(test)]

mod access;
mod alarms;
mod attachments;
mod bad_input;
mod callbacks;
mod calls;
mod contact_import;
mod contacts;
mod conversations;
mod database;
mod demo;
mod deploy;
mod embedded;
mod every_channel;
mod harness;
mod inbound;
mod installs;
mod integrations;
mod jobs;
mod labels;
mod letters;
mod listeners;
mod messages;
mod openapi;
mod people;
mod process;
mod realtime;
mod reply;
mod retention;
mod search;
mod shared_address;
mod sms;
mod tenancy;
mod voice;
mod webchat;
