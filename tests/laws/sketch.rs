//! Random contracts of few parts with names that generators keep apart, and random edits of them: a message with oneofs
//! and types inside, enums, a service and an extension, over two files, in proto2, proto3 and an edition.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use proptest::prelude::*;

/// Names of fields, such as meet in one generator or another.
const FIELDS: [&str; 16] = [
    "name",
    "get_name",
    "item",
    "item_count",
    "text",
    "text_bytes",
    "stage",
    "stage_value",
    "list",
    "items_list",
    "reset",
    "kind",
    "has_name",
    "card",
    "Name",
    "string",
];
/// Names of types inside of a message, and beside it.
const TYPES: [&str; 11] = [
    "Card",
    "Text",
    "Kind",
    "KindCase",
    "PayOrBuilder",
    "Pay_Card",
    "Stage",
    "Billing",
    "TillClient",
    "TillGrpc",
    "More",
];
const KINDS: [&str; 8] =
    ["int32", "string", "bytes", "double", "Base", "Choice", "int64", "map<string, Choice>"];
/// Names of values of one enum.
const VALUES: [&str; 6] = ["CHOICE_RED", "RED", "CHOICE_CARD", "CARD", "Choice_name", "CHOICE_2"];
const METHODS: [&str; 6] = ["Get", "get", "GetName", "Get_Name", "Watch", "New"];
const MESSAGES: [&str; 2] = ["Pay", "Base"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Proto2,
    Proto3,
    Edition,
}

#[derive(Clone, Debug)]
struct Member {
    name: usize,
    number: u8,
    kind: usize,
    /// Zero: alone, one: `optional`, or `required` in proto2, two: `repeated`, three and four: in a oneof.
    label: u8,
}

/// A type: whether it is a message, its name, and the file it is in.
type Type = (bool, usize, usize);

#[derive(Clone, Debug)]
struct Method {
    name: usize,
    messages: [usize; 2],
    streams: [bool; 2],
}

#[derive(Clone, Debug)]
pub(crate) struct Sketch {
    pub(crate) dialect: Dialect,
    members: Vec<Member>,
    inner: Vec<Type>,
    top: Vec<Type>,
    oneofs: [usize; 2],
    multiple: [bool; 2],
    /// The name and the number of a value.
    values: Vec<(usize, u8)>,
    methods: Vec<Method>,
    /// In proto2: what extends the message.
    extension: Option<usize>,
}

#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Add { at: usize, name: usize, kind: usize, label: u8 },
    Remove(usize),
    Rename(usize, usize),
    Kind(usize, usize),
    Label(usize, u8),
    Number(usize),
    Order(usize),
    Inner(bool, usize),
    Top(bool, usize, usize),
    NoType(usize),
    Move(usize),
    Multiple(usize),
    Oneof(usize, usize),
    Value(usize),
    NoValue(usize),
    RenameValue(usize, usize),
    Call(usize, [usize; 2]),
    NoCall(usize),
    RenameCall(usize, usize),
    Stream(usize, usize),
    CallType(usize, usize),
    Extension(Option<usize>),
}

fn types() -> impl Strategy<Value = Vec<Type>> {
    let types = prop::collection::btree_map(0..TYPES.len(), (any::<bool>(), 0..2usize), 0..2);
    types.prop_map(|all| all.into_iter().map(|(name, (message, file))| (message, name, file)).collect())
}

