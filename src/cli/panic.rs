//! A panic is a bug of ours: it is caught, told in a few lines and ends the run with its own code.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;

use super::error::{CliError, ErrorKind};

/// The last panic, on whatever thread it happened.
static LAST: Mutex<Option<String>> = Mutex::new(None);

/// Keeps what a panic says for [`guard`], in place of the default message. For the program, not for tests: the
/// hook belongs to the whole process.
pub fn catch_panics() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map(|l| format!(" at {}:{}", l.file(), l.line())).unwrap_or_default();
        let mut text = format!("{}{place}", message(info.payload()));
        let trace = Backtrace::capture();
        if trace.status() == BacktraceStatus::Captured {
            text.push_str(&format!("\n{trace}"));
        }
        if let Ok(mut last) = LAST.lock() {
            *last = Some(text);
        }
    }));
}

/// Runs a command; a panic becomes an error.
pub(super) fn guard<T>(run: impl FnOnce() -> Result<T, CliError>) -> Result<T, CliError> {
    panic::catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|payload| {
        let kept = LAST.lock().ok().and_then(|mut last| last.take());
        let text = kept.unwrap_or_else(|| message(&*payload).to_owned());
        Err(CliError::new(ErrorKind::Bug, format!("protopact {} failed: {text}", env!("CARGO_PKG_VERSION")))
            .hint("this is a bug in protopact; please report it with this message and the command"))
    })
}

fn message(payload: &(dyn std::any::Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "a panic without a message"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_bug_and_nothing_else_is() {
        assert_eq!(guard(|| Ok(5)).unwrap(), 5);
        assert_eq!(guard::<()>(|| Err(CliError::usage("no"))).unwrap_err().kind, ErrorKind::Usage);
        let error = guard::<()>(|| panic!("table {} is empty", 3)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Bug);
        assert!(error.source.to_string().ends_with("failed: table 3 is empty"), "{}", error.source);
    }
}
