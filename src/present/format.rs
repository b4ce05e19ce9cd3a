//! Formats: how a document can be written, and the choice among them on the command line.
//!
//! A format stands beside what writes it. A command has a list of those that its document can be written in, and help,
//! completions and `FORMAT=PATH` follow from the list.

use std::ffi::OsStr;
use std::marker::PhantomData;
use std::{fmt, io};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser, ValueParserFactory};

use crate::text::View;

/// One way to write documents of the type `D`.
#[derive(Debug)]
pub struct Format<D: ?Sized + 'static> {
    /// Its name on the command line.
    pub name: &'static str,
    /// Whom it is for, as help says it.
    pub help: &'static str,
    /// Whether help leaves it out.
    pub hidden: bool,
    /// Writes a whole document; the only errors are those of the output.
    pub write: fn(&D, &View, &mut dyn io::Write) -> io::Result<()>,
}

/// The formats of a command.
pub trait Formats: 'static {
    /// What is written.
    type Document: 'static;

    /// All there are, the default first.
    const ALL: &'static [Format<Self::Document>];
}

/// One of the formats of a command.
pub struct Choice<F: Formats>(&'static Format<F::Document>);

impl<F: Formats> Choice<F> {
    /// The format of this name.
    pub fn of(name: &str) -> Option<Choice<F>> {
        F::ALL.iter().find(|format| format.name == name).map(Choice)
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// Writes a whole document.
    ///
    /// # Errors
    ///
    /// Those of `out`, nothing else.
    pub fn write(self, document: &F::Document, view: &View, out: &mut dyn io::Write) -> io::Result<()> {
        (self.0.write)(document, view, out)
    }
}

impl<F: Formats> Default for Choice<F> {
    fn default() -> Choice<F> {
        Choice(&F::ALL[0])
    }
}

impl<F: Formats> Clone for Choice<F> {
    fn clone(&self) -> Choice<F> {
        *self
    }
}

impl<F: Formats> Copy for Choice<F> {}

impl<F: Formats> fmt::Debug for Choice<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Choice").field(&self.0.name).finish()
    }
}

impl<F: Formats> fmt::Display for Choice<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}

impl<F: Formats> ValueParserFactory for Choice<F> {
    type Parser = Names<F>;

    fn value_parser() -> Names<F> {
        Names(PhantomData)
    }
}

/// Takes the names of formats.
pub struct Names<F>(PhantomData<fn() -> F>);

impl<F> Clone for Names<F> {
    fn clone(&self) -> Names<F> {
        Names(PhantomData)
    }
}

impl<F: Formats> Names<F> {
    fn values() -> impl Iterator<Item = PossibleValue> {
        F::ALL.iter().map(|format| PossibleValue::new(format.name).help(format.help).hide(format.hidden))
    }
}

impl<F: Formats> TypedValueParser for Names<F> {
    type Value = Choice<F>;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Choice<F>, clap::Error> {
        let name = PossibleValuesParser::new(Self::values()).parse_ref(command, argument, value)?;
        Ok(Choice::of(&name).unwrap_or_default())
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Self::values()))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::present::Target;

    #[derive(Debug)]
    struct Numbers;

    impl Formats for Numbers {
        type Document = u32;

        const ALL: &'static [Format<u32>] = &[
            Format { name: "plain", help: "As it is", hidden: false, write: |n, _, out| write!(out, "{n}") },
            Format { name: "hex", help: "For some", hidden: true, write: |n, _, out| write!(out, "{n:x}") },
        ];
    }

    #[derive(Debug, Parser)]
    struct Args {
        #[arg(long, default_value_t)]
        format: Choice<Numbers>,
        #[arg(long)]
        report: Vec<Target<Numbers>>,
    }

    fn written(args: &[&str]) -> String {
        let args = Args::try_parse_from([&["x"], args].concat()).unwrap();
        let mut out = Vec::new();
        args.format.write(&255, &View { colour: false, width: None }, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_name_is_a_format_and_the_first_is_the_default() {
        assert_eq!(written(&[]), "255");
        assert_eq!(written(&["--format", "hex"]), "ff");
        assert_eq!(written(&["--format", "plain"]), "255");
    }

    #[test]
    fn what_is_hidden_is_taken_and_not_told() {
        let wrong = Args::try_parse_from(["x", "--format", "HEX"]).unwrap_err().to_string();
        assert!(wrong.contains("[possible values: plain]"), "{wrong}");
        let args = Args::try_parse_from(["x", "--report", "hex=a=b"]).unwrap();
        assert_eq!((args.report[0].format.name(), args.report[0].path.to_str()), ("hex", Some("a=b")));
        let wrong = Args::try_parse_from(["x", "--report", "bin=a"]).unwrap_err().to_string();
        assert!(wrong.contains("there is no format `bin`; there are `plain`"), "{wrong}");
    }
}
