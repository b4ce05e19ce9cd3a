//! Which numbers the messages and enums of one file declare, and which methods its services, read from its text alone.
//!
//! Nothing is linked, so a type that is named stands for every full name it could mean. A file that is broken or
//! uses what the parser does not know gives what could be read of it.

use std::collections::BTreeMap;

use super::parse::ast::{Enum, Field, File, Label, Message, Method, Opt, Type, Value};
use super::parse::lex::{Kind, Lexer};
use super::parse::parse_declarations;

/// Keywords that the name of what is declared, or extended, follows.
const DECLARING: [&str; 5] = ["message", "enum", "service", "extend", "group"];

/// Whose numbers they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    /// A message: its fields.
    Message,
    /// An enum: its values.
    Enum,
    /// Extensions of a message that may stand elsewhere, by their full names.
    Extensions,
    /// A service: its methods.
    Service,
}

/// A message or enum with its numbers, or what a file extends a message with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Declared {
    /// Full name without a leading dot. What a file extends stands under every name that the written one can mean.
    pub(crate) full_name: String,
    /// What it is.
    pub(crate) what: Holds,
    /// Fields or values in source order.
    pub(crate) numbers: Vec<Number>,
    /// Reserved numbers, first and last of each range.
    pub(crate) reserved: Vec<(i32, i32)>,
    /// Reserved names.
    pub(crate) reserved_names: Vec<String>,
    /// Numbers that are kept for extensions.
    pub(crate) extensions: Vec<(i32, i32)>,
    /// Methods in source order.
    pub(crate) calls: Vec<Call>,
    /// `deprecated = true`, of itself, of a message around it or of the file.
    pub(crate) deprecated: bool,
}

/// A method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) name: String,
    /// What it takes and returns, spelled with full names: `(a.Get) returns (stream a.Item)`; several where a name depends
    /// on imports.
    pub(crate) may_be: Vec<String>,
    /// `deprecated = true`.
    pub(crate) deprecated: bool,
}

/// A field or an enum value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    pub(crate) number: i32,
    pub(crate) name: String,
    /// The type as a person writes it, in full where the file tells; empty for an enum value.
    pub(crate) type_text: String,
    /// The keyword of a scalar type.
    pub(crate) scalar: Option<&'static str>,
    /// The types this can be, spelled with full names: one for scalars, several for a name that depends on
    /// imports. Groups have `group ` in front.
    pub(crate) may_be: Vec<String>,
    /// `repeated`, or a map.
    pub(crate) repeated: bool,
    /// `required`.
    pub(crate) required: bool,
    /// `deprecated = true`.
    pub(crate) deprecated: bool,
}

/// Every message, enum and service that a file declares, in source order, and what it extends; the messages made for maps
/// are left out.
pub(crate) fn declared(text: &str) -> Vec<Declared> {
    declared_of(text, &|_| true)
}

/// The same of those whose full name is wanted. To say what is declared costs more than to read it.
pub(crate) fn declared_of(text: &str, wanted: &dyn Fn(&str) -> bool) -> Vec<Declared> {
    let parsed = parse_declarations(text);
    let (file, edition) = (parsed.file, parsed.edition.is_some());
    let messages = file.messages.iter().enumerate().filter(|(_, m)| !m.map_entry);
    let named = |(index, message)| (name_of_message(&file, index as u32), index, message);
    let messages = messages.map(named).filter(|(name, ..)| wanted(name));
    let messages = messages.map(|(full_name, index, message)| {
        let fields = message.fields.iter().map(|f| &file.fields[*f as usize]);
        Declared {
            full_name,
            what: Holds::Message,
            numbers: fields.map(|f| number(&file, edition, Some(index as u32), f)).collect(),
            reserved: message.reserved_ranges.iter().map(|r| (r.start, r.end.saturating_sub(1))).collect(),
            reserved_names: message.reserved_names.iter().map(|(name, _)| name.to_string()).collect(),
            extensions: {
                let ranges = message.extension_ranges.iter().map(|e| e.range);
                ranges.map(|r| (r.start, r.end.saturating_sub(1))).collect()
            },
            calls: Vec::new(),
            deprecated: scope_deprecated(&file, Some(index as u32)),
        }
    });
    let enums = file.enums.iter().map(|e| (join(&scope_name(&file, e.parent), e.name), e));
    let enums = enums.filter(|(name, _)| wanted(name)).map(|(full_name, e)| Declared {
        full_name,
        what: Holds::Enum,
        numbers: values(e),
        reserved: e.reserved_ranges.iter().map(|r| (r.start, r.end)).collect(),
        reserved_names: e.reserved_names.iter().map(|(name, _)| name.to_string()).collect(),
        extensions: Vec::new(),
        calls: Vec::new(),
        deprecated: is_deprecated(&e.options) || scope_deprecated(&file, e.parent),
    });
    let services = file.services.iter().map(|s| (join(&file.package, s.name), s));
    let services = services.filter(|(name, _)| wanted(name)).map(|(full_name, s)| Declared {
        full_name,
        what: Holds::Service,
        numbers: Vec::new(),
        reserved: Vec::new(),
        reserved_names: Vec::new(),
        extensions: Vec::new(),
        calls: {
            let call = |m: &Method<'_>| Call {
                name: m.name.to_owned(),
                may_be: signatures(&file, m),
                deprecated: is_deprecated(&m.options),
            };
            s.methods.iter().map(call).collect()
        },
        deprecated: is_deprecated(&s.options) || scope_deprecated(&file, None),
    });
    messages.chain(enums).chain(services).chain(extended(&file, edition, wanted)).collect()
}

