//! Global options that decide what a command sees, as they have to be given again to see the same.

use std::path::PathBuf;

use clap::ValueEnum as _;

use super::Global;

/// Those that were given, in the order of the help.
pub(super) fn given(global: &Global) -> Vec<String> {
    let path = |path: &PathBuf| path.display().to_string();
    let compiler = global.compiler.and_then(|c| c.to_possible_value());
    let mut given = vec![("-C", global.directory.as_ref().map(path)), ("--config", global.config.clone())];
    given.extend(global.imports.iter().map(|place| ("--imports", Some(place.clone()))));
    given.push(("--compiler", compiler.map(|c| c.get_name().to_owned())));
    given.push(("--protoc", global.protoc.as_ref().map(path)));
    let words = given.into_iter().filter_map(|(name, value)| Some([name.to_owned(), value?])).flatten();
    words.chain(global.fetch.then(|| "--fetch".to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::Cli;
    use super::*;

    #[test]
    fn what_was_given_is_given_again() {
        let of = |line: &str| {
            let cli = Cli::try_parse_from(line.split('|')).unwrap();
            given(&cli.global).join("|")
        };
        assert_eq!(of("protopact|doctor"), "");
        assert_eq!(of("protopact|--quiet|doctor|--no-progress"), "");
        let all = "-C|a b|--config|[contract]|--imports|x|--imports|y|--compiler|protoc|--protoc|/p|--fetch";
        assert_eq!(of(&format!("protopact|{all}|doctor")), all);
        assert_eq!(of(&format!("protopact|doctor|{all}")), all);
    }
}
