//! Random small schemas and random edits of them, as .proto text: messages, enums and a service, in proto2, proto3 and an
//! edition.

use std::fmt::Write as _;

use proptest::prelude::*;

pub(crate) const KINDS: [&str; 20] = [
    "double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64",
    "sfixed32", "sfixed64", "bool", "string", "bytes", "E0", "E1", "M0", "M1", "M2",
];
const FIELDS: u8 = 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Label {
    Singular,
    Optional,
    Repeated,
    MapValue,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Syntax {
    Proto2,
    Proto3,
    Edition,
}

/// What is said of a field beside its type, where its syntax and type have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trait {
    None,
    Required,
    /// Packed where lists are not, and the other way round.
    OtherPacking,
    Default,
    Implicit,
    Delimited,
    AnyBytes,
}

#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) number: u8,
    pub(crate) name: String,
    pub(crate) kind: usize,
    pub(crate) label: Label,
    pub(crate) in_oneof: bool,
    pub(crate) deprecated: bool,
    pub(crate) more: Trait,
}

#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) name: String,
    pub(crate) fields: Vec<Field>,
    pub(crate) reserved: Vec<u8>,
}

/// A call: its number, request and response, and whether these are streams.
#[derive(Clone, Debug)]
pub(crate) struct Method {
    pub(crate) name: usize,
    pub(crate) messages: [usize; 2],
    pub(crate) streams: [bool; 2],
}

#[derive(Clone, Debug)]
pub(crate) struct Spec {
    pub(crate) syntax: Syntax,
    pub(crate) messages: Vec<Message>,
    /// Values of E0 and E1 besides their zero.
    pub(crate) values: [Vec<(i32, String)>; 2],
    /// In an edition, whether an enum is closed.
    pub(crate) closed: [bool; 2],
    pub(crate) methods: Vec<Method>,
}

#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Kind(usize, usize, usize),
    Label(usize, usize, Label),
    Remove { message: usize, field: usize, reserve: bool },
    Deprecate(usize, usize),
    Add(usize, u8, usize, Label),
    Rename(usize, usize),
    SwapNumbers(usize, usize, usize),
    IntoOneof(usize, usize),
    OutOfOneof(usize, usize),
    RenameMessage(usize),
    AddValue(usize, i32),
    RemoveValue(usize, usize),
    RenameValue(usize, usize),
    More(usize, usize, Trait),
    Close(usize),
    Syntax(Syntax),
    RemoveMethod(usize),
    AddMethod(usize, usize),
    CallType { method: usize, response: bool, message: usize },
    Stream { method: usize, response: bool },
}

fn label() -> impl Strategy<Value = Label> {
    prop_oneof![
        4 => Just(Label::Singular),
        2 => Just(Label::Optional),
        2 => Just(Label::Repeated),
        1 => Just(Label::MapValue)
    ]
}

fn more() -> impl Strategy<Value = Trait> {
    use Trait::{AnyBytes, Default, Delimited, Implicit, None, OtherPacking, Required};
    prop_oneof![
        4 => Just(None),
        3 => prop::sample::select(vec![Required, OtherPacking, Default, Implicit, Delimited, AnyBytes]),
    ]
}

fn message(index: usize, more: BoxedStrategy<Trait>) -> impl Strategy<Value = Message> {
    let field = (0..KINDS.len(), label(), prop::bool::weighted(0.25), more);
    prop::collection::btree_map(1..=FIELDS, field, 1..5).prop_map(move |fields| Message {
        name: format!("M{index}"),
        fields: fields
            .into_iter()
            .map(|(number, (kind, label, oneof, more))| Field {
                number,
                name: format!("f{number}"),
                kind,
                label,
                in_oneof: oneof && label == Label::Singular,
                deprecated: false,
                more,
            })
            .collect(),
        reserved: vec![],
    })
}

fn spec_of(syntax: BoxedStrategy<Syntax>, more: BoxedStrategy<Trait>) -> impl Strategy<Value = Spec> {
    let method = ((0..3usize, 0..3usize), any::<(bool, bool)>());
    (
        syntax,
        [0, 1, 2].map(|index| message(index, more.clone())),
        prop::collection::btree_set(-2..6i32, 0..4),
        prop::collection::btree_set(1..4i32, 0..3),
        any::<[bool; 2]>(),
        prop::collection::vec(method, 0..3),
    )
        .prop_map(|(syntax, messages, e0, e1, closed, methods)| Spec {
            syntax,
            messages: messages.into(),
            values: [e0, e1].map(|set| {
                set.into_iter().filter(|n| *n != 0).map(|n| (n, format!("V{n}").replace('-', "N"))).collect()
            }),
            closed,
            methods: methods
                .into_iter()
                .enumerate()
                .map(|(name, ((a, b), (c, d)))| Method { name, messages: [a, b], streams: [c, d] })
                .collect(),
        })
}

