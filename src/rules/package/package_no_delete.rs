//! The last file of a package went. The types in it are not reported again one by one by the other PACKAGE
//! rules.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "PACKAGE_NO_DELETE",
    categories: Categories::PACKAGE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A package that no file declares any more.",
        breaks: "Every type and service of the package is gone: calls get `UNIMPLEMENTED`, importers do not \
                compile, `Any` values with its type URLs cannot be unpacked.",
        before: r#"// file: pay/v1/charge.proto
syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1;
}
// file: pay/v2/charge.proto
syntax = "proto3";

package pay.v2;

message Charge {
  string id = 1;
}
"#,
        after: r#"// file: pay/v2/charge.proto
syntax = "proto3";

package pay.v2;

message Charge {
  string id = 1;
}
"#,
        fix: "Keep the package, mark its services and messages deprecated, and remove it in a new major \
                version of the contract.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::PackageRemoved { .. }).then(|| Hit::of(change, cx))
}
