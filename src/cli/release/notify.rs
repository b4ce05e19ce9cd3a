//! Notices of published versions, from the command's side.

use super::warn;
use crate::cli::{CliError, Ctx};
use crate::config::{Hook, HookPlace, takes_notices};
use crate::machine::Host;
use crate::release::{Deliveries, Delivery, Journal, ReleaseError, deliver};

/// Whether notices can be sent and signed, before anything is published.
pub(super) fn check(hooks: &[Hook], host: &Host) -> Result<(), CliError> {
    for hook in hooks {
        if let HookPlace::Variable(name) = &hook.place {
            let wrong = match host.var(name) {
                None => "is not set".to_owned(),
                Some(url) if !takes_notices(url) => "holds no address that notices can be sent to".to_owned(),
                Some(_) => String::new(),
            };
            if !wrong.is_empty() {
                let message = format!("variable `{name}`, which says where notices go, {wrong}");
                return Err(CliError::usage(message).hint(
                    "set it to an address such as `https://hooks.example/contracts`, without a name and a password",
                ));
            }
        }
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
    let Deliveries { kept, told, dropped } =
        deliver(waiting, hooks, &secret).map_err(|e| CliError::outside("cannot send notices", e))?;
    journal.keep(&kept).map_err(ReleaseError::from)?;
    for server in &dropped {
        warn(
            &format!(
                "the notice that waited for `{server}` is not sent: `[[release.notify]]` has its address no more"
            ),
            ctx,
        )?;
    }
    for Delivery { server, error } in &told {
        if let Some(error) = error {
            warn(
                &format!("the notice to `{server}` is not taken, and waits for the next release: {error}"),
                ctx,
            )?;
        }
    }
    Ok(told)
}
