//! Archives as sources.

use protopact::source::Side;

use crate::lab::{Run, explain, open, shown};

const A: &str = "syntax = \"proto3\";\nimport \"b.proto\";\n";

fn tar(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(content.len() as u64);
        header.set_cksum();
        builder.append(&header, content.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

#[test]
fn a_part_of_an_archive_is_a_source_on_either_side() {
    let dir = tempfile::tempdir().unwrap();
    let files = [
        ("pay-1.0/proto/a.proto", A),
        ("pay-1.0/proto/b.proto", "syntax = \"proto3\";\n"),
        ("pay-1.0/README.md", "no"),
    ];
    std::fs::write(dir.path().join("pay.tar"), tar(&files)).unwrap();
    let run = Run::at(dir.path());
    let part = "pay.tar#strip_components=1,subdir=proto";
    let found = run.new_side(part);
    let want = ["a.proto <- proto/a.proto *", "b.proto <- proto/b.proto *"];
    assert_eq!(shown(&found.layout), want);
    let (new, old) = run.both(part, part);
    assert_eq!(shown(&new), shown(&old));
    // The same, compressed.
    let packed =
        ruzstd::encoding::compress_to_vec(&tar(&files)[..], ruzstd::encoding::CompressionLevel::Fastest);
    std::fs::write(dir.path().join("pay.tar.zst"), packed).unwrap();
    let compressed = run.new_side("pay.tar.zst#strip_components=1,subdir=proto");
    assert_eq!(shown(&compressed.layout), want);
    // Whole, its roots are found.
    assert_eq!(shown(&run.new_side("pay.tar").layout)[0], "a.proto <- pay-1.0/proto/a.proto *");
}

#[test]
fn an_archive_that_cannot_be_used_says_why() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("out.tar"), tar(&[("../a.proto", A)])).unwrap();
    std::fs::write(dir.path().join("no.zip"), "PK, but no archive").unwrap();
    let said = |text: &str| explain(&open(dir.path(), text, Side::New).unwrap_err());
    assert_eq!(
        said("out.tar"),
        "cannot read archive `out.tar`\nthe archive holds `../a.proto`, which lies outside of it"
    );
    let no_archive = said("no.zip");
    assert!(
        no_archive.starts_with("cannot read archive `no.zip`\nthe archive cannot be read: "),
        "{no_archive}"
    );
    assert!(said("gone.tar.gz").starts_with("archive `gone.tar.gz` does not exist"));
}
