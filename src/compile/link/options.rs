//! What options mean: their names are resolved in `descriptor.proto` and in extensions of it, their values are
//! checked against the type found there.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Context;
use super::aggregate;
use super::resolve::{Ref, missing, write_message_name};
use super::symbols::{Id, Miss, Scope, Symbol};
use super::value::{Shape, Tree, Val, words};
use crate::compile::parse::ast::{Label, Opt, Type, Value};
use crate::compile::parse::lex::MAX_PROBLEMS;
use crate::compile::parse::{Fate, Problem, Span};
use crate::text::likest;

/// The options of a file.
#[derive(Debug, Default)]
pub(super) struct Interpreted {
    /// By the first option of an element: the encoded options message.
    pub(super) bytes: Vec<Vec<u8>>,
    /// By option: where it is now.
    pub(super) fates: Vec<Fate>,
    /// The files that options are described in.
    pub(super) used: FxHashSet<u32>,
}

/// Interprets every option of a file.
pub(super) fn interpret(context: &Context<'_, '_>, file: u32, problems: &mut Vec<Problem>) -> Interpreted {
    let ast = &context.units[file as usize].ast;
    let symbols = context.symbols;
    let count = ast.option_count as usize;
    let mut it = Interpreter {
        context,
        file,
        problems,
        out: Interpreted {
            bytes: vec![Vec::new(); count],
            fates: vec![Fate::LeftOut; count],
            used: FxHashSet::default(),
        },
        target: "",
        messages: FxHashMap::default(),
        big: FxHashMap::default(),
    };
    let package = symbols.package_scope(file);
    it.element("FileOptions", package, &ast.options);
    for (i, message) in ast.messages.iter().enumerate() {
        let own = symbols.message_scope(Id { file, index: i as u32 });
        let around = symbols.parent(own);
        it.element("MessageOptions", around, &message.options);
        for oneof in &message.oneofs {
            it.element("OneofOptions", own, &oneof.options);
        }
        for range in &message.extension_ranges {
            it.element("ExtensionRangeOptions", around, &range.options);
        }
    }
    for field in &ast.fields {
        it.element("FieldOptions", symbols.scope_of(file, field.parent), &field.options);
    }
    for enum_ in &ast.enums {
        let around = symbols.scope_of(file, enum_.parent);
        it.element("EnumOptions", around, &enum_.options);
        for value in &enum_.values {
            it.element("EnumValueOptions", around, &value.options);
        }
    }
    for service in &ast.services {
        it.element("ServiceOptions", package, &service.options);
        for method in &service.methods {
            it.element("MethodOptions", package, &method.options);
        }
    }
    it.out
}

pub(super) struct Interpreter<'a, 's, 'p> {
    pub(super) context: &'a Context<'a, 's>,
    pub(super) file: u32,
    pub(super) problems: &'p mut Vec<Problem>,
    out: Interpreted,
    /// The kind of the element at hand, as options name what they can be set on.
    target: &'static str,
    messages: FxHashMap<&'static str, Option<Id>>,
    /// Fields by name, for messages with many.
    big: FxHashMap<Id, FxHashMap<&'a str, u32>>,
}

/// The option could not be interpreted; why is reported.
pub(super) struct Failed;

impl<'a> Interpreter<'a, '_, '_> {
    pub(super) fn fail<T>(&mut self, problem: Problem) -> Result<T, Failed> {
        self.problems.push(problem);
        Err(Failed)
    }

    /// Remembers that something of a file is needed.
    pub(super) fn uses(&mut self, id: Id) {
        self.out.used.insert(id.file);
    }

    fn options_message(&mut self, name: &'static str) -> Option<Id> {
        let symbols = self.context.symbols;
        *self.messages.entry(name).or_insert_with(|| {
            match symbols.absolute(&format!("google.protobuf.{name}")) {
                Some(Symbol::Message(id)) => Some(id),
                _ => None,
            }
        })
    }

