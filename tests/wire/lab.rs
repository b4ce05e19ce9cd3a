//! Schemas of the fixtures, in the model and in two other libraries.

use std::sync::Arc;

use buffa_descriptor::DescriptorPool;
use protopact::compile::Compiled;
use protopact::compile::output::{SetOptions, descriptor_set};
use protopact::schema::Schema;

use crate::support::{Files, model, project, read};

/// A contract in every form the tests need.
pub(crate) struct Lab {
    pub(crate) schema: Schema,
    pub(crate) compiled: Compiled,
    pub(crate) buffa: Arc<DescriptorPool>,
}

impl Lab {
    pub(crate) fn new(files: &Files) -> Lab {
        let (compiled, schema) = model("", files);
        let all = SetOptions { include_imports: true, include_source_info: true };
        let buffa = Arc::new(DescriptorPool::decode(&descriptor_set(&compiled, all)).unwrap());
        Lab { schema, compiled, buffa }
    }

    /// `fixtures/wire`.
    pub(crate) fn fixtures() -> Lab {
        Lab::new(&read(&project().join("fixtures/wire")))
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
