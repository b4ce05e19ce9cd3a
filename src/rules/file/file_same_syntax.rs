//! The language level sets the defaults for presence, packing, enums and UTF-8. Where one of those really
//! changed for a field, the rule for that property reports it as well.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FILE_SAME_SYNTAX",
    categories: Categories::FILE.with(Categories::PACKAGE).with(Categories::CSR),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A file with another `syntax` or `edition`.",
        breaks: "Defaults change with the language level: presence of fields (and with it the generated \
                accessors), packing, open or closed enums, UTF-8 checks. With the same resolved features \
                nothing breaks but code that reads the syntax from descriptors.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  optional string id = 1;
}
"#,
        after: r#"syntax = "proto2";

package pay.v1;

message Charge {
  optional string id = 1;
}
"#,
        fix: "Keep the syntax line, or move to an edition with features that spell out the old behaviour.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::FileSyntaxChanged).then(|| Hit::of(change, cx))
}
