//! What is said of a release that is refused.

use super::told::write_reasons;
use crate::cli::{CliError, Ctx, ErrorKind, Exit};
use crate::release::{Plan, PlanError, ReleaseError};
use crate::text::{Line, Style};

/// A version that breaks has to be asked for.
pub(super) fn undeclared(plan: &Plan, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let view = ctx.err_view();
    let head = Line::new().styled(Style::Error, "error").plain(": ").hang(2);
    let message = format!("the changes break: the next version is {}, and has to be declared", plan.version);
    head.plain(message).write(&view, &mut ctx.io.err)?;
    write_reasons(&plan.reasons, &view, &mut ctx.io.err)?;
    let hint = Line::new().styled(Style::Note, "hint").plain(": ").hang(2);
    let hint = hint.plain(format!(
        "`protopact check` says who is hit and what mends it; if it is meant: `--declare {}`",
        plan.version
    ));
    hint.write(&view, &mut ctx.io.err)?;
    Ok(Exit::Findings)
}

/// A version that is too small is a finding, with its reasons; anything else is a wrong command line.
pub(super) fn version(error: PlanError, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let hint = match &error {
        PlanError::TooSmall { needed, reasons, .. } => {
            let view = ctx.err_view();
            let head = Line::new().styled(Style::Error, "error").plain(": ").hang(2);
            head.plain(error.to_string()).write(&view, &mut ctx.io.err)?;
            write_reasons(reasons, &view, &mut ctx.io.err)?;
            let hint = Line::new().styled(Style::Note, "hint").plain(": ").hang(2);
            hint.plain(format!("declare {needed} or more, or take the changes back"))
                .write(&view, &mut ctx.io.err)?;
            return Ok(Exit::Findings);
        }
        PlanError::Published(_) => "leave `--declare` out to be told the next one",
        PlanError::Last(_) => "declare a version whose first part grows, where there is one",
        PlanError::Behind { .. } => "declare a later one, or leave `--declare` out",
        PlanError::Spelling(_) => "pre-releases are `alpha.N`, `beta.N` or `rc.N`, without build metadata",
    };
    Err(CliError::new(ErrorKind::Usage, error).hint(hint))
}

impl From<ReleaseError> for CliError {
    fn from(error: ReleaseError) -> CliError {
        let hint = error.hint();
        let kind = match &error {
            ReleaseError::Git(_)
            | ReleaseError::Program(_)
            | ReleaseError::Journal(_)
            | ReleaseError::Push(_)
            | ReleaseError::Target(_)
            | ReleaseError::Unfinished { .. }
            | ReleaseError::UnfinishedHere { .. } => ErrorKind::Outside,
            _ => ErrorKind::Usage,
        };
        CliError::new(kind, error).hint_opt(hint)
    }
}
