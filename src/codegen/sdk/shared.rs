//! What every language needs: descriptors, the contract's own data, templates, versions out of generated code.

use std::collections::{BTreeMap, BTreeSet};

use buffa::{DecodeOptions, Message as _};
use buffa_descriptor::generated::descriptor as pb;
use bytes::Bytes;

use minijinja::{Value, context};

use super::common::{self, Family, Home};
use super::{PackageError, Refusal, comments};
use crate::codegen::render::render;
use crate::codegen::{Contract, FileTree, Target};
use crate::compile::CompiledFile;
use crate::compile::output::{SetOptions, descriptor_set};
use crate::schema::{Element, FileId, Schema, Syntax};
use crate::source::LegalText;
use crate::words::Language;

/// The name of the embedded descriptor set in every package.
pub(super) const DESCRIPTORS: &str = "contract.binpb";

/// Refuses what no language has room for.
pub(super) fn check(contract: &Contract<'_>, target: &Target) -> Result<(), PackageError> {
    let language = target.language();
    package_version(contract, language, version(contract, language)?.to_string())?;
    if !contract.compiled.files.iter().any(|f| f.target) {
        return Err(PackageError::Empty { language, contract: contract.name.to_owned() });
    }
    editions(contract, target)?;
    let mut seen: BTreeMap<String, FileId> = BTreeMap::new();
    for (id, file) in files(contract) {
        if let Some(first) = seen.insert(file.name.to_lowercase(), id) {
            let first = &contract.schema.file(first).name;
            return Err(refuse(
                contract.schema,
                language,
                Element::File(id),
                &[],
                format!("`{}` and `{first}` are one file where upper and lower case are the same", file.name),
                "rename one of the files",
            ));
        }
    }
    Ok(())
}

/// Refuses files of an edition that one of the language's plugins does not take. Each of them refuses the whole contract
/// then, imports included, and names neither a line nor a way out.
fn editions(contract: &Contract<'_>, target: &Target) -> Result<(), PackageError> {
    let language = target.language();
    let schema = contract.schema;
    let services = has_services(schema, &generated(contract, language));
    let plugins = super::plugins(target).map(|(plugin, _)| plugin);
    let strictest = plugins.filter(|p| services || !p.services_only).min_by_key(|p| p.newest_edition);
    let Some(plugin) = strictest else { return Ok(()) };
    let newer = files(contract).find_map(|(id, _)| match schema.file(id).syntax {
        Syntax::Edition(number) if number > plugin.newest_edition => Some((id, schema.file(id).syntax)),
        _ => None,
    });
    let Some((id, edition)) = newer else { return Ok(()) };
    let (name, version, title) = (plugin.name, plugin.version.trim_start_matches('v'), language.title());
    let what = if plugin.services_only { " for services" } else { "" };
    Err(refuse(
        schema,
        language,
        Element::File(id),
        &[EDITION],
        format!("the file is of {edition}, which {title}'s generator{what} ({name} {version}) does not take"),
        match super::of(language).lines().all.first() {
            Some(newest) if !std::ptr::eq(newest, super::line(target)) => format!(
                "choose a newer line with `{}` in `[generate.{}]`, or keep to what {} takes",
                super::of(language).lines().key,
                language.as_str(),
                super::line(target).name
            ),
            _ => format!(
                "keep {} here until a release of {name} after {version} takes {edition}, and a release of protopact brings it",
                Syntax::Edition(plugin.newest_edition)
            ),
        },
    ))
}

/// `edition` in `FileDescriptorProto`.
const EDITION: i32 = 14;

/// The contract's version.
pub(super) fn version(contract: &Contract<'_>, language: Language) -> Result<semver::Version, PackageError> {
    semver::Version::parse(contract.version).map_err(|source| PackageError::Version {
        language,
        version: contract.version.to_owned(),
        source,
    })
}

/// The version of the package, out of that of the contract as the language spells it: a build of its own has a part more.
pub(super) fn package_version(
    contract: &Contract<'_>,
    language: Language,
    version: String,
) -> Result<String, PackageError> {
    match contract.build {
        None => Ok(version),
        Some(build) => {
            super::of(language).rebuilt(&version, build).ok_or(PackageError::NoBuild { language, version })
        }
    }
}

