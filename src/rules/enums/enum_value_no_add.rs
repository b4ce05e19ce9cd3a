//! For teams whose old readers must know every value. ENUM_VALUE_NO_ADD_CLOSED is the same for closed enums,
//! where old readers drop the value.

use crate::diff::{Change, Cx, Kind};
use crate::rules::{Bump, Categories, Docs, Hit, Level, Rule, Status, types};
use crate::schema::Element;

/// The rule.
pub(crate) static RULE: Rule = Rule {
    id: "ENUM_VALUE_NO_ADD",
    categories: Categories::NONE,
    level: Level::Error,
    bump: Bump::Minor,
    status: Status::Stable { since: "0.1.0" },
    docs: Docs {
        flags: "A value added to an open enum.",
        breaks: "Old readers of bytes see a number without a name. Old readers of JSON refuse the new name.",
        before: r#"syntax = "proto3";

package pay.v1;

enum Status {
  STATUS_UNSPECIFIED = 0;
  STATUS_PAID = 1;
}
"#,
        after: r#"syntax = "proto3";

package pay.v1;

enum Status {
  STATUS_UNSPECIFIED = 0;
  STATUS_PAID = 1;
  STATUS_VOID = 2;
}
"#,
        fix: "Update readers before writers, and let readers treat numbers they do not know as the zero \
                value.",
    },
    remedy: types::left_out,
    select,
};

fn select(change: &Change, cx: &Cx<'_>) -> Option<Hit> {
    let Some(Element::EnumValue(id)) = change.new else { return None };
    let open = !cx.new.enum_(cx.new.value(id).parent).is_closed();
    (open && matches!(change.kind, Kind::EnumValueAdded { .. })).then(|| Hit::of(change, cx))
}
