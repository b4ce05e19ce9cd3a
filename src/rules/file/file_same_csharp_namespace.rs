//! `csharp_namespace` decides what C# code that names the generated classes sees. It changes nothing on the
//! wire and in JSON.

use crate::diff::{Change, Cx, FileOption, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FILE_SAME_CSHARP_NAMESPACE",
    categories: Categories::FILE.with(Categories::PACKAGE),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A file whose `csharp_namespace` is set to another value, or set for the first time, or no \
                longer set.",
        breaks: "Every generated C# class moves to another namespace; `using` lines and qualified names no \
                longer compile.",
        before: r#"syntax = "proto3";

package pay.v1;

option csharp_namespace = "Pay.V1";

message Charge {
  string id = 1;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

option csharp_namespace = "Acme.Pay.V1";

message Charge {
  string id = 1;
}
"#,
        fix: "Keep the namespace. A new namespace belongs to a new version of the package.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::FileOptionChanged(FileOption::CsharpNamespace)).then(|| Hit::of(change, cx))
}