/// Whether a text may declare or extend something of a wanted simple name: whether one stands where a declaration has it.
/// It is `true` of every text of which [`declared`] gives such a thing, and costs less.
pub(crate) fn may_declare(text: &str, wanted: &dyn Fn(&str) -> bool) -> bool {
    let mut lex = Lexer::new(text);
    // Whether such a name, or what a full one begins with, may come next; and whether that has just come.
    let (mut expected, mut begun) = (false, false);
    while lex.next() {
        let word = lex.text(lex.current);
        (expected, begun) = match lex.current.kind {
            Kind::Ident if expected && wanted(word) => return true,
            // A keyword can be a name.
            Kind::Ident => (DECLARING.contains(&word), expected),
            Kind::Symbol if word == "." => (expected || begun, false),
            _ => (false, false),
        };
    }
    false
}

/// Whether a message, one around it or the file is deprecated, and with it what stands inside.
fn scope_deprecated(file: &File<'_>, message: Option<u32>) -> bool {
    match message.map(|index| &file.messages[index as usize]) {
        Some(message) => is_deprecated(&message.options) || scope_deprecated(file, message.parent),
        None => is_deprecated(&file.options),
    }
}

/// What a method takes and returns, in every way that its names can mean.
fn signatures(file: &File<'_>, method: &Method<'_>) -> Vec<String> {
    let outputs = resolve(file, None, &method.output.0);
    let with = |input: String| {
        let of =
            |output: &String| signature([&input, output], [method.client_streaming, method.server_streaming]);
        outputs.iter().map(of).collect::<Vec<_>>()
    };
    resolve(file, None, &method.input.0).into_iter().flat_map(with).collect()
}

/// What a method takes and returns, as texts of versions and files of history have it.
pub(crate) fn signature([input, output]: [&str; 2], [client, server]: [bool; 2]) -> String {
    let stream = |is: bool| if is { "stream " } else { "" };
    format!("({}{input}) returns ({}{output})", stream(client), stream(server))
}

/// The extensions that a file declares, by the wanted messages that they may extend.
fn extended(file: &File<'_>, edition: bool, wanted: &dyn Fn(&str) -> bool) -> Vec<Declared> {
    let mut of: BTreeMap<String, Vec<Number>> = BTreeMap::new();
    for field in &file.fields {
        let Some((extendee, _)) = field.extendee() else { continue };
        let mut names = resolve(file, field.parent, extendee);
        names.retain(|name| wanted(name));
        if names.is_empty() {
            continue;
        }
        let mut number = number(file, edition, field.parent, field);
        number.name = join(&scope_name(file, field.parent), &number.name);
        for name in names {
            of.entry(name).or_default().push(number.clone());
        }
    }
    let declared = of.into_iter().map(|(full_name, numbers)| Declared {
        full_name,
        what: Holds::Extensions,
        numbers,
        reserved: Vec::new(),
        reserved_names: Vec::new(),
        extensions: Vec::new(),
        calls: Vec::new(),
        deprecated: is_deprecated(&file.options),
    });
    declared.collect()
}

fn values(enum_: &Enum<'_>) -> Vec<Number> {
    let values = enum_.values.iter().map(|v| Number {
        number: v.number,
        name: v.name.to_owned(),
        type_text: String::new(),
        scalar: None,
        may_be: Vec::new(),
        repeated: false,
        required: false,
        deprecated: is_deprecated(&v.options),
    });
    values.collect()
}

