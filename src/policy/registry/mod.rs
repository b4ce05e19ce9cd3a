//! What schema registries refuse: their own rules, which are neither each other's nor what readers can read.
//!
//! The table is what Confluent Schema Registry 8.5 and Karapace 6.2 did when they were asked; Apicurio Registry 3.3.3 was
//! asked about more, and takes edits for something else ([`apicurio`]). What neither has nobody has tried, and is told as
//! such. A registry that keeps the other direction looks at the two sides the other way round.

mod apicurio;

use crate::compare::Comparison;
use crate::diff::{Change, Cx, Kind, NameChange, OneofChange, Structure};
use crate::findings::{RegistryAnswer, RegistryCase};
use crate::rules::describe;
use crate::schema::{Cardinality, Element, Field, Kind as Type, MessageId, OneofId, Schema};
use crate::words::{Direction, Effect, Lens, Mode, Registry};

/// A sort of edit that was tried on Confluent's registry and Karapace, going from the state that wrote to the one that
/// reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edit {
    /// Nothing that any of them minds: what is new, order, JSON keys, a field alone into a new oneof or out of one that goes.
    Harmless,
    FieldRemoved,
    FieldRemovedAndReserved,
    /// The members of a oneof went with it.
    OneofRemoved,
    /// One member went, and others are left.
    MemberRemoved,
    /// A field, or an enum value.
    Renamed,
    Renumbered,
    /// To a type with the same encoding.
    RelatedType,
    /// To a scalar with another encoding.
    OtherScalar,
    /// To another message with the same fields.
    TwinMessage,
    /// A number without presence that became a list, or the other way round.
    NumberList,
    /// A text or message that became a list, or the other way round.
    OtherList,
    /// A number with presence that became a list, or the other way round.
    OptionalList,
    /// `optional` of a number came or went.
    NumberPresence,
    SeveralIntoNewOneof,
    IntoOneof,
    OutOfOneof,
    EnumValueRemoved,
    MessageRemoved,
    PackageChanged,
    MethodRemoved,
    /// Another message with the same fields.
    MethodTwin,
    ReservationDropped,
    ReservedTaken,
}

/// Who refuses what: C for Confluent, K for Karapace.
const REFUSED: &[(Edit, &str)] = &[
    (Edit::Harmless, ""),
    (Edit::FieldRemoved, ""),
    (Edit::FieldRemovedAndReserved, ""),
    (Edit::OneofRemoved, ""),
    (Edit::MemberRemoved, "CK"),
    (Edit::Renamed, ""),
    (Edit::Renumbered, "K"),
    (Edit::RelatedType, ""),
    (Edit::OtherScalar, "CK"),
    (Edit::TwinMessage, "C"),
    (Edit::NumberList, "K"),
    (Edit::OtherList, ""),
    (Edit::OptionalList, "CK"),
    (Edit::NumberPresence, "K"),
    (Edit::SeveralIntoNewOneof, "CK"),
    (Edit::IntoOneof, "C"),
    (Edit::OutOfOneof, "K"),
    (Edit::EnumValueRemoved, ""),
    (Edit::MessageRemoved, "CK"),
    (Edit::PackageChanged, "C"),
    (Edit::MethodRemoved, ""),
    (Edit::MethodTwin, ""),
    (Edit::ReservationDropped, ""),
    (Edit::ReservedTaken, ""),
];

/// Whether a registry refuses an edit; `None` where nobody has tried it.
fn refuses(registry: Registry, change: &Change, cx: &Cx<'_>) -> Option<bool> {
    let letter = match registry {
        Registry::Apicurio => return apicurio::refuses(change, cx),
        Registry::Confluent => 'C',
        Registry::Karapace => 'K',
    };
    let edit = edit(change, cx)?;
    Some(REFUSED.iter().any(|(known, who)| *known == edit && who.contains(letter)))
}

/// Whether a registry that keeps a mode takes the new side.
pub fn registry(comparison: &Comparison<'_>, registry: Registry, mode: Mode) -> RegistryAnswer {
    let mut answer =
        RegistryAnswer { registry, mode, refused: Vec::new(), unread: Vec::new(), untried: Vec::new() };
    if mode.keeps(Direction::Backward) {
        look(comparison, None, &mut answer);
    }
    if mode.keeps(Direction::Forward) {
        let Cx { old, new } = comparison.cx();
        look(&Comparison::new(new, old), Some(comparison), &mut answer);
    }
    answer
}