/// Every file with its model, imports before importers.
pub(super) fn files<'a>(
    contract: &Contract<'a>,
) -> impl Iterator<Item = (FileId, &'a CompiledFile)> + use<'a> {
    let schema = contract.schema;
    contract
        .compiled
        .files
        .iter()
        .map(|file| (schema.file_by_name(&file.name).expect("the schema is built from the same files"), file))
}

/// The files that a language's package brings itself, imports before importers.
pub(super) fn generated<'a>(contract: &Contract<'a>, language: Language) -> Vec<FileId> {
    let own = |(_, f): &(FileId, &CompiledFile)| common::home(language, &f.name).is_none();
    match language {
        // It registers nothing, and has its copy of everything.
        Language::Rust => files(contract).filter(own).map(|(id, _)| id).collect(),
        _ => in_code(contract).filter(own).map(|(id, _)| id).collect(),
    }
}

/// The files that generated code has to do with: the contract's own and what these import. Of an `import option` it has
/// nothing but values of options, so that what it alone leads to is neither brought nor depended on.
pub(super) fn in_code<'a>(
    contract: &Contract<'a>,
) -> impl Iterator<Item = (FileId, &'a CompiledFile)> + use<'a> {
    let mut todo: Vec<FileId> = files(contract).filter(|(_, f)| f.target).map(|(id, _)| id).collect();
    let mut wanted = BTreeSet::new();
    while let Some(id) = todo.pop() {
        if wanted.insert(id) {
            let imports = contract.schema.file(id).imports.iter();
            todo.extend(imports.filter_map(|import| contract.schema.file_by_name(&import.path)));
        }
    }
    files(contract).filter(move |(id, _)| wanted.contains(id))
}

/// The published families that the package has to depend on.
pub(super) fn families(contract: &Contract<'_>, language: Language) -> Vec<Family> {
    let mut families: Vec<Family> = in_code(contract)
        .filter_map(|(_, file)| match common::home(language, &file.name) {
            Some(Home::Google(family)) => Some(family),
            _ => None,
        })
        .collect();
    families.sort();
    families.dedup();
    families
}

/// Whether one of the files has a service.
pub(super) fn has_services(schema: &Schema, files: &[FileId]) -> bool {
    files.iter().any(|f| !schema.file(*f).services.is_empty())
}

/// The import paths of files.
pub(super) fn names(schema: &Schema, files: &[FileId]) -> Vec<String> {
    files.iter().map(|f| schema.file(*f).name.to_string()).collect()
}

/// The import paths of those files that have a service.
pub(super) fn names_with_services(schema: &Schema, files: &[FileId]) -> Vec<String> {
    let files: Vec<FileId> = files.iter().copied().filter(|f| !schema.file(*f).services.is_empty()).collect();
    names(schema, &files)
}

/// A refusal that points at `tail` below an element, or at the element where that has no position.
pub(super) fn refuse(
    schema: &Schema,
    language: Language,
    at: Element,
    tail: &[i32],
    what: String,
    hint: impl Into<String>,
) -> PackageError {
    let file = schema.file_of(at);
    let mut path = schema.path(at);
    let whole = path.len();
    path.extend_from_slice(tail);
    let span = schema.span(file, &path).or_else(|| schema.span(file, &path[..whole]));
    let file = schema.file(file).display.to_string();
    PackageError::Refused { refusal: Box::new(Refusal { language, file, span, what, hint: hint.into() }) }
}

/// What to say of an element with a name of which generators leave nothing: they take `_` for what stands between words.
pub(super) fn nothing_left(schema: &Schema, language: Language, element: Element) -> Option<String> {
    let full = schema.full_name(element);
    let name = full.rsplit('.').next().unwrap_or_default();
    (!name.contains(|c: char| c.is_ascii_alphanumeric())).then(|| {
        let (noun, language) = (schema.noun(element), language.title());
        format!("{noun} `{full}` has neither a letter nor a digit: nothing is left of its name in {language}")
    })
}

/// The decoder's limits are for strangers; these bytes came out of a compiler.
fn trusting() -> DecodeOptions {
    DecodeOptions::new()
        .with_element_memory_limit(usize::MAX)
        .with_unknown_field_limit(usize::MAX)
        .with_max_message_size(i32::MAX as usize)
}

/// The descriptor set of a contract as plugins of a language are given it: every file that `change` takes an interest
/// in rewritten, and in all of them comments that are harmless in the language.
pub(super) fn edited_set(
    contract: &Contract<'_>,
    language: Language,
    mut change: impl FnMut(FileId, &mut pb::FileDescriptorProto) -> Result<bool, PackageError>,
    takes: impl Fn(FileId) -> bool,
) -> Result<Bytes, PackageError> {
    let mut files_out = Vec::with_capacity(contract.compiled.files.len());
    for (id, file) in files(contract) {
        let (takes, harmful) = (takes(id), comments::harmful(language, &file.descriptor));
        if !takes && !harmful {
            files_out.push(file.clone());
            continue;
        }
        let mut proto: pb::FileDescriptorProto = trusting()
            .decode_from_slice(&file.descriptor)
            .map_err(|source| PackageError::Descriptor { file: file.name.to_string(), source })?;
        let mut changed = takes && change(id, &mut proto)?;
        if harmful {
            comments::tame(language, &mut proto);
            changed = true;
        }
        let descriptor = if changed { proto.encode_to_vec().into() } else { file.descriptor.clone() };
        files_out.push(CompiledFile { descriptor, ..file.clone() });
    }
    let compiled = crate::compile::Compiled { files: files_out, ..Default::default() };
    Ok(descriptor_set(&compiled, SetOptions { include_imports: true, include_source_info: true }).into())
}

/// The descriptor set that goes into a package: the contract as it is, without comments and positions.
pub(super) fn embedded(contract: &Contract<'_>) -> Bytes {
    descriptor_set(contract.compiled, SetOptions { include_imports: true, include_source_info: false }).into()
}

/// Adds a file, with the language in the error.
pub(super) fn add(
    tree: &mut FileTree,
    language: Language,
    path: &str,
    content: impl Into<Bytes>,
) -> Result<(), PackageError> {
    tree.add(path, content).map_err(|source| PackageError::Tree { language, source })
}

/// What templates may write about the contract, as `about`.
pub(super) fn about(contract: &Contract<'_>) -> Value {
    let mut packages: Vec<String> = files(contract)
        .filter(|(_, f)| f.target)
        .map(|(id, _)| contract.schema.file(id).package.to_string())
        .filter(|p| !p.is_empty())
        .collect();
    packages.sort_unstable();
    packages.dedup();
    context! {
        name => contract.name,
        version => contract.version,
        commit => contract.commit,
        licence => contract.licence,
        packages,
        description => contract.about.description.clone().unwrap_or_else(|| {
            format!("Messages and calls of the contract {} {}", contract.name, contract.version)
        }),
        url => &contract.about.url,
        documentation => &contract.about.documentation,
        repository => &contract.about.repository,
        authors => contract.about.authors.iter().map(|a| context! { name => &a.name, email => &a.email }).collect::<Vec<_>>(),
        keywords => &contract.about.keywords,
        classifiers => &contract.about.classifiers,
        private => contract.about.private,
    }
}

/// What follows `before` in the first generated file that has it, up to something that is not part of a version.
pub(super) fn version_in(tree: &FileTree, before: &str) -> Option<String> {
    for (_, content) in tree.iter() {
        // Headers stand at the top; generated files run to megabytes.
        let head = &content[..content.len().min(4096)];
        let text = String::from_utf8_lossy(head);
        let Some(at) = text.find(before) else { continue };
        let rest = text[at + before.len()..].trim_start();
        let version: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        let parts = version.split('.').collect::<Vec<_>>();
        if parts.len() == 3 && parts.iter().all(|p| !p.is_empty()) {
            return Some(version);
        }
    }
    None
}

/// The contract's licences and notices, by name; without a licence, a LICENSE file that names it.
pub(super) fn legal(contract: &Contract<'_>) -> Vec<(String, Bytes)> {
    let texts = contract.legal.iter().map(|text| (text.name.clone(), text.content.clone()));
    let mut texts: Vec<(String, Bytes)> = texts.collect();
    if contract.legal.iter().all(LegalText::is_notice) {
        let named = render(include_str!("templates/LICENSE.j2"), context! { about => about(contract) });
        texts.insert(0, ("LICENSE".to_owned(), named.into()));
    }
    texts
}

/// What the contract's own data is called in a package, where that is not taken.
pub(super) fn info_name(taken: impl Fn(&str) -> bool) -> &'static str {
    ["contract", "contractinfo", "protopactinfo"].into_iter().find(|name| !taken(name)).unwrap_or("sdkinfo")
}

/// Adds the contract's licences and notices to a folder of a package.
pub(super) fn add_legal(
    tree: &mut FileTree,
    language: Language,
    folder: &str,
    contract: &Contract<'_>,
) -> Result<(), PackageError> {
    legal(contract)
        .into_iter()
        .try_for_each(|(name, text)| add(tree, language, &format!("{folder}{name}"), text))
}
