//! What the figures were measured on, and what processes cost it.

use std::{
    fs::{self, File},
    io::Write as _,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use crate::{Result, statistics};

/// Described in the report.
pub struct Machine {
    facts: Vec<(&'static str, String)>,
}

impl Machine {
    /// `folder` lies on the disk that is measured.
    pub fn look(folder: &Path, postgres: String) -> Result<Self> {
        let sync = fdatasync(folder)?;
        Ok(Self {
            facts: vec![
                ("date", chrono::Utc::now().format("%Y-%m-%d %H:%M UTC").to_string()),
                ("commit", answer("git", &["rev-parse", "--short", "HEAD"])),
                ("processor", format!("{}, {} cores", processor(), cores())),
                ("memory", format!("{} GiB", memory_kib("MemTotal") / 1024 / 1024)),
                ("`fdatasync` of 8 KiB", format!("{:.2} ms (median of 100)", statistics::milliseconds(sync))),
                ("kernel", answer("uname", &["-sr"])),
                ("PostgreSQL", postgres),
                ("Redis", answer("redis-server", &["--version"])),
                ("Rust", answer("rustc", &["--version"])),
            ],
        })
    }

    pub fn markdown(&self) -> String {
        let rows = self.facts.iter().map(|(name, value)| format!("| {name} | {value} |\n"));
        format!("| | |\n|---|---|\n{}", rows.collect::<String>())
    }
}

pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, Into::into)
}

/// CPU time that a process has used.
pub fn cpu(pid: u32) -> Duration {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The program's name may hold spaces; what follows its closing bracket does not.
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks: u64 = [11, 12].iter().filter_map(|at| fields.get(*at)?.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 1000 / 100)
}

/// CPU time that a process and its children have used, as far as they still live.
pub fn cpu_with_children(pid: u32) -> Duration {
    cpu(pid) + children(pid).into_iter().map(cpu).sum::<Duration>()
}

pub fn children(pid: u32) -> Vec<u32> {
    let Ok(folder) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = folder.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|child| parent(*child) == Some(pid)).collect()
}

fn parent(pid: u32) -> Option<u32> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    text.rsplit(')').next()?.split_whitespace().nth(1)?.parse().ok()
}

/// Memory of a process, KiB: now, and the most it ever had.
pub fn memory(pid: u32) -> (u64, u64) {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    (field_kib(&text, "VmRSS:"), field_kib(&text, "VmHWM:"))
}

fn memory_kib(name: &str) -> u64 {
    field_kib(&fs::read_to_string("/proc/meminfo").unwrap_or_default(), &format!("{name}:"))
}

fn field_kib(text: &str, name: &str) -> u64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}

fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("model name"));
    line.and_then(|line| Some(line.split_once(':')?.1.trim().to_owned()))
        .unwrap_or_else(|| "unknown".to_owned())
}

fn answer(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.ok().filter(|text| !text.is_empty()).unwrap_or_else(|| "unknown".to_owned())
}

/// The median time that the disk takes to keep a page.
fn fdatasync(folder: &Path) -> Result<Duration> {
    let path = folder.join("fdatasync");
    let mut file = File::create(&path)?;
    let mut times = Vec::new();
    for _ in 0..100 {
        file.write_all(&[7; 8192])?;
        let begun = Instant::now();
        file.sync_data()?;
        times.push(begun.elapsed());
    }
    fs::remove_file(path)?;
    times.sort_unstable();
    Ok(times[times.len() / 2])
}
