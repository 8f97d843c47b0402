//! Our message ids in the 25 characters that Discord carries through: 16 bytes in base64. They come back with the gateway's echo and
//! resolve a send whose answer was lost.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::Uuid;

pub(super) fn of(id: Uuid) -> String {
    URL_SAFE_NO_PAD.encode(id.as_bytes())
}

pub(super) fn read(nonce: &str) -> Option<Uuid> {
    let bytes = URL_SAFE_NO_PAD.decode(nonce).ok()?;
    Uuid::from_slice(&bytes).ok().filter(|id| id.get_version_num() == 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_comes_back() {
        let id = Uuid::now_v7();
        assert!(of(id).len() <= 25);
        assert_eq!(read(&of(id)), Some(id));
        assert_eq!(read("1300000000000000001"), None, "somebody else's");
    }
}
