//! Servers and clients while they run.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::bytes::Stage;
use super::matrix::Peer;
use super::process::{Process, ProcessError};

/// How long a server may take to be ready.
const START: Duration = Duration::from_secs(60);
/// How long one call may take, the client's start included. The drivers give up earlier.
const PATIENCE: Duration = Duration::from_secs(90);
/// How long it may take to hear of the end of a server that cannot be reached.
const END: Duration = Duration::from_secs(2);
/// How long a server may take to notice that a caller has gone.
const NOTICE: Duration = Duration::from_secs(15);

/// A server that runs. Dropping it ends it.
pub(super) struct Server {
    /// Where it listens.
    pub(super) port: u16,
    heard: Arc<Heard>,
    reader: Option<JoinHandle<()>>,
}

/// What a server said while it ran.
#[derive(Default)]
struct Heard {
    gone: Mutex<BTreeSet<String>>,
    ended: Mutex<Option<ProcessError>>,
    news: Condvar,
    over_news: Condvar,
    over: AtomicBool,
}

impl Server {
    /// Starts one that has to hold so many bytes of samples, and waits until it is ready.
    ///
    /// # Errors
    ///
    /// It does not start, or is not ready in time.
    pub(super) fn start(
        stage: &Stage<'_>,
        peer: Peer,
        settings: &Value,
        bytes: u64,
    ) -> Result<Server, ProcessError> {
        let mode = ["server".to_owned(), settings.to_string()];
        let mut process = Process::start(stage.host, &stage.program(peer, bytes), &mode)?;
        let ready = process.wait_for(START, |line| line["event"] == "ready")?;
        let heard = Arc::new(Heard::default());
        let ears = heard.clone();
        let reader = std::thread::spawn(move || {
            while !ears.over.load(Ordering::Relaxed) {
                match process.read(Duration::from_millis(50)) {
                    Ok(line) => {
                        let Some(call) = line["call"].as_str() else { continue };
                        if let Ok(mut gone) = ears.gone.lock() {
                            gone.insert(call.to_owned());
                        }
                        ears.news.notify_all();
                    }
                    Err(ProcessError::Silent(_)) => {}
                    Err(error) => {
                        if let Ok(mut ended) = ears.ended.lock() {
                            *ended = Some(error);
                        }
                        ears.over_news.notify_all();
                        return;
                    }
                }
            }
        });
        let port = ready["port"].as_u64().and_then(|port| port.try_into().ok()).unwrap_or_default();
        Ok(Server { port, heard, reader: Some(reader) })
    }

    /// Why the server is not there any more; asked when it cannot be reached, and given a moment to be heard of.
    pub(super) fn ended(&self) -> Option<ProcessError> {
        let ended = self.heard.ended.lock().ok()?;
        let (ended, _) = self.heard.over_news.wait_timeout_while(ended, END, |ended| ended.is_none()).ok()?;
        ended.clone()
    }

    /// Waits until the server has noticed that the caller of a call has gone.
    pub(super) fn noticed(&self, call: &str) -> bool {
        let deadline = Instant::now() + NOTICE;
        let Ok(mut gone) = self.heard.gone.lock() else { return false };
        while !gone.contains(call) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            match self.heard.news.wait_timeout(gone, left) {
                Ok((next, _)) => gone = next,
                Err(_) => return false,
            }
        }
        true
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.heard.over.store(true, Ordering::Relaxed);
        // The thread has the process, and ends it.
        let _ = self.reader.take().map(JoinHandle::join);
    }
}

/// The client of one language and version; started when it is needed, and again when it has ended.
pub(super) struct Client {
    peer: Peer,
    process: Option<Process>,
}

impl Client {
    /// One that has not started yet.
    pub(super) fn of(peer: Peer) -> Client {
        Client { peer, process: None }
    }

    /// Sends one request and gives the answer.
    ///
    /// # Errors
    ///
    /// The client does not start, or does not answer in time.
    pub(super) fn ask(&mut self, stage: &Stage<'_>, request: &Value) -> Result<Value, ProcessError> {
        let mut process = match self.process.take() {
            Some(process) => process,
            None => Process::start(stage.host, &stage.program(self.peer, 0), &[])?,
        };
        process.send(request);
        let answer = process.read(PATIENCE)?;
        self.process = Some(process);
        Ok(answer)
    }
}
