//! What authors say about their elements.

use buffa::DecodeOptions;
use buffa_descriptor::generated::descriptor::SourceCodeInfo;
use rustc_hash::FxHashMap;

use super::model::{Element, FileId};
use super::tables::Schema;

/// The comments of one file, without what marks them as such: of each line the space behind the mark is still there.
#[derive(Debug, Default)]
pub struct Comments(FxHashMap<Vec<i32>, String>);

impl Comments {
    /// The comment in front of an element, or, where there is none, the one behind it; of a file the one at its package,
    /// its syntax or its edition.
    #[must_use]
    pub fn of(&self, schema: &Schema, element: Element) -> &str {
        let at = |path: &[i32]| self.0.get(path).map(String::as_str);
        if let Element::File(_) = element {
            // The numbers of `package`, `syntax` and `edition` in descriptor.proto.
            return [[2], [12], [14]].iter().find_map(|path| at(path)).unwrap_or_default();
        }
        at(&schema.path(element)).unwrap_or_default()
    }
}

impl Schema {
    /// Reads the comments of a file; nothing keeps them.
    #[must_use]
    pub fn comments(&self, file: FileId) -> Comments {
        // As for positions: the bytes come out of a compiler of ours.
        let options =
            DecodeOptions::new().with_element_memory_limit(usize::MAX).with_unknown_field_limit(usize::MAX);
        let Ok(info) = options.decode_from_slice::<SourceCodeInfo>(&self.file(file).source_info) else {
            return Comments::default();
        };
        let said = info.location.into_iter().filter_map(|location| {
            let text = |comment: Option<String>| comment.filter(|text| !text.trim().is_empty());
            let comment = text(location.leading_comments).or_else(|| text(location.trailing_comments))?;
            Some((location.path, comment))
        });
        let mut comments = FxHashMap::default();
        for (path, comment) in said {
            comments.entry(path).or_insert(comment);
        }
        Comments(comments)
    }
}
