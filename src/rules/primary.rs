//! The one rule that stands for a change where nobody named rules.

use super::{Rule, enums, extension, field, file, message, oneof, option, package, reserved, rpc, service};
use crate::diff::{Change, Cx, FileOption, Kind, NameChange};
use crate::schema::{Cardinality, Element, Meaning};

/// The rule whose id and pages stand for a change that a lens objects to. `None` for a change that harms nobody
/// in any lens.
pub fn primary(change: &Change, cx: &Cx<'_>) -> Option<&'static Rule> {
    Some(match &change.kind {
        Kind::FileRemoved => &file::file_no_delete::RULE,
        Kind::FilePackageChanged => &file::file_same_package::RULE,
        Kind::FileSyntaxChanged => &file::file_same_syntax::RULE,
        Kind::FileOptionChanged(option) => of_option(*option),
        Kind::ImportRemoved { public: true, .. } => &file::import_public_no_delete::RULE,
        Kind::PackageRemoved { .. } => &package::package_no_delete::RULE,

        Kind::TypeAdded => match change.new? {
            Element::Service(_) => &service::service_no_add::RULE,
            Element::Field(_) => &extension::extension_no_add::RULE,
            _ => return None,
        },
        Kind::TypeRemoved(_) => match change.old? {
            Element::Enum(_) => &enums::enum_no_delete::RULE,
            Element::Service(_) => &service::service_no_delete::RULE,
            Element::Field(_) => &extension::extension_no_delete::RULE,
            _ => &message::message_no_delete::RULE,
        },
        Kind::TypeMoved(_) => match change.old? {
            Element::Enum(_) => &enums::enum_no_move::RULE,
            Element::Service(_) => &service::service_no_move::RULE,
            Element::Field(_) => &extension::extension_no_move::RULE,
            _ => &message::message_no_move::RULE,
        },
        Kind::TypeRenamed(_) => match change.old? {
            Element::Enum(_) => &enums::enum_no_rename::RULE,
            Element::Service(_) => &service::service_no_rename::RULE,
            _ => &message::message_no_rename::RULE,
        },

        Kind::FieldAdded { number_was_reserved, name_was_reserved, .. } => {
            if change.reused().is_some() {
                &field::field_no_reuse::RULE
            } else if is_required(change.new, cx.new) {
                &message::message_same_required_fields::RULE
            } else if *number_was_reserved || *name_was_reserved {
                &field::field_no_add_reserved::RULE
            } else {
                &field::field_no_add::RULE
            }
        }
        Kind::FieldRemoved { renumbered: Some(_), .. } => &field::field_same_number::RULE,
        Kind::FieldRemoved { renumbered: None, .. } => {
            if is_required(change.old, cx.old) {
                &message::message_same_required_fields::RULE
            } else {
                &field::field_no_delete::RULE
            }
        }
        Kind::FieldNameChanged(NameChange::Renamed) => &field::field_same_name::RULE,
        Kind::FieldNameChanged(NameChange::Swapped(_)) => &field::field_no_swap::RULE,
        Kind::FieldNameChanged(NameChange::Reused { .. }) => &field::field_no_reuse::RULE,
        Kind::FieldTypeChanged(_) => &field::field_same_type::RULE,
        Kind::FieldRequiredRespelled { .. } => &message::message_same_required_fields::RULE,
        Kind::FieldCardinalityChanged => &field::field_same_cardinality::RULE,
        Kind::FieldJsonNameChanged => &field::field_same_json_name::RULE,
        Kind::FieldDefaultChanged { .. } => &field::field_same_default::RULE,
        Kind::FieldOneofChanged(_) => &field::field_same_oneof::RULE,
        Kind::FieldPackedChanged => &field::field_same_packed::RULE,
        Kind::FieldUtf8ValidationChanged => &field::field_same_utf8_validation::RULE,
        Kind::FieldJavaUtf8Changed => &field::field_same_java_utf8_validation::RULE,
        Kind::FieldCppStringTypeChanged => &field::field_same_cpp_string_type::RULE,
        Kind::FieldJsTypeChanged => &field::field_same_jstype::RULE,

        Kind::OneofAdded => &oneof::oneof_no_add::RULE,
        Kind::OneofRemoved { renamed: Some(_), .. } => &oneof::oneof_no_rename::RULE,
        Kind::OneofRemoved { renamed: None, .. } => &oneof::oneof_no_delete::RULE,

        Kind::ReservedRangeRemoved { .. } | Kind::ReservedNameRemoved { .. } => match change.old? {
            Element::Enum(_) => &reserved::reserved_enum_no_delete::RULE,
            _ => &reserved::reserved_message_no_delete::RULE,
        },
        Kind::ExtensionRangeRemoved { .. } => &extension::extension_message_no_delete::RULE,
        Kind::MessageSetChanged => &message::message_same_message_set_wire_format::RULE,
        Kind::DescriptorAccessorRemoved => &message::message_no_remove_standard_descriptor_accessor::RULE,
        Kind::JsonFormatChanged => match change.old? {
            Element::Enum(_) => &enums::enum_same_json_format::RULE,
            _ => &message::message_same_json_format::RULE,
        },

        Kind::EnumClosednessChanged => &enums::enum_same_type::RULE,
        Kind::EnumValueAdded { .. } if change.reused().is_some() => &enums::enum_value_no_reuse::RULE,
        Kind::EnumValueAdded { was_reserved: true, .. } => &enums::enum_value_no_add_reserved::RULE,
        Kind::EnumValueAdded { was_reserved: false, .. } => match change.new? {
            Element::EnumValue(id) if cx.new.enum_(cx.new.value(id).parent).is_closed() => {
                &enums::enum_value_no_add_closed::RULE
            }
            _ => &enums::enum_value_no_add::RULE,
        },
        Kind::EnumValueRemoved { .. } => &enums::enum_value_no_delete::RULE,
        Kind::EnumValueNameChanged { how, .. } => match how {
            NameChange::Renamed => &enums::enum_value_same_name::RULE,
            NameChange::Swapped(_) => &enums::enum_value_no_swap::RULE,
            NameChange::Reused { .. } => &enums::enum_value_no_reuse::RULE,
        },

        Kind::MethodAdded => &rpc::rpc_no_add::RULE,
        Kind::MethodRemoved => &rpc::rpc_no_delete::RULE,
        Kind::MethodRequestTypeChanged(_) => &rpc::rpc_same_request_type::RULE,
        Kind::MethodResponseTypeChanged(_) => &rpc::rpc_same_response_type::RULE,
        Kind::MethodClientStreamingChanged => &rpc::rpc_same_client_streaming::RULE,
        Kind::MethodServerStreamingChanged => &rpc::rpc_same_server_streaming::RULE,
        Kind::MethodIdempotencyChanged => &rpc::rpc_same_idempotency_level::RULE,

        Kind::OptionChanged { .. } => match change.meaning() {
            Some(Meaning::Http) => &rpc::rpc_same_http_binding::RULE,
            Some(Meaning::Validation) => &option::option_same_validation::RULE,
            None => &option::option_same_value::RULE,
        },

        Kind::FileAdded
        | Kind::ImportAdded { .. }
        | Kind::ImportRemoved { public: false, .. }
        | Kind::PackageAdded { .. }
        | Kind::ReservedRangeAdded { .. }
        | Kind::ReservedNameAdded { .. }
        | Kind::ExtensionRangeAdded { .. }
        | Kind::DeprecationChanged { .. } => return None,
    })
}

fn of_option(option: FileOption) -> &'static Rule {
    match option {
        FileOption::CcEnableArenas => &file::file_same_cc_enable_arenas::RULE,
        FileOption::CcGenericServices => &file::file_same_cc_generic_services::RULE,
        FileOption::CsharpNamespace => &file::file_same_csharp_namespace::RULE,
        FileOption::GoPackage => &file::file_same_go_package::RULE,
        FileOption::JavaGenericServices => &file::file_same_java_generic_services::RULE,
        FileOption::JavaMultipleFiles => &file::file_same_java_multiple_files::RULE,
        FileOption::JavaOuterClassname => &file::file_same_java_outer_classname::RULE,
        FileOption::JavaPackage => &file::file_same_java_package::RULE,
        FileOption::ObjcClassPrefix => &file::file_same_objc_class_prefix::RULE,
        FileOption::OptimizeFor => &file::file_same_optimize_for::RULE,
        FileOption::PhpClassPrefix => &file::file_same_php_class_prefix::RULE,
        FileOption::PhpMetadataNamespace => &file::file_same_php_metadata_namespace::RULE,
        FileOption::PhpNamespace => &file::file_same_php_namespace::RULE,
        FileOption::PyGenericServices => &file::file_same_py_generic_services::RULE,
        FileOption::RubyPackage => &file::file_same_ruby_package::RULE,
        FileOption::SwiftPrefix => &file::file_same_swift_prefix::RULE,
    }
}

fn is_required(element: Option<Element>, schema: &crate::schema::Schema) -> bool {
    matches!(element, Some(Element::Field(id)) if schema.field(id).cardinality == Cardinality::Required)
}
