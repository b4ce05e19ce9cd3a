//! `buf.gen.yaml` (v1 and v2), as far as it needs no registry: local plugins, generators of protoc, managed mode's
//! file options.
//!
//! <https://buf.build/docs/configuration/v2/buf-gen-yaml/> and <https://buf.build/docs/configuration/v1/buf-gen-yaml/>
//! describe the file; where they are silent, buf 1.75 was asked.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_saphyr::Spanned;

use super::managed::{FileOption, Managed, Rule, Value};
use crate::config::generate::{PluginEntry, PluginRun, Strategy, generator};
use crate::config::{ConfigError, Place, normalize, read_yaml};

/// The name of the file.
pub const FILE_NAME: &str = "buf.gen.yaml";

/// A `buf.gen.yaml` as used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// The plugins; `out` is relative to the folder the file is used in.
    pub plugins: Vec<PluginEntry>,
    /// What managed mode does; `None` when it is off.
    pub managed: Option<Managed>,
    /// Whether everything else in the output folders is deleted.
    pub clean: bool,
    /// Things in the file that do nothing here.
    pub notes: Vec<String>,
}

type Text = Spanned<String>;

#[derive(Debug, Deserialize)]
struct RawVersion {
    version: Option<Text>,
}

/// One word, or a list of them.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct Words(serde_json::Value);

