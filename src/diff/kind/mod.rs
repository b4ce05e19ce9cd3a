//! The kinds of changes. Each has an entry of facts, beside the others of its subject, and the compiler asks for it.
//!
//! What a kind does to whom is not here: every lens says that for itself.

mod enums;
mod facts;
mod fields;
mod file_option;
mod files;
mod messages;
mod methods;
mod numbers;
mod options;
mod parts;
mod types;
pub(crate) mod wording;

use std::sync::Arc;

use crate::schema::{FieldId, MessageId, OneofId, Range};

pub(in crate::diff) use enums::reserve as reserve_value;
pub(crate) use facts::{Facts, Id, Place, Shown};
pub(in crate::diff) use fields::{keep_key, reserve as reserve_field};
pub use file_option::FileOption;
pub use parts::{
    Comeback, Departure, Ever, NameChange, Notice, OneofChange, Otherwise, Past, Structure, Waits, Was,
};

/// What happened to an element. The element itself is in [`Change::old`] and [`Change::new`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file with a new import path.
    FileAdded,
    /// No file has this import path any more.
    FileRemoved,
    /// The `package` line of a file.
    FilePackageChanged,
    /// The `syntax` or `edition` of a file.
    FileSyntaxChanged,
    /// A file option that some generator reads.
    FileOptionChanged(FileOption),
    /// An import line that was not there.
    ImportAdded {
        /// The import path.
        path: Box<str>,
    },
    /// An import line that is gone, or is no longer `public`.
    ImportRemoved {
        /// The import path.
        path: Box<str>,
        /// Whether it was public: then importers of the file lose the names behind it.
        public: bool,
    },
    /// The first file of a package. `new` is that file.
    PackageAdded {
        /// The package.
        package: Box<str>,
    },
    /// No file declares this package any more. `old` is the first file by name that did.
    PackageRemoved {
        /// The package.
        package: Box<str>,
    },

    /// A message, enum, service or extension that was not there.
    TypeAdded,
    /// A message, enum, service or extension whose full name is gone, and nothing shaped like it took its
    /// place.
    TypeRemoved(Departure),
    /// A message, enum, service or extension with the same full name in another file.
    TypeMoved(Departure),
    /// A message or enum whose full name is gone while a new one of the same shape appeared (`new`).
    TypeRenamed(Departure),

    /// A field whose number was not in use.
    FieldAdded {
        /// The old message had reserved the number.
        number_was_reserved: bool,
        /// The old message had reserved the name.
        name_was_reserved: bool,
        /// What an earlier published version used the number for, as far as anybody remembers.
        published: Option<Box<Past>>,
        /// Whether number and name were ever used, where every published version is remembered.
        ever: Option<Ever>,
    },
    /// A field whose number is no longer in use.
    FieldRemoved {
        /// The message on the new side.
        message: MessageId,
        /// The new message reserves the number.
        number_reserved: bool,
        /// The new message reserves the name.
        name_reserved: bool,
        /// The same name stands at another number of the new message.
        renumbered: Option<FieldId>,
    },
    /// The name at a field number (for an extension: its full name).
    FieldNameChanged(NameChange<FieldId>),
    /// The type at a field number, or the message encoding of it.
    FieldTypeChanged(Structure),
    /// Presence, repeated, required or map.
    FieldCardinalityChanged,
    /// The `required` keyword came or went while the field stays what it was: required by feature on the
    /// other side.
    FieldRequiredRespelled {
        /// The message on the new side.
        message: MessageId,
    },
    /// The JSON key.
    FieldJsonNameChanged,
    /// The value read when the field is absent; follows the first value of a closed enum.
    FieldDefaultChanged {
        /// The old default as text.
        old: Box<str>,
        /// The new default as text.
        new: Box<str>,
    },
    /// Membership in a oneof.
    FieldOneofChanged(OneofChange),
    /// Packed to expanded or back.
    FieldPackedChanged,
    /// Whether strings are checked to be UTF-8.
    FieldUtf8ValidationChanged,
    /// The same for Java, which has a switch of its own.
    FieldJavaUtf8Changed,
    /// Whether Java takes an open enum for closed in the field.
    FieldJavaEnumTypeChanged,
    /// What C++ generates for a string.
    FieldCppStringTypeChanged,
    /// What JavaScript generates for a 64-bit number.
    FieldJsTypeChanged,

    /// A oneof that was not there.
    OneofAdded,
    /// A oneof that is gone.
    OneofRemoved {
        /// The message on the new side.
        message: MessageId,
        /// The oneof that now holds the members that are left, if one does.
        renamed: Option<OneofId>,
    },

    /// Reserved numbers that are reserved no more. Elements are the message or enum on both sides.
    ReservedRangeRemoved {
        /// The range as it was.
        range: Range,
        /// What of it is missing.
        missing: Vec<Range>,
    },
    /// A reserved name that is reserved no more.
    ReservedNameRemoved {
        /// The name.
        name: Box<str>,
    },
    /// Newly reserved numbers.
    ReservedRangeAdded {
        /// The range.
        range: Range,
    },
    /// A newly reserved name.
    ReservedNameAdded {
        /// The name.
        name: Box<str>,
    },
    /// Extension numbers that are gone.
    ExtensionRangeRemoved {
        /// The range as it was.
        range: Range,
        /// What of it is missing.
        missing: Vec<Range>,
        /// Full names of known extensions of the old side with a missing number.
        in_use: Vec<Box<str>>,
    },
    /// New extension numbers.
    ExtensionRangeAdded {
        /// The range.
        range: Range,
    },
    /// Fields that stand in another order, where a generator tells names apart by it: Go's names of some are others.
    MessageFieldsReordered,
    /// `message_set_wire_format`.
    MessageSetChanged,
    /// `no_standard_descriptor_accessor` went from false to true.
    DescriptorAccessorRemoved,
    /// The `json_format` feature of a message or enum.
    JsonFormatChanged,

    /// Open to closed or back.
    EnumClosednessChanged,
    /// A value name that was not there; `alias` when its number was.
    EnumValueAdded {
        /// Another value has the number.
        alias: bool,
        /// The old enum had reserved the number or the name.
        was_reserved: bool,
        /// What an earlier published version used the number for, as far as anybody remembers.
        published: Option<Box<Past>>,
        /// Whether number and name were ever used, where every published version is remembered.
        ever: Option<Ever>,
    },
    /// A number without any value any more. `old` is the first value that had it.
    EnumValueRemoved {
        /// All names the number had, sorted.
        names: Vec<Box<str>>,
        /// The new enum reserves the number.
        number_reserved: bool,
        /// The new enum reserves every name.
        names_reserved: bool,
    },
    /// An enum number lost a name it had, and keeps or gained others. One change for each value the number
    /// has now (`new`); `old` is the value of that name, or else the first the number had.
    EnumValueNameChanged {
        /// All names before, sorted.
        old_names: Arc<[Box<str>]>,
        /// All names after, sorted.
        new_names: Arc<[Box<str>]>,
        /// What became of the lost name.
        how: NameChange<i32>,
    },

    /// The name of an enum number that stood first is there, but stands first no more: some generators make a constant of
    /// the first one alone. `old` is the value that stood first, `new` the one of its name now.
    EnumValueFirstNameChanged,
    /// What is written in JSON for a value that keeps its name and its number.
    EnumValueJsonNameChanged,

    /// A method that was not there.
    MethodAdded,
    /// A method that is gone. `new` is the service on the new side.
    MethodRemoved,
    /// The request type.
    MethodRequestTypeChanged(Structure),
    /// The response type.
    MethodResponseTypeChanged(Structure),
    /// Whether the client streams.
    MethodClientStreamingChanged,
    /// Whether the server streams.
    MethodServerStreamingChanged,
    /// `idempotency_level`.
    MethodIdempotencyChanged,

    /// A feature that a generator of SDK packages reads: of a file, a message, an enum or an enum value, where what
    /// it stands in did not change the same way.
    GeneratorFeaturesChanged,
    /// Which types files of others may use: of a message or an enum with `export` or `local` in front or no longer, or
    /// of those of a file that say nothing themselves.
    VisibilityChanged {
        /// Full names of types that can be used no longer, by name.
        hidden: Vec<Box<str>>,
        /// Full names of those that can be used now.
        shown: Vec<Box<str>>,
    },
    /// `deprecated`, of any element.
    DeprecationChanged {
        /// Whether it is deprecated now.
        now: bool,
    },
    /// Any other option of any element, custom ones included.
    OptionChanged {
        /// The name as written: `go_package`, `(google.api.http)`.
        option: Box<str>,
        /// The old value; `None` when it was not set.
        old: Option<OptionText>,
        /// The new value; `None` when it is not set.
        new: Option<OptionText>,
    },
}

