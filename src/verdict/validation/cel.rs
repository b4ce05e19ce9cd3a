//! Expressions in CEL, evaluated on single values by the crate `cel`.
//!
//! That crate asks for types when it evaluates; the runtimes ask when they compile, and refuse what does not fit. So
//! an expression is gone through first: only what has a type here, and is a function that is known to mean the same
//! everywhere, is evaluated. An expression that errs says nothing, and one that could take long is not begun.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock};

use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, LiteralValue, SelectExpr};
use cel::extractors::This;
use cel::objects::{Key, Map};
use cel::{Context, Env, ExecutionError, Program, Value};

use super::datum::{Datum, Shape};
use super::formats;
use super::numbers::Type;
use super::pattern::Pattern;

/// How long an expression may be, in bytes.
const LENGTH: usize = 1024;
/// How deep brackets and conditions may be within one another, and the tree of an expression.
const BRACKETS: usize = 12;
const DEPTH: usize = 40;
/// How many steps an evaluation may take, with lists as long as they may be.
const STEPS: u64 = 50_000;
/// How many items a value may have that is evaluated on, and how large it may be in bytes.
const ITEMS: usize = 64;
const LARGE: usize = 8192;

/// What CEL has of itself.
static LIBRARY: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));
/// What `matches` is called here: its patterns are read once, not each time.
const ASK: &str = "@matches";

/// An expression that can be asked.
#[derive(Clone, Debug)]
pub(super) struct Expression {
    tree: IdedExpr,
    /// The same, asking the patterns beside it, which are read once.
    asking: IdedExpr,
    patterns: Arc<[Pattern]>,
    /// How many steps an evaluation takes at most.
    pub(super) steps: u64,
}

/// What an expression is about.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) shape: Shape,
}

/// Types as the checkers of the runtimes have them.
#[derive(Clone, Debug, PartialEq)]
enum Ty {
    Bool,
    Int,
    Uint,
    Double,
    Text,
    Bytes,
    List(Box<Ty>),
    Map(Box<Ty>, Box<Ty>),
    /// What an empty list holds.
    Any,
}

impl Ty {
    fn of(shape: &Shape) -> Option<Ty> {
        Some(match shape {
            Shape::Number(of) => match of {
                Type::Float | Type::Double => Ty::Double,
                Type::Bool => Ty::Bool,
                Type::Uint32 | Type::Uint64 | Type::Fixed32 | Type::Fixed64 => Ty::Uint,
                Type::Duration | Type::Timestamp => return None,
                _ => Ty::Int,
            },
            Shape::Enum(..) => Ty::Int,
            Shape::Text { binary: true } => Ty::Bytes,
            Shape::Text { binary: false } => Ty::Text,
            Shape::List(of) => Ty::List(Box::new(Ty::of(of)?)),
            Shape::Map(key, value) => Ty::Map(Box::new(Ty::of(key)?), Box::new(Ty::of(value)?)),
            Shape::Message => return None,
        })
    }

    /// The type that both are.
    fn with(self, other: Ty) -> Option<Ty> {
        match (self, other) {
            (Ty::Any, ty) | (ty, Ty::Any) => Some(ty),
            (Ty::List(a), Ty::List(b)) => Some(Ty::List(Box::new(a.with(*b)?))),
            (Ty::Map(a, b), Ty::Map(c, d)) => Some(Ty::Map(Box::new(a.with(*c)?), Box::new(b.with(*d)?))),
            (a, b) => (a == b).then_some(a),
        }
    }
}

impl Expression {
    /// An expression about one value, which it calls `this`.
    pub(super) fn of_value(text: &str, shape: &Shape) -> Option<Expression> {
        Expression::checked(parse(text)?, &[Variable { name: "this".to_owned(), shape: shape.clone() }])
    }

    /// An expression about the fields of a message, `this.name`; and the names that it has.
    pub(super) fn of_message(text: &str, fields: &[Variable]) -> Option<(Expression, Vec<String>)> {
        let mut tree = parse(text)?;
        let mut named = Vec::new();
        resolve_fields(&mut tree, fields, &mut named)?;
        let of_fields = fields.iter().map(|f| Variable { name: value_name(&f.name), shape: f.shape.clone() });
        let set =
            fields.iter().map(|f| Variable { name: set_name(&f.name), shape: Shape::Number(Type::Bool) });
        Some((Expression::checked(tree, &of_fields.chain(set).collect::<Vec<_>>())?, named))
    }

