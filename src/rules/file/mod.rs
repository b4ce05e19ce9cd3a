//! Rules about files and import lines.

pub(super) mod file_no_delete;
pub(super) mod file_same_cc_enable_arenas;
pub(super) mod file_same_cc_generic_services;
pub(super) mod file_same_csharp_namespace;
pub(super) mod file_same_go_package;
pub(super) mod file_same_java_generic_services;
pub(super) mod file_same_java_multiple_files;
pub(super) mod file_same_java_outer_classname;
pub(super) mod file_same_java_package;
pub(super) mod file_same_objc_class_prefix;
pub(super) mod file_same_optimize_for;
pub(super) mod file_same_package;
pub(super) mod file_same_php_class_prefix;
pub(super) mod file_same_php_metadata_namespace;
pub(super) mod file_same_php_namespace;
pub(super) mod file_same_py_generic_services;
pub(super) mod file_same_ruby_package;
pub(super) mod file_same_swift_prefix;
pub(super) mod file_same_syntax;
pub(super) mod import_public_no_delete;
