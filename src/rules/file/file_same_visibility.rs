//! From edition 2024 on a type can be `local` to its file. Files of the same contract that use it stop compiling, which
//! nobody overlooks; files of other contracts do when they take the new version.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FILE_SAME_VISIBILITY",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A type that files of others could use and cannot any more: it is `local` now, or `export` is gone, or \
                `features.default_symbol_visibility` or the edition hides what says nothing.",
        breaks: "A .proto file of another contract that uses the type does not compile any more.",
        before: r#"edition = "2024";

package pay.v1;

message Charge {
  string id = 1;
}
"#,
        after: r#"edition = "2024";

package pay.v1;

local message Charge {
  string id = 1;
}
"#,
        fix: "Write `export` in front of the type.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    match &change.kind {
        Kind::VisibilityChanged { hidden, .. } if !hidden.is_empty() => Some(Hit::of(change, cx)),
        _ => None,
    }
}
