//! Values that a field may hold, to hold against rules.

use super::numbers::Type;
use super::text::show;

/// What kind of values a field, an item, a key or a value of a map has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Number(Type),
    /// The numbers that an enum lists, and whether there are no others.
    Enum(Vec<i32>, bool),
    Text {
        binary: bool,
    },
    List(Box<Shape>),
    Map(Box<Shape>, Box<Shape>),
    /// Messages, whose insides have rules of their own.
    Message,
}

impl Shape {
    /// Zero, or what is empty; messages have none.
    pub(super) fn zero(&self) -> Option<Datum> {
        Some(match self {
            Shape::Number(of) => Datum::Number(*of, 0),
            Shape::Enum(..) => Datum::Number(Type::Enum, 0),
            Shape::Text { binary } => Datum::Text(Vec::new(), *binary),
            Shape::List(_) => Datum::List(Vec::new()),
            Shape::Map(..) => Datum::Map(Vec::new()),
            Shape::Message => return None,
        })
    }
}

/// One value. Numbers are points on the scale of their type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Datum {
    Number(Type, i128),
    /// Text, or bytes.
    Text(Vec<u8>, bool),
    List(Vec<Datum>),
    Map(Vec<(Datum, Datum)>),
}

impl Datum {
    pub(super) fn is_zero(&self) -> bool {
        match self {
            Datum::Number(_, point) => *point == 0,
            Datum::Text(text, _) => text.is_empty(),
            Datum::List(items) => items.is_empty(),
            Datum::Map(pairs) => pairs.is_empty(),
        }
    }

    /// How many items or pairs the longest list or map in it has.
    pub(super) fn items(&self) -> usize {
        match self {
            Datum::Number(..) | Datum::Text(..) => 0,
            Datum::List(items) => items.iter().map(Datum::items).fold(items.len(), usize::max),
            Datum::Map(pairs) => pairs.iter().map(|(_, value)| value.items()).fold(pairs.len(), usize::max),
        }
    }

    /// How much there is of it: bytes, items, pairs.
    pub(super) fn size(&self) -> usize {
        match self {
            Datum::Number(..) => 1,
            Datum::Text(text, _) => text.len() + 1,
            Datum::List(items) => 1 + items.iter().map(Datum::size).sum::<usize>(),
            Datum::Map(pairs) => 1 + pairs.iter().map(|(k, v)| k.size() + v.size()).sum::<usize>(),
        }
    }

    /// For a sentence.
    pub(super) fn show(&self) -> String {
        match self {
            Datum::Number(of, point) => of.show(*point),
            Datum::Text(text, _) if text.is_empty() => "an empty value".to_owned(),
            Datum::Text(text, _) => show(text),
            Datum::List(items) => match items.as_slice() {
                [one] => format!("a list of {}", one.show()),
                [first, .., last] => {
                    format!("a list of {} items from {} to {}", items.len(), first.show(), last.show())
                }
                [] => "an empty list".to_owned(),
            },
            Datum::Map(pairs) => match pairs.as_slice() {
                [(key, value)] => format!("a map of {} to {}", key.show(), value.show()),
                pairs => format!("a map of {} pairs", pairs.len()),
            },
        }
    }
}
