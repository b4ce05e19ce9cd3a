//! Compiles every .proto file below a folder and says how many bytes came out; with a second argument, writes
//! them there as a FileDescriptorSet. For measuring.

fn main() {
    let mut args = std::env::args().skip(1);
    let root = std::path::PathBuf::from(args.next().expect("a folder"));
    let mut input = protopact::compile::Input::default();
    for entry in walkdir::WalkDir::new(&root).sort_by_file_name().into_iter().flatten() {
        if entry.file_type().is_file() && entry.path().extension().is_some_and(|e| e == "proto") {
            let name = entry.path().strip_prefix(&root).expect("below the root").to_string_lossy();
            input.files.push(protopact::compile::InputFile {
                name: (&*name).into(),
                display: (&*name).into(),
                content: std::fs::read(entry.path()).expect("a readable file").into(),
                target: true,
            });
        }
    }
    let start = std::time::Instant::now();
    match protopact::compile::compile(&input, &protopact::compile::Options::default()) {
        Ok(compiled) => {
            let bytes: usize = compiled.files.iter().map(|f| f.descriptor.len()).sum();
            println!("{} files, {bytes} bytes, {:?}", compiled.files.len(), start.elapsed());
            if let Some(out) = args.next() {
                let mut set = Vec::new();
                for file in &compiled.files {
                    set.push(0x0a);
                    let mut len = file.descriptor.len();
                    while len >= 0x80 {
                        set.push(len as u8 | 0x80);
                        len >>= 7;
                    }
                    set.push(len as u8);
                    set.extend_from_slice(&file.descriptor);
                }
                std::fs::write(out, set).expect("a writable file");
            }
        }
        Err(protopact::compile::CompileError::Sources(list)) => {
            for diagnostic in &list {
                print!("{}", diagnostic.render(false));
            }
            println!("{} errors", list.len());
        }
        #[allow(unreachable_patterns)]
        Err(other) => println!("{other}"),
    }
}