/// Contracts in every syntax, with all that can be said of fields.
pub(crate) fn spec() -> impl Strategy<Value = Spec> {
    use Syntax::{Edition, Proto2, Proto3};
    spec_of(prop::sample::select(vec![Proto2, Proto3, Edition]).boxed(), more().boxed())
}

/// The same in proto2 and proto3 alone, with nothing said but types.
pub(crate) fn plain_spec() -> impl Strategy<Value = Spec> {
    use Syntax::{Proto2, Proto3};
    spec_of(prop::sample::select(vec![Proto2, Proto3]).boxed(), Just(Trait::None).boxed())
}

/// What edits all contracts alike.
fn plain_edit() -> BoxedStrategy<Edit> {
    prop_oneof![
        4 => (0..3usize, 0..5usize, 0..KINDS.len()).prop_map(|(m, f, k)| Edit::Kind(m, f, k)),
        3 => (0..3usize, 0..5usize, label()).prop_map(|(m, f, l)| Edit::Label(m, f, l)),
        2 => (0..3usize, 0..5usize, any::<bool>())
            .prop_map(|(message, field, reserve)| Edit::Remove { message, field, reserve }),
        1 => (0..3usize, 0..5usize).prop_map(|(m, f)| Edit::Deprecate(m, f)),
        2 => (0..3usize, 1..=FIELDS + 2, 0..KINDS.len(), label()).prop_map(|(m, n, k, l)| Edit::Add(m, n, k, l)),
        1 => (0..3usize, 0..5usize).prop_map(|(m, f)| Edit::Rename(m, f)),
        1 => (0..3usize, 0..5usize, 0..5usize).prop_map(|(m, f, g)| Edit::SwapNumbers(m, f, g)),
        1 => (0..3usize, 0..5usize).prop_map(|(m, f)| Edit::IntoOneof(m, f)),
        1 => (0..3usize, 0..5usize).prop_map(|(m, f)| Edit::OutOfOneof(m, f)),
        2 => (0..3usize).prop_map(Edit::RenameMessage),
        1 => (0..2usize, 1..8i32).prop_map(|(e, n)| Edit::AddValue(e, n)),
        1 => (0..2usize, 0..3usize).prop_map(|(e, v)| Edit::RemoveValue(e, v)),
        1 => (0..2usize, 0..3usize).prop_map(|(e, v)| Edit::RenameValue(e, v)),
    ]
    .boxed()
}

fn edit() -> BoxedStrategy<Edit> {
    use Syntax::{Edition, Proto2, Proto3};
    let call = || (0..3usize, any::<bool>());
    prop_oneof![
        20 => plain_edit(),
        3 => (0..3usize, 0..5usize, more()).prop_map(|(m, f, t)| Edit::More(m, f, t)),
        1 => (0..2usize).prop_map(Edit::Close),
        1 => prop::sample::select(vec![Proto2, Proto3, Edition]).prop_map(Edit::Syntax),
        1 => (0..3usize).prop_map(Edit::RemoveMethod),
        1 => (0..3usize, 0..3usize).prop_map(|(a, b)| Edit::AddMethod(a, b)),
        2 => (call(), 0..3usize)
            .prop_map(|((method, response), message)| Edit::CallType { method, response, message }),
        1 => call().prop_map(|(method, response)| Edit::Stream { method, response }),
    ]
    .boxed()
}

/// One to three edits of anything.
pub(crate) fn edits() -> impl Strategy<Value = Vec<Edit>> {
    prop::collection::vec(edit(), 1..4)
}

/// One to three edits that proto2 and proto3 have alike.
pub(crate) fn plain_edits() -> impl Strategy<Value = Vec<Edit>> {
    prop::collection::vec(plain_edit(), 1..4)
}

