//! Text for people: what is safe to show, lines of a terminal, words for numbers, names that are nearly right; and templates
//! of paths.
//!
//! One rule each, for every part that tells something.

mod date;
mod escape;
mod layout;
pub(crate) mod markdown;
mod near;
mod plural;
mod secret;
mod sentence;
mod shell;
mod size;
pub(crate) mod templates;
mod version;

pub use date::Date;
pub use escape::escape;
pub(crate) use escape::{JsonEscapes, escape_lines, is_unsafe, pretty_json, write_pretty_json};
pub use layout::{Line, Style, View};
pub(crate) use near::{best, few, likeness, likest, near, nearest, overlap};
pub use plural::plural;
pub use secret::{hidden, typed_without_secrets, without_secrets};
pub(crate) use sentence::first_sentence;
pub(crate) use shell::shell_word;
pub use size::size;
pub(crate) use version::pep_440;