impl Words {
    fn read(&self, place: &Place, key: &str) -> Result<Vec<String>, ConfigError> {
        let word = |value: &serde_json::Value| match value {
            serde_json::Value::String(text) => Some(text.clone()),
            serde_json::Value::Number(number) => Some(number.to_string()),
            serde_json::Value::Bool(yes) => Some(yes.to_string()),
            _ => None,
        };
        let words = match &self.0 {
            serde_json::Value::Array(list) => list.iter().map(word).collect(),
            one => word(one).map(|w| vec![w]),
        };
        words.ok_or_else(|| {
            ConfigError::new(place.clone(), format!("`{key}` must be a string, or a list of strings"))
        })
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawV2 {
    #[serde(rename = "version")]
    _version: IgnoredAny,
    clean: Option<bool>,
    managed: Option<RawManagedV2>,
    #[serde(default)]
    plugins: Vec<RawPluginV2>,
    inputs: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPluginV2 {
    local: Option<Words>,
    protoc_builtin: Option<Text>,
    remote: Option<Text>,
    protoc_path: Option<Words>,
    out: Text,
    opt: Option<Words>,
    strategy: Option<Text>,
    include_imports: Option<bool>,
    include_wkt: Option<bool>,
    types: Option<Spanned<IgnoredAny>>,
    exclude_types: Option<Spanned<IgnoredAny>>,
    #[serde(rename = "revision")]
    _revision: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawManagedV2 {
    enabled: Option<bool>,
    #[serde(default)]
    disable: Vec<RawRule>,
    #[serde(rename = "override", default)]
    overrides: Vec<RawRule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    file_option: Option<Text>,
    field_option: Option<Text>,
    module: Option<Text>,
    path: Option<Text>,
    field: Option<Text>,
    value: Option<serde_json::Value>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawV1 {
    #[serde(rename = "version")]
    _version: IgnoredAny,
    managed: Option<RawManagedV1>,
    #[serde(default)]
    plugins: Vec<RawPluginV1>,
    #[serde(rename = "types")]
    types: Option<Spanned<IgnoredAny>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPluginV1 {
    plugin: Option<Text>,
    name: Option<Text>,
    remote: Option<Text>,
    path: Option<Words>,
    protoc_path: Option<Words>,
    out: Text,
    opt: Option<Words>,
    strategy: Option<Text>,
    #[serde(rename = "revision")]
    _revision: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawManagedV1 {
    enabled: Option<bool>,
    cc_enable_arenas: Option<bool>,
    java_multiple_files: Option<bool>,
    java_string_check_utf8: Option<bool>,
    java_package_prefix: Option<Spanned<serde_json::Value>>,
    go_package_prefix: Option<Spanned<serde_json::Value>>,
    optimize_for: Option<Spanned<serde_json::Value>>,
    csharp_namespace: Option<Spanned<serde_json::Value>>,
    objc_class_prefix: Option<Spanned<serde_json::Value>>,
    ruby_package: Option<Spanned<serde_json::Value>>,
    #[serde(rename = "override", default)]
    overrides: BTreeMap<String, Spanned<BTreeMap<String, serde_json::Value>>>,
}

/// Reads a `buf.gen.yaml`. `name` is the file as a person knows it; `on_path` says whether a program is there, since
/// v1 prefers one to a generator of protoc of the same name.
///
/// # Errors
///
/// The first thing wrong, or not possible here, with its line and column.
pub fn parse(text: &str, name: &str, on_path: &dyn Fn(&str) -> bool) -> Result<Template, ConfigError> {
    let reader = Reader { file: name.into() };
    let version: RawVersion = reader.read(text)?;
    let Some(version) = version.version else {
        return Err(ConfigError::new(Place::whole(name), "`version` is not set")
            .hint("add `version: v2` as the first line"));
    };
    match version.value.as_str() {
        "v2" => reader.v2(reader.read(text)?),
        "v1" => reader.v1(reader.read(text)?, on_path),
        other => Err(ConfigError::unknown(reader.place(&version), "version", other, &["v1", "v2"])),
    }
}

struct Reader {
    file: Arc<str>,
}

impl Reader {
    fn read<T: DeserializeOwned>(&self, text: &str) -> Result<T, ConfigError> {
        read_yaml(&self.file, text)
    }

    fn place<T>(&self, value: &Spanned<T>) -> Place {
        Place::of_yaml(&self.file, value)
    }

    fn refuse<T>(&self, value: &Spanned<T>, what: &str, hint: &str) -> ConfigError {
        ConfigError::new(self.place(value), what).hint(hint)
    }

    fn remote(&self, value: &Text) -> ConfigError {
        let what = format!("`{}` is a remote plugin, which needs buf's registry", value.value);
        self.refuse(value, &what, "name the same plugin with `local`, or a generator with `protoc_builtin`")
    }

    fn v2(&self, raw: RawV2) -> Result<Template, ConfigError> {
        let mut plugins = Vec::new();
        for plugin in raw.plugins {
            if let Some(remote) = &plugin.remote {
                return Err(self.remote(remote));
            }
            if let Some(types) = plugin.types.as_ref().or(plugin.exclude_types.as_ref()) {
                return Err(self.refuse(
                    types,
                    "plugins for some types only are not supported",
                    "leave it out",
                ));
            }
            let place = self.place(&plugin.out);
            let run = match (&plugin.local, &plugin.protoc_builtin) {
                (Some(local), None) => PluginRun::Local(local.read(&place, "local")?),
                (None, Some(name)) => PluginRun::ProtocBuiltin(generator(&name.value, || self.place(name))?),
                _ => {
                    let message = "a plugin is named by one of `local`, `protoc_builtin` and `remote`";
                    return Err(ConfigError::new(place, message));
                }
            };
            plugins.push(PluginEntry {
                include_imports: plugin.include_imports.unwrap_or(false),
                include_wkt: plugin.include_wkt.unwrap_or(false),
                protoc: self.protoc(plugin.protoc_path.as_ref(), &place)?,
                ..self.entry(run, &plugin.out, plugin.opt.as_ref(), plugin.strategy.as_ref())?
            });
        }
        let mut notes = Vec::new();
        if raw.inputs.is_some() {
            notes.push(
                "`inputs` is not used: it is the contract around the working directory that is generated",
            );
        }
        let managed = match raw.managed.filter(|m| m.enabled.unwrap_or(false)) {
            None => None,
            Some(managed) => Some(self.managed_v2(managed)?),
        };
        let notes = notes.into_iter().map(str::to_owned).collect();
        Ok(Template { plugins, managed, clean: raw.clean.unwrap_or(false), notes })
    }

    fn entry(
        &self,
        run: PluginRun,
        out: &Text,
        opt: Option<&Words>,
        strategy: Option<&Text>,
    ) -> Result<PluginEntry, ConfigError> {
        let place = self.place(out);
        let strategy = match strategy.map(|s| (s, s.value.as_str())) {
            // A generator of protoc has no other way than all at once.
            None | Some((_, "directory")) => match run {
                PluginRun::Local(_) => Strategy::Directory,
                PluginRun::ProtocBuiltin(_) => Strategy::All,
            },
            Some((_, "all")) => Strategy::All,
            Some((text, other)) => {
                return Err(ConfigError::unknown(self.place(text), "strategy", other, &["all", "directory"]));
            }
        };
        let path = normalize(&out.value).map_err(|e| ConfigError::new(place.clone(), e.to_string()))?;
        Ok(PluginEntry {
            run,
            out: path,
            opt: opt.map(|o| o.read(&place, "opt")).transpose()?.unwrap_or_default(),
            include_imports: false,
            include_wkt: false,
            strategy,
            protoc: None,
            place,
        })
    }

    fn protoc(&self, path: Option<&Words>, place: &Place) -> Result<Option<PathBuf>, ConfigError> {
        let words = path.map(|p| p.read(place, "protoc_path")).transpose()?;
        Ok(words.and_then(|w| w.into_iter().next()).map(PathBuf::from))
    }

    fn managed_v2(&self, raw: RawManagedV2) -> Result<Managed, ConfigError> {
        let mut managed = Managed::defaults();
        for rule in raw.disable {
            let (option, path) = self.rule(&rule)?;
            managed.disabled.push((option, path));
        }
        for rule in raw.overrides {
            let (option, path) = self.rule(&rule)?;
            let (Some(option), Some(at), Some(value)) = (option, &rule.file_option, &rule.value) else {
                let message = "an override needs `file_option` and `value`";
                let place =
                    rule.file_option.as_ref().map_or_else(|| Place::whole(&self.file), |o| self.place(o));
                return Err(ConfigError::new(place, message));
            };
            managed.rules.push(Rule { option, path, value: self.value(option, value, &self.place(at))? });
        }
        Ok(managed)
    }

    fn rule(&self, rule: &RawRule) -> Result<(Option<FileOption>, Option<String>), ConfigError> {
        if let Some(field) = rule.field_option.as_ref().or(rule.field.as_ref()) {
            return Err(self.refuse(field, "options of fields are not managed here", "leave it out"));
        }
        if let Some(module) = &rule.module {
            let hint = "name its folder with `path`";
            return Err(self.refuse(module, "rules for a module are not supported", hint));
        }
        let path = rule
            .path
            .as_ref()
            .map(|p| normalize(&p.value).map_err(|e| ConfigError::new(self.place(p), e.to_string())));
        let option = rule.file_option.as_ref().map(|o| self.option(&o.value, || self.place(o)));
        Ok((option.transpose()?, path.transpose()?))
    }

    fn option(&self, name: &str, place: impl FnOnce() -> Place) -> Result<FileOption, ConfigError> {
        FileOption::named(name).ok_or_else(|| {
            let known: Vec<&str> = FileOption::names().collect();
            ConfigError::unknown(place(), "file option", name, &known)
        })
    }

    fn value(
        &self,
        option: FileOption,
        value: &serde_json::Value,
        place: &Place,
    ) -> Result<Value, ConfigError> {
        Value::read(option, value).ok_or_else(|| {
            let message = format!("`{value}` is no value of the file option `{}`", option.name());
            ConfigError::new(place.clone(), message)
        })
    }

    fn v1(&self, raw: RawV1, on_path: &dyn Fn(&str) -> bool) -> Result<Template, ConfigError> {
        if let Some(types) = &raw.types {
            return Err(self.refuse(
                types,
                "generating for some types only is not supported",
                "leave it out",
            ));
        }
        let mut plugins = Vec::new();
        for plugin in raw.plugins {
            if let Some(remote) = &plugin.remote {
                return Err(self.remote(remote));
            }
            let Some(name) = plugin.plugin.as_ref().or(plugin.name.as_ref()) else {
                return Err(self.refuse(&plugin.out, "a plugin needs a name", "add `plugin: go`"));
            };
            if name.value.contains('/') {
                return Err(self.remote(name));
            }
            let place = self.place(&plugin.out);
            let program = format!("protoc-gen-{}", name.value);
            let builtin = generator(&name.value, || self.place(name));
            let run = match (&plugin.path, builtin) {
                (Some(path), _) => PluginRun::Local(path.read(&place, "path")?),
                // As v1 does: a program of that name comes first.
                (None, Ok(builtin)) if !on_path(&program) => PluginRun::ProtocBuiltin(builtin),
                (None, _) => PluginRun::Local(vec![program]),
            };
            let protoc = self.protoc(plugin.protoc_path.as_ref(), &place)?;
            let entry = self.entry(run, &plugin.out, plugin.opt.as_ref(), plugin.strategy.as_ref())?;
            plugins.push(PluginEntry { protoc, ..entry });
        }
        let managed = match raw.managed.filter(|m| m.enabled.unwrap_or(false)) {
            None => None,
            Some(managed) => Some(self.managed_v1(managed)?),
        };
        Ok(Template { plugins, managed, clean: false, notes: Vec::new() })
    }

    fn managed_v1(&self, raw: RawManagedV1) -> Result<Managed, ConfigError> {
        let mut managed = Managed::defaults();
        let mut always = |option, value| managed.rules.push(Rule { option, path: None, value });
        for (option, value) in [
            (FileOption::CcEnableArenas, raw.cc_enable_arenas),
            (FileOption::JavaMultipleFiles, raw.java_multiple_files),
            (FileOption::JavaStringCheckUtf8, raw.java_string_check_utf8),
        ] {
            if let Some(value) = value {
                always(option, Value::Bool(value));
            }
        }
        let sections = [
            (FileOption::JavaPackagePrefix, raw.java_package_prefix),
            (FileOption::GoPackagePrefix, raw.go_package_prefix),
            (FileOption::OptimizeFor, raw.optimize_for),
            (FileOption::CsharpNamespace, raw.csharp_namespace),
            (FileOption::ObjcClassPrefix, raw.objc_class_prefix),
            (FileOption::RubyPackage, raw.ruby_package),
        ];
        for (option, section) in sections {
            let Some(section) = section else { continue };
            let default = match &section.value {
                serde_json::Value::Object(map) => {
                    if map.keys().any(|key| key != "default") {
                        let hint =
                            "leave `except` and `override` out, or name files under `managed.override`";
                        return Err(self.refuse(&section, "rules for modules are not supported", hint));
                    }
                    map.get("default").cloned()
                }
                one => Some(one.clone()),
            };
            if let Some(value) = default {
                let value = self.value(option, &value, &self.place(&section))?;
                always(option, value);
            }
        }
        for (name, files) in &raw.overrides {
            let option = self.option(&name.to_ascii_lowercase(), || self.place(files))?;
            for (path, value) in &files.value {
                let value = self.value(option, value, &self.place(files))?;
                managed.rules.push(Rule { option, path: Some(path.clone()), value });
            }
        }
        Ok(managed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_or_not_possible_is_named_with_its_place() {
        let plugin = |line: &str| format!("version: v2\nplugins:\n  - {line}\n    out: gen\n");
        let managed =
            |line: &str| format!("version: v2\nmanaged:\n  enabled: true\n  override:\n    - {line}\n");
        let cases = [
            "plugins: []\n".to_owned(),
            "version: v3\n".to_owned(),
            "version: v2\nplugin: []\n".to_owned(),
            plugin("remote: buf.build/protocolbuffers/go"),
            plugin("protoc_builtin: jav"),
            plugin("strategy: all"),
            plugin("local: {a: 1}"),
            managed("{file_option: java_packag, value: x}"),
            managed("{file_option: java_multiple_files, value: x}"),
            managed("{file_option: java_package}"),
            managed("{module: buf.build/a/b, file_option: java_package, value: x}"),
            managed("{field_option: jstype, value: JS_STRING}"),
            "version: v1\nplugins:\n  - plugin: buf.build/protocolbuffers/go:v1\n    out: gen\n".to_owned(),
            "version: v1\nmanaged:\n  enabled: true\n  go_package_prefix:\n    except: [a/b/c]\n".to_owned(),
        ];
        let error = |text: &String| {
            let error = parse(text, "buf.gen.yaml", &|_| false).unwrap_err();
            format!("{error}{}", error.hint.as_ref().map(|h| format!(" ({h})")).unwrap_or_default())
        };
        insta::assert_snapshot!(cases.iter().map(error).collect::<Vec<_>>().join("\n"), @r#"
        buf.gen.yaml: `version` is not set (add `version: v2` as the first line)
        buf.gen.yaml:1:10: unknown version `v3` (did you mean `v1`?)
        buf.gen.yaml:2:1: unknown key `plugin` (did you mean `plugins`?)
        buf.gen.yaml:3:13: `buf.build/protocolbuffers/go` is a remote plugin, which needs buf's registry (name the same plugin with `local`, or a generator with `protoc_builtin`)
        buf.gen.yaml:3:21: unknown generator of protoc `jav` (did you mean `java`?)
        buf.gen.yaml:4:10: a plugin is named by one of `local`, `protoc_builtin` and `remote`
        buf.gen.yaml:4:10: `local` must be a string, or a list of strings
        buf.gen.yaml:5:21: unknown file option `java_packag` (did you mean `java_package`?)
        buf.gen.yaml:5:21: `"x"` is no value of the file option `java_multiple_files`
        buf.gen.yaml:5:21: an override needs `file_option` and `value`
        buf.gen.yaml:5:16: rules for a module are not supported (name its folder with `path`)
        buf.gen.yaml:5:22: options of fields are not managed here (leave it out)
        buf.gen.yaml:3:13: `buf.build/protocolbuffers/go:v1` is a remote plugin, which needs buf's registry (name the same plugin with `local`, or a generator with `protoc_builtin`)
        buf.gen.yaml:5:5: rules for modules are not supported (leave `except` and `override` out, or name files under `managed.override`)
        "#);
    }

    #[test]
    fn version_1_prefers_a_program_to_a_generator_of_protoc() {
        let text = "version: v1\nplugins:\n  - plugin: java\n    out: gen/java\n    opt: [a, b=c]\n";
        let run = |there: bool| parse(text, "buf.gen.yaml", &|_| there).unwrap().plugins.remove(0);
        assert_eq!(run(false).run, PluginRun::ProtocBuiltin("java".to_owned()));
        assert_eq!(run(true).run, PluginRun::Local(vec!["protoc-gen-java".to_owned()]));
        assert_eq!(
            (run(true).strategy, run(true).opt),
            (Strategy::Directory, vec!["a".to_owned(), "b=c".to_owned()])
        );
    }
}
