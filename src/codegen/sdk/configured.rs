//! What the configuration says of languages: `[generate.go]` and its like.

use super::of;
use crate::codegen::Target;
use crate::config::generate::{Generate, Key, Section, Value};
use crate::config::{ConfigError, Place};
use crate::words::Language;

/// Holds the sections of languages against the keys that these have.
///
/// # Errors
///
/// The first key that is unknown, missing, or has a value that it cannot have.
pub fn check(settings: &Generate) -> Result<(), ConfigError> {
    settings.languages.iter().try_for_each(|(language, section)| check_section(*language, section))
}

fn check_section(language: Language, section: &Section) -> Result<(), ConfigError> {
    let (known, lines) = (of(language).keys(), of(language).lines());
    let mut names: Vec<&str> = known.iter().map(|k| k.name).collect();
    names.push(lines.key);
    let flags = of(language).flags();
    names.extend(flags);
    let tables = of(language).tables();
    names.extend(tables.iter().map(|table| table.name));
    if let Some(key) = section.keys.iter().find(|key| !names.contains(&&*key.name)) {
        let able = Language::ALL.into_iter().filter(|l| of(*l).tables().iter().any(|t| t.name == key.name));
        let able: Vec<&str> = able.map(Language::title).collect();
        if !able.is_empty() {
            let message = format!(
                "packages of {} have no `{}`: only those of {} have",
                language.title(),
                key.name,
                able.join(", ")
            );
            let error = ConfigError::new(key.place.clone(), message);
            return Err(match of(language).without(&key.name) {
                Some(why) => error.hint(why),
                None => error,
            });
        }
        return Err(ConfigError::unknown(key.place.clone(), "key", &key.name, &names));
    }
    for key in &section.keys {
        let is_table = tables.iter().any(|table| table.name == key.name);
        let message = match (&key.value, flags.contains(&&*key.name)) {
            (Value::Table(_), _) if is_table => continue,
            (_, _) if is_table => {
                format!("`{0}` is a table: `[generate.{1}.{0}]`", key.name, language.as_str())
            }
            (Value::Table(_) | Value::List(_) | Value::Text(_), true) => {
                format!("`{}` is `true` or `false`, without quotes", key.name)
            }
            (Value::Table(_), false) => format!("`{}` is a text, not a table", key.name),
            (Value::List(_), false) => format!("`{}` is a text, not a list", key.name),
            (Value::Flag(flag), false) => format!("`{}` is a text, not `{flag}`", key.name),
            _ => continue,
        };
        return Err(ConfigError::new(key.value_place.clone(), message));
    }
    let on = |name: &str| section.keys.iter().find(|key| key.name == name && key.value == Value::Flag(true));
    for key in flags.iter().filter_map(|flag| on(flag)) {
        if let Some(needed) = of(language).needed_by(&key.name).filter(|needed| on(needed).is_none()) {
            let message = format!("`{}` is nothing without `{needed} = true`", key.name);
            return Err(ConfigError::new(key.place.clone(), message));
        }
    }
    for known in known {
        match section.keys.iter().find(|key| key.name == known.name) {
            None if known.usual.is_none() => {
                return Err(ConfigError::new(
                    section.place.clone(),
                    format!("missing field `{}`", known.name),
                ));
            }
            Some(key) if !(known.good)(key.value.as_str()) => {
                let message = format!("`{}` is not {}", key.value.as_str(), known.what);
                return Err(ConfigError::new(key.value_place.clone(), message).hint(known.hint));
            }
            _ => {}
        }
    }
    match section.keys.iter().find(|key| key.name == lines.key) {
        Some(key) if lines.named(key.value.as_str()).is_none() => {
            let what = format!("`{}` of {}", lines.key, language.title());
            let lines = lines.names().iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let message = format!("unknown {what} `{}`", key.value.as_str());
            let error = ConfigError::new(key.value_place.clone(), message);
            return Err(error.hint(format!("packages were tried with: {lines}")));
        }
        _ => {}
    }
    let plain = plain_target(language, section, "");
    tables_of(language, section).try_for_each(|(table, key)| (table.read)(key, &plain).map(drop))
}

/// The tables that a section has, with what reads them.
fn tables_of(language: Language, section: &Section) -> impl Iterator<Item = (&'static super::Table, &Key)> {
    let tables = of(language).tables().iter();
    tables.filter_map(|table| Some((*table, section.keys.iter().find(|key| key.name == table.name)?)))
}

/// Where the package of a language goes, by its section.
#[must_use]
pub fn target(language: Language, section: &Section, contract: &str) -> Target {
    let plain = plain_target(language, section, contract);
    // What is wrong with a table was said when it was checked.
    let read = |(table, key): (&super::Table, &Key)| (table.read)(key, &plain).unwrap_or_default();
    let more = tables_of(language, section).flat_map(read).collect();
    plain.with(more)
}

/// The target by all keys but the table.
fn plain_target(language: Language, section: &Section, contract: &str) -> Target {
    let value = |key: &super::Key| {
        let written = section.keys.iter().find(|k| k.name == key.name);
        let written = written.map(|k| k.value.as_str().to_owned());
        (key.name, written.unwrap_or_else(|| key.usual.map_or_else(String::new, |usual| usual(contract))))
    };
    let lines = of(language).lines();
    let line = section.keys.iter().find(|key| key.name == lines.key);
    let mut values: Vec<(&str, String)> = of(language).keys().iter().map(value).collect();
    values.extend(line.map(|line| (lines.key, line.value.as_str().to_owned())));
    // What is off is as if nobody had said it.
    let on = section.keys.iter().filter(|key| key.value == Value::Flag(true));
    values.extend(on.map(|key| (&*key.name, "true".to_owned())));
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, &**value)).collect();
    Target::new(language, &values)
}

