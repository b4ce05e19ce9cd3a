//! A message as a server would answer that is worth calling: every field with a small value, lists and maps with one
//! element, numbers of enums that have a name, and no further page.

use super::cases::Maker;
use crate::schema::{Cardinality, MessageId, Schema};
use crate::wire::encode::encode;
use crate::wire::value::{Slot, Tree, Value, field_at};

/// The message, encoded.
pub fn tame(schema: &Schema, message: MessageId) -> Vec<u8> {
    let mut tree = Maker::new(schema, 0, false).ordinary(message);
    settle(schema, &mut tree);
    encode(schema, &tree)
}

fn settle(schema: &Schema, tree: &mut Tree) {
    let message = tree.message;
    // A client that asks for pages until there is no token has to come to an end (<https://google.aip.dev/158>).
    let token = |number: &i32| {
        let field = field_at(schema, message, *number).map(|id| schema.field(id));
        field.is_some_and(|f| f.name.ends_with("page_token") && f.cardinality != Cardinality::Required)
    };
    tree.fields.retain(|number, _| !token(number));
    for slot in tree.fields.values_mut() {
        let values: Vec<&mut Value> = match slot {
            Slot::One(value) => vec![value],
            Slot::List(values) => {
                values.truncate(1);
                values.iter_mut().collect()
            }
            Slot::Map(entries) => entries.values_mut().collect(),
        };
        for value in values {
            if let Value::Message(inner) = value {
                settle(schema, inner);
            }
        }
    }
}
