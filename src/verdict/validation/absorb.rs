//! Expressions that say what a rule could say: `this > 5` is `gt: 5`, `this.startsWith('a')` a prefix. They are read as
//! such rules, so that one can be proven to let through no more than another.

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue};

use super::cel::Expression;
use super::datum::Shape;
use super::numbers::{Numbers, Type};
use super::rules::{Rules, Value};
use super::set::Set;
use super::text::{Text, Written};

impl Rules {
    /// Takes over what expressions say; one that says nothing else is gone then.
    pub(super) fn absorb(&mut self) {
        let Some(shape) = self.shape.clone() else { return };
        for clause in std::mem::take(&mut self.clauses) {
            let said = clause.read.as_ref().is_some_and(|read| self.takes(read, &shape));
            if !said {
                self.clauses.push(clause);
            }
        }
    }

    /// Whether rules say the whole of an expression now.
    fn takes(&mut self, expression: &Expression, shape: &Shape) -> bool {
        match shape {
            Shape::Number(of) => self.takes_numbers(expression, *of),
            Shape::Enum(..) => self.takes_numbers(expression, Type::Enum),
            Shape::Text { binary: false } => {
                let mut text = match &self.value {
                    Value::Free => Text::all(false),
                    Value::Text(text) if !text.binary => (**text).clone(),
                    _ => return false,
                };
                // One that is read in part stays as it is: what is taken over is true all the same.
                let all = all_of(truth(expression.tree()).unwrap_or(expression.tree()));
                let mut said = true;
                for part in all {
                    said &= text_of(part, &mut text);
                }
                self.value = Value::Text(Box::new(text));
                said
            }
            Shape::List(_) => {
                let (mut counts, mut unique, items) = match &self.value {
                    Value::Free => (Set::range(0, u64::MAX.into()), false, Box::default()),
                    Value::List(counts, unique, items) => (counts.clone(), *unique, items.clone()),
                    _ => return false,
                };
                let mut said = true;
                for part in all_of(truth(expression.tree()).unwrap_or(expression.tree())) {
                    match (sizes(part), is_method(part, "unique")) {
                        (Some(set), _) => counts = counts.intersect(&set),
                        (None, true) => unique = true,
                        (None, false) => said = false,
                    }
                }
                self.value = Value::List(counts, unique, items);
                said
            }
            _ => false,
        }
    }

    fn takes_numbers(&mut self, expression: &Expression, of: Type) -> bool {
        let numbers = match &self.value {
            Value::Free => Numbers::all(of),
            Value::Numbers(numbers) if numbers.of == of => numbers.clone(),
            _ => return false,
        };
        let Some(set) = numbers_of(expression.tree(), of) else { return false };
        self.value = Value::Numbers(Numbers { of, accepted: numbers.accepted.intersect(&set) });
        true
    }
}

/// The condition of `condition ? '' : 'what is wrong'`.
fn truth(tree: &IdedExpr) -> Option<&IdedExpr> {
    let (name, [condition, fine, wrong]) = call(tree)? else { return None };
    let is_empty = |tree: &IdedExpr| text_literal(tree).is_some_and(<[u8]>::is_empty);
    let is_not = |tree: &IdedExpr| text_literal(tree).is_some_and(|text| !text.is_empty());
    (name == "_?_:_" && is_empty(fine) && is_not(wrong)).then_some(condition)
}

/// The numbers of which an expression holds.
fn numbers_of(tree: &IdedExpr, of: Type) -> Option<Set> {
    if let Some(condition) = truth(tree) {
        return numbers_of(condition, of);
    }
    if is_this(tree) && of == Type::Bool {
        return Some(Set::points([1]));
    }
    let (name, arguments) = call(tree)?;
    match (name, arguments) {
        ("_&&_", [a, b]) => Some(numbers_of(a, of)?.intersect(&numbers_of(b, of)?)),
        ("_||_", [a, b]) => Some(numbers_of(a, of)?.union(&numbers_of(b, of)?)),
        ("!_", [a]) => Some(of.all().minus(&numbers_of(a, of)?)),
        ("@in", [this, list]) if is_this(this) => {
            let Expr::List(list) = &list.expr else { return None };
            let points = list.elements.iter().map(|element| point(element, of));
            Some(Set::points(points.collect::<Option<Vec<_>>>()?))
        }
        (name, [this, limit]) if is_this(this) => compared(name, point(limit, of)?, &of.numbers(), &of.all()),
        (name, [limit, this]) if is_this(this) => {
            compared(turned(name), point(limit, of)?, &of.numbers(), &of.all())
        }
        _ => None,
    }
}

/// The numbers that stand so to a limit; what is no number is other than it.
fn compared(name: &str, limit: i128, numbers: &Set, all: &Set) -> Option<Set> {
    let (least, most) = (numbers.min()?, numbers.max()?);
    Some(match name {
        "_<_" => Set::range(least, limit - 1).intersect(numbers),
        "_<=_" => Set::range(least, limit).intersect(numbers),
        "_>_" => Set::range(limit + 1, most).intersect(numbers),
        "_>=_" => Set::range(limit, most).intersect(numbers),
        "_==_" => Set::points([limit]).intersect(numbers),
        "_!=_" => all.minus(&Set::points([limit])),
        _ => return None,
    })
}