pub(crate) fn sketch() -> impl Strategy<Value = Sketch> {
    use Dialect::{Edition, Proto2, Proto3};
    let member = (0..FIELDS.len(), 0..KINDS.len(), 0..5u8);
    // protoc is run for an edition.
    let dialect = prop_oneof![6 => Just(Proto3), 5 => Just(Proto2), 1 => Just(Edition)];
    let method = (0..METHODS.len(), any::<[bool; 2]>(), [0..2usize, 0..2usize]);
    let methods = prop::collection::btree_map(0..METHODS.len(), method, 0..3);
    let values = prop::collection::btree_set(0..VALUES.len(), 0..3);
    let more = (values, methods, prop::option::of(0..FIELDS.len()));
    let oneofs = [0..3usize, 0..3usize];
    (dialect, prop::collection::vec(member, 1..6), types(), types(), oneofs, any::<[bool; 2]>(), more)
        .prop_map(|(dialect, members, inner, top, oneofs, multiple, (values, methods, extension))| {
            let members = members.into_iter().enumerate();
            let members =
                members.map(|(i, (name, kind, label))| Member { name, number: i as u8 + 1, kind, label });
            let methods = methods.into_iter();
            let methods = methods.map(|(name, (_, streams, messages))| Method { name, messages, streams });
            Sketch {
                dialect,
                members: members.collect(),
                inner,
                top,
                oneofs,
                multiple,
                values: values.into_iter().zip(1..).collect(),
                methods: methods.collect(),
                extension,
            }
        })
}

pub(crate) fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        4 => (0..6usize, 0..FIELDS.len(), 0..KINDS.len(), 0..5u8)
            .prop_map(|(at, name, kind, label)| Edit::Add { at, name, kind, label }),
        1 => (0..6usize).prop_map(Edit::Remove),
        2 => (0..6usize, 0..FIELDS.len()).prop_map(|(m, n)| Edit::Rename(m, n)),
        1 => (0..6usize, 0..KINDS.len()).prop_map(|(m, k)| Edit::Kind(m, k)),
        2 => (0..6usize, 0..5u8).prop_map(|(m, l)| Edit::Label(m, l)),
        1 => (0..6usize).prop_map(Edit::Number),
        3 => (0..6usize).prop_map(Edit::Order),
        2 => (any::<bool>(), 0..TYPES.len()).prop_map(|(m, t)| Edit::Inner(m, t)),
        2 => (any::<bool>(), 0..TYPES.len(), 0..2usize).prop_map(|(m, t, f)| Edit::Top(m, t, f)),
        1 => (0..4usize).prop_map(Edit::NoType),
        1 => (0..2usize).prop_map(Edit::Move),
        1 => (0..2usize).prop_map(Edit::Multiple),
        1 => (0..2usize, 0..3usize).prop_map(|(o, n)| Edit::Oneof(o, n)),
        2 => (0..VALUES.len()).prop_map(Edit::Value),
        1 => (0..3usize).prop_map(Edit::NoValue),
        1 => (0..3usize, 0..VALUES.len()).prop_map(|(v, n)| Edit::RenameValue(v, n)),
        2 => (0..METHODS.len(), [0..2usize, 0..2usize]).prop_map(|(n, m)| Edit::Call(n, m)),
        1 => (0..3usize).prop_map(Edit::NoCall),
        1 => (0..3usize, 0..METHODS.len()).prop_map(|(m, n)| Edit::RenameCall(m, n)),
        1 => (0..3usize, 0..2usize).prop_map(|(m, s)| Edit::Stream(m, s)),
        1 => (0..3usize, 0..2usize).prop_map(|(m, s)| Edit::CallType(m, s)),
        1 => prop::option::of(0..FIELDS.len()).prop_map(Edit::Extension),
    ]
}

impl Sketch {
    fn next_number(&self) -> u8 {
        self.members.iter().map(|m| m.number).max().unwrap_or_default() + 1
    }

