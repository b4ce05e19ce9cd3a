//! Rules about numbers, and about what is counted in them: enum values, durations, points in time.

use buffa::UnknownFieldData as Data;

use super::Narrowing;
use super::set::Set;
use crate::verdict::raw::Raw;

/// The number of a type's rules in `FieldRules` tells the type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Float,
    Double,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Bool,
    Enum,
    Duration,
    Timestamp,
}

/// Beyond the key of every number; only what no rule restricts holds it.
const NAN: i128 = i64::MAX as i128 + 1;

impl Type {
    pub(super) const ALL: [(u32, Type); 16] = [
        (1, Type::Float),
        (2, Type::Double),
        (3, Type::Int32),
        (4, Type::Int64),
        (5, Type::Uint32),
        (6, Type::Uint64),
        (7, Type::Sint32),
        (8, Type::Sint64),
        (9, Type::Fixed32),
        (10, Type::Fixed64),
        (11, Type::Sfixed32),
        (12, Type::Sfixed64),
        (13, Type::Bool),
        (16, Type::Enum),
        (21, Type::Duration),
        (22, Type::Timestamp),
    ];

    pub(super) fn is_float(self) -> bool {
        matches!(self, Type::Float | Type::Double)
    }

    /// Types whose numbers are on one scale.
    fn scale(self) -> u8 {
        match self {
            Type::Float => 1,
            Type::Double => 2,
            Type::Duration | Type::Timestamp => 3,
            _ => 0,
        }
    }

    pub(super) fn all(self) -> Set {
        match self {
            Type::Float | Type::Double => self.numbers().union(&Set::points([NAN])),
            Type::Int32 | Type::Sint32 | Type::Sfixed32 | Type::Enum => {
                Set::range(i32::MIN.into(), i32::MAX.into())
            }
            Type::Int64 | Type::Sint64 | Type::Sfixed64 => Set::range(i64::MIN.into(), i64::MAX.into()),
            Type::Uint32 | Type::Fixed32 => Set::range(0, u32::MAX.into()),
            Type::Uint64 | Type::Fixed64 => Set::range(0, u64::MAX.into()),
            Type::Bool => Set::range(0, 1),
            // Wider than what the types hold, on both sides of a comparison.
            Type::Duration | Type::Timestamp => {
                Set::range(i128::from(i64::MIN) << 32, i128::from(i64::MAX) << 32)
            }
        }
    }

    /// Everything that is above or below something.
    pub(super) fn numbers(self) -> Set {
        match self {
            Type::Float => Set::range(-key32(f32::INFINITY), key32(f32::INFINITY)),
            Type::Double => Set::range(-key64(f64::INFINITY), key64(f64::INFINITY)),
            _ => self.all(),
        }
    }

    fn finite(self) -> Set {
        match self {
            Type::Float => Set::range(-key32(f32::MAX), key32(f32::MAX)),
            Type::Double => Set::range(-key64(f64::MAX), key64(f64::MAX)),
            _ => self.all(),
        }
    }

    /// The values of one occurrence of a field; a list may be packed.
    fn read(self, data: &Data) -> Vec<i128> {
        match (self, data) {
            (Type::Duration | Type::Timestamp, Data::LengthDelimited(bytes)) => {
                vec![nanos(&Raw::decode(bytes))]
            }
            (_, Data::Varint(n)) => vec![self.of_varint(*n)],
            (_, Data::Fixed32(n)) => vec![self.of_bits32(*n)],
            (_, Data::Fixed64(n)) => vec![self.of_bits64(*n)],
            (Type::Float | Type::Fixed32 | Type::Sfixed32, Data::LengthDelimited(bytes)) => {
                bytes.as_chunks().0.iter().map(|c| self.of_bits32(u32::from_le_bytes(*c))).collect()
            }
            (Type::Double | Type::Fixed64 | Type::Sfixed64, Data::LengthDelimited(bytes)) => {
                bytes.as_chunks().0.iter().map(|c| self.of_bits64(u64::from_le_bytes(*c))).collect()
            }
            (_, Data::LengthDelimited(bytes)) => {
                let (mut rest, mut list) = (bytes.as_slice(), Vec::new());
                while let (false, Ok(n)) = (rest.is_empty(), buffa::encoding::decode_varint(&mut rest)) {
                    list.push(self.of_varint(n));
                }
                list
            }
            (_, Data::Group(_)) => Vec::new(),
        }
    }

