//! Rebuilds when a migration comes, or when the web app that a release carries is built anew; lets the crate compile
//! before there is a web app. Debug builds read the web app from disk.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
    if std::env::var_os("PROFILE").is_some_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed=web/dist");
    }
    if let Err(error) = std::fs::create_dir_all("web/dist") {
        println!("cargo::warning=cannot make web/dist: {error}");
    }
}
