//! The languages with an SDK package.

/// A language with an SDK package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
#[expect(missing_docs, reason = "the names are the languages")]
pub enum Language {
    Go,
    Java,
    Python,
    Rust,
}

impl Language {
    /// Every language, in the order of output.
    pub const ALL: [Language; 4] = [Language::Go, Language::Java, Language::Python, Language::Rust];

    /// The name in configuration, paths and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Language::Go => "go",
            Language::Java => "java",
            Language::Python => "python",
            Language::Rust => "rust",
        }
    }

    /// The name in sentences.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Language::Go => "Go",
            Language::Java => "Java",
            Language::Python => "Python",
            Language::Rust => "Rust",
        }
    }
}
