//! Signature Version 4, which Amazon's interfaces ask of every request.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::sign::{hmac_sha256, hmac_sha256_hex};

/// Whose key it is, and for what.
#[derive(Clone, Copy)]
pub struct Key<'a> {
    pub id: &'a str,
    pub secret: &'a [u8],
    /// `eu-west-1`
    pub region: &'a str,
    /// `ses`, `s3`
    pub service: &'a str,
}

/// What is signed of a request.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    pub method: &'a str,
    /// Encoded as it is sent; its dots and slashes stay as they are.
    pub path: &'a str,
    /// Encoded, and sorted by name.
    pub query: &'a str,
    /// All that are signed, `host` and `x-amz-date` among them; names in lower case and sorted.
    pub headers: &'a [(&'a str, &'a str)],
    /// [`digest`] of the body.
    pub payload: &'a str,
}

/// The value of `x-amz-date`.
pub fn date(at: DateTime<Utc>) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

/// SHA-256 in hexadecimal digits.
pub fn digest(body: &[u8]) -> String {
    hex::encode(Sha256::digest(body))
}

/// The value of `Authorization`.
pub fn authorization(key: Key<'_>, call: Call<'_>, at: DateTime<Utc>) -> String {
    let date = date(at);
    let day = &date[..8];
    let Key { id, region, service, .. } = key;
    let scope = format!("{day}/{region}/{service}/aws4_request");
    let headers: String =
        call.headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    let signed = call.headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let Call { method, path, query, payload, .. } = call;
    let canonical = format!("{method}\n{path}\n{query}\n{headers}\n{signed}\n{payload}");
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", digest(canonical.as_bytes()));
    let first = [b"AWS4", key.secret].concat();
    let secret = [day, region, service, "aws4_request"]
        .iter()
        .fold(first, |secret, word| hmac_sha256(&secret, word.as_bytes()));
    let signature = hmac_sha256_hex(&secret, text.as_bytes());
    format!("AWS4-HMAC-SHA256 Credential={id}/{scope}, SignedHeaders={signed}, Signature={signature}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// `get-vanilla` of Amazon's test suite.
    #[test]
    fn the_plain_request_of_the_test_suite() {
        let at = at("2015-08-30T12:36:00Z");
        let key = Key { id: "AKIDEXAMPLE", secret: SECRET, region: "us-east-1", service: "service" };
        let headers = [("host", "example.amazonaws.com"), ("x-amz-date", "20150830T123600Z")];
        let call = Call { method: "GET", path: "/", query: "", headers: &headers, payload: &digest(b"") };
        assert_eq!(date(at), "20150830T123600Z");
        assert_eq!(
            authorization(key, call, at),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, \
             Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
    }

    /// The example of the general reference.
    #[test]
    fn a_request_with_a_query() {
        let key = Key { id: "AKIDEXAMPLE", secret: SECRET, region: "us-east-1", service: "iam" };
        let headers = [
            ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
            ("host", "iam.amazonaws.com"),
            ("x-amz-date", "20150830T123600Z"),
        ];
        let query = "Action=ListUsers&Version=2010-05-08";
        let call = Call { method: "GET", path: "/", query, headers: &headers, payload: &digest(b"") };
        let written = authorization(key, call, at("2015-08-30T12:36:00Z"));
        assert!(
            written.ends_with("Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"),
            "{written}"
        );
    }

    /// The example of the reference of S3.
    #[test]
    fn an_object_of_s3() {
        let key = Key {
            id: "AKIAIOSFODNN7EXAMPLE",
            secret: b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            region: "us-east-1",
            service: "s3",
        };
        let empty = digest(b"");
        let headers = [
            ("host", "examplebucket.s3.amazonaws.com"),
            ("range", "bytes=0-9"),
            ("x-amz-content-sha256", empty.as_str()),
            ("x-amz-date", "20130524T000000Z"),
        ];
        let call = Call { method: "GET", path: "/test.txt", query: "", headers: &headers, payload: &empty };
        let written = authorization(key, call, at("2013-05-24T00:00:00Z"));
        assert!(
            written.ends_with("Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
            "{written}"
        );
    }
}