impl Spec {
    pub(crate) fn apply(&mut self, edit: &Edit) {
        match *edit {
            Edit::Kind(m, f, kind) => {
                if let Some(field) = self.messages[m].fields.get_mut(f) {
                    field.kind = kind;
                }
            }
            Edit::Label(m, f, label) => {
                if let Some(field) = self.messages[m].fields.get_mut(f) {
                    field.label = label;
                    field.in_oneof &= label == Label::Singular;
                }
            }
            Edit::Remove { message, field, reserve } => {
                let message = &mut self.messages[message];
                if field < message.fields.len() {
                    let gone = message.fields.remove(field);
                    if reserve {
                        message.reserved.push(gone.number);
                    }
                }
            }
            Edit::Deprecate(m, f) => {
                if let Some(field) = self.messages[m].fields.get_mut(f) {
                    field.deprecated = true;
                }
            }
            Edit::Add(m, number, kind, label) => {
                let message = &mut self.messages[m];
                if message.fields.iter().all(|f| f.number != number) {
                    message.reserved.retain(|n| *n != number);
                    let name = format!("a{number}");
                    message.fields.push(Field {
                        number,
                        name,
                        kind,
                        label,
                        in_oneof: false,
                        deprecated: false,
                        more: Trait::None,
                    });
                }
            }
            Edit::Rename(m, f) => {
                if let Some(field) = self.messages[m].fields.get_mut(f) {
                    field.name.push('r');
                }
            }
            Edit::SwapNumbers(m, f, g) => {
                let fields = &mut self.messages[m].fields;
                if f < fields.len() && g < fields.len() && f != g {
                    let number = fields[f].number;
                    fields[f].number = fields[g].number;
                    fields[g].number = number;
                }
            }
            Edit::IntoOneof(m, f) => {
                if let Some(field) = self.messages[m].fields.get_mut(f) {
                    field.in_oneof = field.label == Label::Singular;
                }
            }
            Edit::OutOfOneof(m, f) => {
                if let Some(field) = self.messages[m].fields.get_mut(f) {
                    field.in_oneof = false;
                }
            }
            Edit::RenameMessage(m) => self.messages[m].name = format!("N{m}"),
            Edit::AddValue(e, number) => {
                if self.values[e].iter().all(|(n, _)| *n != number) {
                    self.values[e].push((number, format!("A{number}")));
                }
            }
            Edit::RemoveValue(e, v) => {
                if v < self.values[e].len() {
                    self.values[e].remove(v);
                }
            }
            Edit::RenameValue(e, v) => {
                if let Some((_, name)) = self.values[e].get_mut(v) {
                    name.push('R');
                }
            }
            Edit::More(m, f, more) => {
                if let Some(field) = self.messages[m].fields.get_mut(f) {
                    field.more = more;
                }
            }
            Edit::Close(e) => self.closed[e] = !self.closed[e],
            Edit::Syntax(syntax) => self.syntax = syntax,
            Edit::RemoveMethod(m) => {
                if m < self.methods.len() {
                    self.methods.remove(m);
                }
            }
            Edit::AddMethod(a, b) if self.methods.iter().all(|m| m.name != 9) => {
                self.methods.push(Method { name: 9, messages: [a, b], streams: [false; 2] });
            }
            Edit::AddMethod(..) => {}
            Edit::CallType { method, response, message } => {
                if let Some(method) = self.methods.get_mut(method) {
                    method.messages[usize::from(response)] = message;
                }
            }
            Edit::Stream { method, response } => {
                if let Some(method) = self.methods.get_mut(method) {
                    method.streams[usize::from(response)] ^= true;
                }
            }
        }
    }

    /// The same schema with its declarations in another order.
    pub(crate) fn shuffled(&self, seed: u64) -> Spec {
        let mut spec = self.clone();
        for message in &mut spec.messages {
            let by = (seed as usize) % message.fields.len().max(1);
            message.fields.rotate_left(by);
            message.reserved.reverse();
        }
        spec.messages.reverse();
        for values in &mut spec.values {
            values.reverse();
        }
        spec
    }

    pub(crate) fn render(&self) -> String {
        let mut out = self.header();
        self.messages.iter().for_each(|m| self.message(&mut out, m));
        self.enums(&mut out);
        self.service(&mut out);
        out
    }

    /// The same schema in several files: nothing may depend on which file comes first.
    pub(crate) fn split(&self) -> Vec<(&'static str, String)> {
        let mut enums = self.header();
        self.enums(&mut enums);
        let mut messages = self.header();
        messages.push_str("import \"enums.proto\";\n");
        self.messages.iter().for_each(|m| self.message(&mut messages, m));
        let mut service = self.header();
        service.push_str("import \"messages.proto\";\n");
        self.service(&mut service);
        vec![("enums.proto", enums), ("messages.proto", messages), ("service.proto", service)]
    }

    fn header(&self) -> String {
        let says = match self.syntax {
            Syntax::Proto2 => "syntax = \"proto2\"",
            Syntax::Proto3 => "syntax = \"proto3\"",
            Syntax::Edition => "edition = \"2023\"",
        };
        format!("{says};\npackage p;\n")
    }

    fn type_name(&self, kind: usize) -> String {
        let name = KINDS[kind];
        match name.strip_prefix('M') {
            Some(index) => {
                let index: usize = index.parse().unwrap();
                let order = |m: &&Message| m.name[1..].parse::<usize>().unwrap() == index;
                self.messages.iter().find(order).unwrap().name.clone()
            }
            None => name.to_owned(),
        }
    }