/// Looks at one direction. `told` is the comparison whose words are used, where it is not the one that is looked at.
fn look(comparison: &Comparison<'_>, told: Option<&Comparison<'_>>, answer: &mut RegistryAnswer) {
    let cx = &comparison.cx();
    let direction = if told.is_some() { Direction::Forward } else { Direction::Backward };
    for (index, change) in comparison.changes().iter().enumerate() {
        let whole = matches!(change.kind, Kind::FilePackageChanged);
        if !comparison.is_own(change) || (comparison.echoes().is_echo(index) && !whole) {
            continue;
        }
        let readers = comparison.verdicts()[index].effect(Lens::Wire, Direction::Backward);
        let list = match refuses(answer.registry, change, cx) {
            Some(true) => &mut answer.refused,
            Some(false) if readers >= Effect::Corrupt => &mut answer.unread,
            Some(false) => continue,
            None => &mut answer.untried,
        };
        // In the words of what was done, and not of what it is the other way round.
        let same = told.and_then(|told| Some((twin(change, told)?, told.cx())));
        let (change, cx) = same.unwrap_or((change, *cx));
        list.push(RegistryCase {
            direction,
            change: change.id(&cx),
            symbol: change.symbol(&cx),
            message: describe(change, &cx),
            readers,
            against: Vec::new(),
        });
    }
}

/// The change that is the other one seen from the other side.
fn twin<'a>(change: &Change, told: &'a Comparison<'_>) -> Option<&'a Change> {
    let sorts = |kind: &Kind| std::mem::discriminant(kind);
    let alike = |other: &&Change| sorts(&other.kind) == sorts(&change.kind);
    let reversed = |other: &&Change| other.old == change.new && other.new == change.old;
    let touches = |other: &&Change| match (change.old, change.new) {
        (Some(old), _) => other.new == Some(old),
        (None, new) => new.is_some() && other.old == new,
    };
    let all = || told.changes().iter();
    all().filter(alike).find(reversed).or_else(|| all().find(touches))
}

/// Which edit a change is; `None` where nobody has tried it.
fn edit(change: &Change, cx: &Cx<'_>) -> Option<Edit> {
    Some(match &change.kind {
        Kind::FieldAdded { number_was_reserved: true, .. } => Edit::ReservedTaken,
        Kind::FieldAdded { .. }
        | Kind::FieldJsonNameChanged
        | Kind::MessageFieldsReordered
        | Kind::OneofAdded
        | Kind::OneofRemoved { .. }
        | Kind::ReservedRangeAdded { .. }
        | Kind::ReservedNameAdded { .. }
        | Kind::EnumValueAdded { alias: false, was_reserved: false, .. }
        | Kind::MethodAdded
        | Kind::PackageAdded { .. } => Edit::Harmless,
        Kind::FieldRemoved { renumbered: Some(_), .. } => Edit::Renumbered,
        Kind::FieldRemoved { message, number_reserved, name_reserved, .. } => {
            let field = field(cx.old, change.old)?;
            let left = field.oneof.map(|oneof| oneof_named(cx.new, *message, &cx.old.oneof(oneof).name));
            match (left, number_reserved, name_reserved) {
                (Some(Some(_)), ..) => Edit::MemberRemoved,
                (Some(None), false, false) => Edit::OneofRemoved,
                // Tried with the number reserved and the name not.
                (None, _, false) => Edit::FieldRemoved,
                (None, true, true) => Edit::FieldRemovedAndReserved,
                _ => return None,
            }
        }
        Kind::FieldNameChanged(NameChange::Renamed)
        | Kind::EnumValueNameChanged { how: NameChange::Renamed, .. } => Edit::Renamed,
        Kind::FieldTypeChanged(structure) => retyped(change, cx, *structure)?,
        Kind::FieldCardinalityChanged => recounted(change, cx)?,
        Kind::FieldOneofChanged(how) => regrouped(change, cx, *how)?,
        Kind::TypeAdded if matches!(change.new, Some(Element::Message(_))) => Edit::Harmless,
        Kind::TypeRemoved(_) | Kind::TypeRenamed(_) if matches!(change.old, Some(Element::Message(_))) => {
            Edit::MessageRemoved
        }
        Kind::FilePackageChanged => Edit::PackageChanged,
        Kind::EnumValueRemoved { number_reserved: false, names_reserved: false, .. } => {
            Edit::EnumValueRemoved
        }
        Kind::MethodRemoved => Edit::MethodRemoved,
        Kind::MethodRequestTypeChanged(Structure::Identical)
        | Kind::MethodResponseTypeChanged(Structure::Identical) => Edit::MethodTwin,
        Kind::ReservedRangeRemoved { .. } | Kind::ReservedNameRemoved { .. } => Edit::ReservationDropped,
        _ => return None,
    })
}