    fn checked(mut tree: IdedExpr, variables: &[Variable]) -> Option<Expression> {
        let mut scope = Vec::new();
        for variable in variables {
            // What has no type here cannot be spoken of.
            scope.extend(Ty::of(&variable.shape).map(|ty| (variable.name.clone(), ty)));
        }
        let result = typed(&mut tree, &mut scope, 0)?;
        let steps = steps(&tree);
        let (mut asking, mut patterns) = (tree.clone(), Vec::new());
        ask_patterns(&mut asking, &mut patterns)?;
        let patterns = patterns.into();
        (matches!(result, Ty::Bool | Ty::Text) && steps <= STEPS).then_some(Expression {
            tree,
            asking,
            patterns,
            steps,
        })
    }

    pub(super) fn tree(&self) -> &IdedExpr {
        &self.tree
    }

    /// Whether it holds of a value.
    pub(super) fn holds(&self, this: &Datum) -> Option<bool> {
        self.evaluated([("this".to_owned(), this)])
    }

    /// Whether it holds of a message with these fields; each is absent or set.
    pub(super) fn holds_of_message(&self, fields: &[(&str, bool, Option<Datum>)]) -> Option<bool> {
        let truth = |set: bool| Datum::Number(Type::Bool, i128::from(set));
        let set: Vec<(String, Datum)> =
            fields.iter().map(|(name, set, _)| (set_name(name), truth(*set))).collect();
        let values = fields.iter().filter_map(|(name, _, value)| Some((value_name(name), value.as_ref()?)));
        self.evaluated(values.chain(set.iter().map(|(name, value)| (name.clone(), value))))
    }

    fn evaluated<'a>(&self, values: impl IntoIterator<Item = (String, &'a Datum)>) -> Option<bool> {
        let mut context = Context::with_env(Arc::clone(&LIBRARY));
        for (name, value) in values {
            if value.items() > ITEMS || value.size() > LARGE {
                return None;
            }
            // What has no value here is not spoken of: the types were looked at.
            if let Some(value) = value_of(value) {
                context.add_variable_from_value(name, value);
            }
        }
        add_functions(&mut context, &self.patterns)?;
        match catch_unwind(AssertUnwindSafe(|| context.resolve(&self.asking))).ok()?.ok()? {
            Value::Bool(holds) => Some(holds),
            // What is wrong, or nothing.
            Value::String(why) => Some(why.is_empty()),
            _ => None,
        }
    }

    /// The values that it names, to try what is around them.
    pub(super) fn literals(&self) -> Vec<Literal> {
        let mut all = Vec::new();
        literals(&self.tree, &mut all);
        all
    }
}

/// A value that an expression names.
#[derive(Clone, Debug)]
pub(super) enum Literal {
    Int(i128),
    Double(f64),
    Text(Vec<u8>),
    /// What a text is matched against.
    Pattern(String),
}

fn value_name(field: &str) -> String {
    format!("@value {field}")
}

fn set_name(field: &str) -> String {
    format!("@set {field}")
}

/// Reads an expression that is neither long nor deep: the parser has no bound of its own that a stack would keep.
fn parse(text: &str) -> Option<IdedExpr> {
    if text.len() > LENGTH {
        return None;
    }
    let (mut deep, mut deepest, mut conditions) = (0usize, 0usize, 0usize);
    for c in text.chars() {
        match c {
            '(' | '[' | '{' => deep += 1,
            ')' | ']' | '}' => deep = deep.saturating_sub(1),
            '?' => conditions += 1,
            _ => {}
        }
        deepest = deepest.max(deep);
    }
    if deepest > BRACKETS || conditions > BRACKETS {
        return None;
    }
    let read = catch_unwind(|| Program::compile(text).ok().map(|program| program.expression().clone()));
    read.ok()?
}

