//! `ruby_package` decides what Ruby code that names the generated modules sees. It changes nothing on the
//! wire and in JSON.

use crate::diff::{Change, Cx, FileOption, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FILE_SAME_RUBY_PACKAGE",
    categories: Categories::FILE.with(Categories::PACKAGE),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A file whose `ruby_package` is set to another value, or set for the first time, or no longer \
                set.",
        breaks: "Every generated Ruby class moves to another module; constants no longer resolve.",
        before: r#"syntax = "proto3";

package pay.v1;

option ruby_package = "Pay::V1";

message Charge {
  string id = 1;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

option ruby_package = "Acme::Pay::V1";

message Charge {
  string id = 1;
}
"#,
        fix: "Keep the module. A new one belongs to a new version of the package.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::FileOptionChanged(FileOption::RubyPackage)).then(|| Hit::of(change, cx))
}
