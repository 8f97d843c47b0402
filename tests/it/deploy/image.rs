//! The Dockerfile, followed step by step: what it copies is there, from a stage that is there, under the names that the build gives.

use std::{collections::BTreeMap, path::Path};

use super::text;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// An instruction: its word, and the rest with its continued lines as one.
type Step = (String, String);

fn instructions() -> Vec<Step> {
    let whole = text("Dockerfile").replace("\\\n", " ");
    let lines = whole.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| line.split_once(' ').unwrap())
        .map(|(word, rest)| (word.to_owned(), rest.to_owned()))
        .collect()
}

/// The stages in their order: name (empty where there is none), base image, instructions.
fn stages() -> Vec<(String, String, Vec<Step>)> {
    let mut stages: Vec<(String, String, Vec<Step>)> = Vec::new();
    for (word, rest) in instructions() {
        if word == "FROM" {
            let (image, name) = rest.split_once(" AS ").unwrap_or((&rest, ""));
            stages.push((name.to_owned(), image.to_owned(), Vec::new()));
        } else {
            stages.last_mut().unwrap().2.push((word, rest));
        }
    }
    stages
}

/// Whether the engine is sent this path of the checkout.
fn is_sent(path: &str) -> bool {
    let ignored = text(".dockerignore");
    let mut rules = ignored.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    !rules.any(|rule| {
        let rule = rule.trim_start_matches("**/");
        path == rule || path.starts_with(&format!("{rule}/"))
    })
}

#[test]
fn what_is_copied_is_there() {
    let mut made: BTreeMap<String, Vec<Step>> = BTreeMap::new();
    for (name, _, steps) in stages() {
        for (word, rest) in &steps {
            if word != "COPY" {
                continue;
            }
            let words: Vec<&str> = rest.split_whitespace().collect();
            if let Some(stage) = words[0].strip_prefix("--from=") {
                let steps = made.get(stage).unwrap_or_else(|| panic!("no stage before {name:?} is {stage}"));
                assert!(makes(steps, words[1]), "stage {stage} does not make {}", words[1]);
                continue;
            }
            for source in &words[..words.len() - 1] {
                assert!(Path::new(ROOT).join(source).exists(), "{source} is not there");
                assert!(*source == "." || is_sent(source), "{source} is kept from the engine");
            }
        }
        made.insert(name, steps);
    }
}

#[test]
fn the_binary_has_one_name_from_the_build_to_the_start() {
    let binary = Path::new(env!("CARGO_BIN_EXE_switchboard")).file_name().unwrap().to_str().unwrap();
    let stages = stages();
    let said = |steps: &[Step], wanted: &str| {
        steps.iter().filter(|(word, _)| word == wanted).map(|(_, rest)| rest.clone()).collect::<Vec<_>>()
    };
    let build = stages.iter().find(|(name, ..)| name == "binary").unwrap();
    assert!(
        said(&build.2, "RUN").iter().any(|run| run.contains(&format!("cp target/dist/{binary} /{binary}")))
    );
    let last = &stages.last().unwrap().2;
    assert_eq!(said(last, "ENTRYPOINT"), [format!("[\"{binary}\"]")]);
    assert!(said(last, "COPY").contains(&format!("--from=binary /{binary} /usr/local/bin/{binary}")));
    assert!(said(last, "HEALTHCHECK")[0].contains(&format!("[\"{binary}\", \"health\"]")));
}

#[test]
fn the_build_s_compiler_is_new_enough_and_its_system_is_the_image_s() {
    let stages = stages();
    let image = &stages.iter().find(|(name, ..)| name == "binary").unwrap().1;
    let (version, suite) = image.strip_prefix("rust:").unwrap().split_once('-').unwrap();
    let number = |text: &str| -> Vec<u32> { text.split('.').map(|part| part.parse().unwrap()).collect() };
    let manifest = text("Cargo.toml");
    let asked = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap();
    assert!(number(version) >= number(asked.trim_matches('"')), "{version} is older than {asked}");
    // The binary is linked against the C library of the system it was built on.
    assert!(stages.last().unwrap().1.contains(suite), "{suite} is not the suite of the last stage");
}

/// Whether a stage's steps leave this path behind: one of them names it, or it is where the web's build writes.
fn makes(steps: &[Step], path: &str) -> bool {
    let named = steps.iter().any(|(word, rest)| word == "RUN" && rest.ends_with(&format!(" {path}")));
    let web = steps.iter().any(|(word, rest)| word == "RUN" && rest == "npm run build");
    let folder = steps.iter().rfind(|(word, _)| word == "WORKDIR").map_or("", |(_, rest)| rest);
    let usual = !text("web/vite.config.ts").contains("outDir");
    named || (web && usual && path == format!("{folder}/dist"))
}

#[test]
fn what_cargo_reads_is_sent_to_the_engine() {
    let manifest = text("Cargo.toml");
    let members = manifest.lines().find_map(|line| line.strip_prefix("members = [")).unwrap();
    let members = members.trim_end_matches(']').split(',').map(|member| member.trim().trim_matches('"'));
    for path in members.chain(["src", "migrations", "build.rs", "Cargo.lock", "web/package-lock.json"]) {
        assert!(Path::new(ROOT).join(path).exists() && is_sent(path), "{path} is kept from the engine");
    }
}