/// Has names of variables stand for the fields of `this`.
fn resolve_fields(tree: &mut IdedExpr, fields: &[Variable], named: &mut Vec<String>) -> Option<()> {
    let resolved = match &tree.expr {
        Expr::Select(SelectExpr { operand, field, test })
            if operand.expr == Expr::Ident("this".to_owned()) =>
        {
            fields.iter().find(|f| f.name == *field)?;
            named.push(field.clone());
            Some(Expr::Ident(if *test { set_name(field) } else { value_name(field) }))
        }
        Expr::Ident(name) if name == "this" => return None,
        Expr::Comprehension(c) if c.iter_var == "this" => return None,
        _ => None,
    };
    if let Some(resolved) = resolved {
        tree.expr = resolved;
        return Some(());
    }
    parts(&mut tree.expr)?.into_iter().try_for_each(|part| resolve_fields(part, fields, named))
}

/// The parts of an expression of the kinds that are evaluated.
fn parts(expr: &mut Expr) -> Option<Vec<&mut IdedExpr>> {
    Some(match expr {
        Expr::Call(CallExpr { target, args, .. }) => {
            target.iter_mut().map(AsMut::as_mut).chain(args.iter_mut()).collect()
        }
        Expr::Comprehension(of) => {
            let ComprehensionExpr { iter_range, accu_init, loop_cond, loop_step, result, .. } = of.as_mut();
            vec![iter_range, accu_init, loop_cond, loop_step, result]
        }
        Expr::List(list) => list.elements.iter_mut().collect(),
        Expr::Ident(_) | Expr::Literal(_) => Vec::new(),
        Expr::Select(select) => vec![&mut select.operand],
        Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => return None,
    })
}

/// Has `matches` ask for a pattern by its place in a list.
fn ask_patterns(tree: &mut IdedExpr, patterns: &mut Vec<Pattern>) -> Option<()> {
    parts(&mut tree.expr)?.into_iter().try_for_each(|part| ask_patterns(part, patterns))?;
    if let Expr::Call(call) = &mut tree.expr
        && call.func_name == "matches"
    {
        let pattern = call.args.last_mut()?;
        let Expr::Literal(LiteralValue::String(text)) = &pattern.expr else { return None };
        patterns.push(Pattern::rewritten(text.inner().to_owned()));
        let place = i64::try_from(patterns.len()).ok()? - 1;
        pattern.expr = Expr::Literal(LiteralValue::Int(place.into()));
        let target = call.target.take().map(|target| *target);
        call.args.splice(0..0, target);
        ASK.clone_into(&mut call.func_name);
    }
    Some(())
}

/// The type of an expression, if it has one. Patterns are rewritten to what the crate reads.
fn typed(tree: &mut IdedExpr, scope: &mut Vec<(String, Ty)>, depth: usize) -> Option<Ty> {
    if depth > DEPTH {
        return None;
    }
    let next = depth + 1;
    match &mut tree.expr {
        Expr::Ident(name) => scope.iter().rev().find(|(n, _)| n == name).map(|(_, ty)| ty.clone()),
        Expr::Literal(literal) => Some(match literal {
            LiteralValue::Boolean(_) => Ty::Bool,
            LiteralValue::Bytes(_) => Ty::Bytes,
            LiteralValue::Double(_) => Ty::Double,
            LiteralValue::Int(_) => Ty::Int,
            LiteralValue::String(_) => Ty::Text,
            LiteralValue::UInt(_) => Ty::Uint,
            LiteralValue::Null => return None,
        }),
        Expr::List(list) if list.optional_indices.is_empty() => {
            let mut of = Ty::Any;
            for element in &mut list.elements {
                of = of.with(typed(element, scope, next)?)?;
            }
            Some(Ty::List(Box::new(of)))
        }
        Expr::Call(call) => called(call, scope, next),
        Expr::Comprehension(of) => {
            let variable = match typed(&mut of.iter_range, scope, next)? {
                Ty::List(of) | Ty::Map(of, _) if *of != Ty::Any => *of,
                _ => return None,
            };
            if of.iter_var2.is_some() {
                return None;
            }
            let begins = typed(&mut of.accu_init, scope, next)?;
            let outside = scope.len();
            scope.push((of.accu_var.clone(), begins.clone()));
            scope.push((of.iter_var.clone(), variable));
            let step = typed(&mut of.loop_step, scope, next).and_then(|step| step.with(begins));
            let condition = typed(&mut of.loop_cond, scope, next);
            scope.truncate(outside);
            scope.push((of.accu_var.clone(), step?));
            let result = typed(&mut of.result, scope, next);
            scope.truncate(outside);
            (condition? == Ty::Bool).then_some(result?)
        }
        _ => None,
    }
}

