//! The change, its kinds, and what the lenses and rules need to know about it.

use std::sync::Arc;

use crate::schema::{
    Element, FieldId, FileId, Kind as Type, Label, Meaning, MessageId, OneofId, Range, Schema, options,
};

/// The two schemas a change speaks of.
#[derive(Clone, Copy, Debug)]
pub struct Cx<'a> {
    /// The old side.
    pub old: &'a Schema,
    /// The new side.
    pub new: &'a Schema,
}

/// One edit between two schemas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What happened.
    pub kind: Kind,
    /// The element on the old side, in the old schema.
    pub old: Option<Element>,
    /// The element on the new side, in the new schema.
    pub new: Option<Element>,
}

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

    /// `deprecated`, of any element.
    DeprecationChanged {
        /// Whether it is deprecated now.
        now: bool,
    },
    /// Any other option of any element, custom ones included.
    OptionChanged {
        /// The name as written: `go_package`, `(google.api.http)`.
        option: Box<str>,
        /// The old value as text; `None` when it was not set.
        old: Option<Box<str>>,
        /// The new value as text; `None` when it is not set.
        new: Option<Box<str>>,
    },
}

/// What an earlier published version used a number for that the old side does not use and the new side does.
///
/// Two schemas do not show it: whoever remembers more than two fills it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// The newest version that used the number, as it is tagged: `v1.0.0`.
    pub version: Box<str>,
    /// The name at the number then.
    pub name: Box<str>,
    /// The type then as a person writes it (`repeated string`); empty for an enum value.
    pub type_text: Box<str>,
    /// The type then, if it was a scalar.
    pub scalar: Option<Type>,
    /// The label then.
    pub label: Label,
    /// How that compares with what the number is used for now.
    pub comeback: Comeback,
    /// The highest number that any remembered version used in the message or enum.
    pub highest: i32,
}

/// How the present use of a number compares with one of the past, from harmless to not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comeback {
    /// The same name, type and label: what was gone is back.
    Same,
    /// The same name with another type, or now a list or no longer one.
    OtherType,
    /// Another name: the number means something else.
    OtherName,
}

/// Where a message, enum, service or extension went missing from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Departure {
    /// The name without the package.
    pub nested_name: Box<str>,
    /// The new file with the import path of the old one, if there is one.
    pub file: Option<FileId>,
    /// [`file`](Self::file) exists and declares nothing of this kind and nested name.
    pub left_file: bool,
    /// The package still exists and declares nothing of this kind and nested name.
    pub left_package: bool,
    /// The nearest enclosing message (by nested name) that [`file`](Self::file) still declares.
    pub anchor: Option<MessageId>,
}

/// What a changed name at one number means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameChange<T> {
    /// The old name is gone and the new name is new: a rename, or a reuse of the number for something else.
    /// The descriptors cannot tell.
    Renamed,
    /// Two numbers exchanged their names. Holds the old element that had the new name.
    Swapped(T),
    /// The new name stood at another number before (`was`, on the old side), or the old name stands at
    /// another number now (`now`, on the new side): the number means something else.
    Reused {
        /// Where the new name was.
        was: Option<T>,
        /// Where the old name is.
        now: Option<T>,
    },
}

/// How two types compare as trees of numbers and types; names of types do not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Structure {
    /// At least one side is a scalar, or one is a message and the other an enum: there is nothing to compare.
    NotComparable,
    /// The same numbers, names and types all the way down: the bytes and the JSON of either are the other's.
    Identical,
    /// The same numbers and types all the way down with other field names: the same bytes, other JSON.
    SameWire,
    /// Anything else.
    Different,
}

/// Membership in a oneof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OneofChange {
    /// Into a oneof with no other field that was there before: the bytes cannot tell.
    JoinedAlone(OneofId),
    /// Into a oneof that holds other old fields: setting one now clears the others.
    JoinedOthers(OneofId),
    /// Out of a oneof.
    Left(OneofId),
    /// From one oneof to another of another name.
    Switched {
        /// On the old side.
        from: OneofId,
        /// On the new side.
        to: OneofId,
        /// Every other member went along: only the name of the oneof changed.
        renamed: bool,
    },
}