    pub(crate) fn apply(&mut self, edit: &Edit) {
        let count = self.members.len().max(1);
        let (values, calls, tops) = (self.values.len(), self.methods.len(), self.top.len());
        match *edit {
            Edit::Add { at, name, kind, label } => {
                let number = self.next_number();
                self.members.insert(at % (self.members.len() + 1), Member { name, number, kind, label });
            }
            Edit::Remove(at) if self.members.len() > 1 => {
                self.members.remove(at % count);
            }
            Edit::Rename(at, name) => self.members[at % count].name = name,
            Edit::Kind(at, kind) => self.members[at % count].kind = kind,
            Edit::Label(at, label) => self.members[at % count].label = label,
            Edit::Number(at) => {
                let number = self.next_number();
                self.members[at % count].number = number;
            }
            Edit::Order(at) => self.members.rotate_left(at % count),
            Edit::Inner(message, name) if self.inner.iter().all(|(_, n, _)| *n != name) => {
                self.inner.push((message, name, 0));
            }
            Edit::Top(message, name, file) if self.top.iter().all(|(_, n, _)| *n != name) => {
                self.top.push((message, name, file));
            }
            Edit::NoType(at) if at < 2 => {
                self.inner.pop();
            }
            Edit::NoType(_) => {
                self.top.pop();
            }
            Edit::Move(at) if tops > 0 => self.top[at % tops].2 ^= 1,
            Edit::Multiple(file) => self.multiple[file] = !self.multiple[file],
            Edit::Oneof(at, name) => self.oneofs[at] = name,
            Edit::Value(name) => {
                let number = self.values.iter().map(|(_, number)| *number).max().unwrap_or_default() + 1;
                self.values.push((name, number));
            }
            Edit::NoValue(at) if values > 0 => {
                self.values.remove(at % values);
            }
            Edit::RenameValue(at, name) if values > 0 => self.values[at % values].0 = name,
            Edit::Call(name, messages) => {
                self.methods.push(Method { name, messages, streams: [false, false] });
            }
            Edit::NoCall(at) if calls > 0 => {
                self.methods.remove(at % calls);
            }
            Edit::RenameCall(at, name) if calls > 0 => self.methods[at % calls].name = name,
            Edit::Stream(at, side) if calls > 0 => self.methods[at % calls].streams[side] ^= true,
            Edit::CallType(at, side) if calls > 0 => self.methods[at % calls].messages[side] ^= 1,
            Edit::Extension(name) => self.extension = name,
            _ => {}
        }
    }

    /// The files; `None` for what is no contract: two parts of one name. `others` are fields and values that nothing
    /// meets, so many of them as are written behind the rest.
    pub(crate) fn render(&self, others: usize) -> Option<Vec<(&'static str, String)>> {
        let fields = distinct(self.members.iter().map(|m| FIELDS[m.name]))?;
        distinct(fields.iter().map(|name| name.replace('_', "").to_lowercase()))?;
        distinct(self.values.iter().map(|(name, _)| VALUES[*name]))?;
        // As C++ scopes them, values without the name of their enum must differ too.
        distinct(self.values.iter().map(|(name, _)| {
            let name = VALUES[*name].replace('_', "").to_lowercase();
            name.strip_prefix("choice").map_or(name.clone(), str::to_owned)
        }))?;
        distinct(self.methods.iter().map(|m| METHODS[m.name]))?;
        let head = match self.dialect {
            Dialect::Proto2 => "syntax = \"proto2\";\npackage pay.v1;\n",
            Dialect::Proto3 => "syntax = \"proto3\";\npackage pay.v1;\n",
            Dialect::Edition => "edition = \"2023\";\npackage pay.v1;\n",
        };
        let head = |file: usize| {
            let multiple = if self.multiple[file] { "option java_multiple_files = true;\n" } else { "" };
            format!("{head}{multiple}")
        };
        let mut out = head(0) + "import \"more.proto\";\nmessage Pay {\n";
        self.write_members(&mut out)?;
        for i in 0..others {
            let label = if self.dialect == Dialect::Proto2 { "optional " } else { "" };
            let _ = writeln!(out, "{label}int32 zz{i}_qq = {};", 1000 + i);
        }
        self.inner.iter().for_each(|t| out.push_str(&self.type_of(*t, "IN_")));
        let extended = self.extension.filter(|_| self.dialect == Dialect::Proto2);
        if self.dialect == Dialect::Proto2 {
            out.push_str("extensions 500 to 600;\n");
        }
        out.push_str("}\n");
        if let Some(name) = extended {
            let _ = writeln!(out, "extend Pay {{ optional int32 {} = 500; }}", FIELDS[name]);
        }
        let mut more = head(1);
        let label = if self.dialect == Dialect::Proto2 { "optional " } else { "" };
        let _ = write!(more, "message Base {{ {label}int32 a = 1; }}\nenum Choice {{ CHOICE_NONE = 0;");
        self.values.iter().for_each(|(name, number)| {
            let _ = write!(more, " {} = {number};", VALUES[*name]);
        });
        for i in 0..others {
            let _ = writeln!(more, "ZZ{i}_QQ = {};", 1000 + i);
        }
        more.push_str(" }\n");
        if !self.methods.is_empty() {
            out.push_str("service Till {\n");
            for method in &self.methods {
                let side = |i: usize| {
                    let stream = if method.streams[i] { "stream " } else { "" };
                    format!("{stream}{}", MESSAGES[method.messages[i]])
                };
                let _ = writeln!(out, "rpc {}({}) returns ({});", METHODS[method.name], side(0), side(1));
            }
            out.push_str("}\n");
        }
        for t in &self.top {
            let text = self.type_of(*t, "");
            if t.2 == 0 { out.push_str(&text) } else { more.push_str(&text) }
        }
        Some(vec![("billing.proto", out), ("more.proto", more)])
    }

