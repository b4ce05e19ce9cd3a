//! The file options that generators read.

use crate::schema::{FileId, Schema};

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

    /// The rule that speaks for it.
    pub(crate) fn rule(self) -> &'static str {
        self.facts().2
    }

    fn facts(self) -> (&'static str, i32, &'static str) {
        match self {
            FileOption::CcEnableArenas => ("cc_enable_arenas", 31, "FILE_SAME_CC_ENABLE_ARENAS"),
            FileOption::CcGenericServices => ("cc_generic_services", 16, "FILE_SAME_CC_GENERIC_SERVICES"),
            FileOption::CsharpNamespace => ("csharp_namespace", 37, "FILE_SAME_CSHARP_NAMESPACE"),
            FileOption::GoPackage => ("go_package", 11, "FILE_SAME_GO_PACKAGE"),
            FileOption::JavaGenericServices => {
                ("java_generic_services", 17, "FILE_SAME_JAVA_GENERIC_SERVICES")
            }
            FileOption::JavaMultipleFiles => ("java_multiple_files", 10, "FILE_SAME_JAVA_MULTIPLE_FILES"),
            FileOption::JavaOuterClassname => ("java_outer_classname", 8, "FILE_SAME_JAVA_OUTER_CLASSNAME"),
            FileOption::JavaPackage => ("java_package", 1, "FILE_SAME_JAVA_PACKAGE"),
            FileOption::ObjcClassPrefix => ("objc_class_prefix", 36, "FILE_SAME_OBJC_CLASS_PREFIX"),
            FileOption::OptimizeFor => ("optimize_for", 9, "FILE_SAME_OPTIMIZE_FOR"),
            FileOption::PhpClassPrefix => ("php_class_prefix", 40, "FILE_SAME_PHP_CLASS_PREFIX"),
            FileOption::PhpMetadataNamespace => {
                ("php_metadata_namespace", 44, "FILE_SAME_PHP_METADATA_NAMESPACE")
            }
            FileOption::PhpNamespace => ("php_namespace", 41, "FILE_SAME_PHP_NAMESPACE"),
            FileOption::PyGenericServices => ("py_generic_services", 18, "FILE_SAME_PY_GENERIC_SERVICES"),
            FileOption::RubyPackage => ("ruby_package", 45, "FILE_SAME_RUBY_PACKAGE"),
            FileOption::SwiftPrefix => ("swift_prefix", 39, "FILE_SAME_SWIFT_PREFIX"),
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
