//! Schemas of the fixtures, in the model and in two other libraries.

use std::path::Path;
use std::sync::Arc;

use buffa_descriptor::DescriptorPool;
use protopact::compile::{Compiled, Input, InputFile, Options, compile};
use protopact::schema::Schema;

/// A contract in every form the tests need.
pub(crate) struct Lab {
    pub(crate) schema: Schema,
    pub(crate) compiled: Compiled,
    pub(crate) buffa: Arc<DescriptorPool>,
}

impl Lab {
    pub(crate) fn new(files: &[(String, String)]) -> Lab {
        let files = files.iter().map(|(name, text)| InputFile {
            name: name.as_str().into(),
            display: name.as_str().into(),
            content: text.clone().into(),
            target: true,
        });
        let input = Input { files: files.collect(), ..Input::default() };
        let compiled = compile(&input, &Options::default()).unwrap();
        let schema = Schema::build(&compiled).unwrap();
        let buffa = Arc::new(DescriptorPool::decode(&set(&compiled)).unwrap());
        Lab { schema, compiled, buffa }
    }

    /// `fixtures/wire`.
    pub(crate) fn fixtures() -> Lab {
        Lab::new(&crate::support::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/wire")))
    }

    /// For prost-reflect, which knows no editions.
    pub(crate) fn prost(&self) -> prost_reflect::DescriptorPool {
        let mut pool = prost_reflect::DescriptorPool::new();
        for file in self.compiled.files.iter().filter(|f| &*f.name != "delimited.proto") {
            pool.decode_file_descriptor_proto(&*file.descriptor).unwrap();
        }
        pool
    }
}

/// An encoded `FileDescriptorSet`.
pub(crate) fn set(compiled: &Compiled) -> Vec<u8> {
    let mut bytes = Vec::new();
    for file in &compiled.files {
        prost::encoding::bytes::encode(1, &file.descriptor, &mut bytes);
    }
    bytes
}
