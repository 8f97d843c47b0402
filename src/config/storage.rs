//! Where media is kept: a local folder, or a bucket that speaks S3.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use url::Url;

use super::variables::Variables;

#[derive(Debug, Clone)]
pub enum Storage {
    Folder(PathBuf),
    Bucket(Bucket),
}

#[derive(Debug, Clone)]
pub struct Bucket {
    /// `SWITCHBOARD_STORAGE_URL`: `s3://bucket` or `s3://bucket/prefix`; `file:///path` for a folder.
    pub name: String,
    /// The path of `SWITCHBOARD_STORAGE_URL` without slashes at its ends; may be empty.
    pub prefix: String,
    /// `SWITCHBOARD_STORAGE_ENDPOINT`: for S3-compatible stores; `None` means Amazon's own.
    pub endpoint: Option<Url>,
    /// `SWITCHBOARD_STORAGE_REGION`
    pub region: String,
    /// `SWITCHBOARD_STORAGE_ACCESS_KEY_ID`
    pub access_key_id: SecretString,
    /// `SWITCHBOARD_STORAGE_SECRET_ACCESS_KEY`
    pub secret_access_key: SecretString,
}

const URL: &str = "SWITCHBOARD_STORAGE_URL";
const ENDPOINT: &str = "SWITCHBOARD_STORAGE_ENDPOINT";
const ACCESS_KEY_ID: &str = "SWITCHBOARD_STORAGE_ACCESS_KEY_ID";
const SECRET_ACCESS_KEY: &str = "SWITCHBOARD_STORAGE_SECRET_ACCESS_KEY";

impl Storage {
    pub(super) fn read(variables: &mut Variables<'_>, data: &Path) -> Self {
        let url = variables.text(URL, "file:<data>/media");
        let endpoint = variables.text(ENDPOINT, "Amazon S3");
        let region =
            variables.text("SWITCHBOARD_STORAGE_REGION", "us-east-1").unwrap_or("us-east-1".to_owned());
        let access_key_id = variables.secret(ACCESS_KEY_ID, "");
        let secret_access_key = variables.secret(SECRET_ACCESS_KEY, "");
        let folder = Self::Folder(data.join("media"));
        let Some(url) = url else { return folder };
        match Url::parse(&url) {
            Ok(url) if url.scheme() == "file" => match url.to_file_path() {
                Ok(path) => Self::Folder(path),
                Err(()) => wrong_url(variables, folder),
            },
            Ok(url) if url.scheme() == "s3" && url.has_host() => Self::Bucket(Bucket {
                name: url.host_str().unwrap_or_default().to_owned(),
                prefix: url.path().trim_matches('/').to_owned(),
                endpoint: endpoint.and_then(|text| endpoint_url(variables, &text)),
                region,
                access_key_id: required(variables, ACCESS_KEY_ID, access_key_id),
                secret_access_key: required(variables, SECRET_ACCESS_KEY, secret_access_key),
            }),
            _ => wrong_url(variables, folder),
        }
    }
}

fn wrong_url(variables: &mut Variables<'_>, folder: Storage) -> Storage {
    variables.fault(URL, "expected file:///absolute/path or s3://bucket/prefix");
    folder
}

fn endpoint_url(variables: &mut Variables<'_>, text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    if url.is_none() {
        variables.fault(ENDPOINT, "expected a URL that begins with https:// or http://");
    }
    url
}

fn required(variables: &mut Variables<'_>, name: &'static str, value: Option<SecretString>) -> SecretString {
    value.unwrap_or_else(|| {
        variables.fault(name, "required when media is kept in an S3 bucket");
        SecretString::default()
    })
}
