//! One version of a contract, ready to be served.

use bytes::Bytes;

use crate::compile::Compiled;
use crate::schema::{BuildError, MessageId, Schema};

/// One version of a contract: the model that calls are routed by, and the descriptors that reflection hands out.
#[derive(Debug)]
pub struct Contract {
    /// The model.
    pub schema: Schema,
    pub(super) files: Vec<(Box<str>, Bytes)>,
}

/// A method that can be called.
#[derive(Clone, Debug)]
pub(super) struct Method {
    /// `package.Service`.
    pub(super) service: Box<str>,
    /// `Method`.
    pub(super) name: Box<str>,
    /// The path of HTTP/2 requests.
    pub(super) path: String,
    pub(super) input: MessageId,
    pub(super) output: MessageId,
    pub(super) client_streaming: bool,
    pub(super) server_streaming: bool,
}

impl Contract {
    /// Reads the descriptors of one version.
    ///
    /// # Errors
    ///
    /// Descriptors that do not hold together; those out of a compiler do.
    pub fn new(compiled: &Compiled) -> Result<Contract, BuildError> {
        let schema = Schema::build(compiled)?;
        let files = compiled.files.iter().map(|f| (f.name.clone(), f.descriptor.clone())).collect();
        Ok(Contract { schema, files })
    }

    /// The full names of all services, sorted.
    pub fn services(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.schema.services().map(|(_, s)| &*s.full_name).collect();
        names.sort_unstable();
        names
    }

    /// Every method whose messages are known, in the order of the files.
    pub(super) fn methods(&self) -> impl Iterator<Item = Method> {
        self.schema.methods().filter_map(|(id, method)| {
            Some(Method {
                service: self.schema.service(method.parent).full_name.clone(),
                name: method.name.clone(),
                path: self.schema.call_path(id),
                input: self.schema.message_by_name(&method.input)?,
                output: self.schema.message_by_name(&method.output)?,
                client_streaming: method.client_streaming,
                server_streaming: method.server_streaming,
            })
        })
    }
}