fn is_deprecated(options: &[Opt<'_>]) -> bool {
    let set = |option: &Opt<'_>| match &option.name[..] {
        [part] => {
            !part.extension && part.name == "deprecated" && matches!(option.value, Value::Ident("true"))
        }
        _ => false,
    };
    options.iter().any(set)
}

fn number(file: &File<'_>, edition: bool, message: Option<u32>, field: &Field<'_>) -> Number {
    let entry = message.filter(|_| field.label == Label::Repeated).and_then(|m| map_entry(file, m, field));
    let (type_text, may_be) = match entry {
        Some(entry) => {
            let part = |i: usize| entry.fields.get(i).map(|f| &file.fields[*f as usize]);
            // The types of keys and values are looked up from where the map stands.
            let type_of = |i| part(i).map(|f| type_of(file, message, f)).unwrap_or_default();
            let ((key, _), (value, values)) = (type_of(0), type_of(1));
            (format!("map<{key}, {value}>"), values.iter().map(|v| format!("map<{key}, {v}>")).collect())
        }
        None => {
            let (text, mut names) = type_of(file, message, field);
            if edition && field.ty.is_none() {
                // The encoding of messages may be set anywhere around the field.
                let delimited: Vec<String> = names.iter().map(|n| format!("group {n}")).collect();
                names.extend(delimited);
            }
            (text, names)
        }
    };
    Number {
        number: field.number,
        name: field.name.to_string(),
        type_text,
        scalar: field.ty.filter(|t| *t != Type::Group).map(Type::word),
        may_be,
        repeated: field.label == Label::Repeated,
        required: field.label == Label::Required,
        deprecated: is_deprecated(&field.options),
    }
}

fn map_entry<'a, 's>(file: &'a File<'s>, message: u32, field: &Field<'_>) -> Option<&'a Message<'s>> {
    let nested = file.messages[message as usize].messages.iter().map(|m| &file.messages[*m as usize]);
    nested.into_iter().find(|m| m.map_entry && m.name == field.type_name)
}

/// The type as a person writes it, and what it can mean.
fn type_of(file: &File<'_>, message: Option<u32>, field: &Field<'_>) -> (String, Vec<String>) {
    if let Some(ty) = field.ty.filter(|t| *t != Type::Group) {
        return (ty.word().to_owned(), vec![ty.word().to_owned()]);
    }
    let names = resolve(file, message, &field.type_name);
    let text = match &*names {
        [only] => only.clone(),
        _ => field.type_name.trim_start_matches('.').to_owned(),
    };
    if field.ty == Some(Type::Group) {
        let names: Vec<String> = names.into_iter().map(|n| format!("group {n}")).collect();
        return (format!("group {text}"), names);
    }
    (text, names)
}

/// The full names that a name can mean in a message, or outside of all: the one the file itself declares in the innermost scope,
/// else one for each enclosing package, for other files may declare it there
/// (<https://protobuf.com/docs/language-spec#reference-resolution>).
fn resolve(file: &File<'_>, message: Option<u32>, written: &str) -> Vec<String> {
    if let Some(full) = written.strip_prefix('.') {
        return vec![full.to_owned()];
    }
    let first = written.split('.').next().unwrap_or(written);
    let mut scope = message;
    while let Some(index) = scope {
        let holder = &file.messages[index as usize];
        if declares(file, first, &holder.messages, &holder.enums) {
            return vec![join(&name_of_message(file, index), written)];
        }
        scope = holder.parent;
    }
    if declares(file, first, &file.top_messages, &file.top_enums) {
        return vec![join(&file.package, written)];
    }
    let mut names = Vec::new();
    let mut package: &str = &file.package;
    loop {
        names.push(join(package, written));
        match package.rsplit_once('.') {
            Some((outer, _)) => package = outer,
            None if package.is_empty() => return names,
            None => package = "",
        }
    }
}

fn declares(file: &File<'_>, name: &str, messages: &[u32], enums: &[u32]) -> bool {
    messages.iter().any(|m| file.messages[*m as usize].name == name)
        || enums.iter().any(|e| file.enums[*e as usize].name == name)
}

fn name_of_message(file: &File<'_>, index: u32) -> String {
    let message = &file.messages[index as usize];
    join(&scope_name(file, message.parent), &message.name)
}

