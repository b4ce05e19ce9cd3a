//! The read-only model of one compiled contract version that everything above it uses.
//!
//! A [`Schema`] is built once from the descriptor bytes either compiler back end produced (see [`build`])
//! and never changes. Elements live in flat tables and are named by small ids, so that a change can carry
//! its elements by value. Features are resolved (presence, packed, delimited, open or closed enums, UTF-8
//! validation, JSON format) for proto2, proto3 and editions alike; options keep every custom option as
//! written. What the model is not: it does not know where the bytes came from, and it judges nothing.

mod allow;
mod build;
mod comments;
mod features;
mod kind;
mod known;
mod lookup;
mod model;
mod option_text;
pub mod options;
mod reach;
mod span;
mod tables;
mod visibility;

pub use allow::Allowance;
pub use buffa_descriptor::features::{
    EnumType, FieldPresence, JsonFormat, MessageEncoding, RepeatedFieldEncoding, ResolvedFeatures,
    Utf8Validation,
};
pub use build::BuildError;
pub use comments::Comments;
pub use features::{CppStringType, GeneratorFeatures, GoApi, GoEnumPrefix, JavaNesting, JavaUtf8};
pub use kind::{Cardinality, Kind, Label};
pub use known::Known;
pub(crate) use model::qualify;
pub use model::{
    Element, Enum, EnumId, EnumValue, EnumValueId, ExtensionRange, Field, FieldId, File, FileId, Import,
    Message, MessageId, Method, MethodId, Oneof, OneofId, Range, Service, ServiceId, Syntax,
};
pub use option_text::assignment;
pub use options::Meaning;
pub use reach::{Reach, Role, Use};
pub use span::{SourcePath, Span, SpanTable};
pub use tables::Schema;
pub use visibility::{DefaultVisibility, Keyword, Visibility};
