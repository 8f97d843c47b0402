//! The hub behind a real nginx with the configuration that we ship: people log in through it, and their sockets open.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::json;
use switchboard::realtime::event::{EventKind, NewEvent};

use super::text;
use crate::{
    harness::{
        client::{Client, Session},
        hub::{Hub, PASSWORD},
    },
    realtime::{organization, socket::Socket},
};

const PUBLIC: &str = "https://hub.example.com";

fn nginx() -> Option<PathBuf> {
    ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"]
        .map(PathBuf::from)
        .into_iter()
        .find(|path| path.exists())
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A running nginx; ends with its folder.
struct Nginx {
    process: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A certificate for the name in the configuration; `None` without openssl.
fn certificate(folder: &Path) -> Option<()> {
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "1",
        ])
        .args(["-subj", "/CN=hub.example.com", "-keyout", "hub.key", "-out", "hub.pem"])
        .current_dir(folder)
        .stderr(Stdio::null())
        .status();
    made.ok().filter(std::process::ExitStatus::success).map(|_| ())
}

/// Everything as shipped but for where it listens, where the hub is and where the certificate lies. A second, open port lets the
/// test's own clients in without trusting that certificate.
fn configuration(folder: &Path, hub: &str, port: u16) -> String {
    let place = folder.display();
    let shipped = text("deploy/proxy/nginx.conf");
    for needed in [
        "listen 443 ssl http2;",
        "http://127.0.0.1:8080",
        "/etc/ssl/hub.example.com.pem",
        "/etc/ssl/hub.example.com.key",
    ] {
        assert!(shipped.contains(needed), "{needed} is not in the configuration");
    }
    let server = shipped
        .replace(
            "listen 443 ssl http2;",
            &format!("listen 127.0.0.1:{} ssl http2; listen 127.0.0.1:{port};", free_port()),
        )
        .replace("http://127.0.0.1:8080", hub)
        .replace("/etc/ssl/hub.example.com.pem", &format!("{place}/hub.pem"))
        .replace("/etc/ssl/hub.example.com.key", &format!("{place}/hub.key"));
    let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let kept = kinds.map(|kind| format!("{kind}_temp_path {place}/{kind};")).join("\n");
    format!(
        "daemon off;\nmaster_process off;\npid {place}/pid;\nerror_log {place}/error.log;\nevents {{}}\nhttp {{\naccess_log off;\n{kept}\n{server}\n}}\n"
    )
}

async fn start(nginx: &Path, hub: &str) -> Option<Nginx> {
    let folder = tempfile::tempdir().unwrap();
    certificate(folder.path())?;
    let port = free_port();
    let file = folder.path().join("nginx.conf");
    fs::write(&file, configuration(folder.path(), hub, port)).unwrap();
    let mut process = Command::new(nginx)
        .arg("-c")
        .arg(&file)
        .arg("-p")
        .arg(folder.path())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        if process.try_wait().unwrap().is_some() {
            let mut said = String::new();
            std::io::Read::read_to_string(&mut process.stderr.take().unwrap(), &mut said).unwrap();
            panic!("nginx ended: {said}");
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "nginx does not listen");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Some(Nginx { process, port, _folder: folder })
}

#[tokio::test]
async fn people_log_in_and_open_sockets_through_nginx() {
    let Some(program) = nginx() else {
        eprintln!("skipped: there is no nginx here");
        return;
    };
    let hub = Hub::start_with(&[("SWITCHBOARD_PUBLIC_URL", PUBLIC), ("SWITCHBOARD_PROXY_HOPS", "1")]).await;
    let ana = hub.found("Padaria", "ana").await;
    let Some(proxy) = start(&program, &hub.url).await else {
        eprintln!("skipped: there is no openssl here");
        return;
    };
    let url = format!("http://127.0.0.1:{}", proxy.port);
    let client = Client::new(&url);
    let answer = client.post("/auth/login", &json!({"email": "ana@example.org", "password": PASSWORD})).await;
    let session = Session::from(client, answer.expect(200));
    let mine = session.get("/conversations").await.expect(200);
    assert_eq!(mine.body["data"], json!([]));

    let mut socket = Socket::at(&url, &session).await;
    let mut tx = hub.app.db.begin(organization(&ana)).await.unwrap();
    tx.tell(NewEvent::everybody(EventKind::SettingsUpdated, &json!({"what": "labels"})));
    tx.commit().await.unwrap();
    assert_eq!(socket.next_event().await["data"]["what"], "labels");
    drop(socket);
    assert_eq!(Socket::refused_at(&url, PUBLIC).await, 101);
    assert_eq!(Socket::refused_at(&url, "https://evil.example").await, 403);

    assert_eq!(hub.client().http().get(format!("{url}/metrics")).send().await.unwrap().status(), 404);
}
