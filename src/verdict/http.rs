//! HTTP calls as `google.api.http` describes them: verb, path, body.
//!
//! Source: the comments of google/api/http.proto
//! (<https://github.com/googleapis/googleapis/blob/master/google/api/http.proto>): a rule binds a method to a
//! verb and a path template, `additional_bindings` bind it to more; `{name}` stands for one path segment and
//! `{name=shelves/*}` for a sub-template, and what they match fills a field of the request; `body` names the
//! field that the HTTP body fills (`*`: all that the path does not), `response_body` the one it is made of. What
//! neither fills is a query parameter. A template is the set of paths it matches, so a wider one serves what a narrower
//! one did. What several of them match is served by whichever a server asks first, which nobody lays down.

mod params;

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::facts::Facts;
use super::raw::Raw;
use super::{Cells, Loss};
use crate::diff::{Change, Cx, Kind, beside};
use crate::schema::{Element, Meaning, MethodId, Schema};
use crate::text::templates::{self, Templates, shape};
use crate::words::Lens;
use params::Params;

/// The extension of `google.protobuf.MethodOptions`.
const HTTP: u32 = 72_295_728;

/// One verb and path that reach a method.
#[derive(Clone, Debug)]
struct Binding {
    method: MethodId,
    /// `GET`, or what a custom rule names; `*` is any.
    verb: String,
    /// As written.
    path: String,
    /// The template with the names of fields taken out: equal shapes match equal URLs.
    shape: String,
    /// Where in the shape a field begins and ends, and its path in the request.
    fields: Vec<(usize, usize, String)>,
    body: String,
    response_body: String,
}

