//! A bare axum server to compare with, in a process of its own: what the web framework costs before a hub is built on it.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use tokio::net::TcpListener;

use crate::{Result, platform};

/// The argument that makes this program the bare server.
pub const NAME: &str = "bare";

/// A running bare server.
pub struct Bare {
    process: Child,
    pub address: SocketAddr,
}

impl Bare {
    pub fn start() -> Result<Self> {
        let mut process = Command::new("setpriv")
            .args(["--pdeathsig", "KILL"])
            .arg(std::env::current_exe()?)
            .arg(NAME)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        Ok(Self { process, address: line.trim().parse()? })
    }

    pub fn pid(&self) -> u32 {
        self.process.id()
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Serves until it is killed; its address is its first line.
pub async fn serve() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let routes = Router::new().route("/webhooks/{channel}/{integration}", post(verify));
    Ok(axum::serve(listener, routes).await?)
}

/// The signature and nothing else.
async fn verify(headers: HeaderMap, body: Bytes) -> StatusCode {
    let given = headers.get("x-hub-signature-256").map(|value| value.as_bytes()).unwrap_or_default();
    let right = webhooks::sign::hmac_sha256_hex(platform::app_secret(), &body);
    match given.strip_prefix(b"sha256=") == Some(right.as_bytes()) {
        true => StatusCode::OK,
        false => StatusCode::UNAUTHORIZED,
    }
}
