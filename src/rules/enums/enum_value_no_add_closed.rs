//! Old readers of a closed enum do not know the number. ENUM_VALUE_NO_ADD is the same for open enums, where
//! the number at least arrives.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status, types};
use crate::schema::Element;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "ENUM_VALUE_NO_ADD_CLOSED",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Minor,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A value added to a closed enum.",
        breaks: "Old readers keep the number among the unknown fields: the field looks absent or has its \
                default, and a required field fails the whole message. In a repeated field the element is \
                missing.",
        before: r#"syntax = "proto2";

package pay.v1;

enum Status {
  STATUS_OPEN = 1;
}
"#,
        after: r#"syntax = "proto2";

package pay.v1;

enum Status {
  STATUS_OPEN = 1;
  STATUS_PAID = 2;
}
"#,
        fix: "Update every reader before the first writer, or send the new value in a field of its own.",
    },
    remedy: types::left_out,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    let Some(Element::EnumValue(id)) = change.new else { return None };
    let closed = cx.new.enum_(cx.new.value(id).parent).is_closed();
    (closed && matches!(change.kind, Kind::EnumValueAdded { .. })).then(|| Hit::of(change, cx))
}
