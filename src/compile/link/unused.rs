//! Imports that nothing in a file needs, by protoc's rule (`LogUnusedDependency` of its descriptor builder).

use rustc_hash::FxHashSet;

use super::Context;
use super::resolve::Ref;
use crate::compile::parse::Problem;

/// Warns of imports of a file that nothing in it leads to. `used` are the files that its options lead to.
///
/// A public import is there for others, and a file that imports publicly stands for files that are not named: of
/// both protoc says nothing.
pub(super) fn imports(
    context: &Context<'_, '_>,
    file: u32,
    used: &FxHashSet<u32>,
    warnings: &mut Vec<Problem>,
) {
    let unit = &context.units[file as usize];
    if unit.ast.imports.iter().all(|import| import.public) {
        return;
    }
    let types = &context.types.files[file as usize];
    let methods = types.methods.iter().flatten().flat_map(|(input, output)| [input, output]);
    let mut needed: FxHashSet<u32> = used.clone();
    needed.extend(types.extendees.values().map(|id| id.file));
    needed.extend(types.fields.iter().chain(methods).filter_map(|reference| match reference {
        Ref::Message(id) | Ref::Enum(id) => Some(id.file),
        Ref::Scalar | Ref::Missing => None,
    }));
    for (import, target) in unit.ast.imports.iter().zip(&unit.imports) {
        let Some(target) = target.filter(|target| !import.public && !needed.contains(target)) else {
            continue;
        };
        if context.units[target as usize].ast.imports.iter().any(|further| further.public) {
            continue;
        }
        warnings.push(Problem::new(import.statement, format!("Import {} is unused", import.path)));
    }
}
