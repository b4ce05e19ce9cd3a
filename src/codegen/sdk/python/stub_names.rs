//! Names of stubs, as type checkers read them.
//!
//! protoc writes a type by its path from the top of the file, and a builtin as it is called. In a class the name of a field, of a
//! value or of an extension stands for that, so that a type of the name is not found any more (`status: status`, and `status`
//! again among the parameters of `__init__`); and a type at the top that is called like a builtin stands for it everywhere.
//! Here each of them is named through a module: what is hidden from the class through this one (`_this.status`), a builtin
//! through `builtins`. And what a public import passes on under the name of something that comes after it is left out, as it is
//! when the module runs. A field `self` keeps its name in the constructor, as it does when the program runs: the object itself
//! is called something else there, which protoc does since 30.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::schema::{Element, EnumId, Field, FieldId, FileId, MessageId, Schema};
use crate::surface::{inside, python::module};

/// The builtins that protoc's stubs name.
pub(super) const BUILTINS: [&str; 5] = ["bool", "bytes", "float", "int", "str"];

/// All others of Python 3.14, as typeshed has them. mypy 2 takes a name of these for the builtin wherever the type of the name
/// is declared further down (`class M: x: Warning`, and `class Warning` below).
const OTHERS: &str = "ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup BlockingIOError \
    BrokenPipeError BufferError BytesWarning ChildProcessError ConnectionAbortedError ConnectionError \
    ConnectionRefusedError ConnectionResetError DeprecationWarning EOFError Ellipsis EncodingWarning \
    EnvironmentError Exception ExceptionGroup FileExistsError FileNotFoundError FloatingPointError \
    FutureWarning GeneratorExit IOError ImportError ImportWarning IndentationError IndexError \
    InterruptedError IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError \
    ModuleNotFoundError NameError NotADirectoryError NotImplemented NotImplementedError OSError \
    OverflowError PendingDeprecationWarning PermissionError ProcessLookupError PythonFinalizationError \
    RecursionError ReferenceError ResourceWarning RuntimeError RuntimeWarning StopAsyncIteration \
    StopIteration SyntaxError SyntaxWarning SystemError SystemExit TabError TimeoutError TypeError \
    UnboundLocalError UnicodeDecodeError UnicodeEncodeError UnicodeError UnicodeTranslateError \
    UnicodeWarning UserWarning ValueError Warning ZeroDivisionError abs aiter all anext any ascii bin \
    breakpoint bytearray callable chr classmethod compile complex copyright credits delattr dict dir divmod \
    ellipsis enumerate eval exec exit filter format frozenset function getattr globals hasattr hash help hex \
    id input isinstance issubclass iter len license list locals map max memoryview min next object oct open \
    ord pow print property quit range repr reveal_locals reveal_type reversed round set setattr slice sorted \
    staticmethod sum super tuple type vars zip";

/// Whether Python has something of this name whatever a module declares.
fn is_builtin(name: &str) -> bool {
    BUILTINS.contains(&name) || OTHERS.split_whitespace().any(|other| other == name)
}

/// What a stub is of.
#[derive(Debug, Default)]
pub(super) struct Own {
    /// The module, without those around it.
    module: String,
    /// The types at the top of the file.
    tops: BTreeSet<String>,
    /// Fields and values of a type that is called like a builtin, by their class and name: the builtin, and how often it
    /// is named before the type is meant.
    typed: BTreeMap<(String, String), (String, usize)>,
}

impl Own {
    pub(super) fn new(schema: &Schema, file: FileId) -> Own {
        let whole = module(&schema.file(file).name);
        let mut own =
            Own { module: whole.rsplit('.').next().unwrap_or_default().to_owned(), ..Own::default() };
        let mut todo: Vec<MessageId> = schema.file(file).messages.clone();
        own.tops.extend(todo.iter().map(|id| schema.message(*id).name.to_string()));
        own.tops.extend(schema.file(file).enums.iter().map(|id| schema.enum_(*id).name.to_string()));
        if !BUILTINS.iter().any(|name| own.tops.contains(*name)) {
            return own;
        }
        // Entries of maps are classes too, and have their key and value.
        while let Some(id) = todo.pop() {
            let message = schema.message(id);
            let path = schema.nested_name(Element::Message(id));
            message.fields.iter().for_each(|field| own.field(schema, file, &path, *field));
            todo.extend(&message.messages);
        }
        for element in inside(schema, Element::File(file)) {
            if let Element::Enum(id) = element {
                own.values(schema, id);
            }
        }
        own
    }

