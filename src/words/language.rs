//! The languages with an SDK package.

/// The list of the languages, for every table that has a file and an entry for each: `languages!(table)` is
/// `table!(go Go "Go", …)`, with the name in configuration, paths and reports (which is that of the file), the name in
/// code and the name in sentences, in the order of output. So a language is added to all tables by adding it here.
macro_rules! languages {
    ($table:ident) => {
        $table! { go Go "Go", java Java "Java", python Python "Python", rust Rust "Rust" }
    };
}
pub(crate) use languages;

macro_rules! table {
    ($($name:ident $variant:ident $title:literal),*) => {
        /// A language with an SDK package.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
        #[expect(missing_docs, reason = "the names are the languages")]
        pub enum Language {
            $($variant),*
        }

        impl Language {
            /// Every language, in the order of output.
            pub const ALL: [Language; [$($title),*].len()] = [$(Language::$variant),*];

            /// The name in configuration, paths and reports.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Language::$variant => stringify!($name)),*
                }
            }

            /// The name in sentences.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self {
                    $(Language::$variant => $title),*
                }
            }
        }
    };
}

languages!(table);

impl Language {
    /// The language of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Language> {
        Language::ALL.into_iter().find(|language| language.as_str() == name)
    }
}
