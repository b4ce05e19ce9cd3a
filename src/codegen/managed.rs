//! Managed mode: file options that a `buf.gen.yaml` sets, so that contracts need not.
//!
//! The values are those of buf 1.75, which `buf generate` was asked for.

use crate::compile::{Compiled, CompiledFile, encode, wire};
use crate::config::is_under;

/// Field `options` of a `FileDescriptorProto`.
const OPTIONS: u32 = 8;

/// An option that can be managed, or a part of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the options")]
pub enum FileOption {
    CcEnableArenas,
    CsharpNamespace,
    CsharpNamespacePrefix,
    GoPackage,
    GoPackagePrefix,
    JavaMultipleFiles,
    JavaOuterClassname,
    JavaPackage,
    JavaPackagePrefix,
    JavaPackageSuffix,
    JavaStringCheckUtf8,
    ObjcClassPrefix,
    OptimizeFor,
    PhpMetadataNamespace,
    PhpMetadataNamespaceSuffix,
    PhpNamespace,
    RubyPackage,
    RubyPackageSuffix,
}

/// The names, and the number of the option in `FileOptions`.
const OPTIONS_TABLE: [(FileOption, &str, u32); 18] = [
    (FileOption::CcEnableArenas, "cc_enable_arenas", 31),
    (FileOption::CsharpNamespace, "csharp_namespace", 37),
    (FileOption::CsharpNamespacePrefix, "csharp_namespace_prefix", 37),
    (FileOption::GoPackage, "go_package", 11),
    (FileOption::GoPackagePrefix, "go_package_prefix", 11),
    (FileOption::JavaMultipleFiles, "java_multiple_files", 10),
    (FileOption::JavaOuterClassname, "java_outer_classname", 8),
    (FileOption::JavaPackage, "java_package", 1),
    (FileOption::JavaPackagePrefix, "java_package_prefix", 1),
    (FileOption::JavaPackageSuffix, "java_package_suffix", 1),
    (FileOption::JavaStringCheckUtf8, "java_string_check_utf8", 27),
    (FileOption::ObjcClassPrefix, "objc_class_prefix", 36),
    (FileOption::OptimizeFor, "optimize_for", 9),
    (FileOption::PhpMetadataNamespace, "php_metadata_namespace", 44),
    (FileOption::PhpMetadataNamespaceSuffix, "php_metadata_namespace_suffix", 44),
    (FileOption::PhpNamespace, "php_namespace", 41),
    (FileOption::RubyPackage, "ruby_package", 45),
    (FileOption::RubyPackageSuffix, "ruby_package_suffix", 45),
];

impl FileOption {
    /// The option of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<FileOption> {
        OPTIONS_TABLE.iter().find(|(_, n, _)| *n == name).map(|(option, ..)| *option)
    }

    /// Every name.
    pub fn names() -> impl Iterator<Item = &'static str> {
        OPTIONS_TABLE.iter().map(|(_, name, _)| *name)
    }

    /// The name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().1
    }

    fn row(self) -> &'static (FileOption, &'static str, u32) {
        OPTIONS_TABLE.iter().find(|(option, ..)| *option == self).expect("every option has a row")
    }
}

/// A value to set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// For options that are on or off.
    Bool(bool),
    /// For `optimize_for`: the number of the value.
    Mode(u64),
    /// For all others.
    Text(String),
}

impl Value {
    /// Reads the value of an option; `None` when it is no such value.
    #[must_use]
    pub fn read(option: FileOption, value: &serde_json::Value) -> Option<Value> {
        match option {
            FileOption::CcEnableArenas | FileOption::JavaMultipleFiles | FileOption::JavaStringCheckUtf8 => {
                match value {
                    serde_json::Value::Bool(yes) => Some(Value::Bool(*yes)),
                    // Version 1 writes them as texts under `override`.
                    serde_json::Value::String(text) => text.parse().ok().map(Value::Bool),
                    _ => None,
                }
            }
            FileOption::OptimizeFor => {
                let modes = ["SPEED", "CODE_SIZE", "LITE_RUNTIME"];
                let mode = modes.iter().position(|m| Some(*m) == value.as_str())?;
                Some(Value::Mode(mode as u64 + 1))
            }
            _ => value.as_str().map(|text| Value::Text(text.to_owned())),
        }
    }
}

/// A value for some files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The option, or a part of its value.
    pub option: FileOption,
    /// The file or folder; all when nothing is said.
    pub path: Option<String>,
    /// The value.
    pub value: Value,
}

/// What managed mode does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Managed {
    /// The values, the last that matches wins.
    pub rules: Vec<Rule>,
    /// Options, files, or options of files that stay as they are.
    pub disabled: Vec<(Option<FileOption>, Option<String>)>,
}

