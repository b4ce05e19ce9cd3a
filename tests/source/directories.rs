//! Directories on disk, files and compiled inputs.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;

use protopact::compile::image::Format as ImageFormat;
use protopact::source::{self, Context, Loaded, Name, Side, SourceSpec};

use crate::lab::{Lab, Run, directory, explain, open, tree};

const A: &str = "syntax = \"proto3\";\n";

#[test]
fn links_are_followed_inside_the_root_only() {
    let outside = directory(&[("secret.proto", A), ("d/x.proto", A)]);
    let dir = directory(&[("real/a.proto", A), ("real/deep/b.proto", A)]);
    let root = dir.path();
    symlink("real", root.join("alias")).unwrap();
    symlink("real/a.proto", root.join("link.proto")).unwrap();
    symlink("..", root.join("real/deep/back")).unwrap();
    symlink(outside.path().join("secret.proto"), root.join("secret.proto")).unwrap();
    symlink(outside.path().join("d"), root.join("outside")).unwrap();
    symlink("nowhere", root.join("dangling.proto")).unwrap();
    symlink("self.proto", root.join("self.proto")).unwrap();
    let found = tree(open(root, ".", Side::New));
    let protos: Vec<_> = found.protos().collect();
    assert_eq!(
        protos,
        ["alias/a.proto", "alias/deep/b.proto", "link.proto", "real/a.proto", "real/deep/b.proto"]
    );
    let problems: Vec<(&str, bool)> = found.problems().iter().map(|p| (p.path.as_str(), p.fatal)).collect();
    assert_eq!(
        problems,
        [
            ("alias/deep/back", false),
            ("dangling.proto", true),
            ("outside", false),
            ("real/deep/back", false),
            ("secret.proto", true),
            ("self.proto", true),
        ]
    );
    let error = Run::at(root).try_new(".").unwrap_err();
    assert!(
        error.to_string().starts_with("3 files of the working tree cannot be read: `dangling.proto`"),
        "{error}"
    );
}

#[test]
fn chains_of_links_end() {
    let dir = directory(&[("a/x.proto", A)]);
    let names: Vec<String> = (0..12).map(|n| format!("l{n}")).collect();
    for name in &names {
        symlink("..", dir.path().join("a").join(name)).unwrap();
    }
    assert_eq!(tree(open(dir.path(), ".", Side::New)).protos().collect::<Vec<_>>(), ["a/x.proto"]);
}

#[test]
fn a_directory_named_like_a_file_is_walked_and_a_socket_is_reported() {
    let dir = directory(&[("x.proto/y.proto", A), (".git/z.proto", A), ("n.txt", "")]);
    let _listener = UnixListener::bind(dir.path().join("pipe.proto")).unwrap();
    let found = tree(open(dir.path(), ".", Side::New));
    assert_eq!(found.protos().collect::<Vec<_>>(), ["x.proto/y.proto"]);
    assert_eq!(found.problems()[0].message, "is not a regular file");
    assert!(Run::at(dir.path()).try_new(".").is_err());
}

#[test]
#[cfg_attr(superuser, ignore = "the superuser reads everything")]
fn an_unreadable_file_is_named() {
    let dir = directory(&[("a.proto", A), ("b.proto", A)]);
    fs::set_permissions(dir.path().join("b.proto"), fs::Permissions::from_mode(0o000)).unwrap();
    let error = Run::at(dir.path()).try_new(".").unwrap_err();
    assert!(error.to_string().contains("`b.proto`: Permission denied"), "{error}");
}

#[test]
fn a_huge_file_is_refused_without_reading_it() {
    let dir = directory(&[("a.proto", A)]);
    fs::File::create(dir.path().join("huge.proto")).unwrap().set_len(200 << 20).unwrap();
    let error = Run::at(dir.path()).try_new(".").unwrap_err();
    assert!(error.to_string().contains("`huge.proto`: the file is too large: 209715200 bytes"), "{error}");
}

