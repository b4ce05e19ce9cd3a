//! What a contract remembers of its earlier versions: the tags of its repository, and the file that it keeps.

use std::sync::Arc;

use super::{
    Announcements, Had, History, Kept, KeptError, Looked, MAX_VERSIONS, Memory, Query, Recalled, kept,
};
use crate::config::{Deprecation, Settings};
use crate::source::Origin;
use crate::text::Date;

/// All that can be asked about earlier versions of a contract.
#[derive(Debug)]
pub struct Records {
    history: Option<History>,
    kept: Option<Kept>,
    asked: Option<Deprecation>,
    today: Date,
}

impl Records {
    /// Those of a contract with these settings, before a baseline that is in git; a folder or an image has no versions.
    /// A file that is given is taken in the place of the one that the settings name. `today` is until when days count.
    /// `looked` is what was read for other baselines.
    ///
    /// # Errors
    ///
    /// The file that the settings name cannot be read, or is none of its kind.
    pub fn of(
        origin: Option<&Origin>,
        settings: &Settings,
        kept: Option<Kept>,
        today: Date,
        looked: Option<Arc<Looked>>,
    ) -> Result<Records, KeptError> {
        let history = origin.map(|origin| History {
            repository: origin.repository.clone(),
            baseline: origin.revision.clone(),
            folder: origin.folder.clone(),
            pattern: settings.release.tag.clone(),
            most: MAX_VERSIONS,
            looked,
        });
        let named = settings.history.as_ref();
        let kept = match kept {
            Some(kept) => Some(kept),
            None => named.map(|place| Kept::read(&place.path, &place.written)).transpose()?,
        };
        Ok(Records { history, kept, asked: settings.deprecation.clone(), today })
    }

    /// The versions before the baseline.
    #[must_use]
    pub fn history(&self) -> Option<&History> {
        self.history.as_ref()
    }

    /// What numbers and names were used for, where anybody knows.
    #[must_use]
    pub fn memory(&self) -> Option<&dyn Memory> {
        let known = self.history.is_some() || self.kept.is_some();
        known.then_some(self as &dyn Memory)
    }

    /// What the versions told of removals, where that is asked for and there are any.
    #[must_use]
    pub fn announcements(&self) -> Option<Announcements<'_>> {
        let (history, asked) = (self.history.as_ref()?, self.asked.as_ref()?);
        Some(Announcements { history, today: self.today, asked })
    }
}

impl Memory for Records {
    fn recall(&self, queries: &[Query]) -> Recalled {
        let nothing = || Recalled { uses: vec![Vec::new(); queries.len()], ..Recalled::default() };
        let mut recalled = self.history.as_ref().map_or_else(nothing, |history| history.recall(queries));
        // The tags come first: they know which use was the last.
        let Some(kept) = &self.kept else { return recalled };
        recalled.declared.resize(queries.len(), None);
        let answers = recalled.uses.iter_mut().zip(&mut recalled.declared);
        for (Query { full_name, sort, .. }, (uses, declared)) in queries.iter().zip(answers) {
            uses.extend(kept.uses(full_name, *sort));
            if declared.is_none() && kept.declares(full_name, *sort) {
                *declared = Some(Had { age: usize::MAX, version: kept::VERSION.into() });
            }
        }
        recalled
    }
}