fn matches(path: &Option<String>, file: &str) -> bool {
    path.as_ref().is_none_or(|path| is_under(file, path))
}

impl Managed {
    /// Managed mode with nothing else said.
    #[must_use]
    pub fn defaults() -> Managed {
        Managed::default()
    }

    /// Sets the options of every file but those of protobuf itself.
    #[must_use]
    pub fn apply(&self, compiled: &Compiled) -> Compiled {
        let files = compiled.files.iter().map(|file| {
            if file.name.starts_with("google/protobuf/") {
                return file.clone();
            }
            CompiledFile { descriptor: self.rewritten(file).into(), ..file.clone() }
        });
        Compiled { files: files.collect(), ..compiled.clone() }
    }

    fn rewritten(&self, file: &CompiledFile) -> Vec<u8> {
        let package = text(&file.descriptor, 2);
        let set = self.values(&file.name, &package);
        let mut out = Vec::with_capacity(file.descriptor.len() + 256);
        let mut old: Vec<u8> = Vec::new();
        for field in wire::fields(&file.descriptor).flatten() {
            match field.bytes().filter(|_| field.number == OPTIONS) {
                Some(options) => old.extend_from_slice(options),
                None => out.extend_from_slice(field.whole),
            }
        }
        // What holds already is not written down.
        let set: Vec<(u32, Value)> =
            set.into_iter().filter(|(n, value)| holds(&old, *n) != Some(value.clone())).collect();
        let mut options = Vec::with_capacity(old.len() + 256);
        for field in wire::fields(&old).flatten() {
            if !set.iter().any(|(number, _)| *number == field.number) {
                options.extend_from_slice(field.whole);
            }
        }
        for (number, value) in &set {
            match value {
                Value::Bool(yes) => encode::bool_field(&mut options, *number, *yes),
                Value::Mode(mode) => encode::int_field(&mut options, *number, *mode as i32),
                Value::Text(text) => encode::bytes(&mut options, *number, text.as_bytes()),
            }
        }
        if !options.is_empty() {
            encode::bytes(&mut out, OPTIONS, &options);
        }
        out
    }

    /// What is set for a file: numbers of options with their values.
    fn values(&self, file: &str, package: &str) -> Vec<(u32, Value)> {
        let off = |option: FileOption| {
            self.disabled.iter().any(|(o, path)| o.is_none_or(|o| o == option) && matches(path, file))
        };
        let mut set = Vec::new();
        let mut put = |option: FileOption, value: Option<Value>| {
            if let Some(value) = value.filter(|_| !off(option)) {
                set.push((option.row().2, value));
            }
        };
        for option in [FileOption::CcEnableArenas, FileOption::JavaMultipleFiles] {
            put(option, Some(self.last(option, file).unwrap_or(Value::Bool(true))));
        }
        put(FileOption::JavaStringCheckUtf8, self.last(FileOption::JavaStringCheckUtf8, file));
        put(
            FileOption::OptimizeFor,
            Some(self.last(FileOption::OptimizeFor, file).unwrap_or(Value::Mode(1))),
        );
        let or = |option: FileOption, default: Option<String>| {
            self.last(option, file).or(default.filter(|d| !d.is_empty()).map(Value::Text))
        };
        let named = |value: String| Some(value).filter(|_| !package.is_empty());
        put(FileOption::JavaOuterClassname, or(FileOption::JavaOuterClassname, Some(outer_classname(file))));
        put(FileOption::ObjcClassPrefix, or(FileOption::ObjcClassPrefix, named(objc_prefix(package))));
        put(FileOption::PhpNamespace, or(FileOption::PhpNamespace, named(joined(package, "\\"))));
        let part = |option: FileOption| match self.last(option, file).filter(|_| !off(option)) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        };
        // Where both a whole value and a part of one are given, the later rule decides.
        let whole = |option: FileOption, parts: &[FileOption]| {
            let at =
                |o: &FileOption| self.rules.iter().rposition(|r| r.option == *o && matches(&r.path, file));
            let latest = parts.iter().filter_map(at).max();
            self.last(option, file).filter(|_| at(&option) > latest)
        };
        let prefix = part(FileOption::JavaPackagePrefix);
        let suffix = part(FileOption::JavaPackageSuffix);
        let java =
            whole(FileOption::JavaPackage, &[FileOption::JavaPackagePrefix, FileOption::JavaPackageSuffix]);
        put(
            FileOption::JavaPackage,
            java.or_else(|| {
                let prefix = prefix.unwrap_or_else(|| "com".to_owned());
                let parts = [prefix, package.to_owned(), suffix.unwrap_or_default()];
                let name: Vec<String> = parts.into_iter().filter(|p| !p.is_empty()).collect();
                named(name.join(".")).map(Value::Text)
            }),
        );
        let go = whole(FileOption::GoPackage, &[FileOption::GoPackagePrefix]);
        put(
            FileOption::GoPackage,
            go.or_else(|| {
                part(FileOption::GoPackagePrefix)
                    .map(|prefix| Value::Text(go_package(&prefix, file, package)))
            }),
        );
        let csharp = whole(FileOption::CsharpNamespace, &[FileOption::CsharpNamespacePrefix]);
        put(
            FileOption::CsharpNamespace,
            csharp.or_else(|| {
                let prefix = part(FileOption::CsharpNamespacePrefix);
                let name = [prefix.unwrap_or_default(), joined(package, ".")];
                let name: Vec<String> = name.into_iter().filter(|p| !p.is_empty()).collect();
                named(name.join(".")).map(Value::Text)
            }),
        );
        let php = whole(FileOption::PhpMetadataNamespace, &[FileOption::PhpMetadataNamespaceSuffix]);
        put(
            FileOption::PhpMetadataNamespace,
            php.or_else(|| {
                let suffix =
                    part(FileOption::PhpMetadataNamespaceSuffix).unwrap_or_else(|| "GPBMetadata".to_owned());
                named(format!("{}\\{suffix}", joined(package, "\\"))).map(Value::Text)
            }),
        );
        let ruby = whole(FileOption::RubyPackage, &[FileOption::RubyPackageSuffix]);
        put(
            FileOption::RubyPackage,
            ruby.or_else(|| {
                let suffix =
                    part(FileOption::RubyPackageSuffix).map(|s| format!("::{s}")).unwrap_or_default();
                named(format!("{}{suffix}", joined(package, "::"))).map(Value::Text)
            }),
        );
        set
    }

    fn last(&self, option: FileOption, file: &str) -> Option<Value> {
        let rule = self.rules.iter().rev().find(|r| r.option == option && matches(&r.path, file));
        rule.map(|r| r.value.clone())
    }
}

