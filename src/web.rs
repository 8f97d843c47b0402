//! The built web app: inside a release binary, read from `web/dist` by a debug build.

use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "web/dist"]
struct Files;

/// A file by its path in `web/dist`, such as `index.html` or `assets/index-1a2b3c.js`.
#[must_use]
pub fn file(path: &str) -> Option<EmbeddedFile> {
    Files::get(path)
}

/// Whether there is a web app at all: `make web` builds it.
#[must_use]
pub fn is_built() -> bool {
    file("index.html").is_some()
}
