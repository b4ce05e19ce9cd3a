//! Notices of published versions, from the command's side.

use crate::cli::{CliError, Ctx};
use crate::config::Hook;
use crate::machine::Host;
use crate::release::{Delivery, Journal, ReleaseError, deliver};
use crate::text::{Line, Style};

/// Whether notices can be signed, before anything is published.
pub(super) fn check(hooks: &[Hook], host: &Host) -> Result<(), CliError> {
    for hook in hooks {
        if let Some(name) = hook.secret.as_deref().filter(|name| host.var(name).is_none()) {
            let message = format!(
                "variable `{name}`, with which notices to `{}` are signed, is not set",
                hook.server()
            );
            return Err(CliError::usage(message).hint("set it, or take `secret` out of `[[release.notify]]`"));
        }
    }
    Ok(())
}

/// Sends what waits. A server that does not take it takes nothing back: it is told of, and kept for the next run.
pub(super) fn send(
    journal: &Journal,
    hooks: &[Hook],
    host: &Host,
    ctx: &mut Ctx<'_>,
) -> Result<Vec<Delivery>, CliError> {
    let waiting = journal.waiting().map_err(ReleaseError::from)?;
    if waiting.is_empty() {
        return Ok(Vec::new());
    }
    let secret = |name: &str| host.var(name).map(str::to_owned);
    let (kept, told) =
        deliver(waiting, hooks, &secret).map_err(|e| CliError::outside("cannot send notices", e))?;
    journal.keep(&kept).map_err(ReleaseError::from)?;
    let view = ctx.err_view();
    for Delivery { server, error } in &told {
        if let Some(error) = error {
            let line = Line::new().styled(Style::Warn, "warning").plain(": ").hang(2);
            let line = line.plain(format!(
                "the notice to `{server}` is not taken, and waits for the next release: {error}"
            ));
            line.write(&view, &mut ctx.io.err)?;
        }
    }
    Ok(told)
}
