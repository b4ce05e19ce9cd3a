//! Calls that the other side does not know, and what they carry.

use super::{Prover, Shown};
use crate::diff::{Change, Kind};
use crate::schema::{Element, FileId, MethodId, Schema, ServiceId};
use crate::words::{Direction, Effect, Lens};

impl Prover<'_> {
    /// What shows an effect on calls.
    pub(super) fn call(&self, change: &Change, direction: Direction, effect: Effect) -> Option<Shown> {
        let (client, server) = self.sides(direction);
        let (here, _) = match direction {
            Direction::Backward => (change.old, change.new),
            Direction::Forward => (change.new, change.old),
        };
        match (&change.kind, here) {
            (Kind::MethodRequestTypeChanged(_), _) => self.payload(change, true, direction, effect),
            (Kind::MethodResponseTypeChanged(_), _) => self.payload(change, false, direction, effect),
            (
                Kind::MethodClientStreamingChanged | Kind::MethodServerStreamingChanged,
                Some(Element::Method(id)),
            ) => {
                let other = same_method(client, id, server)?;
                let how = |schema: &Schema, id: MethodId| {
                    let method = schema.method(id);
                    match (method.client_streaming, method.server_streaming) {
                        (false, false) => "one request and one response",
                        (true, false) => "a stream of requests and one response",
                        (false, true) => "one request and a stream of responses",
                        (true, true) => "two streams",
                    }
                };
                Some(Shown::Call {
                    path: client.call_path(id),
                    answer: format!(
                        "the client expects {}, the server {}",
                        how(client, id),
                        how(server, other)
                    ),
                })
            }
            (Kind::PackageRemoved { package }, _) => {
                let files = client.package(package)?.iter();
                unimplemented(client, server, files.flat_map(|f| client.file(*f).services.clone()))
            }
            (_, Some(Element::Method(id))) => unknown(client, server, id),
            (_, Some(Element::Service(id))) => unimplemented(client, server, [id].into_iter()),
            (_, Some(Element::File(id))) => unimplemented(client, server, services(client, id)),
            _ => None,
        }
    }

    /// The message of a call: a request is written by the client, a response by the server.
    fn payload(&self, change: &Change, request: bool, direction: Direction, effect: Effect) -> Option<Shown> {
        let (Some(Element::Method(old)), Some(Element::Method(new))) = (change.old, change.new) else {
            return None;
        };
        let name = |schema: &Schema, id: MethodId| {
            let method = schema.method(id);
            schema.message_by_name(if request { &method.input } else { &method.output })
        };
        let (old, new) = (name(self.cx.old, old)?, name(self.cx.new, new)?);
        let written = match (request, direction) {
            (true, direction) => direction,
            (false, Direction::Backward) => Direction::Forward,
            (false, Direction::Forward) => Direction::Backward,
        };
        let (write, read) = match written {
            Direction::Backward => (old, new),
            Direction::Forward => (new, old),
        };
        self.search(&self.whole(write, read, written), Lens::Wire, written, effect)
    }
}

fn services(schema: &Schema, file: FileId) -> impl Iterator<Item = ServiceId> {
    schema.file(file).services.clone().into_iter()
}

/// The first call of some services that the other side does not know.
fn unimplemented(
    client: &Schema,
    server: &Schema,
    services: impl Iterator<Item = ServiceId>,
) -> Option<Shown> {
    let mut methods: Vec<(String, MethodId)> =
        services.flat_map(|s| client.service(s).methods.clone()).map(|m| (client.call_path(m), m)).collect();
    methods.sort();
    methods.into_iter().find_map(|(_, method)| unknown(client, server, method))
}

/// A call, if the other side does not know it.
fn unknown(client: &Schema, server: &Schema, id: MethodId) -> Option<Shown> {
    if same_method(client, id, server).is_some() {
        return None;
    }
    Some(Shown::Call { path: client.call_path(id), answer: "UNIMPLEMENTED".to_owned() })
}

fn same_method(from: &Schema, id: MethodId, to: &Schema) -> Option<MethodId> {
    let method = from.method(id);
    let service = to.service_by_name(&from.service(method.parent).full_name)?;
    to.method_by_name(service, &method.name)
}
