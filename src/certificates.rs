//! Certificates that platforms publish, with which some callbacks say they were signed. Fetched once and kept, as are failures for a
//! moment: what anybody may send must not make the hub call others at will.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use net::{Limits, Request};
use tokio::{sync::Semaphore, time::timeout};
use url::Url;
use webhooks::sns::Certificate;

/// Amazon signs with a new one about once a year.
const FRESH: Duration = Duration::from_secs(24 * 3600);
const FAILURE: Duration = Duration::from_secs(10);
/// Addresses that are remembered.
const MOST: usize = 256;
/// Fetched at a time.
const CALLS: usize = 2;
const LIMITS: Limits =
    Limits { connect: Duration::from_secs(3), total: Duration::from_secs(5), answer: 64 << 10 };

/// What was fetched, by address.
pub struct Certificates {
    net: net::Client,
    known: Mutex<HashMap<String, (Instant, Option<Bytes>)>>,
    calls: Semaphore,
}

impl Certificates {
    pub fn new(net: net::Client) -> Self {
        Self { net, known: Mutex::default(), calls: Semaphore::new(CALLS) }
    }

    /// `None` if it cannot be had now.
    pub async fn get(&self, address: &Url) -> Option<Certificate> {
        let named = |pem| Certificate { address: address.as_str().to_owned(), pem };
        if let Some(known) = self.known(address) {
            return known.map(named);
        }
        // Whoever waits longer than a fetch may take stands behind a flood; the platform repeats what it sent.
        let _permit = timeout(LIMITS.total, self.calls.acquire()).await.ok()?;
        if let Some(known) = self.known(address) {
            return known.map(named);
        }
        let answer = self.net.send(Request::get(address.clone()).limits(LIMITS)).await;
        let pem = answer.ok().filter(|answer| answer.status.is_success()).map(|answer| answer.body);
        if pem.is_none() {
            tracing::warn!(%address, "a certificate of callbacks could not be fetched");
        }
        self.keep(address, pem.clone());
        pem.map(named)
    }

    fn known(&self, address: &Url) -> Option<Option<Bytes>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, pem) = known.get(address.as_str())?;
        let life = if pem.is_some() { FRESH } else { FAILURE };
        (at.elapsed() < life).then(|| pem.clone())
    }

    fn keep(&self, address: &Url, pem: Option<Bytes>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST && !known.contains_key(address.as_str()) {
            // Of a flood of addresses the good ones stay, and of those the youngest.
            known.retain(|_, (_, pem)| pem.is_some());
            let oldest = known.iter().min_by_key(|(_, (at, _))| *at).map(|(address, _)| address.clone());
            if let Some(oldest) = oldest.filter(|_| known.len() >= MOST) {
                known.remove(&oldest);
            }
        }
        known.insert(address.as_str().to_owned(), (Instant::now(), pem));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(number: usize) -> Url {
        format!("https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-{number}.pem").parse().unwrap()
    }

    #[test]
    fn a_flood_of_addresses_forgets_neither_the_good_nor_the_new() {
        let certificates = Certificates::new(net::Client::new(net::Private::Refused, LIMITS).unwrap());
        let good = Some(Bytes::from_static(b"PEM"));
        certificates.keep(&address(0), good.clone());
        for number in 1..=2 * MOST {
            certificates.keep(&address(number), None);
        }
        assert_eq!(certificates.known(&address(0)), Some(good.clone()));
        assert_eq!(certificates.known(&address(2 * MOST)), Some(None));
        // More good ones than there is room for: the newest is kept, and one that is fetched anew.
        for number in 0..=2 * MOST {
            certificates.keep(&address(number), good.clone());
            assert_eq!(certificates.known(&address(number)), Some(good.clone()));
        }
        assert!(certificates.known.lock().unwrap().len() <= MOST);
    }
}
