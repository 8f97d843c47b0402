//! Where media lies (a local folder or a bucket that speaks S3), and the short-lived signed addresses under which browsers
//! get it from us.

use std::{fs, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use object_store::{
    GetOptions, GetResult, ObjectStore, ObjectStoreExt, PutPayload, aws::AmazonS3Builder,
    buffered::BufWriter, local::LocalFileSystem, path::Path, prefix::PrefixStore,
};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::config::{SecretKey, Storage};

/// How long a signed address works.
pub const ADDRESS_LIFETIME: Duration = Duration::from_secs(600);

/// Platforms queue and repeat before they fetch.
const PLATFORM_LIFETIME: Duration = Duration::from_secs(24 * 3600);

/// Objects by key. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    objects: Arc<dyn ObjectStore>,
    signing_key: Arc<[u8; 32]>,
}

/// What a signed address stands for: everything needed to answer it without asking the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    #[serde(rename = "k")]
    pub storage_key: String,
    #[serde(rename = "m")]
    pub mime: String,
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// Unix seconds.
    #[serde(rename = "e")]
    pub expires: i64,
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("there is no such file")]
    Missing,
    #[error("the bucket or folder for media does not exist")]
    NoPlace,
    /// With the file's size in bytes.
    /// Wrong, expired, or without the right to do it.
    #[error("the store refuses the keys: {0}")]
    Keys(String),
    #[error("the requested range lies outside the file")]
    Range(u64),
    #[error("media store: {0}")]
    Failed(String),
}

impl Store {
    /// Makes the folder where one is configured. The master key signs addresses, through a key derived from it.
    ///
    /// # Errors
    /// The folder cannot be made, or the bucket's settings do not fit together.
    pub fn open(storage: &Storage, master: &SecretKey) -> Result<Self, StoreError> {
        let failed = |error: &dyn std::fmt::Display| StoreError::Failed(error.to_string());
        let objects: Arc<dyn ObjectStore> = match storage {
            Storage::Folder(folder) => {
                fs::create_dir_all(folder).map_err(|error| failed(&error))?;
                Arc::new(LocalFileSystem::new_with_prefix(folder)?.with_automatic_cleanup(true))
            }
            Storage::Bucket(bucket) => {
                let mut builder = AmazonS3Builder::new()
                    .with_bucket_name(&bucket.name)
                    .with_region(&bucket.region)
                    .with_access_key_id(bucket.access_key_id.expose_secret())
                    .with_secret_access_key(bucket.secret_access_key.expose_secret());
                if let Some(endpoint) = &bucket.endpoint {
                    builder = builder
                        .with_endpoint(endpoint.as_str().trim_end_matches('/'))
                        .with_allow_http(endpoint.scheme() == "http");
                }
                Arc::new(PrefixStore::new(builder.build()?, bucket.prefix.as_str()))
            }
        };
        let derived = mac(master.expose_secret(), b"switchboard media addresses");
        Ok(Self { objects, signing_key: Arc::new(derived) })
    }

    pub async fn put(&self, key: &str, bytes: Bytes) -> Result<(), StoreError> {
        match self.objects.put(&Path::from(key), PutPayload::from(bytes)).await.map_err(StoreError::from) {
            // What is being written need not be there; what it is written to must.
            Err(StoreError::Missing) => Err(StoreError::NoPlace),
            other => other.map(drop),
        }
    }

    /// For what is too large to hold in memory: write, then `shutdown`, or `abort` to leave nothing behind.
    pub fn writer(&self, key: &str) -> BufWriter {
        BufWriter::new(self.objects.clone(), Path::from(key))
    }

    /// The whole object.
    pub async fn read(&self, key: &str) -> Result<Bytes, StoreError> {
        Ok(self.objects.get(&Path::from(key)).await?.bytes().await?)
    }

    /// For streaming, whole or a part of it.
    pub async fn get(&self, key: &str, options: GetOptions) -> Result<GetResult, StoreError> {
        let (path, range) = (Path::from(key), options.range.clone());
        let failed = match (self.objects.get_opts(&path, options).await.map_err(StoreError::from), range) {
            (Err(StoreError::Failed(why)), Some(range)) => (why, range),
            (answer, _) => return answer,
        };
        // Each kind of store words a range outside the file in its own way; the file's size says the same for all.
        let (why, range) = failed;
        let size = self.objects.head(&path).await?.size;
        Err(if range.as_range(size).is_err() { StoreError::Range(size) } else { StoreError::Failed(why) })
    }

    /// An object that is not there is no error.
    pub async fn delete(&self, key: &str) -> Result<(), StoreError> {
        match self.objects.delete(&Path::from(key)).await.map_err(StoreError::from) {
            Err(StoreError::Missing) => Ok(()),
            other => other,
        }
    }

