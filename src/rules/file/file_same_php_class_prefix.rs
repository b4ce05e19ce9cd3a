//! `php_class_prefix` decides what PHP code that names the generated classes sees. It changes nothing on the
//! wire and in JSON.

use crate::diff::{Change, Cx, FileOption, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FILE_SAME_PHP_CLASS_PREFIX",
    categories: Categories::FILE.with(Categories::PACKAGE),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A file whose `php_class_prefix` is set to another value, or set for the first time, or no \
                longer set.",
        breaks: "Every generated PHP class has another prefix; code that names them no longer loads.",
        before: r#"syntax = "proto3";

package pay.v1;

option php_class_prefix = "Pay";

message Charge {
  string id = 1;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

option php_class_prefix = "Acme";

message Charge {
  string id = 1;
}
"#,
        fix: "Keep the prefix.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::FileOptionChanged(FileOption::PhpClassPrefix)).then(|| Hit::of(change, cx))
}
