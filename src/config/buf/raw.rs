//! buf's files as written, one shape a version.
//!
//! buf refuses unknown keys, and so does this; sections protopact has no use for (lint, dependencies, plugins)
//! are accepted unread.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_saphyr::Spanned;

pub(super) type Strings = Vec<Spanned<String>>;

#[derive(Debug, Deserialize)]
pub(super) struct Version {
    pub(super) version: Option<Spanned<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Breaking {
    #[serde(default, rename = "use")]
    pub(super) use_rules: Option<Strings>,
    pub(super) except: Option<Strings>,
    pub(super) ignore: Option<Strings>,
    pub(super) ignore_only: Option<BTreeMap<String, Option<Strings>>>,
    pub(super) ignore_unstable_packages: Option<bool>,
    pub(super) disable_builtin: Option<bool>,
}

/// `buf.yaml` of version v1beta1 and v1; `build.roots` is an error in v1, which the reader tells.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct V1 {
    /// It is looked at before; one that says none is read only where a caller asks for it.
    #[serde(default, rename = "version")]
    _version: Option<IgnoredAny>,
    pub(super) name: Option<Spanned<String>>,
    #[serde(default, rename = "deps")]
    _deps: Option<IgnoredAny>,
    pub(super) build: Option<Build>,
    #[serde(default, rename = "lint")]
    _lint: Option<IgnoredAny>,
    pub(super) breaking: Option<Breaking>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Build {
    pub(super) roots: Option<Strings>,
    pub(super) excludes: Option<Strings>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct V2 {
    #[serde(rename = "version")]
    _version: IgnoredAny,
    pub(super) name: Option<Spanned<String>>,
    pub(super) modules: Option<Vec<V2Module>>,
    #[serde(default, rename = "deps")]
    _deps: Option<IgnoredAny>,
    #[serde(default, rename = "lint")]
    _lint: Option<IgnoredAny>,
    pub(super) breaking: Option<Breaking>,
    #[serde(default, rename = "plugins")]
    _plugins: Option<IgnoredAny>,
    #[serde(default, rename = "policies")]
    _policies: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct V2Module {
    pub(super) path: Option<Spanned<String>>,
    pub(super) name: Option<Spanned<String>>,
    pub(super) includes: Option<Strings>,
    pub(super) excludes: Option<Strings>,
    #[serde(default, rename = "lint")]
    _lint: Option<IgnoredAny>,
    pub(super) breaking: Option<Breaking>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Work {
    #[serde(rename = "version")]
    _version: IgnoredAny,
    pub(super) directories: Option<Strings>,
}
