//! The lines of each language's runtime that packages can be made for.
//!
//! Generated code and the runtime that it needs belong together, so a line is both: the generators, and the versions
//! that the package asks for. What stands here was tried: generated, built, and called by a program that has nothing
//! but the package. `ci/sdk` does so with the newest line and with each older one.

use super::of;
use crate::codegen::Target;
use crate::codegen::plugin::Pinned;
use crate::words::Language;

/// One line.
#[derive(Debug)]
pub(crate) struct Line {
    /// The name in the configuration: `5`.
    pub name: &'static str,
    /// The plugins that packages need, in their order, each with the generator where it is one of a protoc.
    pub plugins: &'static [(&'static Pinned, &'static str)],
    /// The plugins that packages need besides, each for an option of the language's section.
    pub options: &'static [(&'static str, &'static Pinned, &'static str)],
    /// What the package asks for, and at which version, where the generated code does not say.
    pub asks: &'static [(&'static str, &'static str)],
}

/// The lines of a language.
#[derive(Debug)]
pub(crate) struct Lines {
    /// The key of the language's section that chooses one: `runtime`.
    pub key: &'static str,
    /// All that were tried, the newest first: that is taken when nothing is said.
    pub all: &'static [Line],
}

impl Lines {
    /// The line of a name.
    pub(crate) fn named(&self, name: &str) -> Option<&'static Line> {
        self.all.iter().find(|line| line.name == name)
    }

    /// The names, newest first.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.all.iter().map(|line| line.name).collect()
    }
}

impl Line {
    /// The version of something that the package asks for.
    pub(crate) fn version(&self, of: &str) -> &'static str {
        let found = self.asks.iter().find(|(name, _)| *name == of);
        found.expect("every line of a language says the same names").1
    }
}

/// The line that a target is of.
pub(crate) fn line(target: &Target) -> &'static Line {
    let lines = of(target.language()).lines();
    lines.named(target.get(lines.key)).unwrap_or(&lines.all[0])
}

/// The plugins that a target needs, in their order, each with the generator where it is one of a protoc.
pub(crate) fn plugins(target: &Target) -> impl Iterator<Item = (&'static Pinned, &'static str)> {
    let line = line(target);
    let options = line.options.iter().filter(|(option, ..)| target.has(option));
    line.plugins.iter().copied().chain(options.map(|(_, plugin, generator)| (*plugin, *generator)))
}

/// All lines of a language, newest first, by name.
#[must_use]
pub fn names(language: Language) -> Vec<&'static str> {
    of(language).lines().names()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_language_differ_in_name_and_ask_for_the_same() {
        for language in Language::ALL {
            let lines = of(language).lines();
            for (at, line) in lines.all.iter().enumerate() {
                assert_eq!(
                    lines.names().iter().position(|name| *name == line.name),
                    Some(at),
                    "{language:?}"
                );
                let asks = |line: &Line| line.asks.iter().map(|(name, _)| *name).collect::<Vec<_>>();
                assert_eq!(asks(line), asks(&lines.all[0]), "{language:?}");
            }
        }
    }
}