    #[expect(clippy::cast_possible_wrap, reason = "the encoding of negative numbers")]
    fn of_varint(self, n: u64) -> i128 {
        match self {
            Type::Sint32 | Type::Sint64 => ((n >> 1) as i64 ^ -((n & 1) as i64)).into(),
            Type::Uint32 | Type::Uint64 | Type::Bool => n.into(),
            _ => (n as i64).into(),
        }
    }

    #[expect(clippy::cast_possible_wrap, reason = "the encoding of negative numbers")]
    fn of_bits32(self, bits: u32) -> i128 {
        match self {
            Type::Float => key32(f32::from_bits(bits)),
            Type::Sfixed32 => (bits as i32).into(),
            _ => bits.into(),
        }
    }

    #[expect(clippy::cast_possible_wrap, reason = "the encoding of negative numbers")]
    fn of_bits64(self, bits: u64) -> i128 {
        match self {
            Type::Double => key64(f64::from_bits(bits)),
            Type::Sfixed64 => (bits as i64).into(),
            _ => bits.into(),
        }
    }

    /// The number of 32 bits at a point.
    fn single(self, point: i128) -> f32 {
        let size = f32::from_bits(u32::try_from(point.unsigned_abs()).unwrap_or_default());
        if point < 0 { -size } else { size }
    }

    /// The floating point number at a point.
    pub(super) fn float(self, point: i128) -> f64 {
        let size = match self {
            _ if point == NAN => f64::NAN,
            Type::Float => return self.single(point).into(),
            _ => f64::from_bits(u64::try_from(point.unsigned_abs()).unwrap_or_default()),
        };
        if point < 0 { -size } else { size }
    }

    /// The point of a floating point number.
    #[expect(clippy::cast_possible_truncation, reason = "the nearest number of the type")]
    pub(super) fn point(self, number: f64) -> i128 {
        match self {
            Type::Float => key32(number as f32),
            _ => key64(number),
        }
    }

    /// The values that a message can hold: of times and durations, those that the runtimes can compute with.
    pub(super) fn valid(self) -> Set {
        let seconds = |low: i128, high: i128| Set::range(low * 1_000_000_000, high * 1_000_000_000);
        match self {
            Type::Duration => seconds(-315_576_000_000, 315_576_000_000),
            Type::Timestamp => seconds(-62_135_596_800, 253_402_300_799),
            _ => self.all(),
        }
    }

    /// A value as people write it.
    pub(super) fn show(self, point: i128) -> String {
        let number = match self {
            _ if self.is_float() && point == NAN => "NaN".to_owned(),
            Type::Float => self.single(point).to_string(),
            Type::Double => self.float(point).to_string(),
            Type::Bool => (point != 0).to_string(),
            Type::Duration | Type::Timestamp => {
                let (sign, size) = (if point < 0 { "-" } else { "" }, point.unsigned_abs());
                let fraction = format!(".{:09}", size % 1_000_000_000);
                format!(
                    "{sign}{}{}s",
                    size / 1_000_000_000,
                    fraction.trim_end_matches('0').trim_end_matches('.')
                )
            }
            _ => point.to_string(),
        };
        match self {
            Type::Timestamp => format!("a time {number} after 1970"),
            Type::Duration => format!("a duration of {number}"),
            _ => format!("the value {number}"),
        }
    }
}

/// Places floats on a scale of whole numbers without gaps: neighbours differ by one, both zeros are 0.
fn key32(value: f32) -> i128 {
    if value.is_nan() {
        return NAN;
    }
    let size = i128::from(value.abs().to_bits());
    if value < 0.0 { -size } else { size }
}

fn key64(value: f64) -> i128 {
    if value.is_nan() {
        return NAN;
    }
    let size = i128::from(value.abs().to_bits());
    if value < 0.0 { -size } else { size }
}