fn scope_name(file: &File<'_>, parent: Option<u32>) -> String {
    match parent {
        Some(parent) => name_of_message(file, parent),
        None => file.package.to_string(),
    }
}

fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every number as `Holder 1 name: type`, with what else the type can mean.
    fn shown(text: &str) -> Vec<String> {
        let all = declared(text);
        let lines = all.iter().flat_map(|d| {
            d.numbers.iter().map(|n| {
                let label = if n.repeated { "repeated " } else { "" };
                let more = if n.may_be.len() > 1 { n.may_be.join(" or ") } else { String::new() };
                format!("{} {} {}: {label}{} {more}", d.full_name, n.number, n.name, n.type_text)
            })
        });
        lines.map(|l| l.trim_end().to_owned()).collect()
    }

    fn told(names: &[&str], text: &str) -> bool {
        may_declare(text, &|name| names.contains(&name))
    }

    #[test]
    fn where_no_declaration_can_have_a_name_it_is_not_looked_for() {
        for text in [
            "Item",
            "message M {\n  Item item = 1;\n}",
            "message M { repeated a.Item item = 1; }",
            "int32 a = 1; // message Item {}\nItem b = 2;",
            "message M {\n  /* message Item {} */ string s = 2 [default = \"message Item {}\"];",
            "message M.Item2 {} message ItemA {} message AItem {} message Item_2 {}",
            "rpc Get(stream Item) returns (Item);",
            "map<string, Item> a = 1;",
            "oneof Item {}",
            "extend a {} Item",
        ] {
            assert!(!told(&["Item"], text), "{text}");
        }
    }

    #[test]
    fn where_a_declaration_can_have_a_name_it_is_looked_for() {
        let keywords =
            ["message", "enum", "service", "extend", "extend a.b.", "extend .", "extend a .", "group"];
        let between = [
            " ",
            "\n",
            "\t\x0b\x0c\r\n",
            "/**/",
            "/*/ */",
            " /* an\n enum */ ",
            " // of this\n",
            " // of this; \n\n  // and that }\n  ",
            " // \"\n",
            " // '/*\n",
            "// */\n",
            " /* // */ // \"\n",
            "\u{1}",
        ];
        let front = [
            "",
            "\u{feff}",
            "option a = \"x;//\"; ",
            "option a = '\\'/*'; ",
            "/* ; // */ ",
            "/*\n// */ ",
            "// 'b\n",
        ];
        let all = keywords.iter().flat_map(|k| between.iter().map(move |b| (k, b)));
        for (front, (keyword, between)) in front.iter().flat_map(|f| all.clone().map(move |rest| (f, rest))) {
            let text = match *keyword {
                "group" => format!("{front}message M {{ optional group{between}Item = 1 {{}} }}"),
                _ => {
                    format!("{front}{keyword}{between}Item {{ optional int32 a = 1; rpc G(M) returns (M); }}")
                }
            };
            // The text is what it is meant to be.
            let name = |d: &Declared| d.full_name == "Item" || d.full_name.ends_with(".Item");
            assert!(declared(&text).iter().any(name), "{text}");
            assert!(told(&["Item"], &text), "{text}");
        }
        // Keywords are names too.
        assert!(told(&["message"], "message message {}") && told(&["Item"], "extend message.Item {}"));
    }

    #[test]
    fn whatever_a_file_declares_is_looked_for() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        let mut count = 0;
        for entry in walkdir::WalkDir::new(root).into_iter().filter_map(Result::ok) {
            if entry.path().extension().is_none_or(|extension| extension != "proto") {
                continue;
            }
            let Ok(text) = std::fs::read_to_string(entry.path()) else { continue };
            for found in declared(&text) {
                let name = found.full_name.rsplit('.').next().unwrap_or_default();
                assert!(told(&[name], &text), "{}: {name}", entry.path().display());
                count += 1;
            }
        }
        assert!(count > 1000, "{count}");
    }

    #[test]
    fn ranges_end_with_their_last_number() {
        let text = "syntax = \"proto2\"; message M { reserved 2, 4 to 6; extensions 100 to max; }
            enum E { A = 0; reserved -3 to -1, 9; }";
        let all = declared(text);
        assert_eq!(all[0].reserved, [(2, 2), (4, 6)]);
        assert_eq!(all[0].extensions, [(100, 536_870_911)]);
        assert_eq!(all[1].reserved, [(-3, -1), (9, 9)]);
    }

    #[test]
    fn numbers_with_their_types() {
        let text = r#"syntax = "proto2"; package a.b;
            message M {
              optional string s = 1;
              repeated Inner inner = 2;
              map<string, Inner> by = 3;
              optional Other other = 4;
              oneof o { .x.Y y = 5; }
              repeated group Item = 6 { optional int32 n = 1; }
              message Inner { optional M m = 1; enum E { A = 0; B = -1; } }
              reserved 9;
              extensions 100 to 200;
              extend M { optional int32 not_mine = 100; }
            }"#;
        assert_eq!(
            shown(text),
            [
                "a.b.M 1 s: string",
                "a.b.M 2 inner: repeated a.b.M.Inner",
                "a.b.M 3 by: repeated map<string, a.b.M.Inner>",
                "a.b.M 4 other: Other a.b.Other or a.Other or Other",
                "a.b.M 5 y: x.Y",
                "a.b.M 6 item: repeated group a.b.M.Item",
                "a.b.M.Item 1 n: int32",
                "a.b.M.Inner 1 m: a.b.M",
                "a.b.M.Inner.E 0 A:",
                "a.b.M.Inner.E -1 B:",
                "a.b.M 100 a.b.M.not_mine: int32",
            ]
        );
    }

    #[test]
    fn what_stands_inside_is_deprecated_with_what_is_around_it() {
        let text = "syntax = \"proto3\"; message M { option deprecated = true; message N { enum E { A = 0; } } }
            enum F { B = 0; } service S { rpc Get(M) returns (M) { option deprecated = true; } rpc Put(M) returns (M); }";
        let marked = |text: &str| -> Vec<(String, bool)> {
            declared(text).into_iter().map(|d| (d.full_name, d.deprecated)).collect()
        };
        let told = |all: [(&str, bool); 5]| all.map(|(name, deprecated)| (name.to_owned(), deprecated));
        let expected = [("M", true), ("M.N", true), ("M.N.E", true), ("F", false), ("S", false)];
        assert_eq!(marked(text), told(expected));
        let all = format!("{text} option deprecated = true;");
        assert_eq!(marked(&all), told(expected.map(|(name, _)| (name, true))));
        let calls = declared(text).pop().map(|service| service.calls).unwrap();
        let calls: Vec<_> = calls.iter().map(|call| (call.name.as_str(), call.deprecated)).collect();
        assert_eq!(calls, [("Get", true), ("Put", false)]);
    }

    #[test]
    fn extensions_stand_under_whatever_they_may_extend() {
        let text = r#"syntax = "proto2"; package a.b; import "other.proto";
            extend Other { optional Part part = 100; repeated group Item = 101 { optional int32 n = 1; } }
            extend .x.Y { optional string note = 7; }
            message Part { extend Part { repeated Part more = 100; } extensions 100 to 199; }
            extend Part { optional bool too = 101; }"#;
        let all: Vec<String> = shown(text).into_iter().filter(|line| !line.contains(" n: ")).collect();
        let other = |of: &str| {
            [format!("{of} 100 a.b.part: a.b.Part"), format!("{of} 101 a.b.item: repeated group a.b.Item")]
        };
        let mut expected = Vec::new();
        expected.extend(other("Other"));
        expected.extend(other("a.Other"));
        expected.extend(other("a.b.Other"));
        expected.push("a.b.Part 100 a.b.Part.more: repeated a.b.Part".to_owned());
        expected.push("a.b.Part 101 a.b.too: bool".to_owned());
        expected.push("x.Y 7 a.b.note: string".to_owned());
        assert_eq!(all, expected);
    }

    #[test]
    fn editions_and_broken_files_give_what_can_be_read() {
        let text = r#"edition = "2024"; package p; import option "x.proto";
            export message M {
              reserved gone, lost;
              string s = 1 [features.field_presence = EXPLICIT, features.(pb.cpp).string_type = VIEW];
              local enum E { option features.enum_type = CLOSED; A = 1; }
              local message = 2;
            }
            local enum F { reserved OLD; F_A = 0; }"#;
        assert_eq!(
            shown(text),
            [
                "p.M 1 s: string",
                "p.M 2 message: local p.local or local or group p.local or group local",
                "p.M.E 1 A:",
                "p.F 0 F_A:"
            ]
        );
        let broken = "syntax = \"proto3\"; message M { int32 = 3; string s = 1; } enum E { A = 0; ";
        assert_eq!(shown(broken), ["M 1 s: string", "E 0 A:"]);
        assert_eq!(shown("\u{0}\u{1}nonsense {{{"), [""; 0]);
    }
}
