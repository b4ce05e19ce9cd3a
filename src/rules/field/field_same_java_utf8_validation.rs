//! Java checks UTF-8 by `java_string_check_utf8` or `features.(pb.java).utf8_validation`, beside the general
//! switch of FIELD_SAME_UTF8_VALIDATION. Where the file option is written out, it is what the rule points
//! at.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FIELD_SAME_JAVA_UTF8_VALIDATION",
    categories: Categories::FILE.with(Categories::PACKAGE),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A string field that Java checks to be UTF-8 and did not before, or the other way round.",
        breaks: "A Java reader refuses messages it used to accept, or accepts invalid bytes and replaces \
                them.",
        before: r#"syntax = "proto2";

package pay.v1;

option java_string_check_utf8 = true;

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
        fix: "Keep `java_string_check_utf8` as it was.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::FieldJavaUtf8Changed).then(|| Hit::of(change, cx))
}