    fn element(&mut self, kind: &'static str, scope: Scope, options: &'a [Opt<'_>]) {
        let Some(first) = options.first() else { return };
        if self.problems.len() >= MAX_PROBLEMS {
            return;
        }
        let Some(message) = self.options_message(kind) else {
            self.problems.push(Problem::new(
                first.name_span,
                format!("`google.protobuf.{kind}` is not defined, so no option can be set"),
            ));
            return;
        };
        self.uses(message);
        self.target = match kind {
            "FileOptions" => "TARGET_TYPE_FILE",
            "ExtensionRangeOptions" => "TARGET_TYPE_EXTENSION_RANGE",
            "MessageOptions" => "TARGET_TYPE_MESSAGE",
            "FieldOptions" => "TARGET_TYPE_FIELD",
            "OneofOptions" => "TARGET_TYPE_ONEOF",
            "EnumOptions" => "TARGET_TYPE_ENUM",
            "EnumValueOptions" => "TARGET_TYPE_ENUM_ENTRY",
            "ServiceOptions" => "TARGET_TYPE_SERVICE",
            _ => "TARGET_TYPE_METHOD",
        };
        let before = self.problems.len();
        let mut tree = Tree::default();
        for option in options {
            if self.problems.len() >= MAX_PROBLEMS {
                return;
            }
            if let Ok(fate) = self.option(&mut tree, message, scope, option) {
                self.out.fates[option.id as usize] = fate;
            }
        }
        if self.problems.len() == before {
            for option in options.iter().filter(|o| o.name.len() > 1) {
                // Messages that are set field by field are only whole now.
                let _ = self.required_on_the_way(&mut tree, message, scope, option);
            }
        }
        let mut bytes = Vec::new();
        tree.encode(&mut bytes);
        bytes.shrink_to_fit();
        if bytes.is_empty() {
            for option in options {
                self.out.fates[option.id as usize] = Fate::Emptied;
            }
        }
        self.out.bytes[first.id as usize] = bytes;
    }

    fn option(
        &mut self,
        tree: &mut Tree,
        message: Id,
        scope: Scope,
        option: &'a Opt<'_>,
    ) -> Result<Fate, Failed> {
        let first = &option.name[0];
        if !first.extension && first.name == "uninterpreted_option" {
            return self.fail(Problem::new(option.name_span, "`uninterpreted_option` cannot be set"));
        }
        if !first.extension && first.name == "features" {
            return self.fail(
                Problem::new(option.name_span, "`features` can only be set in files that declare an edition")
                    .hint("start the file with `edition = \"2023\";`"),
            );
        }
        if option.name.len() > aggregate::MAX_DEPTH as usize {
            let message = format!("the name has too many parts: {} at most", aggregate::MAX_DEPTH);
            return self.fail(Problem::new(option.name_span, message));
        }
        // First where the option is, then its value: nothing may be left half set.
        let mut within = message;
        let mut steps: Vec<(Id, i32, Shape)> = Vec::with_capacity(option.name.len());
        for (i, part) in option.name.iter().enumerate() {
            let last = i + 1 == option.name.len();
            let id = if part.extension {
                self.extension(scope, within, &part.name, part.span)?
            } else {
                match self.field(within, &part.name) {
                    Some(id) => id,
                    None => {
                        let problem = self.no_such_field(within, &part.name, part.span, i == 0);
                        return self.fail(problem);
                    }
                }
            };
            self.check_target(id, part.span)?;
            let field = &self.context.units[id.file as usize].ast.fields[id.index as usize];
            let shape = Shape::of(self.context, id);
            steps.push((id, field.number, shape));
            if !last {
                match self.context.types.field(id) {
                    Ref::Message(_) if field.label == Label::Repeated => {
                        let message = format!(
                            "`{}` is a repeated message: its values are written as a whole, in braces",
                            part.name
                        );
                        return self.fail(Problem::new(part.span, message));
                    }
                    Ref::Message(id) => within = id,
                    Ref::Missing => return Err(Failed),
                    Ref::Scalar | Ref::Enum(_) => {
                        let message = format!("`{}` is not a message: it has no fields to set", part.name);
                        return self.fail(Problem::new(part.span, message));
                    }
                }
            }
        }
        let (&(leaf, number, shape), way) = steps.split_last().expect("an option has a name");
        let mut target = tree;
        for &(_, number, shape) in way {
            target = target.message(number, shape);
        }
        if !shape.repeated && target.has(number) {
            return self.fail(Problem::new(option.name_span, "this option is already set"));
        }
        let value = self.value(leaf, shape, option)?;
        let index = target.count(number);
        target.push(number, shape, value);
        if steps.iter().any(|(_, _, s)| s.source_only) {
            return Ok(Fate::LeftOut);
        }
        let mut path: Vec<i32> = steps.iter().map(|s| s.1).collect();
        if shape.repeated {
            path.push(index as i32);
        }
        Ok(Fate::At(path.into()))
    }

    /// An option may say what it can be set on.
    pub(super) fn check_target(&mut self, id: Id, span: Span) -> Result<(), Failed> {
        let field = &self.context.units[id.file as usize].ast.fields[id.index as usize];
        let mut targets = words(&field.options, "targets").peekable();
        if targets.peek().is_none() || targets.any(|t| t == self.target) {
            return Ok(());
        }
        let thing = |target: &str| {
            let word = target.strip_prefix("TARGET_TYPE_").unwrap_or(target);
            word.to_ascii_lowercase().replace("enum_entry", "enum value").replace('_', " ")
        };
        let allowed: Vec<String> = words(&field.options, "targets").map(thing).collect();
        self.fail(
            Problem::new(span, format!("`{}` cannot be set on this: {}", field.name, thing(self.target)))
                .hint(format!("it is for: {}", allowed.join(", "))),
        )
    }

    /// Required fields of a message are set.
    pub(super) fn required(&mut self, message: Id, tree: &Tree, span: Span) -> Result<(), Failed> {
        let ast = &self.context.units[message.file as usize].ast;
        for &index in &ast.messages[message.index as usize].fields {
            let field = &ast.fields[index as usize];
            if field.label == Label::Required && !tree.has(field.number) {
                let name = message_name(self.context, message);
                let message = format!("`{name}` needs its field `{}`", field.name);
                return self.fail(Problem::new(span, message));
            }
        }
        Ok(())
    }

    fn required_on_the_way(
        &mut self,
        mut tree: &mut Tree,
        mut message: Id,
        scope: Scope,
        option: &'a Opt<'_>,
    ) -> Result<(), Failed> {
        for part in &option.name[..option.name.len() - 1] {
            let id = if part.extension {
                self.extension(scope, message, &part.name, part.span)?
            } else {
                self.field(message, &part.name).ok_or(Failed)?
            };
            let Ref::Message(of) = self.context.types.field(id) else { return Err(Failed) };
            let number = self.context.units[id.file as usize].ast.fields[id.index as usize].number;
            tree = tree.message(number, Shape::of(self.context, id));
            message = of;
            self.required(message, tree, option.name_span)?;
        }
        Ok(())
    }

    fn extension(&mut self, scope: Scope, of: Id, name: &str, span: Span) -> Result<Id, Failed> {
        let context = self.context;
        match context.symbols.resolve(self.file, scope, name, false) {
            Ok(Symbol::Extension(id)) => {
                match context.types.files[id.file as usize].extendees.get(&id.index) {
                    Some(extendee) if *extendee == of => {
                        self.uses(id);
                        Ok(id)
                    }
                    Some(extendee) => {
                        let message = format!(
                            "`{name}` extends `{}` and cannot be set in `{}`",
                            message_name(context, *extendee),
                            message_name(context, of)
                        );
                        self.fail(Problem::new(span, message))
                    }
                    None => Err(Failed),
                }
            }
            Ok(other) => {
                let message = format!("`{name}` is {}, not an extension", other.word());
                self.fail(Problem::new(span, message))
            }
            Err(miss) => {
                let follows = !matches!(miss, Miss::Hidden(symbol) if !matches!(symbol, Symbol::Package(..)));
                if follows && context.types.tainted.contains(&self.file) {
                    return Err(Failed);
                }
                let problem = missing(context.units, name, span, &miss, "option");
                let problem = match miss {
                    Miss::Unknown => problem.hint("is the file that defines it imported?"),
                    _ => problem,
                };
                self.fail(problem)
            }
        }
    }

    /// The field of a message by name.
    pub(super) fn field(&mut self, message: Id, name: &str) -> Option<Id> {
        let file = message.file;
        let ast = &self.context.units[file as usize].ast;
        let fields = &ast.messages[message.index as usize].fields;
        let index = if fields.len() > 64 {
            let map = self
                .big
                .entry(message)
                .or_insert_with(|| fields.iter().map(|&f| (&*ast.fields[f as usize].name, f)).collect());
            map.get(name).copied()
        } else {
            fields.iter().copied().find(|&f| ast.fields[f as usize].name == name)
        };
        index.map(|index| Id { file, index })
    }

    pub(super) fn no_such_field(&self, message: Id, name: &str, span: Span, option: bool) -> Problem {
        let ast = &self.context.units[message.file as usize].ast;
        let full = message_name(self.context, message);
        let problem = Problem::new(
            span,
            if option {
                format!("option `{name}` does not exist")
            } else {
                format!("`{full}` has no field `{name}`")
            },
        );
        let names = ast.messages[message.index as usize].fields.iter();
        match likest(name, names.map(|&f| &*ast.fields[f as usize].name)) {
            Some(candidate) => problem.hint(format!("did you mean `{candidate}`?")),
            None if option => problem.hint("custom options are written in parentheses"),
            None => problem,
        }
    }

    fn value(&mut self, id: Id, shape: Shape, option: &'a Opt<'_>) -> Result<Val, Failed> {
        let span = option.value_span;
        let wrong = |what: &str| Problem::new(span, format!("the value of this option must be {what}"));
        let value = &option.value;
        match shape.ty {
            Type::Message | Type::Group => match (value, self.context.types.field(id)) {
                (Value::Aggregate(inner), Ref::Message(message)) => {
                    aggregate::parse(self, message, *inner).map(Val::Message)
                }
                (_, Ref::Missing) => Err(Failed),
                _ => {
                    let problem = wrong("a message: `{ field: value }`")
                        .hint("or set one field of it with `option.field = value`");
                    self.fail(problem)
                }
            },
            Type::Enum => match (value, self.context.types.field(id)) {
                (Value::Ident(name), Ref::Enum(of)) => match self.enum_value(of, name) {
                    Some(number) => Ok(Val::Varint(i64::from(number) as u64)),
                    None => {
                        let problem = self.no_such_value(of, name, span);
                        self.fail(problem)
                    }
                },
                (_, Ref::Missing) => Err(Failed),
                _ => self.fail(wrong("the name of an enum value")),
            },
            Type::Bool => match value {
                Value::Ident(word @ ("true" | "false")) => Ok(Val::Varint(u64::from(*word == "true"))),
                _ => self.fail(wrong("`true` or `false`")),
            },
            Type::String | Type::Bytes => match value {
                Value::Bytes(bytes) => {
                    if shape.ty == Type::String && std::str::from_utf8(bytes).is_err() {
                        return self.fail(wrong("valid UTF-8"));
                    }
                    Ok(Val::Bytes(bytes.clone()))
                }
                _ => self.fail(wrong("a string in quotes")),
            },
            Type::Float | Type::Double => {
                let number = match value {
                    Value::Float(n) => *n,
                    Value::Positive(n) => *n as f64,
                    Value::Negative(n) => *n as f64,
                    Value::Ident("inf") => f64::INFINITY,
                    Value::Ident("nan") => f64::NAN,
                    _ => return self.fail(wrong("a number")),
                };
                Ok(float(shape.ty, number))
            }
            ty => {
                let number = match value {
                    Value::Positive(n) => i128::from(*n),
                    Value::Negative(n) => i128::from(*n),
                    _ => return self.fail(wrong("a whole number")),
                };
                match integer(ty, number) {
                    Some(value) => Ok(value),
                    None => {
                        let (min, max) = bounds(ty);
                        self.fail(wrong(&format!("between {min} and {max} ({})", ty.word())))
                    }
                }
            }
        }
    }

    pub(super) fn enum_value(&self, of: Id, name: &str) -> Option<i32> {
        let enum_ = &self.context.units[of.file as usize].ast.enums[of.index as usize];
        self.context.symbols.enum_value(enum_, of, name).map(|index| enum_.values[index as usize].number)
    }

    pub(super) fn no_such_value(&self, of: Id, name: &str, span: Span) -> Problem {
        let enum_ = &self.context.units[of.file as usize].ast.enums[of.index as usize];
        let problem = Problem::new(span, format!("enum `{}` has no value `{name}`", enum_.name));
        match likest(name, enum_.values.iter().map(|v| v.name)) {
            Some(candidate) => problem.hint(format!("did you mean `{candidate}`?")),
            None => problem,
        }
    }
}

pub(super) fn message_name(context: &Context<'_, '_>, id: Id) -> String {
    let mut name = String::new();
    write_message_name(context.units, id, &mut name);
    name
}

/// The wire value of a float or double.
pub(super) fn float(ty: Type, number: f64) -> Val {
    match ty {
        Type::Float => Val::Fixed32((number as f32).to_bits()),
        _ => Val::Fixed64(number.to_bits()),
    }
}

/// The smallest and largest value of an integer type.
pub(super) fn bounds(ty: Type) -> (i128, i128) {
    match ty {
        Type::Int32 | Type::Sint32 | Type::Sfixed32 => (i32::MIN.into(), i32::MAX.into()),
        Type::Uint32 | Type::Fixed32 => (0, u32::MAX.into()),
        Type::Uint64 | Type::Fixed64 => (0, u64::MAX.into()),
        _ => (i64::MIN.into(), i64::MAX.into()),
    }
}

/// The wire value of an integer, if the type can hold it.
pub(super) fn integer(ty: Type, number: i128) -> Option<Val> {
    let (min, max) = bounds(ty);
    if number < min || number > max {
        return None;
    }
    let bits = number as u64;
    Some(match ty {
        Type::Sint32 | Type::Sint64 => {
            let n = number as i64;
            Val::Varint(((n << 1) ^ (n >> 63)) as u64)
        }
        Type::Fixed32 | Type::Sfixed32 => Val::Fixed32(bits as u32),
        Type::Fixed64 | Type::Sfixed64 => Val::Fixed64(bits),
        _ => Val::Varint(bits),
    })
}
