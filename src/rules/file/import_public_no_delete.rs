//! An `import public` is part of what a file offers: importers of the file see the names behind it. A plain
//! import is nobody else's business, and dropping one is not reported.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "IMPORT_PUBLIC_NO_DELETE",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "An `import public` line that is gone, or is no longer public.",
        breaks: "Files that import this file and use names from behind the public import stop compiling; so \
                does Python and C++ code that relied on the generated re-export.",
        before: r#"// file: pay/v1/money.proto
syntax = "proto3";

package pay.v1;

message Money {
  int64 cents = 1;
}
// file: pay/v1/charge.proto
syntax = "proto3";

package pay.v1;

import public "pay/v1/money.proto";

message Charge {
  Money amount = 1;
}
"#,
        after: r#"// file: pay/v1/money.proto
syntax = "proto3";

package pay.v1;

message Money {
  int64 cents = 1;
}
// file: pay/v1/charge.proto
syntax = "proto3";

package pay.v1;

import "pay/v1/money.proto";

message Charge {
  Money amount = 1;
}
"#,
        fix: "Keep the import public until every importer names the file behind it.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::ImportRemoved { public: true, .. }).then(|| Hit::of(change, cx))
}
