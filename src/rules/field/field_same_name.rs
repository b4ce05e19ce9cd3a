//! Fields are paired by number, so another name at a number is a rename, or the number was given to
//! something else: descriptors cannot tell. FIELD_NO_SWAP and FIELD_NO_REUSE name the cases where they can.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FIELD_SAME_NAME",
    categories: Categories::FILE.with(Categories::PACKAGE).with(Categories::WIRE_JSON).with(Categories::CSR),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A field number with another name; for an extension another full name.",
        breaks: "Bytes are read as before, under the new name. Old JSON has an unknown key, and generated \
                accessors are renamed in every language.",
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
  string id = 1;
  int64 total = 2;
}
"#,
        fix: "Keep the name. If only the JSON key matters, pin it with `json_name`; that does not help \
                source code.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::FieldNameChanged(_)).then(|| Hit::of(change, cx))
}
