//! `[generate]`: which SDK packages are made, under which names, and where they go.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;

use super::package::About;
use super::path::normalize;
use super::{ConfigError, Place};
use crate::words::{Language, languages};

/// `[generate]` as used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Generate {
    /// Where output goes, relative to the configuration's folder.
    pub out: Option<String>,
    /// Whether each version gets a folder of its own.
    pub versioned: bool,
    /// How many of those folders a package has at most; all stay where nothing is said.
    pub keep: Option<usize>,
    /// Only these files and folders, and what they import.
    pub path: Vec<String>,
    /// Never these files and folders, unless another imports them.
    pub exclude_path: Vec<String>,
    /// The SPDX expression of the packages' licence.
    pub licence: Option<String>,
    /// `[package]`.
    pub about: About,
    /// How many seconds one plugin may take.
    pub timeout: Option<u64>,
    /// The section of each language that is configured, such as `[generate.go]`. Which keys a language has, and what
    /// may stand there, is not known here.
    pub languages: BTreeMap<Language, Section>,
    /// `[[generate.plugin]]`.
    pub plugins: Vec<PluginEntry>,
}

/// The section of a language, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Where it is.
    pub place: Place,
    /// Its keys.
    pub keys: Vec<Key>,
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The name.
    pub name: String,
    /// Where the name is.
    pub place: Place,
    /// The value.
    pub value: Value,
    /// Where the value is.
    pub value_place: Place,
}

/// What may stand behind a key of a language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(String),
    /// `true` or `false`.
    Flag(bool),
    /// A list of texts, each with its place.
    List(Vec<(String, Place)>),
    /// A table, its keys in the order in which they are written.
    Table(Vec<Key>),
}

impl Value {
    /// The value as it is written, without quotes; empty for a list and a table.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Value::Text(text) => text,
            Value::Flag(true) => "true",
            Value::Flag(false) => "false",
            Value::List(_) | Value::Table(_) => "",
        }
    }
}

/// A value before its places are known.
#[derive(Debug)]
enum RawValue {
    Text(String),
    Flag(bool),
    List(Vec<Text>),
    Table(RawKeys),
}

impl<'de> Deserialize<'de> for RawValue {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<RawValue, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = RawValue;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string, `true` or `false`, a list of strings, or a table")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<RawValue, E> {
                Ok(RawValue::Text(text.to_owned()))
            }

            fn visit_bool<E: serde::de::Error>(self, flag: bool) -> Result<RawValue, E> {
                Ok(RawValue::Flag(flag))
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<RawValue, A::Error> {
                let mut texts = Vec::new();
                while let Some(text) = list.next_element()? {
                    texts.push(text);
                }
                Ok(RawValue::List(texts))
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<RawValue, A::Error> {
                let mut keys = RawKeys::new();
                while let Some((key, value)) = map.next_entry()? {
                    keys.insert(key, value);
                }
                Ok(RawValue::Table(keys))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// What runs a plugin that the user named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PluginRun {
    /// A program and its arguments. A program with a `/` is relative to the configuration's folder; one without is
    /// looked up on the path.
    Local(Vec<String>),
    /// A generator that protoc has built in: `cpp`, `java`, `python`, …
    ProtocBuiltin(String),
}

/// How the files of a contract are handed to a plugin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// All at once.
    #[default]
    All,
    /// One folder at a time.
    Directory,
}

/// A plugin that the user named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginEntry {
    /// What runs.
    pub run: PluginRun,
    /// Where its files go: a folder below the output.
    pub out: String,
    /// Its options.
    pub opt: Vec<String>,
    /// Whether code for imported files is generated too.
    pub include_imports: bool,
    /// Whether that goes for the well-known types of protobuf as well.
    pub include_wkt: bool,
    /// How files are handed over.
    pub strategy: Strategy,
    /// The protoc whose generator it is, for [`PluginRun::ProtocBuiltin`], when it is another than the configured one.
    pub protoc: Option<PathBuf>,
    /// Where it is written.
    pub place: Place,
}

type Text = Spanned<String>;

/// Keys of a table, any.
type RawKeys = BTreeMap<Spanned<String>, Spanned<RawValue>>;

/// The section of a language: any keys.
type RawSection = Spanned<RawKeys>;

macro_rules! table {
    ($($name:ident $variant:ident $title:literal),*) => {
        #[derive(Debug, Default, Deserialize)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub(super) struct RawGenerate {
            out: Option<Text>,
            versioned: Option<bool>,
            keep: Option<Spanned<usize>>,
            path: Option<Vec<Text>>,
            exclude_path: Option<Vec<Text>>,
            licence: Option<Text>,
            timeout: Option<Spanned<u64>>,
            $($name: Option<RawSection>,)*
            #[serde(default)]
            plugin: Vec<RawPlugin>,
        }

        impl RawGenerate {
            fn sections(&mut self) -> Vec<(Language, RawSection)> {
                let all = [$((Language::$variant, self.$name.take())),*];
                all.into_iter().filter_map(|(language, section)| Some((language, section?))).collect()
            }
        }
    };
}