/// The value of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionText {
    /// By field numbers, whatever the schema knows: what tells changes apart.
    pub raw: Box<str>,
    /// As a person writes it, with the name: `(buf.validate.field).int32.gt = 0`.
    pub written: Box<str>,
}

/// The kinds that cannot concern a lens, as a pattern. A lens ends its match with this and never with `_`: a new kind
/// makes the compiler name every lens. Whom it does not concern is said here, what it does in the lens.
#[rustfmt::skip]
macro_rules! beside {
    // Nobody: what only adds to what may be said, and what one generator alone makes of it.
    (every) => {
        Kind::FileAdded | Kind::FileSyntaxChanged | Kind::ImportAdded { .. } | Kind::PackageAdded { .. }
        | Kind::FieldRequiredRespelled { .. } | Kind::FieldPackedChanged
        | Kind::FieldCppStringTypeChanged | Kind::FieldJsTypeChanged
        | Kind::ReservedRangeAdded { .. } | Kind::ReservedNameAdded { .. } | Kind::ExtensionRangeAdded { .. }
        | Kind::DescriptorAccessorRemoved | Kind::DeprecationChanged { .. } | Kind::GeneratorFeaturesChanged
        | Kind::MessageFieldsReordered
    };
    (wire) => {
        beside!(every) | beside!(lines) | beside!(methods)
        | Kind::TypeAdded | Kind::TypeMoved(_)
        | Kind::FieldJsonNameChanged | Kind::OneofAdded | Kind::OneofRemoved { .. } | Kind::JsonFormatChanged
        | Kind::EnumValueJsonNameChanged | Kind::EnumValueFirstNameChanged | Kind::OptionChanged { .. }
    };
    (json) => {
        beside!(every) | beside!(lines) | beside!(methods)
        | Kind::TypeMoved(_) | Kind::TypeRenamed(_)
        | Kind::FieldUtf8ValidationChanged | Kind::FieldJavaUtf8Changed
        | Kind::OneofAdded | Kind::OneofRemoved { .. }
        | Kind::ReservedRangeRemoved { .. } | Kind::ExtensionRangeRemoved { .. } | Kind::MessageSetChanged
        | Kind::EnumValueFirstNameChanged | Kind::OptionChanged { .. }
    };
    (rpc) => {
        beside!(every) | beside!(parts)
        | Kind::FileRemoved | Kind::FileOptionChanged(_) | Kind::ImportRemoved { .. }
        | Kind::VisibilityChanged { .. } | Kind::TypeMoved(_) | Kind::OptionChanged { .. }
    };
    (http) => {
        beside!(every) | beside!(files) | beside!(bytes)
        | Kind::PackageRemoved { .. } | Kind::TypeMoved(_) | Kind::MethodResponseTypeChanged(_)
        | Kind::EnumValueFirstNameChanged | Kind::EnumValueJsonNameChanged
        | Kind::MethodClientStreamingChanged | Kind::MethodServerStreamingChanged
        | Kind::MethodIdempotencyChanged
    };
    (validation) => {
        beside!(every) | beside!(files) | beside!(methods)
        | Kind::PackageRemoved { .. }
        | Kind::TypeAdded | Kind::TypeRemoved(_) | Kind::TypeMoved(_) | Kind::TypeRenamed(_)
        | Kind::FieldNameChanged(_) | Kind::FieldJsonNameChanged | Kind::FieldDefaultChanged { .. }
        | Kind::FieldOneofChanged(_) | Kind::FieldUtf8ValidationChanged | Kind::FieldJavaUtf8Changed
        | Kind::FieldJavaEnumTypeChanged
        | Kind::ReservedRangeRemoved { .. } | Kind::ReservedNameRemoved { .. }
        | Kind::ExtensionRangeRemoved { .. } | Kind::MessageSetChanged | Kind::JsonFormatChanged
        | Kind::EnumClosednessChanged | Kind::EnumValueNameChanged { .. } | Kind::EnumValueFirstNameChanged
        | Kind::EnumValueJsonNameChanged
    };
    (source) => {
        beside!(every)
        | Kind::TypeAdded
        | Kind::FieldJsonNameChanged | Kind::FieldDefaultChanged { .. } | Kind::EnumValueJsonNameChanged
        | Kind::FieldUtf8ValidationChanged | Kind::FieldJavaUtf8Changed
        | Kind::ReservedRangeRemoved { .. } | Kind::ReservedNameRemoved { .. }
        | Kind::ExtensionRangeRemoved { .. } | Kind::MessageSetChanged | Kind::JsonFormatChanged
        | Kind::MethodIdempotencyChanged | Kind::OptionChanged { .. }
    };

    // Parts of the lists above.
    (files) => { Kind::FileRemoved | beside!(lines) };
    // Single lines of a file.
    (lines) => {
        Kind::FilePackageChanged | Kind::FileOptionChanged(_) | Kind::ImportRemoved { .. }
        | Kind::VisibilityChanged { .. }
    };
    (methods) => {
        Kind::MethodAdded | Kind::MethodRemoved
        | Kind::MethodRequestTypeChanged(_) | Kind::MethodResponseTypeChanged(_)
        | Kind::MethodClientStreamingChanged | Kind::MethodServerStreamingChanged
        | Kind::MethodIdempotencyChanged
    };
    // What is in messages and enums, with data to show for it.
    (parts) => {
        Kind::FieldAdded { .. } | Kind::FieldRemoved { .. } | Kind::FieldNameChanged(_)
        | Kind::FieldTypeChanged(_) | Kind::FieldCardinalityChanged | Kind::FieldJsonNameChanged
        | Kind::FieldOneofChanged(_) | beside!(bytes)
        | Kind::EnumValueAdded { .. } | Kind::EnumValueRemoved { .. } | Kind::EnumValueNameChanged { .. }
        | Kind::EnumValueFirstNameChanged | Kind::EnumValueJsonNameChanged
    };
    // What no text shows.
    (bytes) => {
        Kind::FieldDefaultChanged { .. }
        | Kind::FieldUtf8ValidationChanged | Kind::FieldJavaUtf8Changed | Kind::FieldJavaEnumTypeChanged
        | Kind::OneofAdded | Kind::OneofRemoved { .. }
        | Kind::ReservedRangeRemoved { .. } | Kind::ReservedNameRemoved { .. }
        | Kind::ExtensionRangeRemoved { .. } | Kind::MessageSetChanged | Kind::JsonFormatChanged
        | Kind::EnumClosednessChanged
    };
}
pub(crate) use beside;

