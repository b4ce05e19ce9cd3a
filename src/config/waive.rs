//! Editing the `[[waiver]]` tables of a `protopact.toml`: everything else in it stays as it was written.

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

use super::{ConfigError, Place};

/// A waiver to write.
#[derive(Clone, Copy, Debug)]
pub struct NewWaiver<'a> {
    /// The fingerprint.
    pub finding: &'a str,
    /// Why.
    pub reason: &'a str,
    /// Who.
    pub owner: Option<&'a str>,
    /// A day or a version.
    pub until: Option<&'a str>,
    /// What is accepted, in one line, for whoever reads the file.
    pub about: Option<&'a str>,
}

/// A text with one more waiver at the end of those that are there.
///
/// # Errors
///
/// The text is no TOML, or `waiver` is something else in it.
pub fn add(text: &str, name: &str, waiver: &NewWaiver<'_>) -> Result<String, ConfigError> {
    let mut document = read(text, name)?;
    let list = document.entry("waiver").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    let Some(list) = list.as_array_of_tables_mut() else {
        let message = "`waiver` is not written as `[[waiver]]` tables";
        return Err(ConfigError::new(Place::whole(name), message).hint("write each as a table of its own"));
    };
    let mut table = Table::new();
    table.insert("finding", value(waiver.finding));
    table.insert("reason", value(waiver.reason));
    if let Some(owner) = waiver.owner {
        table.insert("owner", value(owner));
    }
    if let Some(until) = waiver.until {
        table.insert("until", value(until));
    }
    let about = waiver.about.map(|about| format!("# {}\n", crate::text::escape(about))).unwrap_or_default();
    table.decor_mut().set_prefix(format!("\n{about}"));
    list.push(table);
    Ok(with_line_ends_of(text, document.to_string()))
}

/// A text without the waivers at these places in their order of writing.
///
/// # Errors
///
/// As [`add`].
pub fn remove(text: &str, name: &str, indices: &[usize]) -> Result<String, ConfigError> {
    let mut document = read(text, name)?;
    if let Some(list) = document.get_mut("waiver").and_then(Item::as_array_of_tables_mut) {
        for index in (0..list.len()).rev().filter(|index| indices.contains(index)) {
            list.remove(index);
        }
        if list.is_empty() {
            document.remove("waiver");
        }
    }
    Ok(with_line_ends_of(text, document.to_string()))
}

fn read(text: &str, name: &str) -> Result<DocumentMut, ConfigError> {
    text.parse::<DocumentMut>().map_err(|e| {
        let place = match e.span() {
            Some(span) => Place::of_offset(&name.into(), text, span.start),
            None => Place::whole(name),
        };
        ConfigError::new(place, e.message().to_owned())
    })
}

/// What is new ends its lines as the others do.
fn with_line_ends_of(text: &str, new: String) -> String {
    if text.contains("\r\n") { new.replace("\r\n", "\n").replace('\n', "\r\n") } else { new }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "# ours\n[contract]   # all of it\nroots = [ \"proto\" ]\n\n[check]\ndeny = [\"wire\"]\n";

    fn waiver<'a>(finding: &'a str) -> NewWaiver<'a> {
        let about = Some("field 3 was removed");
        NewWaiver { finding, reason: "say \"no\"", owner: Some("pay"), until: None, about }
    }

    #[test]
    fn what_is_there_stays_as_it_is() {
        let once = add(TEXT, "protopact.toml", &waiver("aaaabbbbcccc")).unwrap();
        let twice = add(&once, "protopact.toml", &waiver("ddddeeeeffff")).unwrap();
        assert!(twice.starts_with(TEXT), "{twice}");
        insta::assert_snapshot!(&twice[TEXT.len()..], @r#"
        # field 3 was removed
        [[waiver]]
        finding = "aaaabbbbcccc"
        reason = 'say "no"'
        owner = "pay"

        # field 3 was removed
        [[waiver]]
        finding = "ddddeeeeffff"
        reason = 'say "no"'
        owner = "pay"
        "#);
        assert_eq!(super::super::file::parse(&twice, "protopact.toml").unwrap().waivers.len(), 2);
        assert_eq!(remove(&twice, "protopact.toml", &[1]).unwrap(), once);
        assert_eq!(remove(&twice, "protopact.toml", &[0, 1]).unwrap(), TEXT);
        let windows = TEXT.replace('\n', "\r\n");
        let added = add(&windows, "protopact.toml", &waiver("aaaabbbbcccc")).unwrap();
        assert_eq!(added, once.replace('\n', "\r\n"));
        assert!(add("waiver = 1\n", "protopact.toml", &waiver("aaaabbbbcccc")).is_err());
        assert!(add("", "protopact.toml", &waiver("aaaabbbbcccc")).unwrap().contains("[[waiver]]"));
    }
}
