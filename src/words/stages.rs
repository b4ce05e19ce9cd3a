//! At which stages a change of generated code stops programs, where they are compiled apart from it.

/// What goes on no more: to compile a program, or to run one that is compiled (Java Language Specification, chapter 13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stages {
    /// Code does not compile; what was compiled before goes on.
    Compiling,
    /// What was compiled before misses what it names; compiled again it goes on.
    Linking,
    /// Neither goes on.
    Both,
}

impl Stages {
    /// The names of what does not go on.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Stages::Compiling => &["compile"],
            Stages::Linking => &["link"],
            Stages::Both => &["compile", "link"],
        }
    }
}
