//! Random small schemas and random edits of them, as .proto text.

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

#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) number: u8,
    pub(crate) name: String,
    pub(crate) kind: usize,
    pub(crate) label: Label,
    pub(crate) in_oneof: bool,
    pub(crate) deprecated: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) name: String,
    pub(crate) fields: Vec<Field>,
    pub(crate) reserved: Vec<u8>,
}

#[derive(Clone, Debug)]
pub(crate) struct Spec {
    pub(crate) proto3: bool,
    pub(crate) messages: Vec<Message>,
    /// Values of E0 and E1 besides their zero.
    pub(crate) values: [Vec<(i32, String)>; 2],
    pub(crate) methods: Vec<(usize, usize)>,
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
}

fn label() -> impl Strategy<Value = Label> {
    prop_oneof![
        4 => Just(Label::Singular),
        2 => Just(Label::Optional),
        2 => Just(Label::Repeated),
        1 => Just(Label::MapValue)
    ]
}

fn message(index: usize) -> impl Strategy<Value = Message> {
    prop::collection::btree_map(1..=FIELDS, (0..KINDS.len(), label(), prop::bool::weighted(0.25)), 1..5)
        .prop_map(move |fields| Message {
            name: format!("M{index}"),
            fields: fields
                .into_iter()
                .map(|(number, (kind, label, oneof))| Field {
                    number,
                    name: format!("f{number}"),
                    kind,
                    label,
                    in_oneof: oneof && label == Label::Singular,
                    deprecated: false,
                })
                .collect(),
            reserved: vec![],
        })
}

pub(crate) fn spec() -> impl Strategy<Value = Spec> {
    (
        any::<bool>(),
        (message(0), message(1), message(2)),
        prop::collection::btree_set(-2..6i32, 0..4),
        prop::collection::btree_set(1..4i32, 0..3),
        prop::collection::vec((0..3usize, 0..3usize), 0..3),
    )
        .prop_map(|(proto3, (a, b, c), e0, e1, methods)| Spec {
            proto3,
            messages: vec![a, b, c],
            values: [e0, e1].map(|set| {
                set.into_iter().filter(|n| *n != 0).map(|n| (n, format!("V{n}").replace('-', "N"))).collect()
            }),
            methods,
        })
}

pub(crate) fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let one = prop_oneof![
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
    ];
    prop::collection::vec(one, 1..4)
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
        format!("syntax = \"{}\";\npackage p;\n", if self.proto3 { "proto3" } else { "proto2" })
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

    fn field(&self, out: &mut String, field: &Field) {
        let kind = self.type_name(field.kind);
        let options = if field.deprecated { " [deprecated = true]" } else { "" };
        let kind = match field.label {
            Label::Singular if field.in_oneof || self.proto3 => kind,
            Label::Singular | Label::Optional => format!("optional {kind}"),
            Label::Repeated => format!("repeated {kind}"),
            Label::MapValue => format!("map<string, {kind}>"),
        };
        writeln!(out, "  {kind} {} = {}{options};", field.name, field.number).unwrap();
    }

    fn enums(&self, out: &mut String) {
        for (i, values) in self.values.iter().enumerate() {
            writeln!(out, "enum E{i} {{\n  E{i}_ZERO = 0;").unwrap();
            for (number, name) in values {
                writeln!(out, "  E{i}_{name} = {number};").unwrap();
            }
            writeln!(out, "}}").unwrap();
        }
    }

    fn service(&self, out: &mut String) {
        writeln!(out, "service S {{").unwrap();
        for (i, (a, b)) in self.methods.iter().enumerate() {
            let name = |m: usize| self.type_name(KINDS.iter().position(|k| *k == format!("M{m}")).unwrap());
            writeln!(out, "  rpc C{i}({}) returns ({});", name(*a), name(*b)).unwrap();
        }
        writeln!(out, "}}").unwrap();
    }
}
