//! Two sides with the same paths, of which some files have other bytes and none imports anything else: the older one is laid
//! out as the newer one is, and not once more.
//!
//! That is most changes: who edits a file adds a field, and not an import. What a side is made of follows from paths, from what
//! files import and from the configuration; where all of these are the same, so is the plan.

use std::collections::BTreeSet;

use super::layout;
use super::same::{Known, alike, differing};
use super::{LayoutError, Mount, PathSelection, Plan, Scan};

/// The plan of the older one of two sides, after that of the newer one; `None` where it has to be made from its own files.
///
/// # Errors
///
/// As [`layout::plan`].
pub(super) fn plan<'t>(
    sides: [Known<'t>; 2],
    new: &Plan<'t>,
    selection: &PathSelection,
) -> Result<Option<Plan<'t>>, LayoutError> {
    let Some([tree, is]) = alike(sides, selection) else { return Ok(None) };
    if !new.asks_for_nothing() {
        return Ok(None);
    }
    let Some(changed) = differing(tree, is) else { return Ok(None) };
    let changed: BTreeSet<&str> = changed.into_iter().collect();
    let files = new.layout.files.iter().filter(|(_, file)| changed.contains(file.path.as_str()));
    let (imports, paths): (Vec<&str>, Vec<&str>) =
        files.map(|(import, file)| (&**import, file.path.as_str())).unzip();
    // Files of no module, and such as say something of the contract itself, play their part all the same.
    if imports.len() != changed.len() {
        return Ok(None);
    }
    let [old, _] = sides;
    let mut scans = new.scans.clone();
    for (import, was) in imports.into_iter().zip(old.places.scans.of(tree, &paths)) {
        match scans.get_mut(import) {
            Some(scan) if imports_the_same(&was, scan) => *scan = was,
            _ => return Ok(None),
        }
    }
    let mut layout = layout::outline(tree, old.settings, Some(&new.layout), old.places, &new.layout.roots())?;
    if layout.roots() != new.layout.roots() {
        return Ok(None);
    }
    layout.files.clone_from(&new.layout.files);
    layout.files.values_mut().for_each(|file| file.display = tree.display(&file.path));
    let own = |(at, mount): (usize, &Mount<'t>)| Mount {
        tree,
        root: layout.modules[at].root.clone(),
        ..mount.clone()
    };
    let mounts = new.mounts.iter().enumerate().map(own).collect();
    let (reached, above) = (new.reached.clone(), new.above.clone());
    Ok(Some(Plan { layout, mounts, tree, reached, scans, above }))
}

/// Whether a file leads to the same files as before, and says nothing that only the compiler understands.
fn imports_the_same(was: &Scan, is: &Scan) -> bool {
    let plain = !(was.unclear || was.unreadable || was.edition || was.allows);
    plain && was.imports == is.imports && was.public == is.public
}