/// The comparison with both sides exchanged.
fn turned(name: &str) -> &str {
    match name {
        "_<_" => "_>_",
        "_<=_" => "_>=_",
        "_>_" => "_<_",
        "_>=_" => "_<=_",
        name => name,
    }
}

/// The point of a literal on the scale of a type. A number of 32 bits is compared as one of 64.
fn point(tree: &IdedExpr, of: Type) -> Option<i128> {
    if let Some(("-_", [inner])) = call(tree) {
        return point(inner, of).map(|point| -point);
    }
    let Expr::Literal(literal) = &tree.expr else { return None };
    match literal {
        LiteralValue::Int(n) if !of.is_float() => Some((*n.inner()).into()),
        LiteralValue::UInt(n) if !of.is_float() => Some((*n.inner()).into()),
        LiteralValue::Double(n) if of == Type::Double => Some(of.point(*n.inner())),
        LiteralValue::Double(n)
            if of == Type::Float && of.float(of.point(*n.inner())).to_bits() == n.inner().to_bits() =>
        {
            Some(of.point(*n.inner()))
        }
        LiteralValue::Boolean(b) if of == Type::Bool => Some(i128::from(*b.inner())),
        _ => None,
    }
}

/// What all has to hold for an expression to hold.
fn all_of(tree: &IdedExpr) -> Vec<&IdedExpr> {
    match call(tree) {
        Some(("_&&_", [a, b])) => [all_of(a), all_of(b)].concat(),
        _ => vec![tree],
    }
}

/// Lengths of which a comparison with `this.size()` holds.
fn sizes(tree: &IdedExpr) -> Option<Set> {
    let is_size = |tree: &IdedExpr| {
        is_method(tree, "size") || matches!(call(tree), Some(("size", [this])) if is_this(this))
    };
    let lengths = Set::range(0, u64::MAX.into());
    let limit = |tree| point(tree, Type::Int64);
    match call(tree)? {
        (name, [size, other]) if is_size(size) => compared(name, limit(other)?, &lengths, &lengths),
        (name, [other, size]) if is_size(size) => compared(turned(name), limit(other)?, &lengths, &lengths),
        _ => None,
    }
}

/// Takes over what one condition says of a text.
fn text_of(tree: &IdedExpr, text: &mut Text) -> bool {
    if let Some(set) = sizes(tree) {
        text.chars = text.chars.intersect(&set);
        return true;
    }
    if is_method(tree, "isEmail") {
        text.formats.push("email".to_owned());
        return true;
    }
    if is_method(tree, "isHostname") {
        text.formats.push("hostname".to_owned());
        return true;
    }
    let Expr::Call(CallExpr { func_name, target, args }) = &tree.expr else { return false };
    let parts: Vec<&IdedExpr> = target.as_deref().into_iter().chain(args).collect();
    let [this, literal] = parts.as_slice() else { return false };
    if !is_this(this) {
        return false;
    }
    if let ("@in", Expr::List(list)) = (func_name.as_str(), &literal.expr) {
        let listed: Option<Vec<Vec<u8>>> =
            list.elements.iter().map(|e| text_literal(e).map(<[u8]>::to_vec)).collect();
        return listed.is_some_and(|listed| only(text, listed));
    }
    let Some(literal) = text_literal(literal).map(<[u8]>::to_vec) else { return false };
    let part = match func_name.as_str() {
        "_==_" => return only(text, vec![literal]),
        "_!=_" => {
            text.not.push(literal);
            return true;
        }
        "matches" => {
            // As it was rewritten. A part of a text is enough here, and not always for the rule.
            let pattern = Written::read(String::from_utf8_lossy(&literal).into_owned());
            if !pattern.read.is_anchored() {
                return false;
            }
            text.patterns.push(pattern);
            return true;
        }
        "startsWith" => &mut text.prefix,
        "endsWith" => &mut text.suffix,
        "contains" => &mut text.contains,
        _ => return false,
    };
    if part.is_some() {
        return false;
    }
    *part = Some(literal);
    true
}

fn only(text: &mut Text, listed: Vec<Vec<u8>>) -> bool {
    text.only = Some(match &text.only {
        Some(known) => known.iter().filter(|t| listed.contains(t)).cloned().collect(),
        None => listed,
    });
    true
}

fn is_this(tree: &IdedExpr) -> bool {
    matches!(&tree.expr, Expr::Ident(name) if name == "this")
}

/// `this.name()`.
fn is_method(tree: &IdedExpr, name: &str) -> bool {
    let Expr::Call(CallExpr { func_name, target: Some(target), args }) = &tree.expr else { return false };
    func_name == name && args.is_empty() && is_this(target)
}

fn call(tree: &IdedExpr) -> Option<(&str, &[IdedExpr])> {
    match &tree.expr {
        Expr::Call(CallExpr { func_name, target: None, args }) => Some((func_name, args)),
        _ => None,
    }
}

fn text_literal(tree: &IdedExpr) -> Option<&[u8]> {
    match &tree.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner().as_bytes()),
        _ => None,
    }
}