fn field(schema: &Schema, element: Option<Element>) -> Option<&Field> {
    match element? {
        Element::Field(id) => Some(schema.field(id)),
        _ => None,
    }
}

fn retyped(change: &Change, cx: &Cx<'_>, structure: Structure) -> Option<Edit> {
    let (old, new) = (field(cx.old, change.old)?, field(cx.new, change.new)?);
    if old.cardinality == Cardinality::Map || new.cardinality == Cardinality::Map {
        let (old, new) = (cx.old.map_entry(old)?, cx.new.map_entry(new)?);
        let [old_key, old] = [old.0, old.1].map(|id| cx.old.field(id));
        let [new_key, new] = [new.0, new.1].map(|id| cx.new.field(id));
        return if old_key.kind == new_key.kind { scalars(old.kind, new.kind) } else { None };
    }
    match (old.kind, new.kind) {
        (Type::Message, Type::Message) if structure == Structure::Identical => Some(Edit::TwinMessage),
        (old, new) => scalars(old, new),
    }
}

/// What becomes of the encoding.
fn scalars(old: Type, new: Type) -> Option<Edit> {
    let compound = |kind| matches!(kind, Type::Message | Type::Group);
    if compound(old) || compound(new) || old == new {
        return None;
    }
    let related = [
        &[Type::Int32, Type::Int64, Type::Uint32, Type::Uint64, Type::Bool, Type::Enum][..],
        &[Type::Sint32, Type::Sint64],
        &[Type::String, Type::Bytes],
        &[Type::Fixed32, Type::Sfixed32],
        &[Type::Fixed64, Type::Sfixed64],
    ];
    let alike = related.iter().any(|group| group.contains(&old) && group.contains(&new));
    Some(if alike { Edit::RelatedType } else { Edit::OtherScalar })
}

fn recounted(change: &Change, cx: &Cx<'_>) -> Option<Edit> {
    use Cardinality::{Explicit, Implicit, Repeated};
    let (old, new) = (field(cx.old, change.old)?, field(cx.new, change.new)?);
    // In a oneof everything has presence: that is told with the oneof.
    if old.oneof.is_some() != new.oneof.is_some() {
        return Some(Edit::Harmless);
    }
    let long = matches!(old.kind, Type::String | Type::Bytes | Type::Message);
    let number = !long && !matches!(old.kind, Type::Enum | Type::Group);
    Some(match (old.cardinality, new.cardinality) {
        (Implicit, Repeated) | (Repeated, Implicit) if number => Edit::NumberList,
        (Implicit, Repeated) | (Repeated, Implicit) if long => Edit::OtherList,
        (Explicit, Repeated) | (Repeated, Explicit) if old.kind == Type::Message => Edit::OtherList,
        (Explicit, Repeated) | (Repeated, Explicit) if number => Edit::OptionalList,
        (Implicit, Explicit) | (Explicit, Implicit) if number => Edit::NumberPresence,
        _ => return None,
    })
}

fn regrouped(change: &Change, cx: &Cx<'_>, how: OneofChange) -> Option<Edit> {
    let (old, new) = (field(cx.old, change.old)?, field(cx.new, change.new)?);
    Some(match how {
        OneofChange::JoinedAlone(_) => Edit::Harmless,
        OneofChange::JoinedOthers(to) => match oneof_named(cx.old, old.parent?, &cx.new.oneof(to).name) {
            Some(_) => Edit::IntoOneof,
            None => Edit::SeveralIntoNewOneof,
        },
        OneofChange::Left(from) => match oneof_named(cx.new, new.parent?, &cx.old.oneof(from).name) {
            Some(_) => Edit::OutOfOneof,
            None => Edit::Harmless,
        },
        OneofChange::Switched { .. } => return None,
    })
}

fn oneof_named(schema: &Schema, message: MessageId, name: &str) -> Option<OneofId> {
    schema.message(message).oneofs.iter().copied().find(|id| *schema.oneof(*id).name == *name)
}
