//! Every rule by id, the ids that retired, and which version of the rule set holds what.

use super::{Categories, Rule, Status};
use super::{enums, extension, field, file, message, oneof, option, package, reserved, rpc, service};

/// Every rule in use, sorted by id.
pub static RULES: &[&Rule] = &[
    &enums::enum_no_delete::RULE,
    &enums::enum_no_move::RULE,
    &enums::enum_no_rename::RULE,
    &enums::enum_same_json_format::RULE,
    &enums::enum_same_type::RULE,
    &enums::enum_value_no_add::RULE,
    &enums::enum_value_no_add_closed::RULE,
    &enums::enum_value_no_add_reserved::RULE,
    &enums::enum_value_no_delete::RULE,
    &enums::enum_value_no_delete_unless_name_reserved::RULE,
    &enums::enum_value_no_delete_unless_number_reserved::RULE,
    &enums::enum_value_no_reuse::RULE,
    &enums::enum_value_no_swap::RULE,
    &enums::enum_value_same_name::RULE,
    &extension::extension_message_no_delete::RULE,
    &extension::extension_no_add::RULE,
    &extension::extension_no_delete::RULE,
    &extension::extension_no_move::RULE,
    &field::field_no_add::RULE,
    &field::field_no_add_reserved::RULE,
    &field::field_no_delete::RULE,
    &field::field_no_delete_unless_name_reserved::RULE,
    &field::field_no_delete_unless_number_reserved::RULE,
    &field::field_no_reuse::RULE,
    &field::field_no_swap::RULE,
    &field::field_same_cardinality::RULE,
    &field::field_same_cpp_string_type::RULE,
    &field::field_same_default::RULE,
    &field::field_same_java_utf8_validation::RULE,
    &field::field_same_json_name::RULE,
    &field::field_same_jstype::RULE,
    &field::field_same_name::RULE,
    &field::field_same_number::RULE,
    &field::field_same_oneof::RULE,
    &field::field_same_packed::RULE,
    &field::field_same_type::RULE,
    &field::field_same_utf8_validation::RULE,
    &field::field_wire_compatible_cardinality::RULE,
    &field::field_wire_compatible_type::RULE,
    &field::field_wire_json_compatible_cardinality::RULE,
    &field::field_wire_json_compatible_type::RULE,
    &file::file_no_delete::RULE,
    &file::file_same_cc_enable_arenas::RULE,
    &file::file_same_cc_generic_services::RULE,
    &file::file_same_csharp_namespace::RULE,
    &file::file_same_go_package::RULE,
    &file::file_same_java_generic_services::RULE,
    &file::file_same_java_multiple_files::RULE,
    &file::file_same_java_outer_classname::RULE,
    &file::file_same_java_package::RULE,
    &file::file_same_objc_class_prefix::RULE,
    &file::file_same_optimize_for::RULE,
    &file::file_same_package::RULE,
    &file::file_same_php_class_prefix::RULE,
    &file::file_same_php_metadata_namespace::RULE,
    &file::file_same_php_namespace::RULE,
    &file::file_same_py_generic_services::RULE,
    &file::file_same_ruby_package::RULE,
    &file::file_same_swift_prefix::RULE,
    &file::file_same_syntax::RULE,
    &file::import_public_no_delete::RULE,
    &message::message_no_delete::RULE,
    &message::message_no_move::RULE,
    &message::message_no_remove_standard_descriptor_accessor::RULE,
    &message::message_no_rename::RULE,
    &message::message_same_json_format::RULE,
    &message::message_same_message_set_wire_format::RULE,
    &message::message_same_required_fields::RULE,
    &oneof::oneof_no_add::RULE,
    &oneof::oneof_no_delete::RULE,
    &oneof::oneof_no_rename::RULE,
    &option::option_same_validation::RULE,
    &option::option_same_value::RULE,
    &package::package_enum_no_delete::RULE,
    &package::package_extension_no_delete::RULE,
    &package::package_message_no_delete::RULE,
    &package::package_no_delete::RULE,
    &package::package_service_no_delete::RULE,
    &reserved::reserved_enum_no_delete::RULE,
    &reserved::reserved_message_no_delete::RULE,
    &rpc::rpc_no_add::RULE,
    &rpc::rpc_no_delete::RULE,
    &rpc::rpc_same_client_streaming::RULE,
    &rpc::rpc_same_http_binding::RULE,
    &rpc::rpc_same_idempotency_level::RULE,
    &rpc::rpc_same_request_type::RULE,
    &rpc::rpc_same_response_type::RULE,
    &rpc::rpc_same_server_streaming::RULE,
    &service::service_no_add::RULE,
    &service::service_no_delete::RULE,
    &service::service_no_move::RULE,
    &service::service_no_rename::RULE,
];