/// The value that an option has: the one that is set, or what it means to set none.
fn holds(options: &[u8], number: u32) -> Option<Value> {
    let field = wire::fields(options).flatten().filter(|f| f.number == number).last();
    let varint = field.and_then(|f| f.varint());
    match number {
        // cc_enable_arenas, java_multiple_files, java_string_check_utf8 and optimize_for.
        31 => Some(Value::Bool(varint.is_none_or(|v| v != 0))),
        10 | 27 => Some(Value::Bool(varint.is_some_and(|v| v != 0))),
        9 => Some(Value::Mode(varint.unwrap_or(1))),
        _ => field.and_then(|f| f.bytes()).map(|b| Value::Text(String::from_utf8_lossy(b).into_owned())),
    }
}

fn text(message: &[u8], number: u32) -> String {
    let field = wire::fields(message).flatten().find(|f| f.number == number).and_then(|f| f.bytes());
    String::from_utf8_lossy(field.unwrap_or_default()).into_owned()
}

/// Words of letters and digits, each with a capital, without what is between them.
fn pascal(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
    words.map(|word| word[..1].to_ascii_uppercase() + &word[1..]).collect()
}

fn joined(package: &str, between: &str) -> String {
    package.split('.').map(pascal).collect::<Vec<_>>().join(between)
}

fn outer_classname(file: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or(file);
    pascal(name.strip_suffix(".proto").unwrap_or(name)) + "Proto"
}

/// Whether a part of a package is a version: `v1`, `v1beta1`, `v1p1alpha1`, `v1test`.
fn is_version(part: &str) -> bool {
    let Some(rest) = part.strip_prefix('v') else { return false };
    let digits = rest.chars().take_while(char::is_ascii_digit).count();
    let after = &rest[digits..];
    digits > 0
        && (after.is_empty() || ["alpha", "beta", "test", "p"].iter().any(|stage| after.starts_with(stage)))
}

/// The first letters of the package's parts but for a version, at least three, and not those of protobuf.
fn objc_prefix(package: &str) -> String {
    let mut parts: Vec<&str> = package.split('.').collect();
    if parts.last().is_some_and(|p| is_version(p)) {
        parts.pop();
    }
    let letters = parts.iter().filter_map(|p| p.chars().next());
    let mut prefix: String = letters.map(|c| c.to_ascii_uppercase()).collect();
    while prefix.len() < 3 && !prefix.is_empty() {
        prefix.push('X');
    }
    if prefix == "GPB" { "GPX".to_owned() } else { prefix }
}

