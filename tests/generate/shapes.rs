//! Shapes of names as the tables tell them and as generated code has them, in one spelling: types without where they
//! stand, which the names of their containers are held to already.

use protopact::words::Language;

/// What the tables say about things whose shape no parser shows: `struct`, `oneof`, `case`.
const KINDS: [&str; 24] = [
    "struct",
    "type",
    "interface",
    "func",
    "var",
    "oneof",
    "case",
    "value",
    "class",
    "enum",
    "large enum",
    "constant",
    "entry",
    "file",
    "function",
    "stub",
    "impl",
    "module",
    "trait",
    "variant",
    "builder",
    "method",
    "client",
    "server",
];

/// The shape of a table, where it is a type.
pub(crate) fn wanted(language: Language, shape: &str) -> Option<String> {
    let call = shape.contains(" -> ") || shape.starts_with("struct for ");
    (!shape.is_empty() && !call && !KINDS.contains(&shape)).then(|| bare(language, shape))
}

/// Whether what was read is what the table has.
pub(crate) fn same(language: Language, wanted: &str, found: &str) -> bool {
    let found = bare(language, found);
    match language {
        Language::Java => {
            // A list of strings has a class of its own, and an extension is an object around its type.
            found == wanted
                || (found == "ProtocolStringList" && wanted == "List<String>")
                || found.starts_with("GeneratedExtension<")
        }
        Language::Python => {
            let list =
                |name: &str| found.strip_prefix(name).and_then(|r| r.strip_prefix('[')?.strip_suffix(']'));
            let told = if let Some(of) =
                list("RepeatedScalarFieldContainer").or(list("RepeatedCompositeFieldContainer"))
            {
                format!("list|{of}")
            } else if let Some(of) = list("ScalarMap").or(list("MessageMap")) {
                format!("map|{}", of.replacen(',', "|", 1))
            } else {
                list("ClassVar").unwrap_or(&found).to_owned()
            };
            // A table tells numbers and enums alike, and of an extension what it holds; stubs say what it is.
            told == wanted || is_enum(&told, wanted) || told == "FieldDescriptor"
        }
        Language::Go | Language::Rust => found == wanted,
    }
}

/// Whether a name stands where the table says `int`, alone or at the end of a list or a map.
fn is_enum(told: &str, wanted: &str) -> bool {
    let Some(front) = wanted.strip_suffix("int") else { return false };
    let name = told.strip_prefix(front).unwrap_or_default();
    let own = ["str", "bytes", "bool", "float"];
    !name.is_empty() && !own.contains(&name) && name.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// A type without spaces and without the packages, modules and classes that its names stand in.
fn bare(language: Language, shape: &str) -> String {
    let mut shape = shape.replace("r#", "").replace("::<", "<");
    if language == Language::Python {
        shape = shape.replace("list of ", "list|").replace("map of ", "map|").replace(" to ", "|");
    }
    let mut out = String::new();
    let mut inside = false;
    for c in shape.chars().filter(|c| !c.is_whitespace()) {
        match c {
            // Go's tables have the package of a type of another one in braces.
            '{' if language == Language::Go => inside = true,
            '}' if language == Language::Go => inside = false,
            _ if inside => {}
            '.' | ':' => {
                let keep = out.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_').len();
                out.truncate(keep);
            }
            c => out.push(c),
        }
    }
    let out = out.replace("?extends", "?");
    if language == Language::Python { out.trim_start_matches('_').to_owned() } else { out }
}

#[test]
fn shapes_are_told_in_one_spelling() {
    use Language::{Go, Java, Python, Rust};
    for (language, table, code) in [
        (Go, "map[string]*{x/pay;pay}.Pay", "map[string]*pay.Pay"),
        (Go, "[]*{google.golang.org/x;y}.T", "[]*y.T"),
        (Rust, "Option<pay::v1::Pay>", "::core::option::Option<super::v1::Pay>"),
        (
            Rust,
            "HashMap<String, Vec<u8>>",
            "::std::collections::HashMap<::prost::alloc::string::String, Vec<u8>>",
        ),
        (Java, "java.util.List<java.lang.String>", "com.google.protobuf.ProtocolStringList"),
        (Java, "pay.v1.Billing.Pay.Builder", "Builder"),
        (
            Java,
            "java.util.List<? extends pay.v1.PayOrBuilder>",
            "java.util.List<? extends pay.v1.Billing.PayOrBuilder>",
        ),
        (Python, "list of str", "_containers.RepeatedScalarFieldContainer[str]"),
        (Python, "list of pay_pb2.Pay", "_containers.RepeatedCompositeFieldContainer[_pay_pb2.Pay]"),
        (Python, "map of str to int", "_containers.ScalarMap[str, Stage]"),
        (Python, "int", "Stage"),
        (Python, "int", "_ClassVar[int]"),
        (Python, "list of str", "_descriptor.FieldDescriptor"),
    ] {
        let wanted = wanted(language, table).unwrap();
        assert!(same(language, &wanted, code), "{table}: {wanted} {}", bare(language, code));
    }
    for (language, table, code) in [(Go, "string", "*string"), (Python, "int", "str"), (Java, "int", "long")]
    {
        assert!(!same(language, &wanted(language, table).unwrap(), code), "{table} {code}");
    }
    assert_eq!(wanted(Go, "struct for Method"), None);
}
