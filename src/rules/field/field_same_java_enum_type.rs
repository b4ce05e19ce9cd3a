//! Java asks the file of a field whether its enum is closed, before it asks the enum: in proto2, and where
//! `features.(pb.java).legacy_closed_enum` says so. An enum that itself becomes closed or open is told by ENUM_SAME_TYPE.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FIELD_SAME_JAVA_ENUM_TYPE",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A field of an open enum that Java takes for closed and did not before, or the other way round: the field \
                came out of proto2 or into it, or `features.(pb.java).legacy_closed_enum` changed.",
        breaks: "Where the enum counts as closed, Java keeps numbers that it does not list out of the field and among the \
                 unknown fields, and has no accessors for the number; else it has both.",
        before: r#"edition = "2023";

package pay.v1;

import "google/protobuf/java_features.proto";

option features.(pb.java).legacy_closed_enum = true;

message Charge {
  Status status = 1;
}

enum Status {
  STATUS_UNSPECIFIED = 0;
}
"#,
        after: r#"edition = "2023";

package pay.v1;

import "google/protobuf/java_features.proto";

message Charge {
  Status status = 1;
}

enum Status {
  STATUS_UNSPECIFIED = 0;
}
"#,
        fix: "Keep `features.(pb.java).legacy_closed_enum` as it was; set it to `true` in a file that was proto2.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::FieldJavaEnumTypeChanged).then(|| Hit::of(change, cx))
}
