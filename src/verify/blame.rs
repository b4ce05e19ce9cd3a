//! Which change is why a call does not come out as it should: of the method, or of a field of what it carries.
//!
//! A client says how a call ended, and not what the server could not read. The models of both runtimes read the same
//! messages ([`Ends`]) and know which field it was.

use std::collections::BTreeSet;

use super::Version;
use super::fault::{Ends, Fault, model};
use super::matrix::Foretold;
use super::oracle::{Difference, Part};
use super::predict::{Miss, Predictions};
use super::side::Side;
use crate::wire::{decode, encode};
use crate::words::{Language, Lens};

/// One end of a call.
#[derive(Clone, Copy, Debug)]
pub struct End<'a> {
    /// The contract as it knows it.
    pub side: &'a Side,
    /// Which version that is.
    pub version: Version,
    /// The language of its program.
    pub language: Language,
    /// The messages that it sends: requests, or answers.
    pub sends: &'a [Vec<u8>],
}

/// A call that was made.
#[derive(Clone, Copy, Debug)]
pub struct Made<'a> {
    /// The path of the method: `/user.v1.UserService/Get`.
    pub path: &'a str,
    /// Who calls.
    pub client: End<'a>,
    /// Who is called. Where a method answers with what it is asked, nothing is said to be sent: it is worked out.
    pub server: End<'a>,
}

/// One way of a call: messages of one type from one end to the other.
struct Way<'a> {
    ends: Ends<'a>,
    sends: Vec<Vec<u8>>,
}

impl Way<'_> {
    fn faults(&self) -> Vec<Fault> {
        self.sends.iter().map(|bytes| self.ends.fault(bytes)).collect()
    }

    fn miss<'m>(&'m self, fields: &'m BTreeSet<i32>) -> Miss<'m> {
        let Ends { writer, reader, message, .. } = self.ends;
        Miss { lens: Lens::Wire, writer, reader, message, fields }
    }

    /// The change of one of these fields, or of what they hold.
    fn change(&self, predictions: &Predictions, fields: &BTreeSet<i32>) -> Option<Foretold> {
        let fields = self.ends.related(fields);
        if fields.is_empty() { None } else { predictions.message(&self.miss(&fields)) }
    }
}

impl<'a> Made<'a> {
    fn there(&self) -> Option<Way<'a>> {
        let message = &*self.client.side.method(self.path)?.input;
        let (client, server) = (self.client, self.server);
        let ends = Ends {
            writer: (client.side, client.version),
            reader: (server.side, server.version),
            language: server.language,
            age: None,
            message,
        };
        Some(Way { ends, sends: client.sends.to_vec() })
    }

    fn back(&self) -> Option<Way<'a>> {
        let (client, server) = (self.client, self.server);
        let method = server.side.method(self.path)?;
        let ends = Ends {
            writer: (server.side, server.version),
            reader: (client.side, client.version),
            language: client.language,
            age: None,
            message: &method.output,
        };
        let sends = if method.input == method.output { self.echoed() } else { server.sends.to_vec() };
        Some(Way { ends, sends })
    }

    /// The requests as the server writes them again.
    fn echoed(&self) -> Vec<Vec<u8>> {
        let schema = &self.server.side.schema;
        let again = |bytes: &Vec<u8>| {
            let method = self.server.side.method(self.path)?;
            let message = schema.message_by_name(&method.input)?;
            let tree = decode(schema, message, bytes, model(self.server.language)).ok()?;
            Some(encode(schema, &tree))
        };
        self.client.sends.iter().filter_map(again).collect()
    }

    /// The change that explains a call that differs. Asked only about what was seen to differ.
    #[must_use]
    pub fn foretold(&self, predictions: &Predictions, difference: &Difference) -> Option<Foretold> {
        let (from, to) = (self.client.version, self.server.version);
        if let Some(found) = predictions.call(from, to, self.path) {
            return Some(found);
        }
        let part = difference.part?;
        let ways = match part {
            Part::Request => [self.there(), None],
            Part::Answer => [None, self.back()],
            Part::End => [self.there(), self.back()],
        };
        let ways = || ways.iter().flatten();
        let field: BTreeSet<i32> = difference.field.into_iter().collect();
        let told = ways().find_map(|way| way.change(predictions, &field));
        // What is refused ends a call; what is seen otherwise does not, unless nothing else is there to be why.
        let faults: Vec<(&Way<'_>, Fault)> =
            ways().flat_map(|way| way.faults().into_iter().map(move |fault| (way, fault))).collect();
        let found = |refused: bool| {
            let mut some = faults.iter().filter(|(_, fault)| fault.refused == refused);
            some.find_map(|(way, fault)| way.change(predictions, &fault.fields))
        };
        let found = found(true).or_else(|| found(false));
        // What a difference is told about comes first, and what else is at fault beside it.
        if let Some(told) = told {
            return Some(told.beside(found));
        }
        if found.is_some() {
            return found;
        }
        let unknown = BTreeSet::new();
        ways().find_map(|way| predictions.message(&way.miss(&unknown)))
    }
}
