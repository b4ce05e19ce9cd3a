//! Kinds of changes of methods.

use super::facts::{Facts, Id, Place, Shown, no_more, once};
use super::wording::{added, as_it_was, old, old_name, removed, shape_note, was_otherwise};
use super::{Kind, Structure};
use crate::diff::{Change, Cx, Remedy};
use crate::schema::{Element, Method, Schema};
use crate::words::Nature;

pub(super) static ADDED: Facts = Facts {
    id: Id::Is("method-added"),
    nature: Nature::Added,
    place: |_| Place::Elements,
    says: added,
    among: once,
    apart: was_otherwise,
    whole: false,
    rule: |change, _| Some(if change.otherwise.is_empty() { "RPC_NO_ADD" } else { "NAME_NO_REUSE" }),
    remedy: as_it_was,
    shown: Shown::Nothing,
};

pub(super) static REMOVED: Facts = Facts {
    id: Id::Is("method-removed"),
    nature: Nature::Removed,
    place: |_| Place::Parent,
    says: removed,
    among: once,
    apart: no_more,
    whole: false,
    rule: |_, _| Some("RPC_NO_DELETE"),
    remedy: |change, cx| Some(Remedy::KeepDeprecated { noun: "method", name: old_name(change, cx) }),
    shown: Shown::Nothing,
};

pub(super) static REQUEST_TYPE_CHANGED: Facts = Facts {
    id: Id::Is("method-request-type-changed"),
    nature: Nature::Changed,
    place: |_| Place::Part(&[2]),
    says: |change, cx| {
        let (a, b) = values(change, cx, |m| m.input.to_string());
        format!("{} took `{a}`, now takes `{b}`{}", old(change, cx), shape_note(structure(&change.kind)))
    },
    among: once,
    apart: no_more,
    whole: false,
    rule: |_, _| Some("RPC_SAME_REQUEST_TYPE"),
    remedy: beside,
    shown: Shown::Nothing,
};

pub(super) static RESPONSE_TYPE_CHANGED: Facts = Facts {
    id: Id::Is("method-response-type-changed"),
    nature: Nature::Changed,
    place: |_| Place::Part(&[3]),
    says: |change, cx| {
        let (a, b) = values(change, cx, |m| m.output.to_string());
        format!(
            "{} returned `{a}`, now returns `{b}`{}",
            old(change, cx),
            shape_note(structure(&change.kind))
        )
    },
    among: once,
    apart: no_more,
    whole: false,
    rule: |_, _| Some("RPC_SAME_RESPONSE_TYPE"),
    remedy: beside,
    shown: Shown::Nothing,
};

pub(super) static CLIENT_STREAMING_CHANGED: Facts = Facts {
    id: Id::Is("method-client-streaming-changed"),
    nature: Nature::Changed,
    place: |_| Place::Elements,
    says: |change, cx| match new_method(change, cx).is_some_and(|m| m.client_streaming) {
        true => format!("{} took one request, now takes a stream of them", old(change, cx)),
        false => format!("{} took a stream of requests, now takes one", old(change, cx)),
    },
    among: once,
    apart: no_more,
    whole: false,
    rule: |_, _| Some("RPC_SAME_CLIENT_STREAMING"),
    remedy: beside,
    shown: Shown::Nothing,
};

pub(super) static SERVER_STREAMING_CHANGED: Facts = Facts {
    id: Id::Is("method-server-streaming-changed"),
    nature: Nature::Changed,
    place: |_| Place::Elements,
    says: |change, cx| match new_method(change, cx).is_some_and(|m| m.server_streaming) {
        true => format!("{} returned one response, now returns a stream of them", old(change, cx)),
        false => format!("{} returned a stream of responses, now returns one", old(change, cx)),
    },
    among: once,
    apart: no_more,
    whole: false,
    rule: |_, _| Some("RPC_SAME_SERVER_STREAMING"),
    remedy: beside,
    shown: Shown::Nothing,
};

pub(super) static IDEMPOTENCY_CHANGED: Facts = Facts {
    id: Id::Is("method-idempotency-changed"),
    nature: Nature::Changed,
    place: |_| Place::Part(&[4, 34]),
    says: |change, cx| {
        let (a, b) = values(change, cx, |m| idempotency(m).to_owned());
        format!("{} had the `idempotency_level` `{a}`, has now `{b}`", old(change, cx))
    },
    among: once,
    apart: no_more,
    whole: false,
    rule: |_, _| Some("RPC_SAME_IDEMPOTENCY_LEVEL"),
    remedy: |change, cx| {
        let Element::Method(id) = change.old? else { return None };
        Some(Remedy::Idempotency { method: old_name(change, cx), level: idempotency(cx.old.method(id)) })
    },
    shown: Shown::Nothing,
};

fn beside(change: &Change, cx: &Cx<'_>) -> Option<Remedy> {
    Some(Remedy::AddMethodBeside { method: old_name(change, cx) })
}

fn structure(kind: &Kind) -> Structure {
    match kind {
        Kind::MethodRequestTypeChanged(structure) | Kind::MethodResponseTypeChanged(structure) => *structure,
        _ => Structure::NotComparable,
    }
}

fn new_method<'a>(change: &Change, cx: &Cx<'a>) -> Option<&'a Method> {
    if let Some(Element::Method(id)) = change.new { Some(cx.new.method(id)) } else { None }
}

fn values(change: &Change, cx: &Cx<'_>, get: impl Fn(&Method) -> String) -> (String, String) {
    let value = |schema: &Schema, element: Option<Element>| match element {
        Some(Element::Method(id)) => get(schema.method(id)),
        _ => String::new(),
    };
    (value(cx.old, change.old), value(cx.new, change.new))
}

/// The value of `idempotency_level`.
fn idempotency(method: &Method) -> &'static str {
    use buffa_descriptor::generated::descriptor::method_options::IdempotencyLevel;
    match method.options.as_deref().and_then(|o| o.idempotency_level) {
        None | Some(IdempotencyLevel::IDEMPOTENCY_UNKNOWN) => "IDEMPOTENCY_UNKNOWN",
        Some(IdempotencyLevel::NO_SIDE_EFFECTS) => "NO_SIDE_EFFECTS",
        Some(IdempotencyLevel::IDEMPOTENT) => "IDEMPOTENT",
    }
}