/// A section with names that are nobody's.
#[must_use]
pub fn stand_in(language: Language) -> Section {
    let place = || Place::whole("");
    let key = |key: &super::Key| Key {
        name: key.name.to_owned(),
        place: place(),
        value: Value::Text(key.stand_in.to_owned()),
        value_place: place(),
    };
    Section { place: place(), keys: of(language).keys().iter().map(key).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::file;

    fn error(text: &str) -> String {
        let generate = file::parse(text, "protopact.toml").unwrap().generate.unwrap();
        let error = check(&generate).unwrap_err();
        let hint = error.hint.as_ref().map(|h| format!(" ({h})")).unwrap_or_default();
        format!("{error}{hint}")
    }

    #[test]
    fn every_wrong_value_is_named_with_its_place() {
        let cases = [
            "[generate.go]\nmodul = \"a\"",
            "[generate.go]",
            "[generate]\ngo = {}",
            "[generate.go]\nmodule = \"github.com/acme/contracts/v2\"",
            "[generate.go]\nmodule = \"github.com//x\"",
            "[generate.java]\nartifact = \"a\"",
            "[generate.java]\ngroup = \"com..acme\"",
            "[generate.java]\ngroup = \"com.acme\"\nartifact = \".a\"",
            "[generate.python]\npackage = \"-acme\"",
            "[generate.rust]\ncrate = \"1acme\"",
            "[generate.python]\npackage = \"acme\"\nruntime = \"4\"",
            "[generate.python]\npackage = \"acme\"\nruntim = \"5\"",
            "[generate.rust]\ncrate = true",
            "[generate.rust]\ncrate = \"acme\"\nre-exports = \"true\"",
            "[generate.go]\nmodule = \"a.b/c\"\nre-exports = true",
            "[generate.go]\nmodule = \"a.b/c\"\nbom = { artifact = \"x\" }",
            "[generate.go]\nmodule = \"a.b/c\"\n[generate.go.split]\ncore = [\"a.*\"]",
            "[generate.python]\npackage = \"acme\"\nbom = { artifact = \"x\" }",
            "[generate.python]\npackage = \"acme\"\nsplit = { a--b = [\"acme.*\"] }",
            "[generate.rust]\ncrate = \"acme\"\nsplit = { core = [] }",
            "[generate.java]\ngroup = [\"com.acme\"]",
            "[generate.java]\ngroup = \"com.acme\"\nsplit = [\"acme.*\"]",
            "[generate.java]\ngroup = \"com.acme\"\nsplit = { Core = [\"acme.*\"] }",
            "[generate.java]\ngroup = \"com.acme\"\nsplit = { core = \"acme.*\" }",
            "[generate.java]\ngroup = \"com.acme\"\nsplit = { core = [] }",
            "[generate.java]\ngroup = \"com.acme\"\nsplit = { core = [\"acme/*\"] }",
            "[generate.java]\ngroup = \"com.acme\"\nsplit = { core = [\"acme.* b\"] }",
            "[generate.java]\ngroup = { name = \"com.acme\" }",
            "[generate.java]\ngroup = \"com.acme\"\nlite = { on = true }",
            "[generate.java]\ngroup = \"com.acme\"\ncoroutines = true",
            "[generate.java]\ngroup = \"com.acme\"\nbom = \"acme-bom\"",
            "[generate.java]\ngroup = \"com.acme\"\n[generate.java.bom]\ngroup = \"com.acme\"",
            "[generate.java]\ngroup = \"com.acme\"\n[generate.java.bom]\nartefact = \"x\"",
            "[generate.java]\ngroup = \"com.acme\"\n[generate.java.bom]\nartifact = \"../x\"",
            "[generate.java]\ngroup = \"com.acme\"\n[generate.java.bom]\nartifact = \"acme-bom\"\ngroup = \"com..x\"",
            "[generate.java]\ngroup = \"com.acme\"\n[generate.java.bom]\nartifact = \"acme-bom\"\ncontracts = \"x\"",
            "[generate.java]\ngroup = \"com.acme\"\n[generate.java.bom]\nartifact = \"acme-bom\"\ncontracts = { \"a:b:c\" = \"1.0\" }",
            "[generate.java]\ngroup = \"com.acme\"\n[generate.java.bom]\nartifact = \"acme-bom\"\ncontracts = { pay = \"[1.0,2.0)\" }",
            "[generate.java]\ngroup = \"com.acme\"\n[generate.java.bom]\nartifact = \"acme-bom\"\ncontracts = { pay = \"LATEST\" }",
            "[generate.java]\ngroup = \"com.acme\"\n[generate.java.bom]\nartifact = \"acme-bom\"\ncontracts = { pay = \"1.0\", \"com.acme:pay\" = \"1.1\" }",
            "[generate.java]\ngroup = \"com.acme\"\n[generate.java.bom]\nartifact = \"acme-bom\"\ncontracts = { acme-bom = \"1.0\" }",
        ];
        insta::assert_snapshot!(cases.map(error).join("\n"));
    }

    #[test]
    fn stand_ins_are_values_that_pass() {
        for language in Language::ALL {
            let languages = [(language, stand_in(language))].into();
            check(&Generate { languages, ..Generate::default() }).unwrap();
        }
    }
}
