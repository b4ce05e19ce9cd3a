//! Types of the gRPC modules, for the plugin writes none.
//!
//! A stub is made with a channel of `grpc` or of `grpc.aio`, and its calls are those of the one or the other: for the
//! second it is a subclass, which only type checkers know. A servicer may be written in either way too, so what it gets
//! is both and what it gives may be one of the two. What a stub imports begins with an underscore: services may have any
//! other name.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::imports::place_of_module;
use super::{module_of, python_place};
use crate::schema::{Element, FileId, Method, Schema, Service};

const HEAD: &str = "\
import abc as _abc
import builtins as _builtins
import collections.abc as _collections
import typing as _typing

import grpc as _grpc
import grpc.aio as _aio

";

const SHARED: &str = "
_T = _typing.TypeVar(\"_T\")

class _MaybeAsyncIterator(_collections.AsyncIterator[_T], _collections.Iterator[_T], metaclass=_abc.ABCMeta): ...

class _ServicerContext(_grpc.ServicerContext, _aio.ServicerContext[_typing.Any, _typing.Any]):  # type: ignore[misc]
    ...
";

/// The path of the stub of a file with services below the package, and its text.
pub(super) fn stub(schema: &Schema, file: FileId, import: &str) -> (String, String) {
    let mut modules: BTreeMap<(String, String), String> = BTreeMap::new();
    let services: Vec<&Service> = schema.file(file).services.iter().map(|s| schema.service(*s)).collect();
    let mut body = SHARED.to_owned();
    for service in &services {
        let methods: Vec<Typed<'_>> = service
            .methods
            .iter()
            .map(|m| Typed::new(schema, schema.method(*m), import, &mut modules))
            .collect();
        // What mypy-protobuf calls it too, unless a service takes the name.
        let asynchronous = format!("{}Async", service.name);
        let taken = services.iter().any(|other| *other.name == asynchronous);
        let front = if taken { "_" } else { "" };
        write(&service.name, &format!("{front}{asynchronous}Stub"), &methods, &mut body);
    }
    let mut text = HEAD.to_owned();
    for ((package, module), alias) in &modules {
        let _ = match package.as_str() {
            "" => writeln!(text, "import {module} as {alias}"),
            package => writeln!(text, "from {package} import {module} as {alias}"),
        };
    }
    text.push_str(&body);
    let module = place_of_module(&module_of(&schema.file(file).name));
    (format!("{}_grpc.pyi", module.replace('.', "/")), text)
}

/// A method with the types that it takes and gives.
struct Typed<'s> {
    method: &'s Method,
    request: String,
    reply: String,
}

impl<'s> Typed<'s> {
    fn new(
        schema: &Schema,
        method: &'s Method,
        import: &str,
        modules: &mut BTreeMap<(String, String), String>,
    ) -> Typed<'s> {
        let mut type_of = |name: &str| {
            let id = schema.message_by_name(name).expect("the types of a method are in the schema");
            let place = python_place(schema, schema.message(id).file, import);
            let next = format!("_m{}", modules.len() + 1);
            let alias = modules.entry(place).or_insert(next);
            format!("{alias}.{}", schema.nested_name(Element::Message(id)))
        };
        Typed { method, request: type_of(&method.input), reply: type_of(&method.output) }
    }

    /// `UnaryStreamMultiCallable[REQUEST, REPLY]`.
    fn callable(&self) -> String {
        let side = |streams| if streams { "Stream" } else { "Unary" };
        let (from, to) = (side(self.method.client_streaming), side(self.method.server_streaming));
        format!("{from}{to}MultiCallable[{}, {}]", self.request, self.reply)
    }
}

fn write(service: &str, asynchronous: &str, methods: &[Typed<'_>], out: &mut String) {
    let empty = if methods.is_empty() { "    ...\n" } else { "" };
    let stub = format!("{service}Stub");
    let _ = write!(
        out,
        "\nclass {stub}:
    @_typing.overload
    def __new__(cls, channel: _grpc.Channel) -> {stub}: ...
    @_typing.overload
    def __new__(cls, channel: _aio.Channel) -> {asynchronous}: ...
"
    );
    for typed in methods {
        let _ = writeln!(out, "    {}: _grpc.{}", typed.method.name, typed.callable());
    }
    let _ = write!(out, "\n@_typing.type_check_only\nclass {asynchronous}({stub}):\n{empty}");
    for typed in methods {
        let callable = typed.callable();
        let _ = writeln!(out, "    {}: _aio.{callable}  # type: ignore[assignment]", typed.method.name);
    }
    let _ = write!(out, "\nclass {service}Servicer:\n{empty}");
    for Typed { method, request, reply } in methods {
        let (argument, request) = match method.client_streaming {
            true => ("request_iterator", format!("_MaybeAsyncIterator[{request}]")),
            false => ("request", request.clone()),
        };
        let reply = match method.server_streaming {
            true => format!("_collections.Iterator[{reply}] | _collections.AsyncIterator[{reply}]"),
            false => format!("{reply} | _collections.Awaitable[{reply}]"),
        };
        let _ = writeln!(
            out,
            "    def {}(self, {argument}: {request}, context: _ServicerContext) -> {reply}: ...",
            method.name
        );
    }
    let _ = write!(
        out,
        "\ndef add_{service}Servicer_to_server(servicer: {service}Servicer, server: _grpc.Server | _aio.Server) -> None: ...

class {service}:
{empty}"
    );
    for Typed { method, request, reply } in methods {
        let (argument, request) = match method.client_streaming {
            true => ("request_iterator", format!("_collections.Iterator[{request}]")),
            false => ("request", request.clone()),
        };
        let reply =
            if method.server_streaming { format!("_collections.Iterator[{reply}]") } else { reply.clone() };
        let _ = writeln!(
            out,
            "    @_builtins.staticmethod
    def {}(
        {argument}: {request}, target: _builtins.str, *options: _typing.Any, **named: _typing.Any
    ) -> {reply}: ...",
            method.name
        );
    }
}