/// An id that is no longer in use.
#[derive(Debug)]
pub struct Retired {
    /// The id.
    pub id: &'static str,
    /// Always [`Status::Removed`].
    pub status: Status,
}

impl Retired {
    /// What to name instead.
    pub fn use_instead(&self) -> &'static [&'static str] {
        match self.status {
            Status::Removed { use_instead } => use_instead,
            Status::Stable { .. } => &[],
        }
    }
}

const fn retired(id: &'static str, use_instead: &'static [&'static str]) -> Retired {
    Retired { id, status: Status::Removed { use_instead } }
}

/// Ids that configurations of older versions still name, sorted. Naming one means its replacements.
pub static REMOVED: &[Retired] = &[
    retired("FIELD_SAME_CTYPE", &["FIELD_SAME_CPP_STRING_TYPE"]),
    retired(
        "FIELD_SAME_LABEL",
        &[
            "FIELD_SAME_CARDINALITY",
            "FIELD_WIRE_COMPATIBLE_CARDINALITY",
            "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY",
        ],
    ),
    retired("FILE_SAME_JAVA_STRING_CHECK_UTF8", &["FIELD_SAME_JAVA_UTF8_VALIDATION"]),
    retired("FILE_SAME_PHP_GENERIC_SERVICES", &[]),
];

/// What an id names.
#[derive(Clone, Copy, Debug)]
pub enum Lookup {
    /// A rule in use.
    Rule(&'static Rule),
    /// An id that retired.
    Retired(&'static Retired),
}

/// The rule with this id, or what became of it.
pub fn find(id: &str) -> Option<Lookup> {
    if let Ok(i) = RULES.binary_search_by(|r| r.id.cmp(id)) {
        return Some(Lookup::Rule(RULES[i]));
    }
    REMOVED.iter().find(|r| r.id == id).map(Lookup::Retired)
}

/// The category with this name.
pub fn category(name: &str) -> Option<Categories> {
    Categories::ALL.into_iter().find(|(n, _)| *n == name).map(|(_, c)| c)
}

/// The rule id or category name closest to a word that is neither, if one is close.
pub fn near(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_uppercase().replace('-', "_");
    RULES
        .iter()
        .map(|r| r.id)
        .chain(Categories::ALL.map(|(name, _)| name))
        .map(|id| (strsim::damerau_levenshtein(&word, id), id))
        .filter(|(distance, id)| *distance <= 2.max(id.len() / 4))
        .min()
        .map(|(_, id)| id)
}

/// Which rules the categories hold. The rules themselves do the same in every version.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RulesVersion {
    /// What a `version: v1beta1` configuration means.
    V1Beta1,
    /// What a `version: v1` configuration means.
    V1,
    /// What a `version: v2` configuration means; ours.
    #[default]
    V2,
}

impl RulesVersion {
    /// The categories that contain a rule in this version. The rule files name those of the newest version;
    /// the differences of older ones are here.
    pub fn categories(self, rule: &Rule) -> Categories {
        const FILE_PACKAGE: Categories = Categories::FILE.with(Categories::PACKAGE);
        const DATA: Categories = Categories::WIRE_JSON.with(Categories::WIRE);
        if self == RulesVersion::V2 {
            return rule.categories;
        }
        match (self, rule.id) {
            (_, "EXTENSION_NO_DELETE" | "PACKAGE_EXTENSION_NO_DELETE" | "FIELD_SAME_DEFAULT") => {
                Categories::NONE
            }
            (RulesVersion::V1Beta1, "FIELD_WIRE_COMPATIBLE_TYPE" | "FIELD_WIRE_JSON_COMPATIBLE_TYPE") => {
                Categories::NONE
            }
            (RulesVersion::V1Beta1, "FIELD_SAME_CARDINALITY" | "FIELD_SAME_TYPE") => FILE_PACKAGE.with(DATA),
            (RulesVersion::V1Beta1, "FILE_SAME_PACKAGE") => Categories::FILE,
            _ => rule.categories.without(Categories::CSR),
        }
    }

    /// Whether the category exists in this version.
    pub fn has(self, category: Categories) -> bool {
        self == RulesVersion::V2 || category != Categories::CSR
    }
}