fn called(call: &mut CallExpr, scope: &mut Vec<(String, Ty)>, depth: usize) -> Option<Ty> {
    let method = call.target.is_some();
    let mut types = Vec::new();
    for part in call.target.iter_mut().map(AsMut::as_mut).chain(call.args.iter_mut()) {
        types.push(typed(part, scope, depth)?);
    }
    if call.func_name == "matches" && types == [Ty::Text, Ty::Text] {
        // The pattern as written means something else to `regex`.
        let pattern = call.args.last_mut()?;
        let Expr::Literal(LiteralValue::String(text)) = &pattern.expr else { return None };
        let written = Pattern::of(text.inner()).written()?.to_owned();
        pattern.expr = Expr::Literal(LiteralValue::String(written.into()));
        return Some(Ty::Bool);
    }
    let number = |ty: &Ty| matches!(ty, Ty::Int | Ty::Uint | Ty::Double);
    match (call.func_name.as_str(), method, types.as_slice()) {
        ("_+_", false, [a, b]) => {
            let ty = a.clone().with(b.clone())?;
            (!matches!(ty, Ty::Bool | Ty::Map(..) | Ty::Any)).then_some(ty)
        }
        ("_-_" | "_*_" | "_/_", false, [a, b]) => (a == b && number(a)).then(|| a.clone()),
        ("_%_", false, [a, b]) => (a == b && matches!(a, Ty::Int | Ty::Uint)).then(|| a.clone()),
        ("-_", false, [a]) => matches!(a, Ty::Int | Ty::Double).then(|| a.clone()),
        ("_<_" | "_<=_" | "_>_" | "_>=_", false, [a, b]) => {
            (a == b && (number(a) || *a == Ty::Text)).then_some(Ty::Bool)
        }
        ("_==_" | "_!=_", false, [a, b]) => a.clone().with(b.clone()).map(|_| Ty::Bool),
        ("_&&_" | "_||_", false, [Ty::Bool, Ty::Bool]) => Some(Ty::Bool),
        ("!_" | "@not_strictly_false", false, [Ty::Bool]) => Some(Ty::Bool),
        ("_?_:_", false, [Ty::Bool, a, b]) => a.clone().with(b.clone()),
        ("@in", false, [a, Ty::List(of) | Ty::Map(of, _)]) => {
            a.clone().with((**of).clone()).map(|_| Ty::Bool)
        }
        ("_[_]", false, [Ty::List(of), Ty::Int]) => Some((**of).clone()),
        ("_[_]", false, [Ty::Map(key, value), a]) if **key == *a => Some((**value).clone()),
        ("size", _, [Ty::Text | Ty::Bytes | Ty::List(_) | Ty::Map(..)]) => Some(Ty::Int),
        ("startsWith" | "endsWith" | "contains", true, [Ty::Text, Ty::Text]) => Some(Ty::Bool),
        ("int", false, [Ty::Int | Ty::Uint]) => Some(Ty::Int),
        ("uint", false, [Ty::Int | Ty::Uint]) => Some(Ty::Uint),
        ("double", false, [Ty::Int | Ty::Uint | Ty::Double]) => Some(Ty::Double),
        ("string", false, [Ty::Int | Ty::Uint | Ty::Text]) => Some(Ty::Text),
        ("isEmail" | "isHostname" | "isUri" | "isUriRef" | "isIp", true, [Ty::Text]) => Some(Ty::Bool),
        ("isNan" | "isInf", true, [Ty::Double]) => Some(Ty::Bool),
        ("unique", true, [Ty::List(of)]) if matches!(**of, Ty::Bool | Ty::Int | Ty::Uint | Ty::Text) => {
            Some(Ty::Bool)
        }
        _ => None,
    }
}

/// How many steps there may be at most, as lists of values are no longer than they may be.
fn steps(tree: &IdedExpr) -> u64 {
    let all = |parts: &[IdedExpr]| parts.iter().map(steps).fold(1, u64::saturating_add);
    match &tree.expr {
        Expr::Call(call) => {
            all(&call.args).saturating_add(call.target.as_deref().map(steps).unwrap_or_default())
        }
        Expr::List(list) => all(&list.elements),
        Expr::Comprehension(of) => {
            let times = longest(&of.iter_range);
            let each = steps(&of.loop_step).saturating_add(steps(&of.loop_cond));
            let around = steps(&of.iter_range).saturating_add(steps(&of.result));
            around.saturating_add(times.saturating_mul(each))
        }
        _ => 1,
    }
}