/// The import path of the file's folder; where that ends in a version, with a package name that says more.
fn go_package(prefix: &str, file: &str, package: &str) -> String {
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let path = if folder.is_empty() { prefix.to_owned() } else { format!("{prefix}/{folder}") };
    let parts: Vec<&str> = package.split('.').collect();
    match parts.as_slice() {
        [.., name, version] if is_version(version) => format!("{path};{name}{version}"),
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use prost_types::{FileDescriptorProto, FileOptions};

    use crate::codegen::buf_gen;
    use crate::compile::{Input, InputFile, Options, compile};

    /// The options of three files: one with options of its own, one without a package, one with an odd package.
    fn options(managed: &str) -> Vec<FileOptions> {
        let files = [
            (
                "acme/weather/v1/weather_api.proto",
                "package acme.weather.v1;\noption java_package = \"x.y\";\noption optimize_for = CODE_SIZE;",
            ),
            ("misc/no-package.proto", "message B {}"),
            ("misc/p.proto", "package gnu.public_bar.beta;"),
        ];
        let file = |(name, text): &(&str, &str)| InputFile {
            name: (*name).into(),
            display: (*name).into(),
            content: format!("syntax = \"proto3\";\n{text}\n").into(),
            target: true,
        };
        let input = Input { files: files.iter().map(file).collect(), ..Input::default() };
        let compiled = compile(&input, &Options::default()).unwrap();
        let template = buf_gen::parse(managed, "buf.gen.yaml", &|_| false).unwrap();
        let managed = template.managed.unwrap().apply(&compiled);
        let decode = |name: &&(&str, &str)| {
            let file = managed.files.iter().find(|f| *f.name == *name.0).unwrap();
            FileDescriptorProto::decode(file.descriptor.clone()).unwrap().options.unwrap_or_default()
        };
        files.iter().collect::<Vec<_>>().iter().map(decode).collect()
    }

    #[test]
    #[expect(deprecated, reason = "the type has it")]
    fn defaults_are_those_of_buf() {
        let all = options("version: v2\nmanaged:\n  enabled: true\n");
        let expected = FileOptions {
            java_package: Some("com.acme.weather.v1".into()),
            java_outer_classname: Some("WeatherApiProto".into()),
            java_multiple_files: Some(true),
            optimize_for: Some(1),
            objc_class_prefix: Some("AWX".into()),
            csharp_namespace: Some("Acme.Weather.V1".into()),
            php_namespace: Some("Acme\\Weather\\V1".into()),
            php_metadata_namespace: Some("Acme\\Weather\\V1\\GPBMetadata".into()),
            ruby_package: Some("Acme::Weather::V1".into()),
            java_generate_equals_and_hash: None,
            ..FileOptions::default()
        };
        assert_eq!(all[0], expected);
        let expected = FileOptions {
            java_outer_classname: Some("NoPackageProto".into()),
            java_multiple_files: Some(true),
            ..FileOptions::default()
        };
        assert_eq!(all[1], expected);
        assert_eq!(all[2].objc_class_prefix.as_deref(), Some("GPX"));
        assert_eq!(all[2].csharp_namespace.as_deref(), Some("Gnu.PublicBar.Beta"));
    }

    #[test]
    fn rules_of_version_2() {
        let all = options(
            "version: v2\nmanaged:\n  enabled: true\n  disable:\n    - file_option: objc_class_prefix\n    \
             - path: misc/p.proto\n  override:\n    - {file_option: java_package_suffix, value: foo}\n    \
             - {file_option: go_package_prefix, value: example.com/x}\n    \
             - {file_option: java_multiple_files, path: acme, value: false}\n    \
             - {file_option: optimize_for, value: LITE_RUNTIME}\n",
        );
        assert_eq!(all[0].java_package.as_deref(), Some("com.acme.weather.v1.foo"));
        assert_eq!(all[0].go_package.as_deref(), Some("example.com/x/acme/weather/v1;weatherv1"));
        assert_eq!((all[0].objc_class_prefix.as_deref(), all[0].java_multiple_files), (None, None));
        assert_eq!(all[0].optimize_for, Some(3));
        assert_eq!(all[1].go_package.as_deref(), Some("example.com/x/misc"));
        assert_eq!(all[2], FileOptions::default());
    }

    #[test]
    fn rules_of_version_1() {
        let all = options(
            "version: v1\nmanaged:\n  enabled: true\n  java_package_prefix: net\n  go_package_prefix:\n    \
             default: example.com/y\n  override:\n    JAVA_OUTER_CLASSNAME:\n      misc/p.proto: Hello\n",
        );
        assert_eq!(all[0].java_package.as_deref(), Some("net.acme.weather.v1"));
        assert_eq!(all[2].java_outer_classname.as_deref(), Some("Hello"));
        assert_eq!(all[2].go_package.as_deref(), Some("example.com/y/misc"));
    }
}