    fn field(&mut self, schema: &Schema, file: FileId, path: &str, id: FieldId) {
        let field = schema.field(id);
        let (key, value) = match schema.map_entry(field) {
            Some((key, value)) => (Some(schema.field(key)), schema.field(value)),
            None => (None, field),
        };
        let of = value.type_name.as_deref().and_then(|name| schema.by_name(name));
        let Some(of) = of.filter(|of| schema.file_of(*of) == file) else { return };
        let root = first(&schema.nested_name(of)).to_owned();
        if BUILTINS.contains(&root.as_str()) {
            let before = usize::from(key.is_some_and(|key| builtin(key) == root));
            self.typed.insert((path.to_owned(), field.name.to_string()), (root, before));
        }
    }

    fn values(&mut self, schema: &Schema, id: EnumId) {
        let path = schema.nested_name(Element::Enum(id));
        let root = first(&path).to_owned();
        if !BUILTINS.contains(&root.as_str()) {
            return;
        }
        let around = path.rsplit_once('.').map_or("", |(around, _)| around);
        for value in &schema.enum_(id).values {
            for class in [around, &path] {
                let name = schema.value(*value).name.to_string();
                self.typed.insert((class.to_owned(), name), (root.clone(), 0));
            }
        }
    }

    /// Whether a builtin that is named in a class is the type of that name: `seen` of them were named before it.
    fn is_type(&self, class: &str, declared: &str, word: &str, seen: usize) -> bool {
        let key = (class.to_owned(), declared.to_owned());
        self.typed.get(&key).is_some_and(|(root, before)| root == word && *before == seen)
    }
}

/// What the key of a map is called.
fn builtin(key: &Field) -> &'static str {
    use crate::schema::Kind;
    match key.kind {
        Kind::String => "str",
        Kind::Bool => "bool",
        _ => "int",
    }
}

fn first(path: &str) -> &str {
    path.split('.').next().unwrap_or_default()
}