/// How many items a list has at most.
fn longest(tree: &IdedExpr) -> u64 {
    match &tree.expr {
        Expr::List(list) => list.elements.len() as u64,
        Expr::Comprehension(of) => longest(&of.iter_range),
        Expr::Call(call) => call.args.iter().map(longest).fold(ITEMS as u64, u64::saturating_add),
        _ => ITEMS as u64,
    }
}

fn literals(tree: &IdedExpr, all: &mut Vec<Literal>) {
    match &tree.expr {
        Expr::Literal(literal) => all.extend(match literal {
            LiteralValue::Int(n) => Some(Literal::Int((*n.inner()).into())),
            LiteralValue::UInt(n) => Some(Literal::Int((*n.inner()).into())),
            LiteralValue::Double(n) => Some(Literal::Double(*n.inner())),
            LiteralValue::String(text) => Some(Literal::Text(text.inner().as_bytes().to_vec())),
            LiteralValue::Bytes(bytes) => Some(Literal::Text(bytes.inner().to_vec())),
            LiteralValue::Boolean(_) | LiteralValue::Null => None,
        }),
        Expr::Call(call) if call.func_name == "matches" => {
            if let Some(Expr::Literal(LiteralValue::String(text))) = call.args.last().map(|a| &a.expr) {
                all.push(Literal::Pattern(text.inner().to_owned()));
            }
        }
        Expr::Call(call) => {
            call.target.as_deref().into_iter().chain(&call.args).for_each(|part| literals(part, all));
        }
        Expr::List(list) => list.elements.iter().for_each(|part| literals(part, all)),
        Expr::Comprehension(of) => {
            [&of.iter_range, &of.loop_step].into_iter().for_each(|part| literals(part, all));
        }
        _ => {}
    }
}

fn value_of(value: &Datum) -> Option<Value> {
    Some(match value {
        Datum::Number(of, point) => match of {
            Type::Float | Type::Double => Value::Float(of.float(*point)),
            Type::Bool => Value::Bool(*point != 0),
            Type::Uint32 | Type::Uint64 | Type::Fixed32 | Type::Fixed64 => {
                Value::UInt(u64::try_from(*point).ok()?)
            }
            Type::Duration | Type::Timestamp => return None,
            _ => Value::Int(i64::try_from(*point).ok()?),
        },
        Datum::Text(text, true) => Value::Bytes(Arc::new(text.clone())),
        Datum::Text(text, false) => Value::String(Arc::new(String::from_utf8(text.clone()).ok()?)),
        Datum::List(items) => Value::List(Arc::new(items.iter().map(value_of).collect::<Option<_>>()?)),
        Datum::Map(pairs) => {
            let key = |key: &Datum| {
                Some(match value_of(key)? {
                    Value::Int(n) => Key::Int(n),
                    Value::UInt(n) => Key::Uint(n),
                    Value::Bool(b) => Key::Bool(b),
                    Value::String(s) => Key::String(s),
                    _ => return None,
                })
            };
            let pairs = pairs.iter().map(|(k, v)| Some((key(k)?, value_of(v)?)));
            Value::Map(Map { map: Arc::new(pairs.collect::<Option<_>>()?) })
        }
    })
}

