//! The server: a free port, one line that says which, the end with SIGTERM or SIGINT.

use std::error::Error;

use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    let (address, serving) = typed::serve(stop).await?;
    println!("listening on {address}");
    serving.await?;
    Ok(())
}
