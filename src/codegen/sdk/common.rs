//! Files that a language already has in a package of its own.
//!
//! A descriptor is registered under its import path, once a process (Go, and the default pool of Python) or once a
//! class path (Java). A package that brought its own copy of `google/rpc/status.proto` would stop every Go program
//! that also links gRPC, which registers the same file. So these are never generated there but depended on. Rust
//! registers nothing and has its own copies.

use super::of;
use crate::words::Language;

/// Where a file comes from when it is not generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Home {
    /// The protobuf runtime.
    Runtime,
    /// `google/api`, `google/rpc`, `google/type` and their like.
    Google(Family),
}

/// Files that are published together, at least in one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    Api,
    Rpc,
    Type,
    LongRunning,
    Iam,
}

const RUNTIME: [&str; 12] = [
    "google/protobuf/any.proto",
    "google/protobuf/api.proto",
    "google/protobuf/compiler/plugin.proto",
    "google/protobuf/descriptor.proto",
    "google/protobuf/duration.proto",
    "google/protobuf/empty.proto",
    "google/protobuf/field_mask.proto",
    "google/protobuf/source_context.proto",
    "google/protobuf/struct.proto",
    "google/protobuf/timestamp.proto",
    "google/protobuf/type.proto",
    "google/protobuf/wrappers.proto",
];

/// What every published form of a family holds; a file that is newer than that is generated.
const GOOGLE: [(Family, &str, &str); 5] = [
    (
        Family::Api,
        "google/api/",
        "annotations auth backend billing client config_change consumer context control distribution \
         documentation endpoint error_reason field_behavior field_info http httpbody label launch_stage log logging \
         metric monitored_resource monitoring policy quota resource routing service source_info system_parameter \
         usage visibility",
    ),
    (Family::Rpc, "google/rpc/", "code error_details http status"),
    (
        Family::Type,
        "google/type/",
        "calendar_period color date datetime dayofweek decimal expr fraction interval latlng localized_text money \
         month phone_number postal_address quaternion timeofday",
    ),
    (Family::LongRunning, "google/longrunning/", "operations"),
    (Family::Iam, "google/iam/v1/", "iam_policy options policy"),
];

/// Whether every language brings `file` itself, so that no package has it, whoever wrote it down.
#[must_use]
pub fn is_in_every_runtime(file: &str) -> bool {
    RUNTIME.contains(&file)
}

/// Whether the runtime of a language brings `file` itself.
#[must_use]
pub fn is_in_runtime(language: Language, file: &str) -> bool {
    home(language, file) == Some(Home::Runtime)
}

/// Where `file` comes from in a language; `None` when the package has to bring it.
pub(super) fn home(language: Language, file: &str) -> Option<Home> {
    if !file.starts_with("google/") {
        return None;
    }
    let sdk = of(language);
    if sdk.runtime_has(file) || RUNTIME.contains(&file) {
        return Some(Home::Runtime);
    }
    if !sdk.has_families() {
        return None;
    }
    GOOGLE.iter().find_map(|(family, folder, names)| {
        let name = file.strip_prefix(folder)?.strip_suffix(".proto")?;
        names.split(' ').any(|n| n == name).then_some(Home::Google(*family))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_published_is_left_out() {
        assert_eq!(home(Language::Go, "google/rpc/status.proto"), Some(Home::Google(Family::Rpc)));
        assert_eq!(home(Language::Rust, "google/rpc/status.proto"), None);
        assert_eq!(home(Language::Go, "google/rpc/newer.proto"), None);
        assert_eq!(home(Language::Java, "google/protobuf/java_features.proto"), Some(Home::Runtime));
        assert_eq!(home(Language::Go, "google/protobuf/java_features.proto"), None);
        assert_eq!(home(Language::Python, "acme/google/rpc/status.proto"), None);
    }
}