impl std::fmt::Display for Binding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{} {}`", self.verb, self.path)
    }
}

/// Every binding of a schema, found when first asked for.
#[derive(Debug, Default)]
pub(super) struct Routes {
    all: OnceLock<All>,
    /// What URLs hold. It is no answer about all files: calls that a change of a field can reach are enough.
    params: OnceLock<Params>,
}

#[derive(Debug)]
struct All {
    bindings: Vec<Binding>,
    /// By verb and shape.
    exact: FxHashMap<(String, String), usize>,
    /// By shape.
    templates: Templates,
}

impl Routes {
    fn all(&self, schema: &Schema) -> &All {
        self.all.get_or_init(|| All::of(schema))
    }

    fn params(&self, schema: &Schema) -> &Params {
        self.params.get_or_init(|| Params::of(schema))
    }

    /// What serves a call: best the same template, else the first that matches all that it matches.
    fn find(&self, schema: &Schema, call: &Binding) -> Option<&Binding> {
        let All { bindings, exact, templates } = self.all(schema);
        let get = |verb: &str| exact.get(&(verb.to_owned(), call.shape.clone())).copied();
        let found = get(&call.verb).or_else(|| get("*")).or_else(|| {
            let serving = templates.covering(&call.shape).into_iter();
            serving.filter(|index| bindings[*index].hears(&call.verb)).min()
        });
        found.map(|index| &bindings[index])
    }

    /// The calls of the same package, but of other methods, some URLs of which match a binding too.
    fn beside(&self, schema: &Schema, binding: &Binding, of: [&Schema; 2]) -> Vec<&Binding> {
        let [mine, theirs] = of;
        let package = |schema: &Schema, b: &Binding| schema.package_of(Element::Method(b.method)).to_owned();
        let name = |schema: &Schema, b: &Binding| schema.full_name(Element::Method(b.method));
        let (in_package, own) = (package(theirs, binding), name(theirs, binding));
        let All { bindings, templates, .. } = self.all(schema);
        let mut found = templates.overlapping(&binding.shape);
        found.sort_unstable();
        found
            .into_iter()
            .map(|index| &bindings[index])
            .filter(|b| b.verb == binding.verb || b.verb == "*" || binding.verb == "*")
            .filter(|b| package(mine, b) == in_package && name(mine, b) != own)
            .collect()
    }
}

impl All {
    fn of(schema: &Schema) -> All {
        let bindings = all_bindings(schema);
        let (mut exact, mut templates) = (FxHashMap::default(), Templates::default());
        for (index, binding) in bindings.iter().enumerate() {
            exact.entry((binding.verb.clone(), binding.shape.clone())).or_insert(index);
            templates.add(&binding.shape, index);
        }
        All { bindings, exact, templates }
    }
}

impl Binding {
    /// Whether every URL of a call reaches this binding.
    fn serves(&self, call: &Binding) -> bool {
        self.hears(&call.verb) && templates::covers(&self.shape, &call.shape)
    }

    fn hears(&self, verb: &str) -> bool {
        self.verb == verb || self.verb == "*"
    }
}

/// How many segments stand before and after a part of a template.
fn around(shape: &str, start: usize, end: usize) -> (usize, usize) {
    (shape[..start].matches('/').count(), shape[end..].matches('/').count())
}

pub(super) fn judge(change: &Change, cx: &Cx<'_>, facts: &Facts, cells: &mut Cells) {
    let old_clients = Calls {
        client: cx.old,
        server: cx.new,
        own: &facts.old_routes,
        routes: &facts.new_routes,
        words: ["an old client", "the new server"],
    };
    let new_clients = Calls {
        client: cx.new,
        server: cx.old,
        own: &facts.new_routes,
        routes: &facts.old_routes,
        words: ["a new client", "an old server"],
    };
    let calls = [&old_clients, &new_clients];
    let (old, new) = match &change.kind {
        Kind::FieldAdded { .. }
        | Kind::FieldRemoved { .. }
        | Kind::FieldNameChanged(_)
        | Kind::FieldJsonNameChanged
        | Kind::FieldTypeChanged(_)
        | Kind::FieldCardinalityChanged
        | Kind::FieldOneofChanged(_) => return params::of_field(change, calls, cells),
        Kind::EnumValueAdded { .. } | Kind::EnumValueRemoved { .. } | Kind::EnumValueNameChanged { .. } => {
            return params::of_values(change, calls, cells);
        }
        Kind::MethodRequestTypeChanged(_) => {
            let (old, new) = (of_method(cx.old, change.old), of_method(cx.new, change.new));
            cells.backward(Lens::Http, old_clients.requests(&old, &new));
            cells.forward(Lens::Http, new_clients.requests(&new, &old));
            return;
        }
        Kind::OptionChanged { .. } if change.meaning() != Some(Meaning::Http) => return,
        Kind::OptionChanged { .. } | Kind::MethodRemoved | Kind::MethodAdded => {
            (of_method(cx.old, change.old), of_method(cx.new, change.new))
        }
        // The name of a service is no part of its URLs.
        Kind::TypeRemoved(_) | Kind::TypeAdded | Kind::TypeRenamed(_) => {
            (of_service(cx.old, change.old), of_service(cx.new, change.new))
        }
        beside!(http) => return,
    };
    cells.backward(Lens::Http, old_clients.all(&old, &new));
    cells.forward(Lens::Http, new_clients.all(&new, &old));
    cells.backward(Lens::Http, old_clients.taken(&old, &new));
}

/// Clients of one side at servers of the other.
struct Calls<'a> {
    client: &'a Schema,
    server: &'a Schema,
    /// All that the client's side has.
    own: &'a Routes,
    /// All that the server has.
    routes: &'a Routes,
    words: [&'static str; 2],
}

impl Calls<'_> {
    fn all(&self, calls: &[Binding], served: &[Binding]) -> Loss {
        calls.iter().fold(Loss::none(), |worst, call| worst.or_worse(self.one(call, served)))
    }

    /// Whether new bindings match URLs that another method answered.
    fn taken(&self, old: &[Binding], new: &[Binding]) -> Loss {
        let was = |b: &Binding| old.iter().any(|o| o.shape == b.shape && (o.verb == b.verb || o.verb == "*"));
        new.iter().filter(|b| !was(b)).fold(Loss::none(), |worst, binding| {
            // What becomes of a call whose own method does not serve it any more is said of that one.
            let mut calls = self.own.beside(self.client, binding, [self.client, self.server]).into_iter();
            match calls.find(|call| self.served(call).is_some()) {
                Some(call) => worst.or_worse(Loss::unknown(format!(
                    "URLs of {call}, which are those of `{}`, match {binding} too: which of the two answers depends on \
                     the gateway",
                    self.client.full_name(Element::Method(call.method)),
                ))),
                None => worst,
            }
        })
    }

    /// Whether the parameters of calls are those of the request that the server's method has.
    fn requests(&self, calls: &[Binding], served: &[Binding]) -> Loss {
        calls.iter().fold(Loss::none(), |worst, call| {
            let same = |b: &&Binding| b.shape == call.shape && (b.verb == call.verb || b.verb == "*");
            match served.iter().find(same) {
                Some(binding) => worst.or_worse(self.request(call, binding)),
                None => worst,
            }
        })
    }

    fn one(&self, call: &Binding, served: &[Binding]) -> Loss {
        let [client, server] = self.words;
        let same = |b: &&Binding| b.shape == call.shape && (b.verb == call.verb || b.verb == "*");
        if let Some(binding) = served.iter().find(same) {
            return self.same_url(call, binding);
        }
        let wider = served.iter().filter(|b| b.serves(call)).map(|b| self.same_url(call, b));
        if let Some(mildest) = wider.min_by_key(|loss| loss.effect) {
            return mildest;
        }
        if let Some(binding) = self.routes.find(self.server, call) {
            let (a, b) = (self.client.method(call.method), self.server.method(binding.method));
            if a.input == b.input && a.output == b.output {
                return self.same_url(call, binding);
            }
            return Loss::unknown(format!(
                "{call} is served by `{}`, which has other messages",
                self.server.full_name(Element::Method(binding.method))
            ));
        }
        Loss::rejects(match served {
            [] => format!("{client} calls {call}, which {server} does not serve"),
            [other, ..] => format!("{client} calls {call}, which {server} does not serve: it serves {other}"),
        })
    }

    /// The URL matches; what the request and the response hold may not.
    fn same_url(&self, call: &Binding, served: &Binding) -> Loss {
        let [client, server] = self.words;
        let (a, b) = (self.client.method(call.method), self.server.method(served.method));
        let same_field = |message: [&str; 2], one: &str, other: &str| {
            one == other || {
                let left = field_path(self.client, message[0], one);
                left.is_some() && left == field_path(self.server, message[1], other)
            }
        };
        if !same_field([&a.input, &b.input], &call.body, &served.body) {
            return Loss::rejects(format!(
                "for {call} {client} sends {}, and {server} reads {}",
                body(&call.body, "no body"),
                body(&served.body, "none")
            ));
        }
        if !same_field([&a.output, &b.output], &call.response_body, &served.response_body) {
            return Loss::rejects(format!(
                "of {call} {client} reads {} as the answer, and {server} sends {}",
                body(&call.response_body, "the whole message"),
                body(&served.response_body, "the whole message")
            ));
        }
        let places = |binding: &Binding| -> Vec<(usize, usize)> {
            binding.fields.iter().map(|(start, end, _)| around(&binding.shape, *start, *end)).collect()
        };
        let alike = places(call) == places(served)
            && call
                .fields
                .iter()
                .zip(&served.fields)
                .all(|(x, y)| same_field([&a.input, &b.input], &x.2, &y.2));
        if alike {
            return Loss::none();
        }
        Loss::unknown(format!(
            "the URLs of {call} also match {served}, but what stands in them fills other fields of the request"
        ))
    }
}

fn body(field: &str, none: &str) -> String {
    match field {
        "" => none.to_owned(),
        "*" => "the whole message".to_owned(),
        field => format!("the field `{field}`"),
    }
}

/// `a.b` below a message as field numbers: a renamed field is still the same one.
fn field_path(schema: &Schema, message: &str, path: &str) -> Option<Vec<i32>> {
    let mut message = schema.message_by_name(message);
    path.split('.')
        .map(|name| {
            let field = schema
                .message(message?)
                .fields
                .iter()
                .map(|f| schema.field(*f))
                .find(|f| &*f.name == name)?;
            message = schema.field_message(field);
            Some(field.number)
        })
        .collect()
}

/// The bindings of an element that is a method; none of another one.
fn of_method(schema: &Schema, element: Option<Element>) -> Vec<Binding> {
    if let Some(Element::Method(id)) = element { bindings(schema, id) } else { Vec::new() }
}

/// The bindings of an element that is a service; none of another one.
fn of_service(schema: &Schema, element: Option<Element>) -> Vec<Binding> {
    let Some(Element::Service(id)) = element else { return Vec::new() };
    schema.service(id).methods.iter().flat_map(|m| bindings(schema, *m)).collect()
}

fn all_bindings(schema: &Schema) -> Vec<Binding> {
    schema.methods().flat_map(|(id, _)| bindings(schema, id)).collect()
}

fn bindings(schema: &Schema, method: MethodId) -> Vec<Binding> {
    if schema.method(method).options.is_none() {
        return Vec::new();
    }
    let option = Raw::option(schema, Element::Method(method), HTTP, "google.api.http");
    let Some(rule) = option.and_then(|o| o.message(HTTP)) else { return Vec::new() };
    let mut list: Vec<Binding> = binding(&rule, method).into_iter().collect();
    list.extend(rule.messages(11).iter().filter_map(|more| binding(more, method)));
    list
}

fn binding(rule: &Raw, method: MethodId) -> Option<Binding> {
    const VERBS: [(u32, &str); 5] = [(2, "GET"), (3, "PUT"), (4, "POST"), (5, "DELETE"), (6, "PATCH")];
    let (verb, path) =
        VERBS.into_iter().find_map(|(number, verb)| Some((verb.to_owned(), rule.text(number)?))).or_else(
            || rule.message(8).map(|c| (c.text(1).unwrap_or_default(), c.text(2).unwrap_or_default())),
        )?;
    let (shape, fields) = shape(&path);
    Some(Binding {
        method,
        verb,
        path,
        shape,
        fields,
        body: rule.text(7).unwrap_or_default(),
        response_body: rule.text(12).unwrap_or_default(),
    })
}
