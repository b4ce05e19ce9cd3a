//! Fields are paired by number. The neighbours with UNLESS in their name accept a removal that reserves what
//! it leaves behind; FIELD_SAME_NUMBER names the case where the name is still there.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FIELD_NO_DELETE",
    categories: Categories::FILE.with(Categories::PACKAGE).with(Categories::CSR),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A field number that the message no longer has, reserved or not.",
        breaks: "Code that uses the field no longer compiles. Bytes with the number are kept as an unknown \
                field by new readers, JSON with its key is refused. Without `reserved` the number may come \
                back as something else.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1;
  int64 amount = 2;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Charge {
  reserved 2;
  reserved "amount";
  string id = 1;
}
"#,
        fix: "Keep the field with `[deprecated = true]` for a version, then remove it and reserve both \
                number and name.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::FieldRemoved { .. }).then(|| Hit::of(change, cx))
}
