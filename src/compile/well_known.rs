//! The .proto files that need not be in a tree: `google/protobuf/*.proto`.

static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/well_known.rs"));

/// The text of a well-known file by its import path.
pub(crate) fn text(name: &str) -> Option<&'static str> {
    let index = FILES.binary_search_by_key(&name, |(name, _)| name).ok()?;
    Some(FILES[index].1)
}

/// The import paths of all well-known files, sorted.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}
