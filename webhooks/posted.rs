//! Forms as browsers and platforms post them: `application/x-www-form-urlencoded` and `multipart/form-data`, read from a body that is
//! there as a whole.

/// A field; a file has a name and a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormField {
    pub name: String,
    pub file_name: Option<String>,
    pub content_type: Option<String>,
    pub value: Vec<u8>,
}

/// Fields of one form.
const FIELDS_MAX: usize = 1_000;

/// The fields in their order; empty if the body is no form of the type that the header says.
pub fn fields(content_type: &[u8], body: &[u8]) -> Vec<FormField> {
    let head = String::from_utf8_lossy(content_type);
    let kind = head.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "multipart/form-data" => parameter(&head, "boundary").map_or_else(Vec::new, |b| parts(&b, body)),
        "application/x-www-form-urlencoded" => form_urlencoded::parse(body)
            .take(FIELDS_MAX)
            .map(|(name, value)| FormField {
                name: name.into_owned(),
                file_name: None,
                content_type: None,
                value: value.into_owned().into_bytes(),
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn parts(boundary: &str, body: &[u8]) -> Vec<FormField> {
    let mark = format!("--{boundary}").into_bytes();
    let mut places = positions(body, &mark);
    places.retain(|at| *at == 0 || body[..*at].ends_with(b"\n"));
    let ends = places.iter().skip(1).copied();
    places
        .iter()
        .zip(ends)
        .take(FIELDS_MAX)
        .filter_map(|(start, end)| part(&body[start + mark.len()..end]))
        .collect()
}

fn part(bytes: &[u8]) -> Option<FormField> {
    let bytes = bytes.strip_prefix(b"\r\n").or_else(|| bytes.strip_prefix(b"\n"))?;
    let bytes = bytes.strip_suffix(b"\r\n").or_else(|| bytes.strip_suffix(b"\n")).unwrap_or(bytes);
    let (at, gap) = [&b"\r\n\r\n"[..], b"\n\n"]
        .into_iter()
        .filter_map(|gap| Some((positions(bytes, gap).first().copied()?, gap.len())))
        .min()?;
    let head = String::from_utf8_lossy(&bytes[..at]).into_owned();
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let disposition = header("content-disposition")?;
    Some(FormField {
        name: parameter(&disposition, "name")?,
        file_name: parameter(&disposition, "filename"),
        content_type: header("content-type"),
        value: bytes[at + gap..].to_vec(),
    })
}

/// `name="value"` behind a semicolon.
fn parameter(header: &str, name: &str) -> Option<String> {
    header.split(';').skip(1).find_map(|piece| {
        let (found, value) = piece.split_once('=')?;
        let value = value.trim().trim_matches('"');
        (found.trim().eq_ignore_ascii_case(name) && !value.is_empty()).then(|| value.to_owned())
    })
}

fn positions(body: &[u8], mark: &[u8]) -> Vec<usize> {
    let Some(first) = mark.first() else { return Vec::new() };
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(step) = body[at..].iter().position(|byte| byte == first) {
        at += step;
        if body[at..].starts_with(mark) {
            found.push(at);
            at += mark.len();
        } else {
            at += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn both_kinds_are_read() {
        let body = b"--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\ntwo\r\n--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x.png\"\r\nContent-Type: image/png\r\n\r\n\x00--B\xff\r\n--B--\r\n";
        let found = fields(b"multipart/form-data; boundary=\"B\"", body);
        assert_eq!((found[0].name.as_str(), found[0].value.as_slice()), ("a", b"one\r\ntwo".as_slice()));
        assert_eq!(
            (found[1].file_name.as_deref(), found[1].value.as_slice()),
            (Some("x.png"), b"\x00--B\xff".as_slice())
        );
        assert_eq!(found.len(), 2);
        let found = fields(b"application/x-www-form-urlencoded; charset=utf-8", b"a=1&b=%C3%A9");
        assert_eq!(found[1].value, "é".as_bytes());
        assert!(fields(b"application/json", b"{}").is_empty());
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(head in ".{0,40}", body: Vec<u8>) {
            let _ = fields(head.as_bytes(), &body);
            let _ = fields(b"multipart/form-data; boundary=-", &body);
        }
    }
}