#[expect(clippy::cast_possible_wrap, reason = "the encoding of negative numbers")]
pub(super) fn nanos(raw: &Raw) -> i128 {
    let field = |n| i128::from(raw.varint(n).unwrap_or_default() as i64);
    field(1) * 1_000_000_000 + field(2)
}

/// The numbers that are accepted.
#[derive(Clone, Debug)]
pub(super) struct Numbers {
    pub(super) of: Type,
    pub(super) accepted: Set,
}

impl Numbers {
    pub(super) fn all(of: Type) -> Numbers {
        Numbers { of, accepted: of.all() }
    }

    /// `const` = `first`, then `lt`, `lte`, `gt`, `gte`, `in`, `not_in`.
    pub(super) fn read(of: Type, rules: &Raw, first: u32) -> Numbers {
        let list = |n: u32| rules.all(n).flat_map(|d| of.read(d)).collect::<Vec<_>>();
        let one = |n: u32| list(n).pop();
        let mut accepted = of.all();
        if let Some(only) = one(first) {
            accepted = accepted.intersect(&Set::points((only != NAN || !of.is_float()).then_some(only)));
        }
        accepted = accepted.intersect(&bounds(
            of,
            one(first + 1).map(|n| n - 1).or(one(first + 2)),
            one(first + 3).map(|n| n + 1).or(one(first + 4)),
            (one(first + 1).or(one(first + 2)), one(first + 3).or(one(first + 4))),
        ));
        Numbers { of, accepted }.listed(&list(first + 5), &list(first + 6))
    }

    /// An enum has no order, and its rules have other numbers.
    pub(super) fn read_enum(rules: &Raw, defined: Option<Vec<i32>>) -> Numbers {
        let of = Type::Enum;
        let list = |n: u32| rules.all(n).flat_map(|d| of.read(d)).collect::<Vec<_>>();
        let mut numbers = Numbers::all(of);
        if let Some(only) = list(1).pop() {
            numbers.accepted = Set::points([only]);
        }
        if let Some(defined) = defined {
            numbers.accepted = numbers.accepted.intersect(&Set::points(defined.into_iter().map(i128::from)));
        }
        numbers.listed(&list(3), &list(4))
    }

    fn listed(mut self, only: &[i128], not: &[i128]) -> Numbers {
        let known = |list: &[i128]| {
            Set::points(list.iter().copied().filter(|n| !self.of.is_float() || *n != NAN).collect::<Vec<_>>())
        };
        if !only.is_empty() {
            self.accepted = self.accepted.intersect(&known(only));
        }
        self.accepted = self.accepted.minus(&known(not));
        self
    }

    pub(super) fn finite(mut self) -> Numbers {
        self.accepted = self.accepted.intersect(&self.of.finite());
        self
    }

    pub(super) fn accepts_zero(&self) -> bool {
        self.accepted.contains(0)
    }

    /// Numbers other than zero that this accepts and the other does not.
    pub(super) fn narrowed_by(&self, new: &Numbers) -> Narrowing {
        if self.of.scale() != new.of.scale() {
            return Narrowing::Unclear("the rules are those of another type".to_owned());
        }
        let lost = self.accepted.minus(&new.accepted).minus(&Set::points([0]));
        match lost.example() {
            Some(example) => Narrowing::Refused(self.of.show(example)),
            None => Narrowing::None,
        }
    }
}

/// The numbers up to `high` and from `low`. Where the lower bound as written is above the upper one, the range is
/// what lies outside of them.
fn bounds(of: Type, high: Option<i128>, low: Option<i128>, written: (Option<i128>, Option<i128>)) -> Set {
    let numbers = of.numbers();
    let (Some(least), Some(most)) = (numbers.min(), numbers.max()) else { return numbers };
    match (high, low) {
        (None, None) => of.all(),
        (Some(high), None) => Set::range(least, high.min(most)),
        (None, Some(low)) => Set::range(low.max(least), most),
        (Some(high), Some(low)) if written.0 < written.1 => {
            Set::range(least, high).union(&Set::range(low, most))
        }
        (Some(high), Some(low)) => Set::range(low.max(least), high.min(most)),
    }
}
