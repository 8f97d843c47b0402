//! Connections that are not HTTP: a guarded TCP stream, in the clear or in TLS, for mail servers and the like.

use std::{
    io,
    pin::Pin,
    sync::{Arc, LazyLock},
    task::{Context, Poll},
};

use rustls::{ClientConfig, RootCertStore, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{
    Client, Failure,
    client::Cause,
    guard::{self, GuardedResolver},
};

/// How a connection is made private.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// From the first byte: IMAPS, SMTPS.
    Implicit,
    /// Begins in the clear; the caller speaks the protocol's own words and then calls [`Stream::start_tls`].
    StartTls,
    /// Never, for servers in the operator's own network.
    None,
}

/// A connection to a host that may be called. Close it by dropping it.
pub struct Stream {
    inner: Inner,
    host: String,
}

enum Inner {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

static TLS: LazyLock<Arc<ClientConfig>> = LazyLock::new(|| {
    let roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth())
});

impl Client {
    /// Connects within the client's connect time, TLS included. The caller sets its own times for what follows.
    ///
    /// # Errors
    /// `Refused` for private addresses, `NotSent` for everything else.
    pub async fn stream(&self, host: &str, port: u16, tls: Tls) -> Result<Stream, Failure> {
        let dialing = async {
            let plain = Stream { inner: Inner::Plain(self.dial(host, port).await?), host: host.to_owned() };
            if tls == Tls::Implicit { plain.start_tls().await } else { Ok(plain) }
        };
        tokio::time::timeout(self.limits().connect, dialing).await.unwrap_or_else(|_| Err(late()))
    }

    /// The first address of the host that may be called and answers.
    pub(crate) async fn dial(&self, host: &str, port: u16) -> Result<TcpStream, Failure> {
        let private = self.private();
        // A literal address never meets the resolver.
        guard::check_host(host, private)?;
        let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let found = GuardedResolver { private }.lookup(bare).await.map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => Failure::Refused(guard::Refusal::Private),
            _ => Failure::NotSent(Cause::of(error)),
        })?;
        let addresses: Vec<_> = found.into_iter().map(|address| (address.ip(), port).into()).collect();
        let stream = TcpStream::connect(addresses.as_slice())
            .await
            .map_err(|error| Failure::NotSent(Cause::of(error)))?;
        stream.set_nodelay(true).map_err(|error| Failure::NotSent(Cause::of(error)))?;
        Ok(stream)
    }
}

impl Stream {
    /// Goes on in TLS, with the host's certificate checked against its name. Whatever the server said before counts for nothing
    /// afterwards: ask it again. A stream that is in TLS already stays as it is.
    ///
    /// # Errors
    /// `NotSent`: the server's certificate is wrong, or it does not speak TLS.
    pub async fn start_tls(self) -> Result<Self, Failure> {
        let Self { inner: Inner::Plain(plain), host } = self else { return Ok(self) };
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())
            .map_err(|error| Failure::NotSent(Cause::of(error)))?;
        let connected = TlsConnector::from(TLS.clone()).connect(name, plain).await;
        let inner = connected.map_err(|error| Failure::NotSent(Cause::of(error)))?;
        Ok(Self { inner: Inner::Tls(Box::new(inner)), host })
    }

    pub fn is_private(&self) -> bool {
        matches!(self.inner, Inner::Tls(_))
    }
}

pub(crate) fn late() -> Failure {
    Failure::NotSent(Cause::of(io::Error::new(io::ErrorKind::TimedOut, "it took too long to connect")))
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Inner::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Inner::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Inner::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.inner {
            Inner::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Inner::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stream").field("host", &self.host).field("is_private", &self.is_private()).finish()
    }
}
