//! The hub under measurement: the binary as it is shipped, a process of its own.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::{Result, wire::Wire};

/// The key that seals credentials, in base64: 32 times the byte 7.
const SECRET_KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
/// The same key.
pub const SECRET_KEY_BYTES: [u8; 32] = [7; 32];

const START: Duration = Duration::from_secs(60);

/// How a hub is started.
#[derive(Clone, Debug)]
pub struct Setup {
    pub folder: PathBuf,
    pub database_url: String,
    /// `None`: events stay in the process.
    pub redis_url: Option<String>,
    pub role: &'static str,
}

pub struct Hub {
    setup: Setup,
    pub address: SocketAddr,
    process: Option<Child>,
}

impl Hub {
    /// Starts a hub and waits until it is ready; it brings its database up to date first.
    pub async fn start(setup: Setup) -> Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, crate::free_port()?));
        let mut hub = Self { setup, address, process: None };
        hub.begin().await?;
        Ok(hub)
    }

    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    pub fn pid(&self) -> u32 {
        self.process.as_ref().map_or(0, Child::id)
    }

    /// `kill -9`.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(mut process) = self.process.take() {
            process.kill()?;
            process.wait()?;
        }
        Ok(())
    }

    /// Stops it and starts it in another role.
    pub async fn become_role(&mut self, role: &'static str) -> Result<()> {
        self.kill()?;
        self.setup.role = role;
        self.begin().await
    }

    /// Starts it again on the same address.
    pub async fn begin(&mut self) -> Result<()> {
        let data = self.setup.folder.join("data");
        fs::create_dir_all(&data)?;
        let log = fs::OpenOptions::new().create(true).append(true).open(self.setup.folder.join("hub.log"))?;
        let mut command = Command::new("setpriv");
        command
            .args(["--pdeathsig", "KILL"])
            .arg(binary()?)
            .arg(self.setup.role)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("DATABASE_URL", &self.setup.database_url)
            .env("SWITCHBOARD_SECRET_KEY", SECRET_KEY)
            .env("SWITCHBOARD_BIND", self.address.to_string())
            // Some platforms sign the address that they call.
            .env("SWITCHBOARD_PUBLIC_URL", format!("http://{}", self.address))
            .env("SWITCHBOARD_DATA", &data)
            .env("SWITCHBOARD_ALLOW_PRIVATE_ADDRESSES", "true")
            .env("SWITCHBOARD_AUTH_REQUESTS_PER_MINUTE", "1000000")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        if let Some(redis) = &self.setup.redis_url {
            command.env("REDIS_URL", redis);
        }
        self.process = Some(command.spawn()?);
        self.ready().await
    }

    async fn ready(&mut self) -> Result<()> {
        let begun = Instant::now();
        loop {
            if let Ok(mut wire) = Wire::connect(self.address).await
                && matches!(wire.get("/health/ready", None).await, Ok(200))
            {
                return Ok(());
            }
            let ended = self.process.as_mut().and_then(|process| process.try_wait().ok().flatten());
            if ended.is_some() || begun.elapsed() > START {
                let log = fs::read_to_string(self.setup.folder.join("hub.log")).unwrap_or_default();
                let tail: Vec<&str> = log.lines().rev().take(5).collect();
                return Err(format!("the hub did not start: {tail:?}").into());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// Built beside this program.
fn binary() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let path = own.parent().unwrap_or(Path::new(".")).join("switchboard");
    match path.exists() {
        true => Ok(path),
        false => Err(format!(
            "{} is missing; build it with: cargo build --profile dist -p switchboard",
            path.display()
        )
        .into()),
    }
}
