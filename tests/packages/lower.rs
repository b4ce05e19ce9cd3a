//! Editions files in proto2 and proto3 words: read again, the model says the same of every field.

use buffa::Message as _;
use buffa_descriptor::generated::descriptor as pb;
use protopact::codegen::lower;
use protopact::compile::{Compiled, CompiledFile};
use protopact::schema::{Element, Schema, Syntax};

use crate::drive::{Sample, files};

fn lowered(old: &Sample) -> Schema {
    let files = old.compiled.files.iter().map(|file| {
        let id = old.schema.file_by_name(&file.name).unwrap();
        let mut proto = pb::FileDescriptorProto::decode_from_slice(&file.descriptor).unwrap();
        lower::lower(&old.schema, id, &mut proto).unwrap();
        CompiledFile { descriptor: proto.encode_to_vec().into(), ..file.clone() }
    });
    Schema::build(&Compiled { files: files.collect(), ..Compiled::default() }).unwrap()
}

#[track_caller]
fn same(text: &str, syntax: Syntax) {
    let old = Sample::new(&files(&[("a.proto", text)]));
    let new = lowered(&old);
    assert_eq!(new.file(new.file_by_name("a.proto").unwrap()).syntax, syntax);
    let say = |schema: &Schema| -> Vec<String> {
        let line = |(id, f): (_, &protopact::schema::Field)| {
            let oneof = f.oneof.map(|o| schema.oneof(o).name.clone());
            format!(
                "{} {} {:?} {:?} packed={} default={:?} {:?}",
                schema.full_name(Element::Field(id)),
                f.number,
                f.kind,
                f.cardinality,
                f.packed,
                f.default,
                oneof
            )
        };
        schema.fields().map(line).collect()
    };
    assert_eq!(say(&old.schema), say(&new));
}

#[test]
fn explicit_presence_is_proto2() {
    same(
        r#"edition = "2023";
        package a;
        message M {
          int32 x = 1;
          string s = 2 [default = "d"];
          int32 must = 3 [features.field_presence = LEGACY_REQUIRED];
          repeated int32 packed = 4;
          repeated int32 loose = 5 [features.repeated_field_encoding = EXPANDED];
          M child = 6 [features.message_encoding = DELIMITED];
          repeated M children = 7 [features.message_encoding = DELIMITED];
          map<string, M> by_name = 8;
          oneof o { M group = 9 [features.message_encoding = DELIMITED]; string word = 10; E e = 11; }
          enum E { option features.enum_type = CLOSED; A = 1; }
          extensions 100 to 200;
        }
        extend M { repeated sint64 more = 100; string text = 101; }
        "#,
        Syntax::Proto2,
    );
}

#[test]
fn implicit_presence_is_proto3() {
    same(
        r#"edition = "2023";
        package a;
        option features.field_presence = IMPLICIT;
        option features.message_encoding = DELIMITED;
        message M {
          int32 plain = 1;
          int32 seen = 2 [features.field_presence = EXPLICIT];
          int32 must = 3 [features.field_presence = LEGACY_REQUIRED];
          N child = 4;
          repeated N children = 5;
          map<string, N> by_name = 6;
          repeated int32 loose = 7 [features.repeated_field_encoding = EXPANDED];
          oneof o { string word = 8; }
          string text = 9 [features.field_presence = EXPLICIT, default = "d"];
        }
        message N {}
        "#,
        Syntax::Proto3,
    );
}

#[test]
fn proto2_and_proto3_stay_what_they_are() {
    same(
        "syntax = \"proto2\"; package a; message M { optional int32 x = 1; repeated int32 y = 2 [deprecated = true]; \
         repeated int32 z = 3 [packed = true]; optional group G = 4 {} }",
        Syntax::Proto2,
    );
    same(
        "syntax = \"proto3\"; package a; message M { int32 x = 1; repeated int32 y = 2 [deprecated = true]; \
         optional int32 z = 3; repeated int32 w = 4 [packed = false]; }",
        Syntax::Proto3,
    );
}

#[test]
fn what_leads_back_through_a_group_is_boxed() {
    let sample = Sample::new(&files(&[(
        "a.proto",
        r#"edition = "2023";
        package a;
        option features.message_encoding = DELIMITED;
        message M { M child = 1; N other = 2; repeated M list = 3; oneof o { M in = 4; } }
        message N { int32 x = 1; }
        "#,
    )]));
    let files: Vec<_> = sample.schema.files().map(|(id, _)| id).collect();
    let paths: Vec<_> =
        lower::recursive_groups(&sample.schema, &files).into_iter().map(|(_, path)| path).collect();
    assert_eq!(paths, [".a.M.child", ".a.M.o.in"]);
}
