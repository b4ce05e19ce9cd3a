//! `[package]`: what registries show of the packages, and what some of them demand.

use serde::Deserialize;
use toml::Spanned;

use super::{ConfigError, Place};

/// `[package]` as used, the same for the packages of all languages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// One line that says what the contract is for; a sentence with its name where nothing is said.
    pub description: Option<String>,
    /// The home page.
    pub url: Option<String>,
    /// Where documentation is.
    pub documentation: Option<String>,
    /// The repository, for a browser.
    pub repository: Option<String>,
    /// Who to ask: `Payments <payments@acme.com>`.
    pub authors: Vec<Author>,
    /// Words to be found by.
    pub keywords: Vec<String>,
    /// What kind of package it is, in the words of PyPI: `Topic :: Software Development`.
    pub classifiers: Vec<String>,
    /// Whether no licence is said: such packages are marked so that no registry takes them by accident.
    pub private: bool,
}

/// Who made something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Author {
    /// The name.
    pub name: String,
    /// The address, where one is said.
    pub email: Option<String>,
}

type Text = Spanned<String>;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawAbout {
    description: Option<Text>,
    url: Option<Text>,
    documentation: Option<Text>,
    repository: Option<Text>,
    authors: Option<Vec<Text>>,
    keywords: Option<Vec<Text>>,
    classifiers: Option<Vec<Text>>,
}

/// crates.io takes no more, and none that is longer.
const KEYWORDS: usize = 5;
const KEYWORD_LENGTH: usize = 20;

/// Reads `[package]`; `place` gives the place of a byte offset.
pub(super) fn read(raw: RawAbout, place: &dyn Fn(usize) -> Place) -> Result<About, ConfigError> {
    let wrong = |text: &Text, what: &str, hint: &str| {
        let message = format!("`{}` is not {what}", text.get_ref());
        ConfigError::new(place(text.span().start), message).hint(hint)
    };
    let line = |text: Option<Text>| match text {
        Some(text) if text.get_ref().trim().is_empty() || text.get_ref().chars().any(char::is_control) => {
            Err(wrong(&text, "one line of text", "for example `Payments and refunds`"))
        }
        text => Ok(text.map(Spanned::into_inner)),
    };
    let url = |text: Option<Text>| match text {
        Some(text) if !is_url(text.get_ref()) => {
            Err(wrong(&text, "an address for a browser", "for example `https://github.com/acme/contracts`"))
        }
        text => Ok(text.map(Spanned::into_inner)),
    };
    let mut authors = Vec::new();
    for text in raw.authors.into_iter().flatten() {
        match author(text.get_ref()) {
            Some(author) => authors.push(author),
            None => return Err(wrong(&text, "an author", "for example `Payments <payments@acme.com>`")),
        }
    }
    let mut keywords = Vec::new();
    for text in raw.keywords.into_iter().flatten() {
        if !is_keyword(text.get_ref()) {
            return Err(wrong(&text, "a keyword", "at most 20 letters, digits, `-` and `_`, a letter first"));
        }
        if keywords.len() == KEYWORDS {
            let message = format!("{KEYWORDS} keywords are the most that registries take");
            return Err(ConfigError::new(place(text.span().start), message));
        }
        keywords.push(text.into_inner());
    }
    let mut classifiers = Vec::new();
    for text in raw.classifiers.into_iter().flatten() {
        let hint = match text.get_ref().split(" :: ").next() {
            Some("License") => {
                "leave it out: `generate.licence` says it, and PyPI takes no other word for it beside that"
            }
            Some("Private") => "leave it out: packages without a licence have it by themselves",
            _ => "one of https://pypi.org/classifiers/, for example `Topic :: Software Development`",
        };
        if !is_classifier(text.get_ref()) {
            return Err(wrong(&text, "a classifier of PyPI that can be said here", hint));
        }
        if classifiers.contains(text.get_ref()) {
            let message = format!("the classifier `{}` is there already", text.get_ref());
            return Err(ConfigError::new(place(text.span().start), message));
        }
        classifiers.push(text.into_inner());
    }
    Ok(About {
        description: line(raw.description)?,
        url: url(raw.url)?,
        documentation: url(raw.documentation)?,
        repository: url(raw.repository)?,
        authors,
        keywords,
        classifiers,
        private: false,
    })
}

fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        && text.chars().all(|c| c.is_ascii_graphic() && !"<>\"`\\^{|}".contains(c))
}