/// The file options that generators read, with a rule each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are the option names")]
pub enum FileOption {
    CcEnableArenas,
    CcGenericServices,
    CsharpNamespace,
    GoPackage,
    JavaGenericServices,
    JavaMultipleFiles,
    JavaOuterClassname,
    JavaPackage,
    ObjcClassPrefix,
    OptimizeFor,
    PhpClassPrefix,
    PhpMetadataNamespace,
    PhpNamespace,
    PyGenericServices,
    RubyPackage,
    SwiftPrefix,
}

impl FileOption {
    /// Every option.
    pub const ALL: [FileOption; 16] = [
        FileOption::CcEnableArenas,
        FileOption::CcGenericServices,
        FileOption::CsharpNamespace,
        FileOption::GoPackage,
        FileOption::JavaGenericServices,
        FileOption::JavaMultipleFiles,
        FileOption::JavaOuterClassname,
        FileOption::JavaPackage,
        FileOption::ObjcClassPrefix,
        FileOption::OptimizeFor,
        FileOption::PhpClassPrefix,
        FileOption::PhpMetadataNamespace,
        FileOption::PhpNamespace,
        FileOption::PyGenericServices,
        FileOption::RubyPackage,
        FileOption::SwiftPrefix,
    ];

    /// The name as written in a .proto file.
    pub fn name(self) -> &'static str {
        self.facts().0
    }

    /// The field number in `FileOptions`.
    pub fn number(self) -> i32 {
        self.facts().1
    }

    fn facts(self) -> (&'static str, i32) {
        match self {
            FileOption::CcEnableArenas => ("cc_enable_arenas", 31),
            FileOption::CcGenericServices => ("cc_generic_services", 16),
            FileOption::CsharpNamespace => ("csharp_namespace", 37),
            FileOption::GoPackage => ("go_package", 11),
            FileOption::JavaGenericServices => ("java_generic_services", 17),
            FileOption::JavaMultipleFiles => ("java_multiple_files", 10),
            FileOption::JavaOuterClassname => ("java_outer_classname", 8),
            FileOption::JavaPackage => ("java_package", 1),
            FileOption::ObjcClassPrefix => ("objc_class_prefix", 36),
            FileOption::OptimizeFor => ("optimize_for", 9),
            FileOption::PhpClassPrefix => ("php_class_prefix", 40),
            FileOption::PhpMetadataNamespace => ("php_metadata_namespace", 44),
            FileOption::PhpNamespace => ("php_namespace", 41),
            FileOption::PyGenericServices => ("py_generic_services", 18),
            FileOption::RubyPackage => ("ruby_package", 45),
            FileOption::SwiftPrefix => ("swift_prefix", 39),
        }
    }

    /// The effective value in a file: the default where the option is not set.
    pub fn value(self, schema: &Schema, file: FileId) -> String {
        use buffa_descriptor::generated::descriptor::file_options::OptimizeMode;
        let file = schema.file(file);
        let Some(options) = file.options.as_deref() else {
            return match self {
                FileOption::CcEnableArenas => "true".to_owned(),
                FileOption::OptimizeFor => "SPEED".to_owned(),
                FileOption::CcGenericServices
                | FileOption::JavaGenericServices
                | FileOption::JavaMultipleFiles
                | FileOption::PyGenericServices => "false".to_owned(),
                _ => String::new(),
            };
        };
        let flag = |value: Option<bool>, default: bool| value.unwrap_or(default).to_string();
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        match self {
            FileOption::CcEnableArenas => flag(options.cc_enable_arenas, true),
            FileOption::CcGenericServices => flag(options.cc_generic_services, false),
            FileOption::CsharpNamespace => text(&options.csharp_namespace),
            FileOption::GoPackage => text(&options.go_package),
            FileOption::JavaGenericServices => flag(options.java_generic_services, false),
            FileOption::JavaMultipleFiles => flag(options.java_multiple_files, false),
            FileOption::JavaOuterClassname => text(&options.java_outer_classname),
            FileOption::JavaPackage => text(&options.java_package),
            FileOption::ObjcClassPrefix => text(&options.objc_class_prefix),
            FileOption::OptimizeFor => match options.optimize_for {
                None | Some(OptimizeMode::SPEED) => "SPEED",
                Some(OptimizeMode::CODE_SIZE) => "CODE_SIZE",
                Some(OptimizeMode::LITE_RUNTIME) => "LITE_RUNTIME",
            }
            .to_owned(),
            FileOption::PhpClassPrefix => text(&options.php_class_prefix),
            FileOption::PhpMetadataNamespace => text(&options.php_metadata_namespace),
            FileOption::PhpNamespace => text(&options.php_namespace),
            FileOption::PyGenericServices => flag(options.py_generic_services, false),
            FileOption::RubyPackage => text(&options.ruby_package),
            FileOption::SwiftPrefix => text(&options.swift_prefix),
        }
    }
}