/// What protovalidate adds to CEL.
fn add_functions(context: &mut Context<'_, '_>, patterns: &Arc<[Pattern]>) -> Option<()> {
    /// A function about which nothing is known of this argument fails, and with it the whole expression.
    fn answered(answer: Option<bool>) -> Result<bool, ExecutionError> {
        answer.ok_or_else(|| ExecutionError::function_error("format", "not looked into"))
    }
    let patterns = Arc::clone(patterns);
    let asked = move |text: Arc<String>, place: i64| {
        let pattern = usize::try_from(place).ok().and_then(|place| patterns.get(place));
        answered(pattern.and_then(|pattern| pattern.is_in(&text)))
    };
    context.add_function(ASK, asked).ok()?;
    for (name, format) in [
        ("isEmail", "email"),
        ("isHostname", "hostname"),
        ("isUri", "uri"),
        ("isUriRef", "uri_ref"),
        ("isIp", "ip"),
    ] {
        let is =
            move |This(text): This<Arc<String>>| answered(formats::is_of(format, false, text.as_bytes()));
        context.add_function(name, is).ok()?;
    }
    context.add_function("isNan", |This(n): This<f64>| n.is_nan()).ok()?;
    context.add_function("isInf", |This(n): This<f64>| n.is_infinite()).ok()?;
    let unique = |This(list): This<Arc<Vec<Value>>>| {
        list.iter().enumerate().all(|(at, value)| !list[..at].contains(value))
    };
    context.add_function("unique", unique).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(text: &str, shape: &Shape, value: &Datum) -> Option<bool> {
        Expression::of_value(text, shape)?.holds(value)
    }

    #[test]
    fn expressions_are_evaluated() {
        let text = |t: &str| (Shape::Text { binary: false }, Datum::Text(t.as_bytes().to_vec(), false));
        let number = |n| (Shape::Number(Type::Int32), Datum::Number(Type::Int32, n));
        let list = |all: &[i128]| {
            let items = all.iter().map(|n| Datum::Number(Type::Int32, *n)).collect();
            (Shape::List(Box::new(Shape::Number(Type::Int32))), Datum::List(items))
        };
        for ((shape, value), expression, wanted) in [
            (number(5), "this > 4 && this < 6", Some(true)),
            (number(5), "this in [1, 2]", Some(false)),
            (number(5), "this > 4 ? '' : 'no'", Some(true)),
            (number(3), "this > 4 ? '' : 'no'", Some(false)),
            // The runtimes' checkers refuse it, or the evaluation fails.
            (number(5), "this > 4u", None),
            (number(5), "this > 4.0", None),
            (number(0), "1 / this > 0", None),
            (number(5), "this", None),
            (number(5), "rule < this", None),
            (number(5), "this >", None),
            (text("aé"), "size(this) == 2 && this.size() == 2", Some(true)),
            (text("aé"), "this.matches('^[a-z]\\\\W$')", Some(true)),
            (text("a@b.co"), "this.isEmail()", Some(true)),
            (text("a"), "this.isEmail()", Some(false)),
            (text("a"), "this.lowerAscii() == 'a'", None),
            (text("::1%a"), "this.isIp()", None),
            (list(&[1, 2]), "this.all(x, x > 0) && this.unique()", Some(true)),
            (list(&[1, 1]), "this.unique()", Some(false)),
            (list(&[1, 2]), "this.map(x, x * 2).exists(y, y == 4)", Some(true)),
            (list(&[1, 2]), "this.exists_one(x, x > 1) && this.filter(x, x > 0).size() == 2", Some(true)),
            (list(&[1, 2]), "this[2] == 1", None),
            (list(&[1, 2]), "this[0] == 1", Some(true)),
        ] {
            assert_eq!(says(expression, &shape, &value), wanted, "{expression} {value:?}");
        }
    }

    #[test]
    fn what_could_take_long_is_not_begun() {
        let shape = Shape::Number(Type::Int32);
        let one = Datum::Number(Type::Int32, 1);
        let list = format!("[{}]", vec!["1"; 100].join(","));
        let all = format!("{list}.all(a, {list}.all(b, {list}.all(c, a == b || this == c)))");
        for expression in [
            all,
            format!("{}this > 0{}", "(".repeat(300), ")".repeat(300)),
            format!("this == 1{}", " + 1".repeat(200)),
            format!("{}this == 1", "!".repeat(900)),
            "this == 1 || ".repeat(1000),
            "a?".repeat(400),
        ] {
            let read = says(&expression, &shape, &one);
            assert!(read.is_none() || expression.starts_with('!'), "{expression}");
        }
    }

    #[test]
    fn fields_of_a_message_are_variables() {
        let fields = [Variable { name: "a".to_owned(), shape: Shape::Number(Type::Int32) }];
        let (read, named) = Expression::of_message("!has(this.a) || this.a > 2", &fields).unwrap();
        assert_eq!(named, ["a", "a"]);
        let of = |set, n| read.holds_of_message(&[("a", set, Some(Datum::Number(Type::Int32, n)))]);
        assert_eq!([of(false, 0), of(true, 1), of(true, 3)], [Some(true), Some(false), Some(true)]);
        assert!(Expression::of_message("this.b > 2", &fields).is_none());
        assert!(Expression::of_message("this == this", &fields).is_none());
    }
}
