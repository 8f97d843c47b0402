//! The players' door: it can be shut, which cuts every connection and refuses new ones, and opened again at the same address. What
//! the players know is not touched.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Mutex, PoisonError},
    task::{Context, Poll},
};

use axum::{Router, serve::Listener};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

pub(crate) struct Gate {
    address: SocketAddr,
    router: Router,
    open: Mutex<Option<Open>>,
}

struct Open {
    cut: watch::Sender<bool>,
    server: JoinHandle<()>,
}

impl Gate {
    pub(crate) fn open(listener: TcpListener, router: Router) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let open = Mutex::new(Some(serve(listener, router.clone())));
        Ok(Self { address, router, open })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Nothing is heard or answered from now on.
    pub(crate) async fn shut(&self) {
        let open = self.state().take();
        if let Some(Open { cut, server }) = open {
            cut.send_replace(true);
            server.abort();
            // It was told to end.
            let _ = server.await;
        }
    }

    pub(crate) async fn reopen(&self) -> io::Result<()> {
        self.shut().await;
        let listener = TcpListener::bind(self.address).await?;
        *self.state() = Some(serve(listener, self.router.clone()));
        Ok(())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        if let Some(open) = self.state().take() {
            open.server.abort();
        }
    }
}

fn serve(listener: TcpListener, router: Router) -> Open {
    let cut = watch::Sender::new(false);
    let door = Door { listener, cut: cut.subscribe() };
    let server = tokio::spawn(async move {
        // An accept error ends it early, and every call fails visibly.
        let _ = axum::serve(door, router).await;
    });
    Open { cut, server }
}

struct Door {
    listener: TcpListener,
    cut: watch::Receiver<bool>,
}

impl Listener for Door {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        let mut cut = self.cut.clone();
        let cut = Box::pin(async move {
            if cut.wait_for(|cut| *cut).await.is_err() {
                // Dropped without having been shut: open connections may finish.
                std::future::pending::<()>().await;
            }
        });
        (Line { stream, cut }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that ends when the door is shut.
struct Line {
    stream: TcpStream,
    cut: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl Line {
    fn alive(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        match self.cut.as_mut().poll(context) {
            Poll::Ready(()) => {
                // Polled again it must still be ready.
                self.cut = Box::pin(std::future::ready(()));
                Err(io::ErrorKind::ConnectionReset.into())
            }
            Poll::Pending => Ok(()),
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.alive(context)?;
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.alive(context)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