    /// The path under which a browser gets the object for the next ten minutes: `/media/{token}`.
    pub fn address(
        &self,
        storage_key: &str,
        mime: &str,
        file_name: Option<&str>,
        now: DateTime<Utc>,
    ) -> String {
        self.address_until(storage_key, mime, file_name, now + ADDRESS_LIFETIME)
    }

    /// The same for a platform that fetches a file in its own time: a day.
    pub fn platform_address(
        &self,
        storage_key: &str,
        mime: &str,
        file_name: Option<&str>,
        now: DateTime<Utc>,
    ) -> String {
        self.address_until(storage_key, mime, file_name, now + PLATFORM_LIFETIME)
    }

    fn address_until(
        &self,
        storage_key: &str,
        mime: &str,
        file_name: Option<&str>,
        expires: DateTime<Utc>,
    ) -> String {
        let address = Address {
            storage_key: storage_key.to_owned(),
            mime: mime.to_owned(),
            file_name: file_name.map(str::to_owned),
            expires: expires.timestamp(),
        };
        // A struct of texts and a number always encodes.
        let body = BASE64.encode(serde_json::to_vec(&address).unwrap_or_default());
        let signature = BASE64.encode(mac(&self.signing_key, body.as_bytes()));
        format!("/media/{body}.{signature}")
    }

    /// `None` when it was not signed here or its time is over.
    pub fn read_address(&self, token: &str, now: DateTime<Utc>) -> Option<Address> {
        let (body, signature) = token.split_once('.')?;
        let signature = BASE64.decode(signature).ok()?;
        let mut check = keyed(&self.signing_key);
        check.update(body.as_bytes());
        check.verify_slice(&signature).ok()?;
        let address: Address = serde_json::from_slice(&BASE64.decode(body).ok()?).ok()?;
        (address.expires > now.timestamp()).then_some(address)
    }
}

fn mac(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    let mut mac = keyed(key);
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// The same as a key of 32 bytes, which HMAC itself fills up with zeros; this way cannot fail.
fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    Hmac::new(&block.into())
}

impl From<object_store::Error> for StoreError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::Unauthenticated { source, .. }
            | object_store::Error::PermissionDenied { source, .. } => Self::Keys(source.to_string()),
            object_store::Error::NotFound { source, .. } if source.to_string().contains("NoSuchBucket") => {
                Self::NoPlace
            }
            object_store::Error::NotFound { .. } => Self::Missing,
            other => Self::Failed(other.to_string()),
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({})", self.objects)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn store(folder: &std::path::Path, key: u8) -> Store {
        Store::open(&Storage::Folder(folder.to_owned()), &SecretKey::new(Box::new([key; 32]))).unwrap()
    }

    #[tokio::test]
    async fn keeps_and_forgets() {
        let folder = std::env::temp_dir().join(format!("switchboard-store-{}", uuid::Uuid::now_v7()));
        let store = store(&folder, 1);
        store.put("a/b", Bytes::from_static(b"hello")).await.unwrap();
        assert_eq!(&store.read("a/b").await.unwrap()[..], b"hello");
        store.delete("a/b").await.unwrap();
        store.delete("a/b").await.unwrap();
        assert!(matches!(store.read("a/b").await, Err(StoreError::Missing)));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn an_address_is_bound_to_its_key_its_words_and_its_time() {
        let folder = std::env::temp_dir().join(format!("switchboard-store-{}", uuid::Uuid::now_v7()));
        let (store, other) = (store(&folder, 1), store(&folder, 2));
        let now = Utc::now();
        let path = store.address("a/b", "image/png", Some("cat.png"), now);
        let token = path.strip_prefix("/media/").unwrap();
        let address = store.read_address(token, now).unwrap();
        assert_eq!((address.storage_key.as_str(), address.file_name.as_deref()), ("a/b", Some("cat.png")));
        assert_eq!(store.read_address(token, now + TimeDelta::seconds(601)), None);
        let path = store.platform_address("a/b", "image/png", None, now);
        let lasting = path.strip_prefix("/media/").unwrap();
        assert!(store.read_address(lasting, now + TimeDelta::hours(23)).is_some());
        assert_eq!(store.read_address(lasting, now + TimeDelta::hours(25)), None);
        assert_eq!(other.read_address(token, now), None);
        let forged = format!(
            "{}.{}",
            BASE64.encode(br#"{"k":"c/d","m":"a","e":99999999999}"#),
            token.split_once('.').unwrap().1
        );
        assert_eq!(store.read_address(&forged, now), None);
        assert_eq!(store.read_address("nonsense", now), None);
        fs::remove_dir_all(folder).unwrap();
    }
}
