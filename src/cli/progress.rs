//! A line on the terminal while something takes long; nothing for runs that are quick, and never in the output.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// How long a run may take before anything is shown.
const PATIENCE: Duration = Duration::from_millis(500);

/// Shows what is going on. Dropping it wipes the line.
#[derive(Debug)]
pub(super) struct Progress {
    watcher: Option<(Sender<String>, JoinHandle<()>)>,
}

impl Progress {
    /// Starts watching. Nothing happens without `enabled`.
    pub(super) fn start(enabled: bool, what: &str) -> Progress {
        if !enabled {
            return Progress { watcher: None };
        }
        let (sender, receiver) = mpsc::channel::<String>();
        let mut message = what.to_owned();
        let watch = move || {
            let started = std::time::Instant::now();
            let bar = loop {
                match receiver.recv_timeout(PATIENCE.saturating_sub(started.elapsed())) {
                    Ok(next) => message = next,
                    Err(RecvTimeoutError::Timeout) => break ProgressBar::new_spinner(),
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            };
            let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})");
            bar.set_style(style.expect("the template is valid"));
            bar.set_message(message);
            bar.enable_steady_tick(Duration::from_millis(100));
            while let Ok(next) = receiver.recv() {
                bar.set_message(next);
            }
            bar.finish_and_clear();
        };
        // Without a thread there is no progress, and the work goes on.
        let thread = std::thread::Builder::new().name("progress".to_owned()).spawn(watch);
        Progress { watcher: thread.ok().map(|thread| (sender, thread)) }
    }

    /// Says what is going on now.
    pub(super) fn say(&self, what: &str) {
        if let Some((sender, _)) = &self.watcher {
            // The watcher only ends with this struct.
            let _ = sender.send(what.to_owned());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.watcher.take() {
            drop(sender);
            // The line has to be gone before the report is written.
            let _ = thread.join();
        }
    }
}
