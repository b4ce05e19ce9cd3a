//! Imports by proto path, turned into imports relative to the distribution's package.
//!
//! protoc and the gRPC plugin write imports as whole lines without indentation, in five forms; comments of the
//! contract only ever stand in indented lines or in strings. Modules that are not of this package (`google.protobuf`,
//! `grpc`) are left alone.
//!
//! Stubs of proto2 extensions get two more corrections, without which no type checker takes them: protoc writes
//! `ClassVar` outside of classes, and looks for the extension dictionary in a module that does not have it.

use std::collections::BTreeSet;

use crate::surface::python::is_keyword;

/// Where a generated file goes: a folder called like a keyword could not be imported.
pub(super) fn place_of(path: &str) -> String {
    escape(path, '/')
}

/// The name of a module below the distribution's package.
pub(super) fn place_of_module(module: &str) -> String {
    escape(module, '.')
}

fn escape(path: &str, separator: char) -> String {
    let parts: Vec<String> =
        path.split(separator).map(|p| if is_keyword(p) { format!("{p}_") } else { p.to_owned() }).collect();
    parts.join(&separator.to_string())
}

/// Rewrites one generated file. `place` is its path below the package `import`, `modules` are the modules that the
/// package has, as protoc names them, without those for services.
pub(super) fn relative(text: &str, place: &str, import: &str, modules: &BTreeSet<String>) -> String {
    let dots = ".".repeat(place.matches('/').count() + 1);
    let mut out = String::with_capacity(text.len() + 256);
    for line in text.split_inclusive('\n') {
        let code = line.trim_end_matches(['\n', '\r']);
        let new = rewrite(code, &dots, import, modules);
        match new.or_else(|| if place.ends_with(".pyi") { stub(code) } else { None }) {
            Some(new) => {
                out.push_str(&new);
                out.push_str(&line[code.len()..]);
            }
            None => out.push_str(line),
        }
    }
    out
}

fn rewrite(code: &str, dots: &str, import: &str, modules: &BTreeSet<String>) -> Option<String> {
    // `from PACKAGE.` and the module's last part, as relative imports name them.
    let place = |module: &str| -> Option<(String, String)> {
        if !modules.contains(module) {
            return None;
        }
        let module = escape(module, '.');
        let (package, name) = module.rsplit_once('.').unwrap_or(("", &module));
        Some((format!("{dots}{package}"), name.to_owned()))
    };
    if let Some(rest) = code.strip_prefix("import ") {
        // import NAME as ALIAS
        let (module, alias) = rest.split_once(" as ")?;
        let (package, name) = place(module)?;
        return Some(format!("from {package} import {name} as {alias}"));
    }
    if let Some(rest) = code.strip_prefix("from ") {
        let (from, what) = rest.split_once(" import ")?;
        // from PACKAGE.NAME import * | NAME as NAME: what a public import passes on
        if modules.contains(from) {
            return Some(format!("from {dots}{} import {what}", escape(from, '.')));
        }
        // from PACKAGE import NAME as ALIAS
        let (name, alias) = what.split_once(" as ")?;
        let (package, name) = place(&format!("{from}.{name}"))?;
        return Some(format!("from {package} import {name} as {alias}"));
    }
    if let Some((alias, rest)) = code.split_once(" = importlib.import_module('") {
        // ALIAS = importlib.import_module('PACKAGE.NAME'): a package called like a keyword
        let (package, name) = place(rest.strip_suffix("')")?)?;
        return Some(format!("from {package} import {name} as {alias}"));
    }
    if let Some(rest) = code.strip_prefix("_builder.BuildTopDescriptorsAndMessages(DESCRIPTOR, '") {
        // The name under which classes are found again, by pickle for one.
        let (module, rest) = rest.split_once('\'')?;
        modules.contains(module).then_some(())?;
        let module = escape(module, '.');
        return Some(format!(
            "_builder.BuildTopDescriptorsAndMessages(DESCRIPTOR, '{import}.{module}'{rest}"
        ));
    }
    None
}

/// Corrects one line of a stub.
fn stub(code: &str) -> Option<String> {
    const DICTIONARY: &str = "from google.protobuf.internal import python_message as _python_message";
    if code == DICTIONARY {
        return Some(DICTIONARY.replace("python_message as", "extension_dict as"));
    }
    let (name, of) =
        code.split_once("_FIELD_NUMBER: _ClassVar[").filter(|(name, _)| !name.starts_with(' '))?;
    Some(format!("{name}_FIELD_NUMBER: {}", of.strip_suffix(']')?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stubs_of_extensions_are_corrected() {
        let old = "X_FIELD_NUMBER: _ClassVar[int]\nY_FIELD_NUMBER: _ClassVar[_builtins.int]\nclass M:\n    \
            X_FIELD_NUMBER: _ClassVar[int]\n";
        let new = "X_FIELD_NUMBER: int\nY_FIELD_NUMBER: _builtins.int\nclass M:\n    X_FIELD_NUMBER: _ClassVar[int]\n";
        assert_eq!(relative(old, "a_pb2.pyi", "acme", &BTreeSet::new()), new);
        assert_eq!(relative(old, "a_pb2.py", "acme", &BTreeSet::new()), old);
    }

    #[test]
    fn every_form_of_import() {
        let modules: BTreeSet<String> =
            ["user.v1.user_pb2", "top_pb2", "type.class.v1.a_pb2"].map(str::to_owned).into();
        let table = [
            (
                "from user.v1 import user_pb2 as user_dot_v1_dot_user__pb2",
                "from ...user.v1 import user_pb2 as user_dot_v1_dot_user__pb2",
            ),
            ("import top_pb2 as top__pb2", "from ... import top_pb2 as top__pb2"),
            ("from top_pb2 import *", "from ...top_pb2 import *"),
            ("from top_pb2 import T as T", "from ...top_pb2 import T as T"),
            (
                "x = importlib.import_module('type.class.v1.a_pb2')",
                "from ...type.class_.v1 import a_pb2 as x",
            ),
            (
                "_builder.BuildTopDescriptorsAndMessages(DESCRIPTOR, 'user.v1.user_pb2', _globals)",
                "_builder.BuildTopDescriptorsAndMessages(DESCRIPTOR, 'acme.user.v1.user_pb2', _globals)",
            ),
            ("import grpc", "import grpc"),
            (
                "from google.protobuf import timestamp_pb2 as google_dot_protobuf_dot_timestamp__pb2",
                "from google.protobuf import timestamp_pb2 as google_dot_protobuf_dot_timestamp__pb2",
            ),
            ("    from top_pb2 import *", "    from top_pb2 import *"),
        ];
        for (old, new) in table {
            assert_eq!(relative(old, "order/v1/order_pb2.py", "acme", &modules), new);
        }
    }
}
