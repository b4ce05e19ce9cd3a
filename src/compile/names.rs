//! Names that follow from names.

/// The JSON key of a field that has none (<https://protobuf.dev/programming-guides/json/#field-names>): underscores go,
/// the letter behind one is a capital.
pub(crate) fn json_name(name: &str) -> String {
    without_underscores(name, false)
}

/// The same with a capital in front: the message behind a map field, and what generators make of a plain name.
pub(crate) fn camel_name(name: &str) -> String {
    without_underscores(name, true)
}

fn without_underscores(name: &str, mut upper: bool) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if c == '_' {
            upper = true;
        } else {
            out.push(if upper { c.to_ascii_uppercase() } else { c });
            upper = false;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn underscores_go_and_letters_behind_them_are_capitals() {
        for (name, json, camel) in [
            ("foo_bar", "fooBar", "FooBar"),
            ("_foo", "Foo", "Foo"),
            ("foo__bar_", "fooBar", "FooBar"),
            ("FOO_1a", "FOO1a", "FOO1a"),
            ("a_b.c_d", "aB.cD", "AB.cD"),
            ("", "", ""),
        ] {
            assert_eq!((json_name(name).as_str(), camel_name(name).as_str()), (json, camel), "{name}");
        }
    }
}
