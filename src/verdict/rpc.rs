//! gRPC calls: which paths exist, what goes over them, who streams.
//!
//! Sources: gRPC over HTTP/2 (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>: the request
//! path is `/{full service name}/{method}`, an unknown one is answered UNIMPLEMENTED), and the status codes
//! (<https://github.com/grpc/grpc/blob/master/doc/statuscodes.md>).

use super::facts::Facts;
use super::reader::Reader;
use super::{Cells, Loss};
use crate::diff::{Change, Cx, Kind, Otherwise, Was, beside, wording};
use crate::schema::{Element, FileId};
use crate::words::Lens;

pub(super) fn judge(change: &Change, cx: &Cx<'_>, facts: &Facts, cells: &mut Cells) {
    match &change.kind {
        Kind::PackageRemoved { package } => package_removed(cx, package, cells),
        Kind::TypeRemoved(_) => match change.old {
            Some(Element::Service(id)) if !cx.old.service(id).methods.is_empty() => gone(cells),
            _ => {}
        },
        Kind::TypeRenamed(_) => {
            let (Some(Element::Service(id)), Some(new)) = (change.old, change.new) else { return };
            if cx.old.service(id).methods.is_empty() {
                return;
            }
            cells.both(
                Lens::Rpc,
                Loss::rejects(format!(
                    "the service name is part of every call's path; the other side knows only its own and answers UNIMPLEMENTED (now `{}`)",
                    cx.new.full_name(new)
                )),
            );
        }
        Kind::FilePackageChanged => match change.old {
            Some(Element::File(id)) if has_calls(cx, id) => cells.both(
                Lens::Rpc,
                Loss::rejects("the package is part of every call's path: the other side answers UNIMPLEMENTED"),
            ),
            _ => {}
        },
        Kind::MethodRemoved => gone(cells),
        Kind::MethodAdded => unknown_yet(cells),
        Kind::TypeAdded => {
            // Without a method there is nothing to call.
            if let Some(Element::Service(id)) = change.new
                && !cx.new.service(id).methods.is_empty()
            {
                unknown_yet(cells);
            }
        }
        Kind::MethodRequestTypeChanged(_) => payload(change, cx, facts, true, cells),
        Kind::MethodResponseTypeChanged(_) => payload(change, cx, facts, false, cells),
        Kind::MethodClientStreamingChanged | Kind::MethodServerStreamingChanged => cells.both(
            Lens::Rpc,
            Loss::rejects(
                "one side streams where the other sends exactly one message: the call ends in an error as soon as it is not exactly one",
            ),
        ),
        Kind::MethodIdempotencyChanged => cells.backward(
            Lens::Rpc,
            Loss::unknown("clients that retry, or that send calls without side effects as GET, decided by the old promise"),
        ),
        beside!(rpc) => {}
    }
    for otherwise in &change.otherwise {
        came_otherwise(otherwise, cells);
    }
}

/// A name that an earlier published version had for something else: clients from then call it again.
fn came_otherwise(otherwise: &Otherwise, cells: &mut Cells) {
    let published = wording::was(otherwise);
    match &otherwise.was {
        Was::Kind { noun: "service" } => {
            cells.backward(Lens::Rpc, Loss::rejects("clients from then get UNIMPLEMENTED").within(&published))
        }
        Was::Call { streams: true, .. } => cells.backward(
            Lens::Rpc,
            Loss::rejects("a client from then streams where one message is expected, or the other way round")
                .within(&published),
        ),
        Was::Call { streams: false, .. } => cells.backward(
            Lens::Rpc,
            Loss::unknown(
                "what is in the messages of then is not remembered: a client from then may not be understood",
            )
            .within(&published),
        ),
        Was::Kind { .. } | Was::Holder { .. } | Was::At { .. } => {}
    }
}

fn gone(cells: &mut Cells) {
    cells.backward(Lens::Rpc, Loss::rejects("old clients call it and get UNIMPLEMENTED"));
}

fn unknown_yet(cells: &mut Cells) {
    cells.forward(Lens::Rpc, Loss::rejects("an old server answers UNIMPLEMENTED until it is updated"));
}

fn package_removed(cx: &Cx<'_>, package: &str, cells: &mut Cells) {
    let files = cx.old.package(package).unwrap_or_default();
    let services = files.iter().flat_map(|f| &cx.old.file(*f).services);
    let mut names: Vec<&str> = services.map(|s| &*cx.old.service(*s).full_name).collect();
    names.sort_unstable();
    let Some(first) = names.first() else { return };
    let more = match names.len() - 1 {
        0 => String::new(),
        1 => " and 1 other service".to_owned(),
        n => format!(" and {n} other services"),
    };
    let reason = format!("old clients call `{first}`{more} and get UNIMPLEMENTED");
    cells.backward(Lens::Rpc, Loss::rejects(reason));
}

/// The message a call carries. A request is written by the client and read by the server, a response the other
/// way round; backward is the old client at the new server.
fn payload(change: &Change, cx: &Cx<'_>, facts: &Facts, request: bool, cells: &mut Cells) {
    let (Some(Element::Method(old)), Some(Element::Method(new))) = (change.old, change.new) else { return };
    let (old, new) = (cx.old.method(old), cx.new.method(new));
    let (before, after) = if request { (&old.input, &new.input) } else { (&old.output, &new.output) };
    let (Some(a), Some(b)) = (cx.old.message_by_name(before), cx.new.message_by_name(after)) else {
        cells.both(Lens::Rpc, Loss::unknown("the message is not part of the contract"));
        return;
    };
    let old_writes = Reader::backward(cx, facts).messages(a, b);
    let new_writes = Reader::forward(cx, facts).messages(b, a);
    let (backward, forward) = if request { (old_writes, new_writes) } else { (new_writes, old_writes) };
    cells.backward(Lens::Rpc, backward);
    cells.forward(Lens::Rpc, forward);
}

/// Whether a file of the old side declares a method.
fn has_calls(cx: &Cx<'_>, file: FileId) -> bool {
    cx.old.file(file).services.iter().any(|id| !cx.old.service(*id).methods.is_empty())
}
