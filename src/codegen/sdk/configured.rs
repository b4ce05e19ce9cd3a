//! What the configuration says of languages: `[generate.go]` and its like.

use super::of;
use crate::codegen::Target;
use crate::config::generate::{Generate, Key, Section};
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
    if let Some(key) = section.keys.iter().find(|key| !names.contains(&&*key.name)) {
        return Err(ConfigError::unknown(key.place.clone(), "key", &key.name, &names));
    }
    for known in known {
        match section.keys.iter().find(|key| key.name == known.name) {
            None if known.usual.is_none() => {
                return Err(ConfigError::new(
                    section.place.clone(),
                    format!("missing field `{}`", known.name),
                ));
            }
            Some(key) if !(known.good)(&key.value) => {
                let message = format!("`{}` is not {}", key.value, known.what);
                return Err(ConfigError::new(key.value_place.clone(), message).hint(known.hint));
            }
            _ => {}
        }
    }
    match section.keys.iter().find(|key| key.name == lines.key) {
        Some(key) if lines.named(&key.value).is_none() => {
            let what = format!("`{}` of {}", lines.key, language.title());
            let lines = lines.names().iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let error = ConfigError::new(key.value_place.clone(), format!("unknown {what} `{}`", key.value));
            Err(error.hint(format!("packages were tried with: {lines}")))
        }
        _ => Ok(()),
    }
}

/// Where the package of a language goes, by its section.
#[must_use]
pub fn target(language: Language, section: &Section, contract: &str) -> Target {
    let value = |key: &super::Key| {
        let written = section.keys.iter().find(|k| k.name == key.name).map(|k| k.value.clone());
        (key.name, written.unwrap_or_else(|| key.usual.map_or_else(String::new, |usual| usual(contract))))
    };
    let lines = of(language).lines();
    let line = section.keys.iter().find(|key| key.name == lines.key).map(|key| key.value.clone());
    let mut values: Vec<(&str, String)> = of(language).keys().iter().map(value).collect();
    values.extend(line.map(|line| (lines.key, line)));
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
        value: key.stand_in.to_owned(),
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