impl Change {
    /// The full name of the element on the old side, or on the new side when there is no old one.
    pub fn symbol(&self, cx: &Cx<'_>) -> String {
        match (&self.kind, self.old, self.new) {
            (Kind::PackageAdded { package } | Kind::PackageRemoved { package }, ..) => package.to_string(),
            (_, Some(old), _) => cx.old.full_name(old),
            (_, None, Some(new)) => cx.new.full_name(new),
            (_, None, None) => String::new(),
        }
    }

    /// The word for the element: `field`, `extension`, `package`.
    pub fn noun(&self, cx: &Cx<'_>) -> &'static str {
        match (&self.kind, self.old, self.new) {
            (Kind::PackageAdded { .. } | Kind::PackageRemoved { .. }, ..) => "package",
            (_, Some(old), _) => cx.old.noun(old),
            (_, None, Some(new)) => cx.new.noun(new),
            (_, None, None) => "contract",
        }
    }

    /// The name of the kind in JSON, fingerprints and documentation: `field-type-changed`,
    /// `message-removed`.
    pub fn id(&self, cx: &Cx<'_>) -> String {
        let noun = || self.noun(cx).replace(' ', "-");
        match &self.kind {
            Kind::FileAdded => "file-added".to_owned(),
            Kind::FileRemoved => "file-removed".to_owned(),
            Kind::FilePackageChanged => "file-package-changed".to_owned(),
            Kind::FileSyntaxChanged => "file-syntax-changed".to_owned(),
            Kind::FileOptionChanged(_) => "file-option-changed".to_owned(),
            Kind::ImportAdded { .. } => "import-added".to_owned(),
            Kind::ImportRemoved { .. } => "import-removed".to_owned(),
            Kind::PackageAdded { .. } => "package-added".to_owned(),
            Kind::PackageRemoved { .. } => "package-removed".to_owned(),
            Kind::TypeAdded => format!("{}-added", noun()),
            Kind::TypeRemoved(_) => format!("{}-removed", noun()),
            Kind::TypeMoved(_) => format!("{}-moved", noun()),
            Kind::TypeRenamed(_) => format!("{}-renamed", noun()),
            Kind::FieldAdded { .. } => "field-added".to_owned(),
            Kind::FieldRemoved { .. } => "field-removed".to_owned(),
            Kind::FieldNameChanged(NameChange::Renamed) => format!("{}-renamed", noun()),
            Kind::FieldNameChanged(NameChange::Swapped(_)) => format!("{}-swapped", noun()),
            Kind::FieldNameChanged(NameChange::Reused { .. }) => format!("{}-number-reused", noun()),
            Kind::FieldTypeChanged(_) => format!("{}-type-changed", noun()),
            Kind::FieldCardinalityChanged => format!("{}-cardinality-changed", noun()),
            Kind::FieldRequiredRespelled { .. } => "field-required-respelled".to_owned(),
            Kind::FieldJsonNameChanged => "field-json-name-changed".to_owned(),
            Kind::FieldDefaultChanged { .. } => format!("{}-default-changed", noun()),
            Kind::FieldOneofChanged(_) => "field-oneof-changed".to_owned(),
            Kind::FieldPackedChanged => format!("{}-packed-changed", noun()),
            Kind::FieldUtf8ValidationChanged => format!("{}-utf8-validation-changed", noun()),
            Kind::FieldJavaUtf8Changed => format!("{}-java-utf8-validation-changed", noun()),
            Kind::FieldCppStringTypeChanged => format!("{}-cpp-string-type-changed", noun()),
            Kind::FieldJsTypeChanged => format!("{}-jstype-changed", noun()),
            Kind::OneofAdded => "oneof-added".to_owned(),
            Kind::OneofRemoved { renamed: Some(_), .. } => "oneof-renamed".to_owned(),
            Kind::OneofRemoved { .. } => "oneof-removed".to_owned(),
            Kind::ReservedRangeRemoved { .. } => "reserved-range-removed".to_owned(),
            Kind::ReservedNameRemoved { .. } => "reserved-name-removed".to_owned(),
            Kind::ReservedRangeAdded { .. } => "reserved-range-added".to_owned(),
            Kind::ReservedNameAdded { .. } => "reserved-name-added".to_owned(),
            Kind::ExtensionRangeRemoved { .. } => "extension-range-removed".to_owned(),
            Kind::ExtensionRangeAdded { .. } => "extension-range-added".to_owned(),
            Kind::MessageSetChanged => "message-set-changed".to_owned(),
            Kind::DescriptorAccessorRemoved => "descriptor-accessor-removed".to_owned(),
            Kind::JsonFormatChanged => "json-format-changed".to_owned(),
            Kind::EnumClosednessChanged => "enum-closedness-changed".to_owned(),
            Kind::EnumValueAdded { alias: true, .. } => "enum-alias-added".to_owned(),
            Kind::EnumValueAdded { .. } => "enum-value-added".to_owned(),
            Kind::EnumValueRemoved { .. } => "enum-value-removed".to_owned(),
            Kind::EnumValueNameChanged { how, .. } => match how {
                NameChange::Renamed => "enum-value-renamed",
                NameChange::Swapped(_) => "enum-value-swapped",
                NameChange::Reused { .. } => "enum-value-number-reused",
            }
            .to_owned(),
            Kind::MethodAdded => "method-added".to_owned(),
            Kind::MethodRemoved => "method-removed".to_owned(),
            Kind::MethodRequestTypeChanged(_) => "method-request-type-changed".to_owned(),
            Kind::MethodResponseTypeChanged(_) => "method-response-type-changed".to_owned(),
            Kind::MethodClientStreamingChanged => "method-client-streaming-changed".to_owned(),
            Kind::MethodServerStreamingChanged => "method-server-streaming-changed".to_owned(),
            Kind::MethodIdempotencyChanged => "method-idempotency-changed".to_owned(),
            Kind::DeprecationChanged { now: true } => format!("{}-deprecated", noun()),
            Kind::DeprecationChanged { now: false } => format!("{}-undeprecated", noun()),
            Kind::OptionChanged { .. } => format!("{}-option-changed", noun()),
        }
    }

    /// What an earlier published version used the number for, for a number that came back.
    pub fn published(&self) -> Option<&Past> {
        match &self.kind {
            Kind::FieldAdded { published, .. } | Kind::EnumValueAdded { published, .. } => {
                published.as_deref()
            }
            _ => None,
        }
    }

    /// The same for a number that came back as something else.
    pub fn reused(&self) -> Option<&Past> {
        self.published().filter(|past| past.comeback != Comeback::Same)
    }

    /// What the changed option is about, if that is known; `None` for every other kind of change.
    pub fn meaning(&self) -> Option<Meaning> {
        let Kind::OptionChanged { option, .. } = &self.kind else { return None };
        options::meaning(self.new.or(self.old)?, option)
    }

    /// The field on both sides, for changes of a field that is there on both.
    pub fn fields(&self) -> Option<(FieldId, FieldId)> {
        match (self.old, self.new) {
            (Some(Element::Field(old)), Some(Element::Field(new))) => Some((old, new)),
            _ => None,
        }
    }
}

impl Change {
    /// What tells two changes of one kind and symbol apart, for a total order: never ids, which follow the
    /// order of declarations.
    pub(super) fn kind_detail(&self, cx: &Cx<'_>) -> String {
        match &self.kind {
            Kind::FileOptionChanged(option) => option.name().to_owned(),
            Kind::ImportAdded { path } | Kind::ImportRemoved { path, .. } => path.to_string(),
            Kind::ReservedRangeRemoved { range, .. }
            | Kind::ReservedRangeAdded { range }
            | Kind::ExtensionRangeRemoved { range, .. }
            | Kind::ExtensionRangeAdded { range } => format!("{:011}-{:011}", range.start, range.end),
            Kind::ReservedNameRemoved { name } | Kind::ReservedNameAdded { name } => name.to_string(),
            Kind::OptionChanged { option, .. } => option.to_string(),
            _ => match (self.old, self.new) {
                (Some(old), _) => cx.old.file(cx.old.file_of(old)).name.to_string(),
                (None, Some(new)) => cx.new.file(cx.new.file_of(new)).name.to_string(),
                (None, None) => String::new(),
            },
        }
    }
}
