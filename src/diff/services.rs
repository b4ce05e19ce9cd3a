//! Two services of one full name: methods by name.

use super::{Differ, Kind, Structure};
use crate::schema::{Element, Method, MethodId, ServiceId};

pub(super) fn pair(differ: &mut Differ<'_>, old_id: ServiceId, new_id: ServiceId) {
    let cx = differ.cx;
    let (old, new) = (cx.old.service(old_id), cx.new.service(new_id));
    for old_method in &old.methods {
        let name = &cx.old.method(*old_method).name;
        match cx.new.method_by_name(new_id, name) {
            Some(new_method) => method(differ, *old_method, new_method),
            None => differ.push(
                Kind::MethodRemoved,
                Some(Element::Method(*old_method)),
                Some(Element::Service(new_id)),
            ),
        }
    }
    for new_method in &new.methods {
        let name = &cx.new.method(*new_method).name;
        if cx.old.method_by_name(old_id, name).is_none() {
            differ.push(Kind::MethodAdded, None, Some(Element::Method(*new_method)));
        }
    }
    differ.options(Element::Service(old_id), Element::Service(new_id));
}

fn method(differ: &mut Differ<'_>, old_id: MethodId, new_id: MethodId) {
    let cx = differ.cx;
    let (old, new) = (cx.old.method(old_id), cx.new.method(new_id));
    let (old_element, new_element) = (Element::Method(old_id), Element::Method(new_id));
    let compare =
        |before: &str, after: &str| match (cx.old.message_by_name(before), cx.new.message_by_name(after)) {
            (Some(a), Some(b)) => differ.shapes.messages(a, b),
            _ => Structure::NotComparable,
        };
    let idempotency =
        |m: &Method| m.options.as_deref().and_then(|o| o.idempotency_level).map_or(0, |l| l as i32);
    let mut found = Vec::new();
    if old.input != new.input {
        found.push(Kind::MethodRequestTypeChanged(compare(&old.input, &new.input)));
    }
    if old.output != new.output {
        found.push(Kind::MethodResponseTypeChanged(compare(&old.output, &new.output)));
    }
    if old.client_streaming != new.client_streaming {
        found.push(Kind::MethodClientStreamingChanged);
    }
    if old.server_streaming != new.server_streaming {
        found.push(Kind::MethodServerStreamingChanged);
    }
    if idempotency(old) != idempotency(new) {
        found.push(Kind::MethodIdempotencyChanged);
    }
    for kind in found {
        differ.push(kind, Some(old_element), Some(new_element));
    }
    differ.options(old_element, new_element);
}
