//! Options as written: names, and values that are not yet known to fit.

use super::ast::{NamePart, Opt, Value};
use super::lex::{self, Kind};
use super::locations::Loc;
use super::{Parser, Result, Span};

impl<'s> Parser<'s> {
    pub(super) fn parse_option_statement(&mut self, loc: Loc) -> Result<Opt<'s>> {
        self.parse_option(loc, true)
    }

    /// Reads options in brackets.
    pub(super) fn parse_bracketed_options(&mut self, container: Loc) -> Result<Vec<Opt<'s>>> {
        let mut options = Vec::new();
        self.consume("[")?;
        loop {
            options.push(self.parse_option(container, false)?);
            if !self.accept(",") {
                self.consume("]")?;
                return Ok(options);
            }
        }
    }

    /// Reads `name = value`, as a statement with `option` before and `;` behind it, or as it stands in brackets.
    pub(super) fn parse_option(&mut self, container: Loc, statement: bool) -> Result<Opt<'s>> {
        let id = self.file.option_count;
        self.file.option_count += 1;
        let loc = self.locations.start_option(container, id, self.lex.current);
        if statement {
            if !self.at("option") {
                return self.expected("`option` or `}`");
            }
            self.lex.next();
        }
        let first = self.lex.current.span;
        let mut name = vec![self.parse_name_part()?];
        while self.accept(".") {
            name.push(self.parse_name_part()?);
        }
        let name_span = first.to(self.lex.previous.span);
        self.consume("=")?;
        let first = self.lex.current.span;
        let value = self.parse_value()?;
        let value_span = first.to(self.lex.previous.span);
        if statement {
            self.consume_end(";", Some(loc))?;
        }
        self.end(loc);
        Ok(Opt { id, name, value, name_span, value_span })
    }

    fn parse_name_part(&mut self) -> Result<NamePart<'s>> {
        let first = self.lex.current.span;
        if !self.accept("(") {
            let name = self.ident("the name of an option")?;
            return Ok(NamePart { name: name.into(), extension: false, span: first });
        }
        let start = self.lex.current.span;
        self.accept(".");
        loop {
            self.ident("the name of an extension")?;
            if !self.accept(".") {
                break;
            }
        }
        let name = self.squeezed(start.to(self.lex.previous.span));
        self.consume(")")?;
        Ok(NamePart { name, extension: true, span: first.to(self.lex.previous.span) })
    }

    fn parse_value(&mut self) -> Result<Value<'s>> {
        let negative = self.accept("-");
        match self.lex.current.kind {
            Kind::Ident => {
                let text = self.current();
                if negative && !matches!(text, "inf" | "nan") {
                    return self.error("`-` stands before a number only");
                }
                self.lex.next();
                Ok(match (negative, text) {
                    (false, _) => Value::Ident(text),
                    (true, "inf") => Value::Float(f64::NEG_INFINITY),
                    (true, _) => Value::Float(-f64::NAN),
                })
            }
            Kind::Int => {
                let max = if negative { i64::MAX as u64 + 1 } else { u64::MAX };
                let value = match lex::integer(self.current(), max) {
                    Some(value) if negative => Value::Negative(-i128::from(value) as i64),
                    Some(value) => Value::Positive(value),
                    None => Value::Float(if negative { -self.number() } else { self.number() }),
                };
                self.lex.next();
                Ok(value)
            }
            Kind::Float => {
                let value = self.number();
                self.lex.next();
                Ok(Value::Float(if negative { -value } else { value }))
            }
            Kind::Str if !negative => self.string("a string").map(Value::Bytes),
            Kind::Symbol if !negative && self.at("{") => self.parse_aggregate().map(Value::Aggregate),
            _ if negative => self.expected("a number behind `-`"),
            _ => self.expected("the value of the option"),
        }
    }

    /// The value of the current number token, as a float.
    pub(super) fn number(&mut self) -> f64 {
        let text = self.current();
        if self.lex.current.kind == Kind::Float {
            return lex::float(text);
        }
        match lex::integer(text, u64::MAX) {
            Some(value) => value as f64,
            // Too large for an integer, but a decimal one is still a float.
            None if !text.starts_with('0') => lex::float(text),
            None => {
                let message = format!("`{text}` is out of range");
                self.lex.problem(self.lex.current.span, message);
                0.0
            }
        }
    }

    /// Goes over `{ … }`; what it means depends on the type of the option.
    fn parse_aggregate(&mut self) -> Result<Span> {
        let open = self.lex.current.span;
        let mut depth = 0_usize;
        while !self.at_end() {
            if self.at("{") {
                depth += 1;
            } else if self.at("}") {
                depth -= 1;
                if depth == 0 {
                    let span = Span { start: open.end, end: self.lex.current.span.start };
                    self.lex.next();
                    return Ok(span);
                }
            }
            self.lex.next();
        }
        self.lex.problem(open, "this value is not closed: `}` is missing");
        Err(super::Failed)
    }
}