/// A line of a stub.
#[derive(Clone, Copy)]
enum Line<'t> {
    /// `class NAME(`
    Class(&'t str),
    /// `NAME: `
    Name(&'t str),
    /// `from MODULE import NAME as NAME`
    Import(&'t str),
    Other,
}

/// A line, and how deep it is in classes.
fn line(text: &str) -> (Line<'_>, usize) {
    const INDENT: usize = 4;
    let code = text.trim_start_matches(' ');
    let depth = (text.len() - code.len()) / INDENT;
    let whole = |name: &str| !name.is_empty() && !name.contains(|c: char| !is_word(c));
    if let Some(name) = code.strip_prefix("class ").and_then(|rest| rest.split(['(', ':']).next()) {
        return (Line::Class(name), depth);
    }
    if let Some((_, names)) = code.strip_prefix("from ").and_then(|rest| rest.split_once(" import ")) {
        return match names.trim_end().split_once(" as ") {
            Some((name, alias)) if name == alias => (Line::Import(alias), depth),
            _ => (Line::Other, depth),
        };
    }
    match code.split_once(": ") {
        Some((name, _)) if whole(name) => (Line::Name(name), depth),
        _ => (Line::Other, depth),
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The classes around the lines of a stub, as one goes through it.
#[derive(Default)]
struct Around(Vec<String>);

impl Around {
    /// The class that a line is in.
    fn of(&mut self, line: Line<'_>, depth: usize) -> String {
        self.0.truncate(depth);
        let class = self.0.join(".");
        if let Line::Class(name) = line {
            self.0.push(name.to_owned());
        }
        class
    }
}

/// Corrects a stub, as protoc writes it.
pub(super) fn mend(text: &str, own: &Own) -> String {
    let text = constructors(&once(text)).into_owned();
    let mut members: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let mut around = Around::default();
    for text in text.lines() {
        let (line, depth) = line(text);
        let class = around.of(line, depth);
        if let Line::Class(name) | Line::Name(name) | Line::Import(name) = line {
            members.entry(class).or_default().insert(name);
        }
    }
    let hides_builtin = members.values().any(|names| BUILTINS.iter().any(|name| names.contains(name)));
    let in_classes = members.iter().filter(|(class, _)| !class.is_empty());
    let hides_type = in_classes.flat_map(|(_, names)| names).any(|name| own.tops.contains(*name));
    let tops: BTreeSet<&str> = own.tops.iter().map(String::as_str).filter(|name| is_builtin(name)).collect();
    if !hides_builtin && !hides_type && tops.is_empty() {
        return text;
    }
    let rewrite = Rewrite {
        own,
        members: &members,
        tops,
        builtins: hides_builtin.then(|| free(&text, "_builtins")),
        this: free(&text, "_this"),
    };
    let mut out = String::with_capacity(text.len() + 256);
    if let Some(builtins) = &rewrite.builtins {
        out.push_str(&format!("import builtins as {builtins}\n"));
    }
    let (mut body, mut around) = (String::with_capacity(text.len() + 256), Around::default());
    for text in text.split_inclusive('\n') {
        let (line, depth) = line(text);
        let class = around.of(line, depth);
        match line {
            Line::Other if depth == 0 => body.push_str(text),
            Line::Import(_) => body.push_str(text),
            _ => rewrite.line(text, &class, &mut body),
        }
    }
    if body.contains(&format!("{}.", rewrite.this)) {
        out.push_str(&format!("from . import {} as {}\n", own.module, rewrite.this));
    }
    out + &body
}

const CONSTRUCTOR: &str = "def __init__(self, ";

/// Constructors of messages with a field `self`, as later protocs write them. Those before 30 call the parameter of such a field
/// `self_` where it comes first, which nobody may give when the program runs, and elsewhere like the object.
fn constructors(text: &str) -> Cow<'_, str> {
    if !text.contains("\"self\"") {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 64);
    let (mut slots, mut around) = (Vec::<BTreeSet<&str>>::new(), Around::default());
    for text in text.split_inclusive('\n') {
        let (line, depth) = line(text);
        around.of(line, depth);
        slots.resize(around.0.len(), BTreeSet::new());
        let code = text.trim_start_matches(' ');
        if let (Some(fields), Some(names)) = (slots.last_mut(), code.strip_prefix("__slots__ = (")) {
            *fields = names.split('"').skip(1).step_by(2).collect();
        }
        match (slots.last(), code.strip_prefix(CONSTRUCTOR)) {
            (Some(fields), Some(parameters)) if fields.contains("self") => {
                let mut object = "self_".to_owned();
                while fields.contains(object.as_str()) {
                    object.push('_');
                }
                let parameters = match parameters.strip_prefix("self_: ") {
                    Some(rest) if !parameters.contains(" self: ") => format!("self: {rest}"),
                    _ => parameters.to_owned(),
                };
                let indent = &text[..text.len() - code.len()];
                out.push_str(&format!("{indent}def __init__({object}, {parameters}"));
            }
            _ => out.push_str(text),
        }
    }
    Cow::Owned(out)
}

/// A name that a text does not have.
fn free(text: &str, name: &str) -> String {
    let mut name = name.to_owned();
    while text.split(|c| !is_word(c)).any(|word| word == name) {
        name.push('_');
    }
    name
}

/// Leaves out what is said again at the top of a module.
fn once(text: &str) -> String {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut lines: Vec<&str> = Vec::new();
    for text in text.split_inclusive('\n').rev() {
        let (line, depth) = line(text);
        let name = match line {
            Line::Name(name) | Line::Import(name) | Line::Class(name) if depth == 0 => Some(name),
            _ => None,
        };
        let again = name.is_some_and(|name| !seen.insert(name));
        if !again || matches!(line, Line::Class(_)) {
            lines.push(text);
        }
    }
    lines.into_iter().rev().collect()
}

struct Rewrite<'a> {
    own: &'a Own,
    /// What each class declares.
    members: &'a BTreeMap<String, BTreeSet<&'a str>>,
    /// The types at the top that are called like a builtin.
    tops: BTreeSet<&'a str>,
    /// What the module of builtins is called, where it is needed.
    builtins: Option<String>,
    /// What the stub calls itself.
    this: String,
}

impl Rewrite<'_> {
    /// A line with what it names as types (and not as fields or parameters) named so that it is found.
    fn line(&self, line: &str, class: &str, out: &mut String) {
        let hidden =
            |word: &str| !class.is_empty() && self.members.get(class).is_some_and(|m| m.contains(word));
        let (mut declared, mut seen) = ("", BTreeMap::<&str, usize>::new());
        let mut rest = line;
        while let Some(start) = rest.find(is_word) {
            out.push_str(&rest[..start]);
            let after = &rest[start..];
            let (word, behind) = after.split_at(after.find(|c| !is_word(c)).unwrap_or(after.len()));
            let path = out.ends_with(['.', '"', '\'']);
            if behind.starts_with(':') {
                declared = word;
                seen.clear();
            } else if path
                || out.ends_with("class ")
                || out.ends_with("def __init__(")
                || behind.starts_with('=')
            {
                // Said as what it is.
            } else if BUILTINS.contains(&word) {
                let before = seen.entry(word).or_default();
                let is_type = behind.starts_with('.') || self.own.is_type(class, declared, word, *before);
                *before += 1;
                match &self.builtins {
                    _ if is_type && (hidden(word) || self.tops.contains(word)) => {
                        *out += &format!("{}.", self.this);
                    }
                    Some(builtins) if !is_type => *out += &format!("{builtins}."),
                    _ => {}
                }
            } else if self.own.tops.contains(word) && (hidden(word) || self.tops.contains(word)) {
                *out += &format!("{}.", self.this);
            }
            out.push_str(word);
            rest = behind;
        }
        out.push_str(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(tops: &[&str]) -> Own {
        let tops = tops.iter().map(|name| (*name).to_owned()).collect();
        Own { module: "a_pb2".to_owned(), tops, ..Own::default() }
    }

    fn mended(old: &str, tops: &[&str]) -> String {
        mend(old, &own(tops))
    }

    #[test]
    fn a_type_called_like_a_builtin_is_told_from_it() {
        let old = "class M(_message.Message):\n    class int(int, metaclass=E):\n        N: _ClassVar[M.int]\n    a: M.int\n    \
            b: int\n    def __init__(self, a: _Optional[_Union[M.int, str]] = ...) -> None: ...\n";
        let new = "import builtins as _builtins\nclass M(_message.Message):\n    class int(_builtins.int, metaclass=E):\n        \
            N: _ClassVar[M.int]\n    a: M.int\n    b: _builtins.int\n    \
            def __init__(self, a: _Optional[_Union[M.int, _builtins.str]] = ...) -> None: ...\n";
        assert_eq!(mended(old, &["M"]), new);
    }

    #[test]
    fn a_field_called_like_a_builtin_hides_it_from_nobody() {
        let old = "class M(_message.Message):\n    str: str\n    int: int\n    b: _containers.RepeatedScalarFieldContainer[str]\n    \
            def __init__(self, str: _Optional[str] = ..., int: _Optional[_Union[E, str]] = ...) -> None: ...\n";
        let new = "import builtins as _builtins\nclass M(_message.Message):\n    str: _builtins.str\n    int: _builtins.int\n    \
            b: _containers.RepeatedScalarFieldContainer[_builtins.str]\n    def __init__(self, \
            str: _Optional[_builtins.str] = ..., int: _Optional[_Union[E, _builtins.str]] = ...) -> None: ...\n";
        assert_eq!(mended(old, &["M", "E"]), new);
        let plain = "class M(_message.Message):\n    strs: str\n";
        assert_eq!(mended(plain, &["M"]), plain);
    }

    #[test]
    fn a_type_is_found_behind_a_field_of_its_name() {
        let old = "class M(_message.Message):\n    __slots__ = (\"status\", \"item\")\n    status: status\n    Plan: str\n    \
            item: Plan.Item\n    def __init__(self, status: _Optional[_Union[status, _Mapping]] = ..., \
            item: _Optional[_Union[Plan.Item, _Mapping]] = ...) -> None: ...\n\nclass status(_message.Message):\n    \
            a: status\n";
        let new = "from . import a_pb2 as _this\nclass M(_message.Message):\n    __slots__ = (\"status\", \"item\")\n    \
            status: _this.status\n    Plan: str\n    item: _this.Plan.Item\n    def __init__(self, status: \
            _Optional[_Union[_this.status, _Mapping]] = ..., item: _Optional[_Union[_this.Plan.Item, _Mapping]] = ...) \
            -> None: ...\n\nclass status(_message.Message):\n    a: status\n";
        assert_eq!(mended(old, &["M", "status", "Plan"]), new);
    }

    #[test]
    fn the_last_of_several_names_is_the_one() {
        let old = "from x.a_pb2 import Foo as Foo\nfrom x.b_pb2 import Foo as Foo\nfrom x.b_pb2 import Bar as Bar\nA: _a_pb2.E\n\
            A: E\n\nclass Bar(_message.Message):\n    A: int\n";
        let new = "from x.b_pb2 import Foo as Foo\nA: E\n\nclass Bar(_message.Message):\n    A: int\n";
        assert_eq!(mended(old, &["Bar", "E"]), new);
    }

    #[test]
    fn a_field_called_self_is_a_parameter_of_its_name() {
        let stub = |first: &str, a: &str, second: &str, b: &str| {
            format!(
                "class M(_message.Message):\n    class N(_message.Message):\n        __slots__ = (\"self_\",)\n        def \
                 __init__(self, self_: _Optional[str] = ...) -> None: ...\n    __slots__ = (\"self\", \"x\")\n    \
                 def __init__({first}, {a}: _Optional[str] = ..., x: _Optional[M.N] = ...) -> None: ...\n\nclass \
                 O(_message.Message):\n    __slots__ = (\"self_\", \"self\")\n    def __init__({second}, \
                 self_: int = ..., {b}: int = ...) -> None: ...\n"
            )
        };
        let new = stub("self_", "self", "self__", "self");
        assert_eq!(mended(&stub("self", "self_", "self", "self"), &["M", "O"]), new);
        assert_eq!(mended(&new, &["M", "O"]), new);
        // A type and a value of the name: the object stays what it is.
        let value = "class self(_message.Message):\n    a: int\nclass M(_message.Message):\n    self: M.E\n    \
            def __init__(self, of: _Optional[self] = ...) -> None: ...\n";
        let new = value.replace("[self]", "[_this.self]");
        assert_eq!(mended(value, &["self", "M"]), format!("from . import a_pb2 as _this\n{new}"));
    }

    #[test]
    fn a_type_at_the_top_that_is_called_like_a_builtin() {
        let typed = [(("M", "a"), ("str", 0)), (("M", "by"), ("str", 1)), (("M", "e"), ("int", 0))];
        let typed = typed.map(|((class, name), (root, before))| {
            ((class.to_owned(), name.to_owned()), (root.to_owned(), before))
        });
        let own = Own { typed: typed.into(), ..own(&["M", "str", "int"]) };
        let old = "class int(int, metaclass=E):\n    __slots__ = ()\nclass M(_message.Message):\n    a: str\n    \
            by: _containers.MessageMap[str, str]\n    t: str\n    n: int\n    def __init__(self, a: _Optional[_Union[str, \
            _Mapping]] = ..., by: _Optional[_Mapping[str, str]] = ..., e: _Optional[_Union[int, str]] = ...) -> None: ...\n";
        let new = "import builtins as _builtins\nfrom . import a_pb2 as _this\nclass int(_builtins.int, metaclass=E):\n    \
            __slots__ = ()\nclass M(_message.Message):\n    a: _this.str\n    by: _containers.MessageMap[_builtins.str, \
            _this.str]\n    t: _builtins.str\n    n: _builtins.int\n    def __init__(self, a: _Optional[_Union[_this.str, \
            _Mapping]] = ..., by: _Optional[_Mapping[_builtins.str, _this.str]] = ..., e: _Optional[_Union[_this.int, \
            _builtins.str]] = ...) -> None: ...\n";
        assert_eq!(mend(old, &own), new);
    }

    #[test]
    fn a_type_further_down_that_python_has_too() {
        let old = "class M(_message.Message):\n    why: Warning\n    also: Warned\n    of: O.any\n\nclass \
            Warning(_message.Message):\n    a: int\n";
        let new = "from . import a_pb2 as _this\nclass M(_message.Message):\n    why: _this.Warning\n    also: Warned\n    \
            of: O.any\n\nclass Warning(_message.Message):\n    a: int\n";
        assert_eq!(mended(old, &["M", "O", "Warned", "Warning"]), new);
    }
}
