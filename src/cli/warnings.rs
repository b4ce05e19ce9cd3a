//! What is odd in sources that compile: counted always, shown where `--warnings` asks for it.

use std::io::Write as _;

use super::{CliError, Ctx};
use crate::compile::Diagnostic;
use crate::source::Name;
use crate::text::plural;

/// Shows the warnings of sides when they are asked for; otherwise gives the note that counts them.
pub(super) fn tell(sides: &[(&Name, &[Diagnostic])], ctx: &mut Ctx<'_>) -> Result<Option<String>, CliError> {
    let mut counts = Vec::new();
    for (name, warnings) in sides.iter().filter(|(_, warnings)| !warnings.is_empty()) {
        counts.push(format!("{} in {}", plural(warnings.len(), "warning"), name.told()));
    }
    if counts.is_empty() {
        return Ok(None);
    }
    if !ctx.global.warnings {
        return Ok(Some(format!("the sources compile with {}: `--warnings` shows them", counts.join(", "))));
    }
    let colour = ctx.err_view().colour;
    for (name, warnings) in sides {
        // Both sides have the same paths.
        if sides.len() > 1 && !warnings.is_empty() {
            ctx.note(&format!("{} in {}:", plural(warnings.len(), "warning"), name.told()))?;
        }
        for warning in *warnings {
            ctx.io.err.write_all(warning.render(colour).as_bytes())?;
        }
    }
    Ok(None)
}
