//! Who somebody at the window is: known to the business's own site, or one browser.

/// The business's own id of somebody who was proven.
pub(super) const USER: &str = "user_id";
/// The hub's own, of one browser.
pub(super) const BROWSER: &str = "visitor_id";

/// Letters of a browser's id that tell two visitors apart in talk; the first ones are the time.
const TOLD: usize = 4;

/// What people make of an id.
pub(super) fn said(kind: &str, id: &str) -> String {
    match kind {
        USER => format!("Signed in on your site as {id}"),
        _ => {
            let letters: Vec<_> = id.chars().filter(char::is_ascii_alphanumeric).collect();
            let end: String = letters[letters.len().saturating_sub(TOLD)..].iter().collect();
            format!("Visitor {}", end.to_uppercase())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_said_so_that_people_can_repeat_them() {
        assert_eq!(said(USER, "8"), "Signed in on your site as 8");
        assert_eq!(said(BROWSER, "01a2008e-1f63-7401-8fa6-c09b32c6e0f8"), "Visitor E0F8");
        assert_eq!(said(BROWSER, "8"), "Visitor 8");
        assert_eq!(said(BROWSER, ""), "Visitor ");
    }
}
