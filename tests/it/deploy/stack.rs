//! `docker-stack.yml` and the image: nobody is root, nothing is written, everything is defined and limited.

use std::collections::BTreeSet;

use serde_norway::{Mapping, Value};
use switchboard::config::Config;

use super::{text, yaml};

const STACK: &str = "docker-stack.yml";
/// Services that run the hub's own image.
const HUB: &[&str] = &["server", "worker", "migrate"];

fn services() -> Vec<(String, Value)> {
    let stack = yaml(STACK);
    let services = stack["services"].as_mapping().unwrap();
    services.iter().map(|(name, service)| (name.as_str().unwrap().to_owned(), service.clone())).collect()
}

fn service(name: &str) -> Value {
    services().into_iter().find(|(other, _)| other == name).unwrap().1
}

fn list(value: &Value) -> Vec<Value> {
    value.as_sequence().cloned().unwrap_or_default()
}

fn words(value: &Value) -> Vec<String> {
    list(value).iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

fn keys(mapping: &Value) -> BTreeSet<String> {
    let mapping: &Mapping = mapping.as_mapping().unwrap();
    mapping.keys().map(|key| key.as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_promised_services_are_there() {
    let names: BTreeSet<String> = services().into_iter().map(|(name, _)| name).collect();
    let promised = ["traefik", "server", "worker", "migrate", "postgres", "redis"].map(str::to_owned);
    assert_eq!(names, promised.into());
    assert_eq!(service("server")["deploy"]["replicas"], 3);
    assert_eq!(service("worker")["deploy"]["replicas"], 2);
    assert_eq!(service("migrate")["deploy"]["mode"], "replicated-job");
    assert!(service("postgres")["image"].as_str().unwrap().starts_with("postgres:16"));
    assert!(service("redis")["image"].as_str().unwrap().starts_with("redis:7"));
    for (name, role) in [("server", "server"), ("worker", "worker"), ("migrate", "migrate")] {
        assert_eq!(words(&service(name)["command"]), [role]);
    }
}

#[test]
fn nobody_is_root_and_no_root_filesystem_is_written() {
    for (name, service) in services() {
        let user = service["user"].as_str().unwrap_or_else(|| panic!("{name} names no user"));
        let uid: u32 = user.split(':').next().unwrap().parse().unwrap();
        assert_ne!(uid, 0, "{name} runs as root");
        assert_eq!(service["read_only"], true, "{name} may write its root filesystem");
        assert!(
            words(&service["tmpfs"]).contains(&"/tmp".to_owned()),
            "{name} has no place for temporary files"
        );
        assert_eq!(words(&service["cap_drop"]), ["ALL"], "{name} keeps capabilities");
        assert!(service["privileged"].is_null() && service["cap_add"].is_null(), "{name} is privileged");
        assert!(!text(STACK).contains("docker.sock"));
    }
}

#[test]
fn every_service_says_whether_it_is_healthy() {
    for (name, service) in services() {
        let check = &service["healthcheck"];
        match name.as_str() {
            "migrate" => assert_eq!(check["disable"], true),
            _ => assert!(words(&check["test"]).len() > 1, "{name} has no health check"),
        }
    }
    for name in ["server", "worker"] {
        assert_eq!(words(&service(name)["healthcheck"]["test"]), ["CMD", "switchboard", "health"]);
    }
}

#[test]
fn updates_start_the_new_before_the_old_ends_and_roll_back() {
    for (name, service) in services() {
        let update = &service["deploy"]["update_config"];
        assert_eq!(update["failure_action"], "rollback", "{name} does not roll back");
        let order = match name.as_str() {
            "server" | "worker" => "start-first",
            "migrate" => continue,
            // They hold what only one process may hold: a volume, or a host's port.
            _ => "stop-first",
        };
        assert_eq!(update["order"], order, "{name}");
    }
}

#[test]
fn every_service_is_limited() {
    for (name, service) in services() {
        let limits = &service["deploy"]["resources"]["limits"];
        assert!(limits["memory"].is_string() && limits["cpus"].is_string(), "{name} may take everything");
    }
}

#[test]
fn what_is_referred_to_is_defined_and_what_is_defined_is_used() {
    let stack = yaml(STACK);
    for kind in ["secrets", "configs", "networks", "volumes"] {
        let mut used = BTreeSet::new();
        for (_, service) in services() {
            used.extend(list(&service[kind]).iter().filter_map(|item| match item {
                Value::String(text) if kind == "volumes" => Some(text.split(':').next().unwrap().to_owned()),
                Value::String(text) => Some(text.clone()),
                item => item["source"].as_str().map(str::to_owned),
            }));
        }
        assert_eq!(used, keys(&stack[kind]), "{kind}");
    }
    for config in stack["configs"].as_mapping().unwrap().values() {
        yaml(config["file"].as_str().unwrap());
    }
}

#[test]
fn secrets_come_as_files_that_only_their_user_reads() {
    for (name, service) in services() {
        let uid = service["user"].as_str().unwrap().split(':').next().unwrap().to_owned();
        let mounted: BTreeSet<String> = list(&service["secrets"])
            .iter()
            .map(|secret| {
                assert_eq!(secret["uid"], uid.as_str(), "{name}: another user may read {secret:?}");
                // This parser leaves octal numbers as text; Docker's reads them.
                assert_eq!(secret["mode"], "0400", "{name}: {secret:?}");
                secret["target"].as_str().unwrap().to_owned()
            })
            .collect();
        let environment = service["environment"].as_mapping().cloned().unwrap_or_default();
        for (variable, value) in &environment {
            let (variable, value) = (variable.as_str().unwrap(), value.as_str().unwrap_or_default());
            let secret = ["PASSWORD", "SECRET", "KEY", "DATABASE_URL", "REDIS_URL"];
            if secret.iter().any(|word| variable.contains(word)) {
                assert!(variable.ends_with("_FILE"), "{name}: {variable} is in the open");
                let file = value.strip_prefix("/run/secrets/").unwrap();
                assert!(mounted.contains(file), "{name}: {variable} names a file that is not mounted");
            }
        }
    }
    for secret in yaml(STACK)["secrets"].as_mapping().unwrap().values() {
        assert_eq!(secret["external"], true);
    }
}

#[test]
fn every_variable_is_one_the_hub_reads() {
    let known: BTreeSet<&str> = Config::variables().iter().map(|variable| variable.name).collect();
    for name in HUB {
        for variable in keys(&service(name)["environment"]) {
            let read = variable.strip_suffix("_FILE").unwrap_or(&variable);
            assert!(known.contains(read), "{name}: the hub does not read {variable}");
        }
    }
    for line in text("Dockerfile").lines() {
        let line = line.trim_start().trim_start_matches("ENV ");
        if let Some((variable, _)) = line.split_once('=').filter(|(name, _)| name.starts_with("SWITCHBOARD_"))
        {
            assert!(known.contains(variable), "the image sets {variable}");
        }
    }
}

#[test]
fn the_stacks_configuration_is_accepted_by_the_hub() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let key = file("secret_key", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n");
    let database = file("database_url", "postgres://switchboard:pa55word@postgres/switchboard\n");
    let redis = file("redis_url", "redis://:pa55word@redis:6379\n");
    for name in HUB {
        let environment = service(name)["environment"].clone();
        let config = Config::from_source(&|variable| match environment[variable].as_str()? {
            "/run/secrets/secret_key" => Some(key.clone()),
            "/run/secrets/database_url" => Some(database.clone()),
            "/run/secrets/redis_url" => Some(redis.clone()),
            text if text.starts_with("${SWITCHBOARD_PUBLIC_URL:?") => {
                Some("https://hub.example.com".to_owned())
            }
            text => Some(text.to_owned()),
        });
        let config = config.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!config.database.is_embedded() && config.bus.redis_url.is_some());
        assert_eq!(config.server.proxy_hops, 1);
        assert!(!config.server.demo && !config.server.allow_private_addresses);
    }
}

#[test]
fn the_image_runs_as_a_user_without_the_simulator() {
    let image = text("Dockerfile");
    let last = image.rsplit("\nFROM ").next().unwrap();
    let user = last.lines().find_map(|line| line.strip_prefix("USER ")).unwrap();
    assert_eq!(user, service("server")["user"].as_str().unwrap());
    assert!(image.contains("--no-default-features"), "the playground is in the image");
    assert!(last.contains("HEALTHCHECK") && last.contains(r#"CMD ["switchboard", "health"]"#));
    assert!(!last.contains("curl"));
    for kept_out in [".git", "target", "data", "**/node_modules"] {
        assert!(
            text(".dockerignore").lines().any(|line| line == kept_out),
            "{kept_out} is sent to the engine"
        );
    }
}

#[test]
fn traefik_leads_to_the_servers_and_hides_their_metrics() {
    let traefik = yaml("deploy/traefik/traefik.yml");
    let points = keys(&traefik["entryPoints"]);
    let ports: BTreeSet<String> = list(&service("traefik")["ports"])
        .iter()
        .map(|port| format!(":{}", port["target"].as_u64().unwrap()))
        .collect();
    for name in ["http", "https"] {
        let address = traefik["entryPoints"][name]["address"].as_str().unwrap();
        assert!(ports.contains(address), "{name} listens on {address}, which is not published");
    }
    let routes = yaml("deploy/traefik/routes.yml");
    let hub = &routes["http"]["routers"]["hub"];
    assert!(words(&hub["entryPoints"]).iter().all(|point| points.contains(point)));
    assert!(hub["rule"].as_str().unwrap().contains("!Path(`/metrics`)"));
    let servers = &routes["http"]["services"]["hub"]["loadBalancer"]["servers"];
    let bind = service("server")["environment"]["SWITCHBOARD_BIND"].as_str().unwrap().to_owned();
    let port = bind.rsplit(':').next().unwrap();
    assert_eq!(servers[0]["url"], format!("http://server:{port}").as_str());
    for certificate in list(&routes["tls"]["certificates"]) {
        for file in ["certFile", "keyFile"] {
            let target = certificate[file].as_str().unwrap().strip_prefix("/run/secrets/").unwrap();
            assert!(list(&service("traefik")["secrets"]).iter().any(|secret| secret["target"] == target));
        }
    }
}
