//! What the tests of the catalogue share: two folders of .proto files to findings.

#![allow(dead_code, unused_imports, reason = "each test binary uses its own part")]

mod files;
pub(crate) mod forms;
pub(crate) mod truth;

use protopact::compare::Comparison;
use protopact::compile;
use protopact::config::{PackagePolicy, PathPattern, Place, Policy, RuleRef};
use protopact::findings::Finding;
use protopact::policy::{self, Decided, Policies, PolicySet, RuleConfig, RulePolicy};
use protopact::rules::RULES;
use protopact::schema::Schema;
use protopact::source::Layout;

pub(crate) use files::{Files, input, model, pairs, project, read};

/// Compiles one side.
pub(crate) fn schema(files: &Files) -> Result<Schema, String> {
    let compiled =
        compile::compile(&input("", files), &compile::Options::default()).map_err(|e| format!("{e:?}"))?;
    Schema::build(&compiled).map_err(|e| e.to_string())
}

/// Splits an example into its files: a line `// file: NAME` begins one; an example without such a line is
/// `example.proto`.
pub(crate) fn split(example: &str) -> Files {
    let mut files = Files::new();
    for line in example.split_inclusive('\n') {
        if let Some(name) = line.strip_prefix("// file: ") {
            files.push((name.trim().to_owned(), String::new()));
            continue;
        }
        if files.is_empty() {
            files.push(("example.proto".to_owned(), String::new()));
        }
        files.last_mut().unwrap().1.push_str(line);
    }
    files
}

/// The findings under one policy.
pub(crate) fn findings(old: &Schema, new: &Schema, policy: &PolicySet) -> Vec<Finding> {
    policy::decide(&Comparison::new(old, new), &Policies::uniform(policy.clone())).findings
}

/// What is decided by a policy as configured.
pub(crate) fn decided(old: &Schema, new: &Schema, policy: &Policy, packages: &[PackagePolicy]) -> Decided {
    let layout = Layout { policy: policy.clone(), ..Layout::default() };
    policy::decide(&Comparison::new(old, new), &Policies::new(packages, &layout, &layout).unwrap())
}

/// Names of rules as if somebody had written them.
pub(crate) fn refs(words: &[&str]) -> Vec<RuleRef> {
    words.iter().map(|word| RuleRef { id: (*word).to_owned(), place: Place::whole("test") }).collect()
}

/// Path patterns.
pub(crate) fn patterns(words: &[&str]) -> Vec<PathPattern> {
    words.iter().map(|word| PathPattern::parse(word).unwrap()).collect()
}

/// Every rule there is.
pub(crate) fn all_rules() -> PolicySet {
    let config =
        RuleConfig { use_: RULES.iter().map(|r| r.id.to_owned()).collect(), ..RuleConfig::default() };
    rules(&config)
}

/// The rules of a configuration.
pub(crate) fn rules(config: &RuleConfig) -> PolicySet {
    RulePolicy::new(config).unwrap().0.into()
}