impl Kind {
    /// What is to know about the kind.
    pub(crate) fn facts(&self) -> &'static Facts {
        match self {
            Kind::FileAdded => &files::ADDED,
            Kind::FileRemoved => &files::REMOVED,
            Kind::FilePackageChanged => &files::PACKAGE_CHANGED,
            Kind::FileSyntaxChanged => &files::SYNTAX_CHANGED,
            Kind::FileOptionChanged(_) => &files::OPTION_CHANGED,
            Kind::ImportAdded { .. } => &files::IMPORT_ADDED,
            Kind::ImportRemoved { public: false, .. } => &files::IMPORT_REMOVED,
            Kind::ImportRemoved { public: true, .. } => &files::PUBLIC_IMPORT_REMOVED,
            Kind::PackageAdded { .. } => &files::PACKAGE_ADDED,
            Kind::PackageRemoved { .. } => &files::PACKAGE_REMOVED,

            Kind::TypeAdded => &types::ADDED,
            Kind::TypeRemoved(_) => &types::REMOVED,
            Kind::TypeMoved(_) => &types::MOVED,
            Kind::TypeRenamed(_) => &types::RENAMED,

            Kind::FieldAdded { .. } => &fields::ADDED,
            Kind::FieldRemoved { renumbered: None, .. } => &fields::REMOVED,
            Kind::FieldRemoved { renumbered: Some(_), .. } => &fields::RENUMBERED,
            Kind::FieldNameChanged(NameChange::Renamed) => &fields::RENAMED,
            Kind::FieldNameChanged(NameChange::Swapped(_)) => &fields::SWAPPED,
            Kind::FieldNameChanged(NameChange::Reused { .. }) => &fields::NUMBER_REUSED,
            Kind::FieldTypeChanged(_) => &fields::TYPE_CHANGED,
            Kind::FieldCardinalityChanged => &fields::CARDINALITY_CHANGED,
            Kind::FieldRequiredRespelled { .. } => &fields::REQUIRED_RESPELLED,
            Kind::FieldJsonNameChanged => &fields::JSON_NAME_CHANGED,
            Kind::FieldDefaultChanged { .. } => &fields::DEFAULT_CHANGED,
            Kind::FieldOneofChanged(_) => &fields::ONEOF_CHANGED,
            Kind::FieldPackedChanged => &fields::PACKED_CHANGED,
            Kind::FieldUtf8ValidationChanged => &fields::UTF8_VALIDATION_CHANGED,
            Kind::FieldJavaUtf8Changed => &fields::JAVA_UTF8_CHANGED,
            Kind::FieldJavaEnumTypeChanged => &fields::JAVA_ENUM_TYPE_CHANGED,
            Kind::FieldCppStringTypeChanged => &fields::CPP_STRING_TYPE_CHANGED,
            Kind::FieldJsTypeChanged => &fields::JS_TYPE_CHANGED,

            Kind::OneofAdded => &messages::ONEOF_ADDED,
            Kind::OneofRemoved { renamed: None, .. } => &messages::ONEOF_REMOVED,
            Kind::OneofRemoved { renamed: Some(_), .. } => &messages::ONEOF_RENAMED,
            Kind::ReservedRangeRemoved { .. } => &messages::RESERVED_RANGE_REMOVED,
            Kind::ReservedNameRemoved { .. } => &messages::RESERVED_NAME_REMOVED,
            Kind::ReservedRangeAdded { .. } => &messages::RESERVED_RANGE_ADDED,
            Kind::ReservedNameAdded { .. } => &messages::RESERVED_NAME_ADDED,
            Kind::ExtensionRangeRemoved { .. } => &messages::EXTENSION_RANGE_REMOVED,
            Kind::ExtensionRangeAdded { .. } => &messages::EXTENSION_RANGE_ADDED,
            Kind::MessageSetChanged => &messages::MESSAGE_SET_CHANGED,
            Kind::DescriptorAccessorRemoved => &messages::DESCRIPTOR_ACCESSOR_REMOVED,
            Kind::JsonFormatChanged => &messages::JSON_FORMAT_CHANGED,

            Kind::EnumClosednessChanged => &enums::CLOSEDNESS_CHANGED,
            Kind::EnumValueAdded { alias: false, .. } => &enums::VALUE_ADDED,
            Kind::EnumValueAdded { alias: true, .. } => &enums::ALIAS_ADDED,
            Kind::EnumValueRemoved { .. } => &enums::VALUE_REMOVED,
            Kind::EnumValueNameChanged { how: NameChange::Renamed, .. } => &enums::VALUE_RENAMED,
            Kind::EnumValueNameChanged { how: NameChange::Swapped(_), .. } => &enums::VALUE_SWAPPED,
            Kind::EnumValueNameChanged { how: NameChange::Reused { .. }, .. } => &enums::VALUE_NUMBER_REUSED,

            Kind::EnumValueFirstNameChanged => &enums::VALUE_FIRST_NAME_CHANGED,

            Kind::MethodAdded => &methods::ADDED,
            Kind::MethodRemoved => &methods::REMOVED,
            Kind::MethodRequestTypeChanged(_) => &methods::REQUEST_TYPE_CHANGED,
            Kind::MethodResponseTypeChanged(_) => &methods::RESPONSE_TYPE_CHANGED,
            Kind::MethodClientStreamingChanged => &methods::CLIENT_STREAMING_CHANGED,
            Kind::MethodServerStreamingChanged => &methods::SERVER_STREAMING_CHANGED,
            Kind::MethodIdempotencyChanged => &methods::IDEMPOTENCY_CHANGED,

            Kind::GeneratorFeaturesChanged => &options::GENERATOR_FEATURES_CHANGED,
            Kind::DeprecationChanged { now: true } => &options::DEPRECATED,
            Kind::DeprecationChanged { now: false } => &options::UNDEPRECATED,
            Kind::OptionChanged { .. } => &options::CHANGED,
            Kind::EnumValueJsonNameChanged => &enums::VALUE_JSON_NAME_CHANGED,
            Kind::VisibilityChanged { .. } => &options::VISIBILITY_CHANGED,
            Kind::MessageFieldsReordered => &messages::MESSAGE_FIELDS_REORDERED,
        }
    }
}