    fn message(&self, out: &mut String, message: &Message) {
        writeln!(out, "message {} {{", message.name).unwrap();
        for n in &message.reserved {
            writeln!(out, "  reserved {n};").unwrap();
        }
        for field in message.fields.iter().filter(|f| !f.in_oneof) {
            self.field(out, field);
        }
        if message.fields.iter().any(|f| f.in_oneof) {
            writeln!(out, "  oneof choice {{").unwrap();
            message.fields.iter().filter(|f| f.in_oneof).for_each(|f| self.field(out, f));
            writeln!(out, "  }}").unwrap();
        }
        writeln!(out, "}}").unwrap();
    }

    /// Whether an enum is closed, if the type is one.
    fn closed_enum(&self, kind: usize) -> bool {
        let index = KINDS[kind].strip_prefix('E').and_then(|i| i.parse::<usize>().ok());
        index.is_some_and(|i| match self.syntax {
            Syntax::Proto2 => true,
            Syntax::Proto3 => false,
            Syntax::Edition => self.closed[i],
        })
    }

    /// What is said of a field beside its type, as a label and an option.
    fn more(&self, field: &Field) -> (&'static str, Option<&'static str>) {
        let kind = KINDS[field.kind];
        let message = kind.starts_with('M');
        let single = matches!(field.label, Label::Singular | Label::Optional);
        let packs = field.label == Label::Repeated && !message && !matches!(kind, "string" | "bytes");
        let option = |option| ("", Some(option));
        match (field.more, self.syntax) {
            (Trait::Required, Syntax::Proto2) if single && !field.in_oneof => ("required ", None),
            (Trait::Required, Syntax::Edition) if single && !field.in_oneof => {
                option("features.field_presence = LEGACY_REQUIRED")
            }
            (Trait::OtherPacking, Syntax::Proto2) if packs => option("packed = true"),
            (Trait::OtherPacking, Syntax::Proto3) if packs => option("packed = false"),
            (Trait::OtherPacking, Syntax::Edition) if packs => {
                option("features.repeated_field_encoding = EXPANDED")
            }
            (Trait::Default, Syntax::Proto2 | Syntax::Edition) if single && !message => option(match kind {
                "bool" => "default = true",
                "string" | "bytes" => "default = \"x\"",
                "E0" => "default = E0_ZERO",
                "E1" => "default = E1_ZERO",
                _ => "default = 7",
            }),
            (Trait::Implicit, Syntax::Edition)
                if single && !message && !field.in_oneof && !self.closed_enum(field.kind) =>
            {
                option("features.field_presence = IMPLICIT")
            }
            (Trait::Delimited, Syntax::Edition) if message && field.label != Label::MapValue => {
                option("features.message_encoding = DELIMITED")
            }
            (Trait::AnyBytes, Syntax::Edition) if kind == "string" => {
                option("features.utf8_validation = NONE")
            }
            _ => ("", None),
        }
    }

    fn field(&self, out: &mut String, field: &Field) {
        let kind = self.type_name(field.kind);
        let (label, more) = self.more(field);
        let options: Vec<&str> =
            field.deprecated.then_some("deprecated = true").into_iter().chain(more).collect();
        let options = if options.is_empty() { String::new() } else { format!(" [{}]", options.join(", ")) };
        let kind = match field.label {
            Label::Repeated => format!("repeated {kind}"),
            Label::MapValue => format!("map<string, {kind}>"),
            _ if !label.is_empty() => format!("{label}{kind}"),
            _ if field.in_oneof || self.syntax == Syntax::Edition => kind,
            Label::Singular if self.syntax == Syntax::Proto3 => kind,
            Label::Singular | Label::Optional => format!("optional {kind}"),
        };
        writeln!(out, "  {kind} {} = {}{options};", field.name, field.number).unwrap();
    }

    fn enums(&self, out: &mut String) {
        for (i, values) in self.values.iter().enumerate() {
            writeln!(out, "enum E{i} {{").unwrap();
            if self.syntax == Syntax::Edition && self.closed[i] {
                writeln!(out, "  option features.enum_type = CLOSED;").unwrap();
            }
            writeln!(out, "  E{i}_ZERO = 0;").unwrap();
            for (number, name) in values {
                writeln!(out, "  E{i}_{name} = {number};").unwrap();
            }
            writeln!(out, "}}").unwrap();
        }
    }

    fn service(&self, out: &mut String) {
        writeln!(out, "service S {{").unwrap();
        for Method { name: i, messages, streams } in &self.methods {
            let [input, output] = [0, 1].map(|n| {
                let kind = KINDS.iter().position(|k| *k == format!("M{}", messages[n])).unwrap();
                format!("{}{}", if streams[n] { "stream " } else { "" }, self.type_name(kind))
            });
            writeln!(out, "  rpc C{i}({input}) returns ({output});").unwrap();
        }
        writeln!(out, "}}").unwrap();
    }
}
