//! What is new and deprecated at once was announced to nobody, and stays for as long as anything else. Additions as such are left to
//! the rules with NO_ADD in their name.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status};

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "DEPRECATION_NO_ADD",
    categories: Categories::NONE,
    level: Level::Note,
    bump: Bump::Minor,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A field, enum value, extension, method, message, enum or service that is deprecated from its first version on.",
        breaks: "Nobody yet: but it takes a number and a name, and has to be kept for as long as what was ever of use.",
        before: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

message Charge {
  string id = 1;
  string note = 2 [deprecated = true];
}
"#,
        fix: "Leave it out, or leave `deprecated` out.",
    },
    remedy: Change::remedy,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    let added = matches!(
        &change.kind,
        Kind::FieldAdded { .. } | Kind::EnumValueAdded { .. } | Kind::TypeAdded | Kind::MethodAdded
    );
    let new = change.new.filter(|new| added && cx.new.is_deprecated(*new))?;
    let (noun, name) = (cx.new.noun(new), cx.new.full_name(new));
    Some(Hit::says(change, cx, format!("{noun} `{name}` is new and deprecated")))
}
