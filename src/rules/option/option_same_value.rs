//! Options that some rule speaks of have a kind of change of their own; what is left are custom options and
//! built-in ones without a rule. What they mean only their readers know.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "OPTION_SAME_VALUE",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Major,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "An option, custom or built-in, with another value, that no other rule speaks of.",
        breaks: "Whatever reads the option does something else: a gateway asks for other rights, a generator \
                makes other names.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1 [debug_redact = true];
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1;
}
"#,
        fix: "Ask whoever reads the option; what it means is not in the descriptor.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    let unread = matches!(&change.kind, Kind::OptionChanged { .. }) && change.meaning().is_none()
        || change.kind == Kind::GeneratorFeaturesChanged;
    unread.then(|| Hit::of(change, cx))
}
