//! Compiles every .proto file below a folder and says how many bytes came out and how long it took; for measuring
//! and for comparing with protoc. Arguments: the folder; a file for the FileDescriptorSet; the only file to compile
//! (with what it imports).

#![expect(clippy::print_stdout, reason = "it has nothing else to say it with")]

use protopact::compile::output::{SetOptions, descriptor_set};
use protopact::compile::{CompileError, Input, InputFile, Options, compile};

fn main() {
    let mut args = std::env::args().skip(1);
    let root = std::path::PathBuf::from(args.next().expect("a folder"));
    let out = args.next();
    let only = args.next();
    let mut input = Input::default();
    for entry in walkdir::WalkDir::new(&root).sort_by_file_name().into_iter().flatten() {
        if entry.file_type().is_file() && entry.path().extension().is_some_and(|e| e == "proto") {
            let name = entry.path().strip_prefix(&root).expect("below the root").to_string_lossy();
            input.files.push(InputFile {
                name: (&*name).into(),
                display: (&*name).into(),
                content: std::fs::read(entry.path()).expect("a readable file").into(),
                target: only.as_deref().is_none_or(|o| o == &*name),
            });
        }
    }
    let start = std::time::Instant::now();
    match compile(&input, &Options::default()) {
        Ok(compiled) => {
            let bytes: usize = compiled.files.iter().map(|f| f.descriptor.len()).sum();
            println!("{} files, {bytes} bytes, {:?}", compiled.files.len(), start.elapsed());
            if let Some(out) = out {
                let all = SetOptions { include_imports: true, include_source_info: true };
                std::fs::write(out, descriptor_set(&compiled, all)).expect("a writable file");
            }
        }
        Err(CompileError::Sources(list)) => {
            for diagnostic in &list {
                print!("{}", diagnostic.render(false));
            }
            println!("{} errors", list.len());
        }
        Err(other) => println!("{other}"),
    }
}
