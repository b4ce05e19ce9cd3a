//! A service in each language: its source, the files that build it, its Dockerfile.

use crate::codegen::sdk::Used;
use crate::codegen::{Contract, Target};
use crate::machine::FileTree;
use crate::words::{Language, languages};

/// A language as services in it are written and run.
pub(super) trait Program: Sync {
    /// The image that it is built in, and the one that it runs in.
    fn images(&self, target: &Target) -> [String; 2];

    /// What its container runs to ask whether it serves.
    fn health(&self) -> &'static [&'static str];

    /// The file in which calls are written.
    fn place(&self) -> &'static str;

    /// What a pod of it is given.
    fn memory(&self) -> &'static str;

    /// Its files, or why there is none.
    fn write(&self, contract: &Contract<'_>, target: &Target, used: &Used) -> Result<FileTree, String>;
}

macro_rules! table {
    ($($name:ident $variant:ident $title:literal),*) => {
        $(mod $name;)*

        /// The services of a language.
        pub(super) fn of(language: Language) -> &'static dyn Program {
            match language {
                $(Language::$variant => &$name::$variant),*
            }
        }
    };
}

languages!(table);

/// Names, each made another one where it is there already.
#[derive(Debug, Default)]
struct Names(Vec<String>);

impl Names {
    /// Names that may not be given.
    fn without(taken: &[&str]) -> Names {
        Names(taken.iter().map(|name| (*name).to_owned()).collect())
    }

    /// The name, or with a number after it.
    fn give(&mut self, name: &str) -> String {
        let more = (2..).map(|n| format!("{name}{n}"));
        let mut all = std::iter::once(name.to_owned()).chain(more);
        let free = all.find(|name| !self.0.contains(name)).expect("there are more numbers than names");
        self.0.push(free.clone());
        free
    }
}

/// Puts files into a tree, each by a path that is said here and is a good one.
fn tree(files: Vec<(&str, String)>) -> Result<FileTree, String> {
    let mut tree = FileTree::new();
    for (path, content) in files {
        tree.add(path, content).map_err(|e| e.to_string())?;
    }
    Ok(tree)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_given_once() {
        let mut names = Names::without(&["grpc"]);
        assert_eq!(["grpc", "a", "a", "a2"].map(|name| names.give(name)), ["grpc2", "a", "a2", "a22"]);
    }
}
