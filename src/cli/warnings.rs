//! What is odd in sources that compile: counted always, shown where `--warnings` asks for it.

use std::io::Write as _;

use super::{CliError, Ctx};
use crate::compile::Diagnostic;
use crate::source::Name;
use crate::text::plural;

/// How many warnings sides have, where nobody asked to see them.
#[derive(Debug, Default)]
pub(super) struct Counted(Vec<String>);

impl Counted {
    /// With those of other sides.
    pub(super) fn append(&mut self, mut others: Counted) {
        self.0.append(&mut others.0);
    }

    /// The note that counts them: of many sides, of the first ones.
    pub(super) fn note(&self) -> Option<String> {
        const MOST: usize = 3;
        let (shown, others) = self.0.split_at(self.0.len().min(MOST));
        let others = match others.len() {
            0 => String::new(),
            more => format!(", and some in {}", plural(more, "other state")),
        };
        let counts = shown.join(", ");
        (!counts.is_empty())
            .then(|| format!("the sources compile with {counts}{others}: `--warnings` shows them"))
    }
}

/// Shows the warnings of sides when they are asked for; otherwise counts them.
pub(super) fn tell(sides: &[(&Name, &[Diagnostic])], ctx: &mut Ctx<'_>) -> Result<Counted, CliError> {
    let mut counts = Vec::new();
    for (name, warnings) in sides.iter().filter(|(_, warnings)| !warnings.is_empty()) {
        counts.push(format!("{} in {}", plural(warnings.len(), "warning"), name.told()));
    }
    if !ctx.global.warnings || counts.is_empty() {
        return Ok(Counted(counts));
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
    Ok(Counted::default())
}
