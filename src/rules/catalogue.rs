//! Every rule by id, the ids that retired, and which version of the rule set holds what.

use super::{Categories, Rule, Status};
use super::{
    deprecation, enums, extension, field, file, message, name, oneof, option, package, reserved, rpc, service,
};
use crate::text::nearest;

/// The rules of every subject, in the order of their ids.
const SUBJECTS: &[&[&Rule]] = &[
    deprecation::RULES,
    enums::RULES,
    extension::RULES,
    field::RULES,
    file::RULES,
    message::RULES,
    name::RULES,
    oneof::RULES,
    option::RULES,
    package::RULES,
    reserved::RULES,
    rpc::RULES,
    service::RULES,
];

/// Every rule in use, sorted by id.
pub static RULES: &[&Rule] = &ALL;

static ALL: [&Rule; count()] = all();

const fn count() -> usize {
    let (mut count, mut subject) = (0, 0);
    while subject < SUBJECTS.len() {
        count += SUBJECTS[subject].len();
        subject += 1;
    }
    count
}

const fn all() -> [&'static Rule; count()] {
    let mut all = [SUBJECTS[0][0]; count()];
    let (mut at, mut subject) = (0, 0);
    while subject < SUBJECTS.len() {
        let mut rule = 0;
        while rule < SUBJECTS[subject].len() {
            all[at] = SUBJECTS[subject][rule];
            (at, rule) = (at + 1, rule + 1);
        }
        subject += 1;
    }
    all
}

/// An id that is no longer in use.
#[derive(Debug)]
pub struct Retired {
    /// The id.
    pub id: &'static str,
    /// Always [`Status::Removed`].
    pub status: Status,
}

impl Retired {
    /// What to name instead.
    pub fn use_instead(&self) -> &'static [&'static str] {
        match self.status {
            Status::Removed { use_instead } => use_instead,
            Status::Stable { .. } => &[],
        }
    }
}

const fn retired(id: &'static str, use_instead: &'static [&'static str]) -> Retired {
    Retired { id, status: Status::Removed { use_instead } }
}

/// Ids that configurations of older versions still name, sorted. Naming one means its replacements.
pub static REMOVED: &[Retired] = &[
    retired("FIELD_SAME_CTYPE", &["FIELD_SAME_CPP_STRING_TYPE"]),
    retired(
        "FIELD_SAME_LABEL",
        &[
            "FIELD_SAME_CARDINALITY",
            "FIELD_WIRE_COMPATIBLE_CARDINALITY",
            "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY",
        ],
    ),
    retired("FILE_SAME_JAVA_STRING_CHECK_UTF8", &["FIELD_SAME_JAVA_UTF8_VALIDATION"]),
    retired("FILE_SAME_PHP_GENERIC_SERVICES", &[]),
];

/// What an id names.
#[derive(Clone, Copy, Debug)]
pub enum Lookup {
    /// A rule in use.
    Rule(&'static Rule),
    /// An id that retired.
    Retired(&'static Retired),
}

/// The rule with this id, or what became of it.
pub fn find(id: &str) -> Option<Lookup> {
    if let Ok(i) = RULES.binary_search_by(|r| r.id.cmp(id)) {
        return Some(Lookup::Rule(RULES[i]));
    }
    REMOVED.iter().find(|r| r.id == id).map(Lookup::Retired)
}

/// The category with this name.
pub fn category(name: &str) -> Option<Categories> {
    Categories::ALL.into_iter().find(|(n, _)| *n == name).map(|(_, c)| c)
}

/// The rule id or category name closest to a word that is neither, if one is close.
pub fn near(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_uppercase().replace('-', "_");
    let names = RULES.iter().map(|r| r.id).chain(Categories::ALL.map(|(name, _)| name));
    nearest(&word, names, |name| 2.max(name.len() / 4))
}

/// Which rules the categories hold. The rules themselves do the same in every version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RulesVersion {
    /// What a `version: v1beta1` configuration means.
    V1Beta1,
    /// What a `version: v1` configuration means.
    V1,
    /// What a `version: v2` configuration means; ours.
    #[default]
    V2,
}

impl RulesVersion {
    /// The categories that contain a rule in this version. The rule files name those of the newest version;
    /// the differences of older ones are here.
    pub fn categories(self, rule: &Rule) -> Categories {
        const FILE_PACKAGE: Categories = Categories::FILE.with(Categories::PACKAGE);
        const DATA: Categories = Categories::WIRE_JSON.with(Categories::WIRE);
        if self == RulesVersion::V2 {
            return rule.categories;
        }
        match (self, rule.id) {
            (_, "EXTENSION_NO_DELETE" | "PACKAGE_EXTENSION_NO_DELETE" | "FIELD_SAME_DEFAULT") => {
                Categories::NONE
            }
            (RulesVersion::V1Beta1, "FIELD_WIRE_COMPATIBLE_TYPE" | "FIELD_WIRE_JSON_COMPATIBLE_TYPE") => {
                Categories::NONE
            }
            (RulesVersion::V1Beta1, "FIELD_SAME_CARDINALITY" | "FIELD_SAME_TYPE") => FILE_PACKAGE.with(DATA),
            (RulesVersion::V1Beta1, "FILE_SAME_PACKAGE") => Categories::FILE,
            _ => rule.categories.without(Categories::CSR),
        }
    }

    /// Whether the category exists in this version.
    pub fn has(self, category: Categories) -> bool {
        self == RulesVersion::V2 || category != Categories::CSR
    }
}
