//! The configuration, told from a list of pairs.

use std::{collections::HashMap, fs, os::unix::fs::PermissionsExt, path::PathBuf};

use secrecy::ExposeSecret;

use super::{Config, ConfigError, LogFormat, MasterKey, Storage};

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn config(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let pairs: HashMap<String, String> =
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Config::from_source(&|name| pairs.get(name).cloned())
}

/// A folder that is gone after the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("switchboard-config-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn faulty(pairs: &[(&str, &str)]) -> Vec<&'static str> {
    config(pairs).unwrap_err().0.iter().map(|fault| fault.variable).collect()
}

#[test]
fn nothing_set_is_a_private_local_hub() {
    let config = config(&[]).unwrap();
    assert_eq!(config.server.bind.to_string(), "127.0.0.1:8080");
    assert_eq!(config.server.public_url.as_str(), "http://localhost:8080/");
    assert!(config.database.is_embedded());
    assert!(config.bus.redis_url.is_none());
    assert!(!config.server.demo);
    assert!(matches!(config.storage, Storage::Folder(path) if path.ends_with("data/media")));
    assert!(matches!(config.secret_key, MasterKey::File(path) if path.ends_with("data/secret.key")));
}

#[test]
fn the_public_address_follows_the_port() {
    let config = config(&[("SWITCHBOARD_BIND", "0.0.0.0:9000")]).unwrap();
    assert_eq!(config.server.public_url.as_str(), "http://localhost:9000/");
}

#[test]
fn every_fault_is_reported_at_once() {
    let faults = faulty(&[
        ("SWITCHBOARD_BIND", "everywhere"),
        ("SWITCHBOARD_PUBLIC_URL", "https://hub.example/path"),
        ("SWITCHBOARD_PROXY_HOPS", "99"),
        ("SWITCHBOARD_DEMO", "maybe"),
        ("DATABASE_URL", "mysql://somewhere"),
        ("REDIS_URL", "http://somewhere"),
        ("SWITCHBOARD_STORAGE_URL", "s3://media"),
        ("SWITCHBOARD_STORAGE_ENDPOINT", "nowhere"),
        ("SWITCHBOARD_MAX_MEDIA_BYTES", "-1"),
        ("SWITCHBOARD_LOG", "info,switchboard=loud"),
        ("SWITCHBOARD_LOG_FORMAT", "xml"),
    ]);
    assert_eq!(
        faults,
        [
            "SWITCHBOARD_BIND",
            "SWITCHBOARD_PUBLIC_URL",
            "SWITCHBOARD_PROXY_HOPS",
            "SWITCHBOARD_DEMO",
            "DATABASE_URL",
            "SWITCHBOARD_SECRET_KEY",
            "REDIS_URL",
            "SWITCHBOARD_STORAGE_ENDPOINT",
            "SWITCHBOARD_STORAGE_ACCESS_KEY_ID",
            "SWITCHBOARD_STORAGE_SECRET_ACCESS_KEY",
            "SWITCHBOARD_MAX_MEDIA_BYTES",
            "SWITCHBOARD_LOG",
            "SWITCHBOARD_LOG_FORMAT",
        ]
    );
}

#[test]
fn a_given_database_needs_a_given_key() {
    assert_eq!(faulty(&[("DATABASE_URL", "postgres://db/hub")]), ["SWITCHBOARD_SECRET_KEY"]);
    let config = config(&[("DATABASE_URL", "postgres://db/hub"), ("SWITCHBOARD_SECRET_KEY", KEY)]).unwrap();
    assert_eq!(config.secret_key.load().unwrap().expose_secret()[31], 31);
    assert_eq!(faulty(&[("SWITCHBOARD_SECRET_KEY", "AAEC")]), ["SWITCHBOARD_SECRET_KEY"]);
}