/// Two words of PyPI or more, from the wide to the narrow: only the index knows which there are.
fn is_classifier(text: &str) -> bool {
    let good = |part: &str| {
        !part.is_empty()
            && part.trim() == part
            && !part.contains("::")
            && part.chars().all(|c| (' '..='~').contains(&c))
    };
    let parts: Vec<&str> = text.split(" :: ").collect();
    parts.len() > 1 && parts.iter().all(|part| good(part)) && !["License", "Private"].contains(&parts[0])
}

fn is_keyword(text: &str) -> bool {
    text.len() <= KEYWORD_LENGTH
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

/// `NAME` or `NAME <ADDRESS>`.
fn author(text: &str) -> Option<Author> {
    let (name, email) = match text.split_once('<') {
        Some((name, rest)) => (name, Some(rest.strip_suffix('>')?)),
        None => (text, None),
    };
    let name = name.trim();
    let plain = |text: &str| !text.is_empty() && !text.contains(|c: char| c.is_control() || "<>".contains(c));
    let address = |text: &str| plain(text) && text.contains('@') && !text.contains(char::is_whitespace);
    (plain(name) && email.is_none_or(address))
        .then(|| Author { name: name.to_owned(), email: email.map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use crate::config::file;

    #[test]
    fn a_whole_section() {
        let text = "[package]\ndescription = \"Payments\"\nurl = \"https://acme.com\"\nrepository = \"https://github.com/acme/c\"\n\
                    authors = [\"Payments <pay@acme.com>\", \"Acme\"]\nkeywords = [\"pay\"]\n[generate.go]\nmodule = \"a.b/c\"\n";
        let about = file::parse(text, "protopact.toml").unwrap().generate.unwrap().about;
        assert_eq!(about.description.as_deref(), Some("Payments"));
        assert_eq!(about.authors[0].email.as_deref(), Some("pay@acme.com"));
        assert_eq!((&*about.authors[1].name, &about.authors[1].email), ("Acme", &None));
        assert!(about.private, "no licence is said");
    }

    #[test]
    fn what_no_registry_takes() {
        let error = |text: &str| file::parse(text, "protopact.toml").unwrap_err().to_string();
        for (text, words) in [
            ("[package]\nurl = \"acme.com\"", "protopact.toml:2:7: `acme.com` is not an address"),
            ("[package]\nauthors = [\"<pay@acme.com>\"]", "is not an author"),
            ("[package]\nauthors = [\"Pay <pay>\"]", "is not an author"),
            ("[package]\nkeywords = [\"two words\"]", "is not a keyword"),
            ("[package]\nclassifiers = [\"Topic\"]", "is not a classifier of PyPI"),
            ("[package]\nclassifiers = [\"Topic:: Internet\"]", "is not a classifier of PyPI"),
            ("[package]\nclassifiers = [\"Topic ::  Internet\"]", "is not a classifier of PyPI"),
            ("[package]\nclassifiers = [\"License :: OSI Approved\"]", "is not a classifier of PyPI"),
            ("[package]\nclassifiers = [\"Private :: Do Not Upload\"]", "is not a classifier of PyPI"),
            ("[package]\nclassifiers = [\"A :: B\", \"A :: B\"]", "is there already"),
            ("[package]\nkeywords = [\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"]", "5 keywords are the most"),
            ("[package]\ndescription = \"a\\nb\"", "is not one line"),
            ("[package]\nname = \"a\"", "unknown"),
            ("[generate]\nlicence = \"Apache2\"", "`Apache2` is not an SPDX expression"),
            ("[generate]\nlicence = \"MIT OR\"", "`MIT OR` is not an SPDX expression"),
        ] {
            assert!(error(text).contains(words), "{}", error(text));
        }
    }

    #[test]
    fn a_licence_that_is_nearly_one_is_offered() {
        let error = file::parse("[generate]\nlicence = \"Apache 2\"", "protopact.toml").unwrap_err();
        assert_eq!(error.hint.as_deref(), Some("did you mean `Apache-2.0`?"));
        for good in [
            "MIT",
            "Apache-2.0 OR MIT",
            "LicenseRef-Proprietary",
            "GPL-2.0-only WITH Classpath-exception-2.0",
        ] {
            assert!(
                file::parse(&format!("[generate]\nlicence = \"{good}\""), "protopact.toml").is_ok(),
                "{good}"
            );
        }
    }
}
