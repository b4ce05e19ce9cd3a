//! The names that can be searched for without a server.

use serde_json::{Value, json};

use super::doc::{Head, Package};

/// A script that hands the names of a version to `search.js`: for each package its page and what is in it. What an element
/// is in is not said again: of a service its methods follow, of a message its fields, of an enum its values, each by its
/// last name.
pub(super) fn script(packages: &[String]) -> String {
    // Marks of direction and what else no page shows are none in names; nothing here ends a script.
    format!("protopactNames([{}]);\n", packages.join(","))
}

/// What [`script`] has of a package.
pub(super) fn names(package: &Package) -> String {
    let last =
        |heads: &mut dyn Iterator<Item = &Head>| heads.map(|head| json!(head.last)).collect::<Vec<Value>>();
    let services = package.services.iter().map(|service| {
        let methods = &mut service.methods.iter().map(|method| &method.head);
        json!([service.head.name, "service", last(methods)])
    });
    let types = package.types.iter().map(|t| {
        let (fields, values) = (t.fields.iter().map(|f| &f.head), t.values.iter().map(|v| &v.head));
        json!([t.head.name, t.noun, last(&mut fields.chain(values))])
    });
    let extensions = package.extensions.iter().map(|field| json!([field.head.name, "extension", []]));
    let all: Vec<Value> = services.chain(types).chain(extensions).collect();
    json!([package.name, package.page, all]).to_string()
}