#[test]
fn a_file_holds_the_value_of_any_variable() {
    let folder = Folder::new("file");
    let key = folder.file("key", &format!("{KEY}\n"));
    let url = folder.file("url", "postgres://hub:pa55@db/hub\n");
    let config = config(&[("SWITCHBOARD_SECRET_KEY_FILE", &key), ("DATABASE_URL_FILE", &url)]).unwrap();
    assert_eq!(config.database.url.unwrap().expose_secret(), "postgres://hub:pa55@db/hub");
    assert_eq!(config.secret_key.load().unwrap().expose_secret()[1], 1);
}

#[test]
fn a_file_that_is_missing_or_doubled_or_empty_is_a_fault() {
    let folder = Folder::new("wrong-file");
    let empty = folder.file("empty", " \n");
    assert_eq!(faulty(&[("REDIS_URL_FILE", "/nonexistent/url")]), ["REDIS_URL"]);
    assert_eq!(faulty(&[("REDIS_URL_FILE", &empty)]), ["REDIS_URL"]);
    assert_eq!(faulty(&[("REDIS_URL_FILE", &empty), ("REDIS_URL", "redis://bus")]), ["REDIS_URL"]);
}

#[test]
fn neither_debug_nor_faults_show_a_secret() {
    let pairs = [
        ("DATABASE_URL", "postgres://hub:pa55word@db/hub"),
        ("REDIS_URL", "redis://:pa55word@bus"),
        ("SWITCHBOARD_SECRET_KEY", KEY),
        ("SWITCHBOARD_STORAGE_URL", "s3://media/hub"),
        ("SWITCHBOARD_STORAGE_ACCESS_KEY_ID", "pa55word"),
        ("SWITCHBOARD_STORAGE_SECRET_ACCESS_KEY", "pa55word"),
    ];
    let shown = format!("{:?}", config(&pairs).unwrap());
    assert!(!shown.contains("pa55word") && !shown.contains(KEY), "{shown}");
    let wrong = config(&[
        ("DATABASE_URL", "mysql://hub:pa55word@db"),
        ("REDIS_URL", "pa55word"),
        ("SWITCHBOARD_SECRET_KEY", "pa55word"),
    ]);
    let wrong = wrong.unwrap_err();
    assert_eq!(wrong.0.len(), 3);
    assert!(!wrong.to_string().contains("pa55word"), "{wrong}");
}

#[test]
fn the_key_is_made_once_and_only_its_owner_reads_it() {
    let folder = Folder::new("key");
    let data = folder.0.join("data");
    let config = config(&[("SWITCHBOARD_DATA", data.to_str().unwrap())]).unwrap();
    let first = config.secret_key.load().unwrap();
    let second = config.secret_key.load().unwrap();
    assert_eq!(first.expose_secret(), second.expose_secret());
    assert_ne!(first.expose_secret(), &[0; 32]);
    let mode = fs::metadata(data.join("secret.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(fs::read_dir(&data).unwrap().count(), 1);
    fs::write(data.join("secret.key"), "damaged").unwrap();
    assert!(config.secret_key.load().unwrap_err().to_string().contains("secret.key"));
}

#[test]
fn flags_and_formats_are_read() {
    let config = config(&[
        ("SWITCHBOARD_DEMO", "yes"),
        ("SWITCHBOARD_LOG_FORMAT", "json"),
        ("SWITCHBOARD_STORAGE_URL", "file:///srv/media"),
        ("SWITCHBOARD_EVENT_RETENTION_HOURS", "48"),
        ("SWITCHBOARD_PUBLIC_URL", " https://hub.example "),
    ])
    .unwrap();
    assert!(config.server.demo);
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(config.limits.event_retention.as_secs(), 48 * 3600);
    assert_eq!(config.server.public_url.as_str(), "https://hub.example/");
    assert!(matches!(config.storage, Storage::Folder(path) if path.ends_with("srv/media")));
}

#[test]
fn every_variable_is_listed_once() {
    let mut names: Vec<_> = Config::variables().into_iter().map(|variable| variable.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(names.contains(&"DATABASE_URL") && names.contains(&"SWITCHBOARD_STORAGE_REGION"));
}
