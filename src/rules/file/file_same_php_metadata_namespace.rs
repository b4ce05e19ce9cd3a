//! `php_metadata_namespace` decides what PHP autoloading of the generated metadata classes sees. It changes
//! nothing on the wire and in JSON.

use crate::diff::{Change, Cx, FileOption, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "FILE_SAME_PHP_METADATA_NAMESPACE",
    categories: Categories::FILE.with(Categories::PACKAGE),
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A file whose `php_metadata_namespace` is set to another value, or set for the first time, or \
                no longer set.",
        breaks: "The metadata classes of the file move to another namespace; autoload maps and code that \
                names them have to follow.",
        before: r#"syntax = "proto3";

package pay.v1;

option php_metadata_namespace = "Pay\\Meta";

message Charge {
  string id = 1;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

option php_metadata_namespace = "Acme\\Meta";

message Charge {
  string id = 1;
}
"#,
        fix: "Keep the namespace.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    matches!(&change.kind, Kind::FileOptionChanged(FileOption::PhpMetadataNamespace))
        .then(|| Hit::of(change, cx))
}
