//! Fields of a request as texts in a URL: query parameters, and what path templates take out of a path.
//!
//! Source: the comments of google/api/http.proto
//! (<https://github.com/googleapis/googleapis/blob/master/google/api/http.proto>): every field that neither the path nor
//! the body fills is a query parameter; one in a message is written `a.b`, a list by repeating the parameter. Servers take
//! a field's own name and its JSON name, and clients are written by either. What becomes of a parameter that a server does
//! not know is not said there: grpc-gateway leaves it out without a word, others refuse the call.

use rustc_hash::FxHashMap;

use super::{Binding, Calls, all_bindings, around, bindings};
use crate::diff::{Change, Kind};
use crate::schema::{Cardinality, Element, EnumId, Field, FieldId, Known, MessageId, Schema};
use crate::verdict::facts::removal;
use crate::verdict::wire::excludes;
use crate::verdict::{Cells, Loss};
use crate::words::Lens;

/// How deep messages in parameters are looked into.
const MAX_DEPTH: usize = 6;
/// How many parameters of one call are looked at.
const MAX_PARAMS: usize = 2_000;

/// One field of a request that a URL of a binding holds.
#[derive(Debug)]
struct Place {
    /// The index of the binding.
    binding: usize,
    /// `a.b`, by the names of the fields.
    name: String,
    leaf: FieldId,
    /// Which variable of the path it is; of a query parameter none.
    variable: Option<usize>,
}

/// All places of a schema, and those that lead through a field.
#[derive(Debug, Default)]
pub(super) struct Params {
    bindings: Vec<Binding>,
    places: Vec<Place>,
    by_field: FxHashMap<FieldId, Vec<usize>>,
    by_binding: FxHashMap<usize, Vec<usize>>,
}

impl Params {
    pub(super) fn of(schema: &Schema) -> Params {
        let bindings = all_bindings(schema);
        let mut params = Params::default();
        for (index, binding) in bindings.iter().enumerate() {
            let Some(request) = schema.message_by_name(&schema.method(binding.method).input) else {
                continue;
            };
            let first = params.places.len();
            let mut walk = Walk { schema, binding, index, path: Vec::new(), first, params: &mut params };
            walk.message(request, "");
        }
        Params { bindings, ..params }
    }
}

struct Walk<'a> {
    schema: &'a Schema,
    binding: &'a Binding,
    index: usize,
    /// The fields from the request to here.
    path: Vec<FieldId>,
    first: usize,
    params: &'a mut Params,
}

impl Walk<'_> {
    fn message(&mut self, message: MessageId, prefix: &str) {
        for &id in &self.schema.message(message).fields {
            if self.params.places.len() - self.first >= MAX_PARAMS {
                return;
            }
            let field = self.schema.field(id);
            let name = format!("{prefix}{}", field.name);
            let variable = self.binding.fields.iter().position(|(_, _, path)| *path == name);
            // `body` names a field of the request itself, or all of them.
            if variable.is_none() && prefix.is_empty() && self.binding.body == name {
                continue;
            }
            self.path.push(id);
            match self.schema.field_message(field).filter(|_| !is_text(field)) {
                Some(inside) => {
                    let again =
                        self.path.iter().filter(|f| self.schema.field(**f).type_name == field.type_name);
                    if field.cardinality.is_singular() && self.path.len() < MAX_DEPTH && again.count() == 1 {
                        self.message(inside, &format!("{name}."));
                    }
                }
                None if variable.is_some() || self.binding.body != "*" => self.place(name, id, variable),
                None => {}
            }
            self.path.pop();
        }
    }

    fn place(&mut self, name: String, leaf: FieldId, variable: Option<usize>) {
        let number = self.params.places.len();
        for field in &self.path {
            self.params.by_field.entry(*field).or_default().push(number);
        }
        self.params.by_binding.entry(self.index).or_default().push(number);
        self.params.places.push(Place { binding: self.index, name, leaf, variable });
    }
}

