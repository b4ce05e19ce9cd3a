//! From syntax trees to descriptors: imports, names, options and rules of the language, for all files at once.

mod aggregate;
mod emit;
mod options;
mod resolve;
mod symbols;
mod unused;
mod validate;
mod value;
mod visible;

use rayon::prelude::*;

use super::parse::ast;
use super::parse::{Problem, SourceInfo};

use resolve::Types;
pub(super) use resolve::tainted;
use symbols::Symbols;

/// One file of the compilation.
pub(super) struct Unit<'s> {
    pub(super) name: &'s str,
    pub(super) display: &'s str,
    pub(super) text: &'s str,
    pub(super) ast: ast::File<'s>,
    /// The file each import leads to, in order; nothing where there is none.
    pub(super) imports: Vec<Option<u32>>,
    /// The file was not read to its end: names may be missing.
    pub(super) broken: bool,
    /// Nobody imports it; it is here because options are described in it.
    pub(super) hidden: bool,
}

/// Everything the later steps look things up in.
struct Context<'a, 's> {
    units: &'a [Unit<'s>],
    symbols: &'a Symbols<'a>,
    types: &'a Types,
}

/// What linking gives.
pub(super) struct Linked {
    /// The descriptor of each file that is not hidden, in their order.
    pub(super) descriptors: Vec<Vec<u8>>,
    /// What protoc warns of, with the file it is in.
    pub(super) warnings: Vec<(u32, Problem)>,
}

/// Links the files, or gives every problem with the file it is in.
pub(super) fn link(units: &[Unit<'_>], source_infos: Vec<SourceInfo>) -> Result<Linked, Vec<(u32, Problem)>> {
    let mut problems = Vec::new();
    let symbols = Symbols::build(units, &mut problems);
    let types = resolve::resolve(units, &symbols, &mut problems);
    let context = Context { units, symbols: &symbols, types: &types };
    validate::across(&context, &mut problems);
    let emit_bytes = problems.is_empty() && units.iter().all(|u| !u.broken);
    let results: Vec<(Vec<u8>, Vec<Problem>, Vec<Problem>)> = source_infos
        .into_par_iter()
        .enumerate()
        .map(|(file, info)| {
            if units[file].hidden {
                return (Vec::new(), Vec::new(), Vec::new());
            }
            let (mut problems, mut warnings) = (Vec::new(), Vec::new());
            validate::file(&context, file as u32, &mut problems, &mut warnings);
            let interpreted = options::interpret(&context, file as u32, &mut problems);
            unused::imports(&context, file as u32, &interpreted.used, &mut warnings);
            let bytes = if emit_bytes && problems.is_empty() {
                emit::file(&context, file as u32, interpreted, info)
            } else {
                Vec::new()
            };
            (bytes, problems, warnings)
        })
        .collect();
    let mut descriptors = Vec::with_capacity(results.len());
    let mut warnings = Vec::new();
    for (file, (bytes, found, warned)) in results.into_iter().enumerate() {
        descriptors.push(bytes);
        problems.extend(found.into_iter().map(|p| (file as u32, p)));
        warnings.extend(warned.into_iter().map(|p| (file as u32, p)));
    }
    if problems.is_empty() {
        return Ok(Linked { descriptors, warnings });
    }
    problems.sort_by(|a, b| {
        (units[a.0 as usize].display, a.1.span).cmp(&(units[b.0 as usize].display, b.1.span))
    });
    let unknown = problems.iter_mut().filter(|(_, p)| p.missing_type.is_some());
    for (_, problem) in unknown.take(MAX_NEAR) {
        problem.hints.extend(problem.missing_type.as_deref().and_then(|n| resolve::near(units, &symbols, n)));
    }
    Err(problems)
}

/// For how many unknown types a near match is looked for: each means comparing with every type there is.
const MAX_NEAR: usize = 50;