    fn write_members(&self, out: &mut String) -> Option<()> {
        let oneof = |i: usize| ["method", "kind_of", "name_is"][self.oneofs[i]];
        let field = |m: &Member| format!("{} {} = {};\n", KINDS[m.kind], FIELDS[m.name], m.number);
        let mut members = self.members.iter().peekable();
        let mut opened = BTreeSet::new();
        while let Some(member) = members.next() {
            let is_map = KINDS[member.kind].starts_with("map");
            if is_map && member.label != 0 {
                return None;
            }
            let label = match (member.label, self.dialect) {
                (3 | 4, _) => {
                    let index = usize::from(member.label - 3);
                    // A oneof is written in one place and has a name of its own.
                    if !opened.insert(oneof(index)) {
                        return None;
                    }
                    let _ = write!(out, "oneof {} {{ {}", oneof(index), field(member));
                    while let Some(next) = members.next_if(|m| m.label == member.label) {
                        if KINDS[next.kind].starts_with("map") {
                            return None;
                        }
                        out.push_str(&field(next));
                    }
                    out.push_str("}\n");
                    continue;
                }
                (2, _) => "repeated ",
                (1, Dialect::Proto2) => "required ",
                (1, Dialect::Proto3) => "optional ",
                (0, Dialect::Proto2) if !is_map => "optional ",
                _ => "",
            };
            out.push_str(label);
            // In an edition a value can be absent unless something else is said.
            let line = field(member);
            match (member.label, self.dialect) {
                (1, Dialect::Edition) if !matches!(KINDS[member.kind], "Base") => {
                    out.push_str(&line.replace(";", " [features.field_presence = IMPLICIT];"));
                }
                _ => out.push_str(&line),
            }
        }
        Some(())
    }

    fn type_of(&self, (message, name, _): Type, scope: &str) -> String {
        let name = TYPES[name];
        let label = if self.dialect == Dialect::Proto2 { "optional " } else { "" };
        if message {
            format!("message {name} {{ {label}int32 x = 1; }}\n")
        } else {
            format!("enum {name} {{ {scope}{}_NO = 0; }}\n", name.to_uppercase())
        }
    }
}

/// The names, if no two are alike.
fn distinct<T: Ord>(names: impl Iterator<Item = T>) -> Option<BTreeSet<T>> {
    let mut all = BTreeMap::new();
    for name in names {
        if all.insert(name, ()).is_some() {
            return None;
        }
    }
    Some(all.into_keys().collect())
}
