//! A tap between a client and a server: it passes bytes on as they come, both ways, and [reads](super::frames) what
//! passes.
//!
//! What ends on one side ends on the other in the same way: the end of a stream of bytes is passed on as that, with
//! the other way left open; whatever fails resets both connections, which is what each side would have seen of the
//! other. A piece is passed on before the next is read, so a slow reader slows its writer, and no more than a piece
//! for each way of a connection is ever held. A piece is read by the tap before it is passed on: what a client knows of
//! a call that is over, the tap knows too.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

use super::frames::{Connection, Traffic, Way};

/// The most that is passed on at once, in bytes.
const PIECE: usize = 1 << 16;

/// All taps of a run, on a thread of their own. Dropping it ends them, and the connections through them.
#[derive(Debug)]
pub struct Taps {
    runtime: Option<Runtime>,
}

/// A port to call instead of a server's own. It is open as long as the [`Taps`] it is of.
#[derive(Debug)]
pub struct Tap {
    port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    turn: u64,
    traffic: Traffic,
}

impl Taps {
    /// None yet.
    ///
    /// # Errors
    ///
    /// There can be no thread for them.
    pub fn new() -> io::Result<Taps> {
        let runtime =
            Builder::new_multi_thread().worker_threads(1).thread_name("taps").enable_all().build()?;
        Ok(Taps { runtime: Some(runtime) })
    }

    /// Opens a tap before a server on a port of this machine.
    ///
    /// # Errors
    ///
    /// There is no free port.
    pub fn open(&self, server: u16) -> io::Result<Tap> {
        let runtime = self.runtime.as_ref().expect("it is taken when the taps are dropped");
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let state = Arc::new(Mutex::new(State::default()));
        let seen = state.clone();
        let _inside = runtime.enter();
        let listener = TcpListener::from_std(listener)?;
        runtime.spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((client, _)) => {
                        tokio::spawn(pass(client, server, seen.clone()));
                    }
                    // A caller that has gone before it was taken in, or no descriptor left for it.
                    Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
                }
            }
        });
        Ok(Tap { port, state })
    }
}

impl Drop for Taps {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Tap {
    /// The port to call.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// From here on, only what belongs to new calls is counted.
    pub fn begin(&self) {
        if let Ok(mut state) = self.state.lock() {
            state.turn += 1;
            state.traffic = Traffic::default();
        }
    }

    /// What has passed since [`begin`](Tap::begin), in calls that began since then.
    #[must_use]
    pub fn seen(&self) -> Traffic {
        self.state
            .lock()
            .map_or(Traffic { blind: Some("the tap has failed"), ..Traffic::default() }, |state| {
                state.traffic
            })
    }
}

/// Passes on one connection to its end.
async fn pass(mut client: TcpStream, server: u16, state: Arc<Mutex<State>>) {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, server));
    let Ok(mut server) = TcpStream::connect(address).await else {
        // As near to a refusal as it gets once the caller is connected.
        let _ = client.set_zero_linger();
        return;
    };
    // Both sides have put together what belongs together; waiting for more would only make calls slow.
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let connection = Mutex::new(Connection::default());
    let look = |way: Way, bytes: &[u8]| {
        if let (Ok(mut connection), Ok(mut state)) = (connection.lock(), state.lock()) {
            let State { turn, traffic } = &mut *state;
            connection.read(way, bytes, *turn, traffic);
        }
    };
    let result = {
        let ((from_client, to_client), (from_server, to_server)) = (client.split(), server.split());
        tokio::try_join!(
            one_way(from_client, to_server, |bytes| look(Way::Up, bytes)),
            one_way(from_server, to_client, |bytes| look(Way::Down, bytes)),
        )
    };
    if result.is_err() {
        // One side has gone without a word; a connection that is closed like this is reset.
        let _ = client.set_zero_linger();
        let _ = server.set_zero_linger();
    }
}

/// Passes on what comes one way, and its end.
async fn one_way(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    look: impl Fn(&[u8]),
) -> io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        let count = from.read(&mut piece).await?;
        if count == 0 {
            return to.shutdown().await;
        }
        look(&piece[..count]);
        to.write_all(&piece[..count]).await?;
    }
}
