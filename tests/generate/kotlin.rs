//! Options of the Java package: the lite runtime, and Kotlin.

use crate::lab::Lab;

fn lab(options: &str) -> Lab {
    let lab = Lab::new(&format!("[generate.java]\ngroup = \"com.acme\"\n{options}"));
    lab.lock();
    lab
}

const OPTIONS: &str = "syntax = \"proto2\";\npackage acme.odd.v1;\nimport \"google/protobuf/descriptor.proto\";\n\
    // Of fields.\nextend google.protobuf.FieldOptions { optional string note = 50001; }\n\
    message Whole {\n  extensions 100 to 200;\n  extend google.protobuf.MessageOptions { optional Whole inner = 50002; }\n}\n\
    // Of messages.\nextend Whole { optional string more = 100; }\n";

#[test]
fn a_lite_package_has_builders_for_kotlin_and_nothing_that_describes() {
    let lab = lab("kotlin = true\nlite = true\n");
    lab.env.write("proto/acme/odd/v1/odd.proto", OPTIONS);
    let _ = lab.ok(&["generate"]);
    let made = lab.tree("sdk/java");
    let text = |path: &str| String::from_utf8_lossy(&made[path]).into_owned();
    let user = text("src/main/java/com/acme/acme/user/v1/User.java");
    assert!(user.contains("GeneratedMessageLite"), "{user}");
    let kotlin = text("src/main/java/com/acme/acme/user/v1/UserKt.kt");
    assert!(kotlin.contains("public inline fun user("), "{kotlin}");
    let pom = text("pom.xml");
    for artifact in ["protobuf-javalite", "protobuf-kotlin-lite", "kotlin-stdlib", "kotlin-maven-plugin"] {
        assert!(pom.contains(&format!("<artifactId>{artifact}</artifactId>")), "{artifact}: {pom}");
    }
    assert!(!pom.contains("<artifactId>protobuf-java</artifactId>"), "{pom}");
    let odd: String = made.keys().filter(|path| path.contains("/odd/v1/")).map(|path| text(path)).collect();
    assert!(!odd.contains("DescriptorProtos"), "{odd}");
    assert!(odd.contains("> more =") && !odd.contains("> note ="), "{odd}");
}

#[test]
fn without_the_options_nothing_is_lite_and_nothing_kotlin() {
    let lab = lab("kotlin = false\n");
    let _ = lab.ok(&["generate"]);
    let made = lab.tree("sdk/java");
    assert!(made.keys().all(|path| !path.ends_with(".kt")), "{:?}", made.keys());
    let pom = String::from_utf8_lossy(&made["pom.xml"]).into_owned();
    assert!(pom.contains("<artifactId>protobuf-java</artifactId>") && !pom.contains("kotlin"), "{pom}");
}

#[test]
fn what_lite_and_kotlin_have_no_room_for_is_refused() {
    let lab = lab("");
    lab.env.write(
        "proto/acme/odd/v1/odd.proto",
        "syntax = \"proto3\";\npackage acme.odd.v1;\nimport \"google/protobuf/descriptor.proto\";\n\
         message Holder {\n  google.protobuf.FileOptions plain = 1;\n  map<string, google.protobuf.FileOptions> all = 2;\n}\n\
         message Foo {}\nmessage FooKt {}\nmessage Foo_Bar {}\nmessage FooBar {}\n\
         message Outer {\n  message In {}\n  message InKt {}\n}\n",
    );
    let told = |options: &str| {
        lab.configure(&format!("[generate.java]\ngroup = \"com.acme\"\n{options}"));
        lab.run(&["generate", "--dry-run"]).to_string()
    };
    assert!(!told("").contains("odd.proto:"), "{}", told(""));
    let lite = told("lite = true\n");
    for place in ["odd.proto:5:", "odd.proto:6:"] {
        assert!(lite.contains(place), "{place}: {lite}");
    }
    assert!(lite.contains("the lite runtime describes nothing") && !lite.contains("odd.proto:9:"), "{lite}");
    let kotlin = told("kotlin = true\n");
    // `FooKt` is the object of `Foo`, and `fooBar` builds two messages; inside of `Outer` both have room.
    for said in ["`com.acme.acme.odd.v1.FooKt`", "`com.acme.acme.odd.v1.fooBar()`"] {
        assert!(kotlin.contains(said), "{said}: {kotlin}");
    }
    assert!(!kotlin.contains("odd.proto:5:") && !kotlin.contains("Outer"), "{kotlin}");
}

#[test]
fn what_coroutines_have_no_room_for_is_refused() {
    let lab = lab("");
    lab.env.write(
        "proto/acme/odd/v1/odd.proto",
        "syntax = \"proto3\";\npackage acme.odd.v1;\nmessage BarGrpcKt {}\nmessage OddGrpc {}\n\
         service Foo { rpc Get(OddGrpc) returns (OddGrpc); }\nservice Bar { rpc Get(OddGrpc) returns (OddGrpc); }\n",
    );
    let told = |options: &str| {
        lab.configure(&format!("[generate.java]\ngroup = \"com.acme\"\n{options}"));
        lab.run(&["generate", "--dry-run"]).to_string()
    };
    let kotlin = told("kotlin = true\n");
    assert!(!kotlin.contains("odd.proto:"), "{kotlin}");
    let coroutines = told("kotlin = true\ncoroutines = true\n");
    // An object of a service, and the file that has the objects of both.
    for said in ["`com.acme.acme.odd.v1.BarGrpcKt`", "`com.acme.acme.odd.v1.OddGrpcKt.kt`"] {
        assert!(coroutines.contains(said), "{said}: {coroutines}");
    }
    assert_eq!(coroutines.matches("odd.proto:").count(), 2, "{coroutines}");
}

#[test]
fn the_plugin_of_coroutines_is_locked_like_the_others() {
    let lab = lab("kotlin = true\ncoroutines = true\n");
    lab.env.write(
        "proto/acme/odd/v1/odd.proto",
        "syntax = \"proto3\";\npackage acme.odd.v1;\nmessage M {}\nservice Foo { rpc Get(M) returns (M); }\n",
    );
    let output = lab.run(&["generate"]);
    assert!(output.code == 2 && output.err.contains("has no entry for `protoc-gen-grpc-"), "{output}");
    let listed = lab.run(&["plugins", "list"]);
    assert!(listed.out.contains("protoc-gen-grpc-kotlin"), "{listed}");
}