languages!(table);

fn section(raw: RawSection, place: &dyn Fn(usize) -> Place) -> Section {
    Section { place: place(raw.span().start), keys: keys(raw.into_inner(), place) }
}

fn keys(raw: RawKeys, place: &dyn Fn(usize) -> Place) -> Vec<Key> {
    let mut written: Vec<_> = raw.into_iter().collect();
    written.sort_by_key(|(name, _)| name.span().start);
    let key = |(name, value): (Spanned<String>, Spanned<RawValue>)| Key {
        place: place(name.span().start),
        name: name.into_inner(),
        value_place: place(value.span().start),
        value: match value.into_inner() {
            RawValue::Text(text) => Value::Text(text),
            RawValue::Flag(flag) => Value::Flag(flag),
            RawValue::List(texts) => {
                let text = |text: Text| (place(text.span().start), text.into_inner());
                Value::List(texts.into_iter().map(text).map(|(place, text)| (text, place)).collect())
            }
            RawValue::Table(inner) => Value::Table(keys(inner, place)),
        },
    };
    written.into_iter().map(key).collect()
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct RawPlugin {
    local: Option<Words>,
    protoc_builtin: Option<Text>,
    out: Text,
    opt: Option<Words>,
    include_imports: Option<bool>,
    include_wkt: Option<bool>,
    strategy: Option<Text>,
}

/// One word, or a list of them.
#[derive(Debug)]
struct Words(Vec<String>);

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Words, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Words;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a string, or a list of strings")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Words, E> {
                Ok(Words(vec![text.to_owned()]))
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<Words, A::Error> {
                let mut words = Vec::new();
                while let Some(word) = list.next_element()? {
                    words.push(word);
                }
                Ok(Words(words))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// Reads `[generate]` to `[package]`; `place` gives the place of a byte offset.
pub(super) fn read(
    mut raw: RawGenerate,
    about: About,
    place: &dyn Fn(usize) -> Place,
) -> Result<Generate, ConfigError> {
    let languages =
        raw.sections().into_iter().map(|(language, raw)| (language, section(raw, place))).collect();
    let about = About { private: raw.licence.is_none(), ..about };
    let licence = raw.licence.map(|licence| match spdx::Expression::parse(licence.get_ref()) {
        Ok(_) => Ok(licence.into_inner()),
        Err(error) => {
            let message = format!("`{}` is not an SPDX expression: {}", licence.get_ref(), error.reason);
            let hint = match spdx::imprecise_license_id(licence.get_ref()) {
                Some((near, _)) => format!("did you mean `{}`?", near.name),
                None => "for example `Apache-2.0`, or `LicenseRef-Proprietary`".to_owned(),
            };
            Err(ConfigError::new(place(licence.span().start), message).hint(hint))
        }
    });
    let timeout = raw.timeout.map(|seconds| match seconds.get_ref() {
        0 => Err(ConfigError::new(place(seconds.span().start), "`timeout` is at least one second")),
        n => Ok(*n),
    });
    let keep = raw.keep.map(|number| match number.get_ref() {
        0 => Err(ConfigError::new(place(number.span().start), "`keep` is at least one version")),
        n => Ok(*n),
    });
    let mut plugins = Vec::new();
    for plugin in raw.plugin {
        plugins.push(read_plugin(plugin, place)?);
    }
    let paths = |list: Option<Vec<Text>>| {
        let path = |text: &Text| {
            normalize(text.get_ref()).map_err(|e| {
                ConfigError::new(place(text.span().start), e.to_string())
                    .hint("paths are relative to the folder of this file and stay inside it")
            })
        };
        list.iter().flatten().map(path).collect::<Result<Vec<String>, ConfigError>>()
    };
    Ok(Generate {
        out: raw.out.map(|out| folder(&out, place)).transpose()?,
        path: paths(raw.path)?,
        exclude_path: paths(raw.exclude_path)?,
        versioned: raw.versioned.unwrap_or(false),
        keep: keep.transpose()?,
        licence: licence.transpose()?,
        about,
        timeout: timeout.transpose()?,
        languages,
        plugins,
    })
}

fn read_plugin(raw: RawPlugin, place: &dyn Fn(usize) -> Place) -> Result<PluginEntry, ConfigError> {
    let at = place(raw.out.span().start);
    let run = match (raw.local, raw.protoc_builtin) {
        (Some(Words(words)), None) if words.first().is_some_and(|w| !w.is_empty()) => PluginRun::Local(words),
        (None, Some(name)) => {
            PluginRun::ProtocBuiltin(generator(name.get_ref(), || place(name.span().start))?)
        }
        _ => {
            return Err(ConfigError::new(at, "a plugin is named by one of `local` and `protoc-builtin`")
                .hint("for example `local = \"tools/protoc-gen-doc\"`, or `local = [\"go\", \"run\", \"./gen\"]`"));
        }
    };
    let strategy = match &raw.strategy {
        None => Strategy::default(),
        Some(text) => match text.get_ref().as_str() {
            "all" => Strategy::All,
            "directory" => Strategy::Directory,
            other => {
                let names = ["all", "directory"];
                return Err(ConfigError::unknown(place(text.span().start), "strategy", other, &names));
            }
        },
    };
    Ok(PluginEntry {
        run,
        out: folder(&raw.out, place)?,
        opt: raw.opt.map_or_else(Vec::new, |words| words.0),
        include_imports: raw.include_imports.unwrap_or(false),
        include_wkt: raw.include_wkt.unwrap_or(false),
        strategy,
        protoc: None,
        place: at,
    })
}

/// The generators of protoc 36.2.
pub const GENERATORS: [&str; 9] = ["cpp", "csharp", "java", "kotlin", "objc", "php", "pyi", "python", "ruby"];

/// The generator that only the protoc of grpcio-tools has.
pub const GRPC_PYTHON: &str = "grpc_python";

/// Checks the name of a generator that protoc has built in.
///
/// # Errors
///
/// protoc has no such generator.
pub fn generator(name: &str, place: impl FnOnce() -> Place) -> Result<String, ConfigError> {
    // protoc 36 knows `rust` too, but only together with its C++ and upb runtimes. `grpc_python` is a generator of the
    // protoc in grpcio-tools.
    if GENERATORS.contains(&name) || name == "rust" || name == GRPC_PYTHON {
        return Ok(name.to_owned());
    }
    Err(ConfigError::unknown(place(), "generator of protoc", name, &GENERATORS))
}

fn folder(text: &Text, place: &dyn Fn(usize) -> Place) -> Result<String, ConfigError> {
    let at = || place(text.span().start);
    let path = normalize(text.get_ref()).map_err(|e| {
        ConfigError::new(at(), e.to_string())
            .hint("`--out` takes a folder anywhere; this one is below this file")
    })?;
    if path.is_empty() {
        return Err(ConfigError::new(at(), "the output needs a folder of its own").hint("for example `sdk`"));
    }
    Ok(path)
}

/// Whether a text is made of letters and digits of ASCII and some more.
pub(crate) fn all(text: &str, extra: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
}

#[cfg(test)]
mod tests {
    use crate::config::file;
    use crate::words::Language;

    fn error(text: &str) -> String {
        let error = file::parse(text, "protopact.toml").unwrap_err();
        let hint = error.hint.as_ref().map(|h| format!(" ({h})")).unwrap_or_default();
        format!("{error}{hint}")
    }

    #[test]
    fn every_wrong_value_is_named_with_its_place() {
        let cases = [
            "[generate]\nuot = \"sdk\"",
            "[generate]\nout = \"../sdk\"",
            "[generate]\nout = \".\"",
            "[generate]\ntimeout = 0",
            "[generate.go]\nmodule = 1",
            "[generate.golang]\nmodule = \"a\"",
            "[[generate.plugin]]\nout = \"docs\"",
            "[[generate.plugin]]\nout = \"docs\"\nprotoc-builtin = \"jav\"",
            "[[generate.plugin]]\nout = \"docs\"\nlocal = 5",
            "[[generate.plugin]]\nout = \"docs\"\nlocal = \"x\"\nstrategy = \"file\"",
        ];
        insta::assert_snapshot!(cases.map(error).join("\n"));
    }

    #[test]
    fn a_whole_section() {
        let text = "[generate]\nout = \"sdk\"\nversioned = true\nlicence = \"Apache-2.0 OR MIT\"\n\
                    [generate.go]\nmodule = \"github.com/acme/contracts-go\"\n\
                    [generate.java]\ngroup = \"com.acme\"\n\
                    [[generate.plugin]]\nlocal = [\"go\", \"run\", \"./x\"]\nout = \"docs\"\nopt = \"html\"\n";
        let generate = file::parse(text, "protopact.toml").unwrap().generate.unwrap();
        let go = &generate.languages[&Language::Go];
        assert_eq!(
            (&*go.keys[0].name, go.keys[0].value.as_str()),
            ("module", "github.com/acme/contracts-go")
        );
        assert_eq!(go.keys[0].value_place.to_string(), "protopact.toml:6:10");
        assert_eq!(generate.plugins[0].opt, ["html"]);
        assert!(generate.versioned && !generate.languages.contains_key(&Language::Python));
    }
}
