//! The end of a server, in two steps: first no new calls, then, when those in flight are done or have had their time,
//! no connections.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What the parts of a server listen to.
#[derive(Clone, Debug, Default)]
pub(super) struct Shutdown {
    /// No new connections and no new calls; calls in flight go on.
    pub(super) draining: CancellationToken,
    /// Everything ends now.
    pub(super) stopping: CancellationToken,
    /// One task for each connection, and one that accepts them.
    pub(super) tasks: TaskTracker,
}

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All calls were finished.
    Finished,
    /// So many connections still had calls when the time was over, and were cut.
    Cut(usize),
}

impl Shutdown {
    /// Lets calls finish for at most `grace`, then ends everything.
    pub(super) async fn run(&self, grace: Duration) -> Ended {
        self.draining.cancel();
        self.tasks.close();
        let done = tokio::time::timeout(grace, self.tasks.wait()).await.is_ok();
        let left = self.tasks.len();
        self.stopping.cancel();
        self.tasks.wait().await;
        if done { Ended::Finished } else { Ended::Cut(left) }
    }
}
