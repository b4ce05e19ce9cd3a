//! Which files a file sees.
//!
//! Chains of `import public` make everybody see everything: the sets are built from each other and kept as bits
//! where that is smaller.

use std::sync::Arc;

use super::Unit;
use crate::compile::parse::Problem;

/// The most memory all sets may take, in bytes.
const MAX_BYTES: usize = 1 << 29;

/// A set of files.
#[derive(Clone, Debug)]
pub(super) enum Visible {
    /// Sorted.
    Few(Arc<[u32]>),
    /// One bit a file.
    Many(Arc<[u64]>),
    /// All, as nothing better is known.
    All,
}

impl Visible {
    pub(super) fn contains(&self, file: u32) -> bool {
        match self {
            Visible::Few(files) => files.binary_search(&file).is_ok(),
            Visible::Many(bits) => bits[file as usize / 64] >> (file % 64) & 1 == 1,
            Visible::All => true,
        }
    }

    /// Every file of the set; there are `count` files.
    pub(super) fn each(&self, count: u32, then: &mut impl FnMut(u32)) {
        match self {
            Visible::Few(files) => files.iter().copied().for_each(then),
            Visible::Many(_) | Visible::All => (0..count).filter(|f| self.contains(*f)).for_each(then),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Visible::Few(files) => size_of_val(&**files),
            Visible::Many(bits) => size_of_val(&**bits),
            Visible::All => 0,
        }
    }
}

/// A set while it grows.
struct Growing {
    bits: Vec<u64>,
    files: Vec<u32>,
}

impl Growing {
    fn new(count: usize) -> Growing {
        Growing { bits: vec![0; count.div_ceil(64)], files: Vec::new() }
    }

    fn has(&self, file: u32) -> bool {
        self.bits[file as usize / 64] >> (file % 64) & 1 == 1
    }

    fn add(&mut self, file: u32) {
        if !self.has(file) {
            self.bits[file as usize / 64] |= 1 << (file % 64);
            self.files.push(file);
        }
    }

    /// The set; empties this one.
    fn take(&mut self) -> Visible {
        self.files.sort_unstable();
        let set = if size_of_val(&*self.files) <= size_of_val(&*self.bits) {
            Visible::Few(self.files.as_slice().into())
        } else {
            Visible::Many(self.bits.as_slice().into())
        };
        for file in self.files.drain(..) {
            self.bits[file as usize / 64] = 0;
        }
        set
    }
}

/// What each file sees: itself, its imports and what these import publicly. A file that leads to a circle of public
/// imports sees everything: the circle is an error already.
pub(super) fn files(units: &[Unit<'_>], problems: &mut Vec<(u32, Problem)>) -> Vec<Visible> {
    let count = units.len();
    let mut offered: Vec<Option<Visible>> = vec![None; count];
    let mut open = vec![false; count];
    let mut growing = Growing::new(count);
    let mut budget = MAX_BYTES;
    // Depth first over public imports, as imports before importers: chains can be longer than the stack is deep.
    let mut stack: Vec<(u32, usize)> = Vec::new();
    for first in 0..count as u32 {
        if offered[first as usize].is_some() {
            continue;
        }
        open[first as usize] = true;
        stack.push((first, 0));
        let mut circular = false;
        while let Some((file, next)) = stack.last_mut() {
            let (file, at) = (*file, *next);
            let unit = &units[file as usize];
            if let Some(import) = unit.ast.imports.get(at) {
                *next += 1;
                let Some(target) = unit.imports[at].filter(|_| import.public) else { continue };
                if open[target as usize] {
                    circular = true;
                } else if offered[target as usize].is_none() {
                    open[target as usize] = true;
                    stack.push((target, 0));
                }
                continue;
            }
            stack.pop();
            open[file as usize] = false;
            let public = unit.ast.imports.iter().zip(&unit.imports).filter(|(i, _)| i.public);
            let set = if circular {
                Visible::All
            } else {
                union(file, public.filter_map(|(_, t)| *t), &offered, &mut growing)
            };
            offered[file as usize] = Some(within(set, file, &mut budget, units, problems));
        }
    }
    (0..count as u32)
        .map(|file| {
            let unit = &units[file as usize];
            // Shared where there is nothing to add.
            if unit.ast.imports.iter().all(|i| i.public)
                && let Some(set) = &offered[file as usize]
            {
                return set.clone();
            }
            let set = union(file, unit.imports.iter().flatten().copied(), &offered, &mut growing);
            within(set, file, &mut budget, units, problems)
        })
        .collect()
}

/// A file, others, and what these offer.
fn union(
    file: u32,
    imports: impl DoubleEndedIterator<Item = u32>,
    offered: &[Option<Visible>],
    growing: &mut Growing,
) -> Visible {
    growing.add(file);
    // From the end, as files tend to be imported in the order in which they build on each other: what the last
    // one offers holds what the others do.
    for import in imports.rev() {
        if growing.has(import) {
            continue;
        }
        match &offered[import as usize] {
            Some(Visible::All) => {
                growing.take();
                return Visible::All;
            }
            Some(set) => set.each(offered.len() as u32, &mut |file| growing.add(file)),
            None => growing.add(import),
        }
    }
    growing.take()
}

/// Keeps the sets within what they may take together.
fn within(
    set: Visible,
    file: u32,
    budget: &mut usize,
    units: &[Unit<'_>],
    problems: &mut Vec<(u32, Problem)>,
) -> Visible {
    match budget.checked_sub(set.bytes()) {
        Some(left) => {
            *budget = left;
            set
        }
        None => {
            if *budget > 0 {
                *budget = 0;
                let span = units[file as usize].ast.imports.first().map(|i| i.span).unwrap_or_default();
                problems.push((
                    file,
                    Problem::new(span, "public imports make too many files visible in too many"),
                ));
            }
            Visible::All
        }
    }
}