/// Whether a URL holds the field as one text: not a message whose fields are parameters of their own.
fn is_text(field: &Field) -> bool {
    let known = field.type_name.as_deref().and_then(Known::of);
    matches!(known, Some(Known::Timestamp | Known::Duration | Known::FieldMask | Known::Wrapper))
}

/// What a change of a field does to URLs that hold it.
pub(super) fn of_field(change: &Change, calls: [&Calls<'_>; 2], cells: &mut Cells) {
    let [there, back] = calls;
    let field = |element| if let Some(Element::Field(id)) = element { Some(id) } else { None };
    let (old, new) = (field(change.old), field(change.new));
    let parent = |schema: &Schema, id: FieldId| schema.field(id).parent;
    let namesake =
        |from: &Schema, message: MessageId, to: &Schema| to.message_by_name(&from.message(message).full_name);
    match &change.kind {
        Kind::FieldRemoved { message, name_reserved, .. } => {
            let Some(old) = old else { return };
            let was_deprecated = there.client.field(old).is_deprecated();
            let loss = there.named(old, *message);
            if !loss.is_ok() {
                cells.backward(Lens::Http, removal(loss, was_deprecated, *name_reserved));
            }
        }
        Kind::FieldAdded { .. } => {
            let Some(new) = new else { return };
            let before = parent(back.client, new).and_then(|m| namesake(back.client, m, back.server));
            if let Some(before) = before {
                cells.forward(Lens::Http, back.named(new, before).growing());
            }
        }
        _ => {
            let (Some(old), Some(new)) = (old, new) else { return };
            let (Some(old_parent), Some(new_parent)) = (parent(there.client, old), parent(back.client, new))
            else {
                return;
            };
            match &change.kind {
                Kind::FieldNameChanged(_) | Kind::FieldJsonNameChanged => {
                    cells.backward(Lens::Http, there.named(old, new_parent));
                    cells.forward(Lens::Http, back.named(new, old_parent));
                }
                Kind::FieldOneofChanged(_) => {
                    cells.backward(Lens::Http, there.together(old, new));
                    cells.forward(Lens::Http, back.together(new, old));
                }
                _ => {
                    cells.backward(Lens::Http, there.read(old, new));
                    cells.forward(Lens::Http, back.read(new, old));
                }
            }
        }
    }
}

/// What the names of enum values do that a server does not know.
pub(super) fn of_values(change: &Change, calls: [&Calls<'_>; 2], cells: &mut Cells) {
    let [there, back] = calls;
    let (old_names, new_names): (&[Box<str>], &[Box<str>]) = match &change.kind {
        Kind::EnumValueRemoved { names, .. } => (names, &[]),
        Kind::EnumValueNameChanged { old_names, new_names, .. } => (old_names, new_names),
        Kind::EnumValueAdded { .. } => {
            let Some(Element::EnumValue(id)) = change.new else { return };
            let name = std::slice::from_ref(&back.client.value(id).name);
            let holder = back.client.value(id).parent;
            cells.forward(Lens::Http, back.values(holder, name).growing());
            return;
        }
        _ => return,
    };
    let holder = |schema: &Schema, element| {
        if let Some(Element::EnumValue(id)) = element { Some(schema.value(id).parent) } else { None }
    };
    if let Some(holder) = holder(there.client, change.old) {
        cells.backward(Lens::Http, there.values(holder, old_names));
    }
    if let Some(holder) = holder(back.client, change.new) {
        cells.forward(Lens::Http, back.values(holder, new_names));
    }
}

impl Calls<'_> {
    /// The worst over the URLs that lead through a field, where what serves them has the message of the field at that
    /// place: their call, what serves it, and the place.
    fn through(&self, field: FieldId, judge: impl Fn(&Binding, &Binding, &Place) -> Loss) -> Loss {
        self.led(field, |call, served, place| {
            let known = self.takes_the_same(call, served) || self.has_parent(field, call, served, place);
            if known { judge(call, served, place) } else { Loss::none() }
        })
    }

    /// The worst over the URLs that lead through a field.
    fn led(&self, field: FieldId, judge: impl Fn(&Binding, &Binding, &Place) -> Loss) -> Loss {
        let params = self.own.params(self.client);
        let places = params.by_field.get(&field).into_iter().flatten().map(|place| &params.places[*place]);
        places.fold(Loss::none(), |worst, place| {
            let call = &params.bindings[place.binding];
            match self.served(call) {
                Some(served) => worst.or_worse(judge(call, &served, place)),
                None => worst,
            }
        })
    }

    /// Whether a request of another type has, where a place leads through a field, the message that the field is of.
    fn has_parent(&self, field: FieldId, call: &Binding, served: &Binding, place: &Place) -> bool {
        let mut mine = self.client.message_by_name(&self.client.method(call.method).input);
        let mut theirs = self.server.message_by_name(&self.server.method(served.method).input);
        for name in place.name.split('.') {
            let (Some(here), Some(there)) = (mine, theirs) else { return false };
            let Some(id) = self.client.field_by_key(here, name) else { return false };
            if id == field {
                return self.client.message(here).full_name == self.server.message(there).full_name;
            }
            mine = self.client.field_message(self.client.field(id));
            let other = self.server.field_by_key(there, name);
            theirs = other.and_then(|id| self.server.field_message(self.server.field(id)));
        }
        false
    }

    /// The binding of the same method with the same template. That there is none is said of the method.
    pub(super) fn served(&self, call: &Binding) -> Option<Binding> {
        let method = self.client.method(call.method);
        let service = self.server.service_by_name(&self.client.service(method.parent).full_name)?;
        let method = self.server.method_by_name(service, &method.name)?;
        bindings(self.server, method)
            .into_iter()
            .find(|served| served.shape == call.shape && served.hears(&call.verb))
    }

    /// Whether the request is of one type on both sides, by its name or by another one. What it means that it is not, is
    /// said of the method.
    fn takes_the_same(&self, call: &Binding, served: &Binding) -> bool {
        let (mine, theirs) =
            (&self.client.method(call.method).input, &self.server.method(served.method).input);
        mine == theirs || self.server.message_by_name(mine).is_none()
    }

    /// Whether a server finds a parameter by the names of a field, and reads there what the client means.
    fn named(&self, field: FieldId, message: MessageId) -> Loss {
        let [client, server] = self.words;
        self.through(field, |call, _, place| {
            if place.variable.is_some() {
                return Loss::none();
            }
            let of_client = self.client.field(field);
            for name in [&of_client.name, &of_client.json_name] {
                let Some(found) = self.server.field_by_key(message, name) else {
                    return Loss::lossy(format!(
                        "in the query of {call} {client} may write `{name}`, which {server} does not know: it leaves it \
                         out without a word or refuses the call"
                    ));
                };
                if place.leaf == field {
                    let loss = self.texts(of_client, self.server.field(found), place);
                    if !loss.is_ok() {
                        return loss.within(&format!("in the URL of {call}"));
                    }
                    if self.excludes(field, found) {
                        return refused_beside(call, place);
                    }
                }
            }
            Loss::none()
        })
    }

    /// Whether a server reads the texts that a client writes for a field.
    fn read(&self, field: FieldId, other: FieldId) -> Loss {
        self.through(field, |call, served, place| {
            let (mine, theirs) = (self.client.field(field), self.server.field(other));
            if place.leaf != field {
                let same = self.server.field_message(theirs).is_some() && theirs.cardinality.is_singular();
                return if same {
                    Loss::none()
                } else {
                    Loss::unknown(format!("in the URL of {call} `{}` is written part by part", place.name))
                };
            }
            let led = match place.variable {
                None => {
                    let found = theirs.parent.and_then(|m| self.server.field_by_key(m, &mine.name));
                    found == Some(other)
                }
                Some(variable) => place_of(call, variable) == place_of(served, variable),
            };
            // Where the text leads to another field, the change of the name or of the template says so.
            if led {
                self.texts(mine, theirs, place).within(&format!("in the URL of {call}"))
            } else {
                Loss::none()
            }
        })
    }

    /// Whether a URL may hold two parameters that have become members of one oneof.
    fn together(&self, field: FieldId, other: FieldId) -> Loss {
        if !self.excludes(field, other) {
            return Loss::none();
        }
        self.through(field, |call, _, place| refused_beside(call, place))
    }

    /// Whether a field of the server shares a oneof with one that the client may set beside it.
    fn excludes(&self, field: FieldId, other: FieldId) -> bool {
        let same = |schema: &Schema, message, f: &Field| schema.field_by_key(message, &f.name);
        excludes((self.client, field), (self.server, other), same)
    }

    /// Whether a server knows the names of enum values that a URL may hold.
    fn values(&self, holder: EnumId, names: &[Box<str>]) -> Loss {
        let params = self.own.params(self.client);
        let Some(now) = self.server.enum_by_name(&self.client.enum_(holder).full_name) else {
            return Loss::none();
        };
        let Some(gone) = names.iter().find(|name| self.server.value_by_name(now, name).is_none()) else {
            return Loss::none();
        };
        let [client, server] = self.words;
        let is_held = |id: &&FieldId| self.client.field_enum(self.client.field(**id)) == Some(holder);
        let mut fields: Vec<FieldId> = params.by_field.keys().filter(is_held).copied().collect();
        fields.sort_unstable();
        // Where the field is of something else now, its own change says what becomes of the text.
        let has_it = |call: &Binding, served: &Binding, place: &Place| {
            let leaf = self.leaf(call, served, place).map(|id| self.server.field(id));
            leaf.is_some_and(|leaf| self.server.field_enum(leaf) == Some(now))
        };
        fields.into_iter().fold(Loss::none(), |worst, field| {
            worst.or_worse(self.led(field, |call, served, place| {
                if !has_it(call, served, place) {
                    return Loss::none();
                }
                Loss::rejects(format!(
                    "in the URL of {call} {client} writes `{gone}` for `{}`, which {server} does not know",
                    place.name
                ))
            }))
        })
    }

    /// Whether a server whose request is of another type finds all parameters of a call in it.
    pub(super) fn request(&self, call: &Binding, served: &Binding) -> Loss {
        let [client, server] = self.words;
        let params = self.own.params(self.client);
        let here = |b: &Binding| b.method == call.method && b.shape == call.shape && b.verb == call.verb;
        let index = params.bindings.iter().position(here);
        let places = index.and_then(|index| params.by_binding.get(&index)).into_iter().flatten();
        places.map(|place| &params.places[*place]).fold(Loss::none(), |worst, place| {
            let loss = match self.leaf(call, served, place) {
                Some(id) => {
                    let texts = self.texts(self.client.field(place.leaf), self.server.field(id), place);
                    texts.within(&format!("in the URL of {call}"))
                }
                // The template says so.
                None if place.variable.is_some() => Loss::none(),
                None => Loss::lossy(format!(
                    "in the query of {call} {client} may write `{}`, which {server} does not know: it leaves it out \
                     without a word or refuses the call",
                    place.name
                )),
            };
            worst.or_worse(loss)
        })
    }

    /// The field that a server fills with what stands at a place.
    fn leaf(&self, call: &Binding, served: &Binding, place: &Place) -> Option<FieldId> {
        let request = &self.server.method(served.method).input;
        let name = match place.variable {
            Some(variable) if place_of(call, variable) == place_of(served, variable) => {
                &served.fields.get(variable)?.2
            }
            Some(_) => return None,
            None => &place.name,
        };
        found(self.server, request, name)
    }

    /// Whether the texts of one field are read as the same values of another.
    fn texts(&self, mine: &Field, theirs: &Field, place: &Place) -> Loss {
        let name = &place.name;
        let many = |f: &Field| f.cardinality == Cardinality::Repeated;
        if [mine, theirs].iter().any(|f| f.cardinality == Cardinality::Map) {
            return same_or_unknown(mine, theirs, name);
        }
        if many(mine) && !many(theirs) {
            return Loss::rejects(format!("`{name}` may stand there more than once, and is taken once"));
        }
        // A segment of a path is one text.
        if place.variable.is_some() && many(theirs) {
            return Loss::rejects(format!("`{name}` is a part of the path, and no list can be"));
        }
        if mine.kind.is_message() || theirs.kind.is_message() {
            return same_or_unknown(mine, theirs, name);
        }
        let loss = scalar(mine, theirs);
        if loss.is_ok() { loss } else { loss.within(&format!("`{name}`")) }
    }
}

fn refused_beside(call: &Binding, place: &Place) -> Loss {
    Loss::rejects(format!(
        "a URL of {call} that holds `{}` beside another of one oneof is refused",
        place.name
    ))
}

/// How many segments stand before and after a variable of a path.
fn place_of(binding: &Binding, variable: usize) -> Option<(usize, usize)> {
    let (start, end, _) = binding.fields.get(variable)?;
    Some(around(&binding.shape, *start, *end))
}

fn same_or_unknown(mine: &Field, theirs: &Field, name: &str) -> Loss {
    if mine.kind == theirs.kind
        && mine.type_name == theirs.type_name
        && mine.cardinality == theirs.cardinality
    {
        Loss::none()
    } else {
        Loss::unknown(format!("how `{name}` is written depends on the gateway"))
    }
}

/// The field at the end of `a.b` below a message, by names or JSON names.
fn found(schema: &Schema, message: &str, path: &str) -> Option<FieldId> {
    let mut message = schema.message_by_name(message);
    let mut last = None;
    for name in path.split('.') {
        let id = schema.field_by_key(message?, name)?;
        message = schema.field_message(schema.field(id));
        last = Some(id);
    }
    last
}

/// Texts of one scalar type, read as another: numbers in decimal, booleans and enum values by name, bytes in base64.
fn scalar(mine: &Field, theirs: &Field) -> Loss {
    use crate::schema::Kind as Type;
    let (from, to) = (mine.kind, theirs.kind);
    let cross = || format!("a text for `{}` is read as one for `{}`", mine.type_text(), theirs.type_text());
    if from == to {
        return if from == Type::Enum && mine.type_name != theirs.type_name {
            Loss::unknown(cross())
        } else {
            Loss::none()
        };
    }
    match (from, to) {
        (Type::Bytes, Type::String) => Loss::corrupt("base64 is read as it is written"),
        // The text is the value.
        (_, Type::String) => Loss::none(),
        (Type::Float | Type::Double, Type::Float | Type::Double) if to == Type::Double => Loss::none(),
        (Type::Double, Type::Float) => Loss::rejects("numbers are out of range, or lose digits"),
        _ => match (integers(from), integers(to), to) {
            (Some((low, high)), Some((least, most)), _) if least <= low && high <= most => Loss::none(),
            (Some(_), Some(_), _) => Loss::rejects("numbers are out of range"),
            // 53 and 24 bits are exact.
            (Some((low, high)), None, Type::Double) if low >= -(1 << 53) && high <= 1 << 53 => Loss::none(),
            (Some(_), None, Type::Float | Type::Double) => Loss::lossy("large numbers lose digits"),
            _ => Loss::rejects(cross()),
        },
    }
}

/// The smallest and the largest number of an integer type.
fn integers(kind: crate::schema::Kind) -> Option<(i128, i128)> {
    use crate::schema::Kind as Type;
    Some(match kind {
        Type::Int32 | Type::Sint32 | Type::Sfixed32 => (i32::MIN.into(), i32::MAX.into()),
        Type::Int64 | Type::Sint64 | Type::Sfixed64 => (i64::MIN.into(), i64::MAX.into()),
        Type::Uint32 | Type::Fixed32 => (0, u32::MAX.into()),
        Type::Uint64 | Type::Fixed64 => (0, u64::MAX.into()),
        _ => return None,
    })
}