#[test]
fn what_does_not_exist_or_is_something_else_is_named() {
    let dir = directory(&[("a.txt", ""), ("d.proto/x.proto", A)]);
    let error = |text: &str| explain(&open(dir.path(), text, Side::New).unwrap_err());
    assert!(error("./nope").starts_with("directory `./nope` does not exist"), "{}", error("./nope"));
    assert!(error("./a.txt").starts_with("`./a.txt` is not a directory"), "{}", error("./a.txt"));
    assert!(error("no.proto").starts_with("file `no.proto` does not exist"), "{}", error("no.proto"));
    assert!(error("no.binpb").starts_with("image `no.binpb` does not exist"), "{}", error("no.binpb"));
    let message = Run::at(dir.path()).try_new("./d.proto").map(|r| r.1.layout.files.len());
    assert_eq!(message.unwrap(), 1, "a directory that ends in .proto is a directory");
}

#[test]
fn a_directory_without_protos_says_so() {
    let dir = directory(&[("a.txt", "")]);
    let error = Run::at(dir.path()).try_new(".").unwrap_err();
    assert_eq!(error.to_string(), "the working tree holds no .proto files");
}

#[test]
fn what_git_ignores_is_no_part_of_an_unconfigured_contract() {
    let lab = Lab::new();
    lab.commit(&[("a.proto", A), (".gitignore", "/target\nnode_modules/\n")]);
    lab.write(&[("target/x.proto", A), ("web/node_modules/y.proto", A), ("new.proto", A)]);
    assert_eq!(lab.tree(".").protos().collect::<Vec<_>>(), ["a.proto", "new.proto"]);
    assert_eq!(lab.tree("./target").protos().collect::<Vec<_>>(), ["x.proto"], "named on purpose");
    lab.write(&[("protopact.toml", "")]);
    assert_eq!(lab.tree(".").protos().count(), 4, "configured: the roots decide");
}

#[test]
fn what_git_tracks_in_an_ignored_folder_is_part_of_an_unconfigured_contract() {
    let lab = Lab::new();
    lab.commit(&[(".gitignore", "gen/\n"), ("gen/a/a.proto", A), ("gen/b/note.txt", "")]);
    lab.write(&[("gen/b/b.proto", A), ("gen/c/c.proto", A)]);
    // As in the revision, which has no other files.
    assert_eq!(lab.tree("HEAD").protos().collect::<Vec<_>>(), ["gen/a/a.proto"]);
    assert_eq!(lab.tree(".").protos().collect::<Vec<_>>(), ["gen/a/a.proto"]);
}

#[test]
fn images_are_read_and_decompressed() {
    let dir = directory(&[("plain.binpb", "bytes"), ("odd", "{}")]);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(b"bytes").unwrap();
    let packed = packed.finish().unwrap();
    fs::write(dir.path().join("x.bin.gz"), &packed).unwrap();
    fs::write(dir.path().join("broken.bin.gz"), &packed[..packed.len() / 2]).unwrap();
    let image = |text: &str| match open(dir.path(), text, Side::Old) {
        Ok(Loaded::Image(image)) => image,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(&image("plain.binpb").bytes[..], b"bytes");
    assert_eq!(&image("x.bin.gz").bytes[..], b"bytes");
    assert_eq!(image("odd#format=json").format, ImageFormat::Json);
    assert!(
        explain(&open(dir.path(), "broken.bin.gz", Side::Old).unwrap_err()).contains("cannot decompress")
    );

    let spec = SourceSpec::parse("-", dir.path(), Side::New).unwrap();
    assert!(source::open(&spec, Context::new(dir.path())).is_err(), "no standard input was given");
    let mut stdin: &[u8] = b"piped";
    let context = Context { stdin: Some(&mut stdin), ..Context::new(dir.path()) };
    match source::open(&spec, context) {
        Ok(Loaded::Image(image)) => {
            assert_eq!((&image.bytes[..], &image.name), (&b"piped"[..], &Name::StandardInput))
        }
        other => panic!("{other:?}"),
    }
}
