//! What several commands are asked alike: which files are looked at, and what counts as a break.

use clap::Args;

use super::{Ctx, pipeline};
use crate::config::Overrides;
use crate::words::Level;

/// Which files are looked at.
#[derive(Debug, Args)]
pub(super) struct OnlyArgs {
    /// Only these files and folders; may be repeated
    ///
    /// Relative to the working directory; of a revision from the root of its repository; of a descriptor set
    /// its import paths. A path means the same on both sides, and an import path is one as well. What is left out is not
    /// judged, and is still there to be imported.
    #[arg(long, value_name = "PATH", value_delimiter = ',', value_hint = clap::ValueHint::AnyPath, help_heading = "What to look at")]
    pub(super) path: Vec<String>,

    /// Never these files and folders, also where --path names them; may be repeated
    #[arg(long, value_name = "PATH", value_delimiter = ',', value_hint = clap::ValueHint::AnyPath, help_heading = "What to look at")]
    pub(super) exclude_path: Vec<String>,
}

/// What counts as a break.
#[derive(Debug, Args)]
#[command(next_help_heading = "What counts as a break")]
pub(super) struct PolicyArgs {
    /// Lenses that must stay ok: wire, json, rpc, http, validation, source or one of source.go, .java, .python, .rust
    ///
    /// Without --deny, --use and configuration it is wire,rpc,json.
    #[arg(long, value_name = "LENS", value_delimiter = ',')]
    deny: Option<Vec<String>>,

    /// Rules and categories that must not fire: FILE, PACKAGE, WIRE_JSON, WIRE, CSR, or ids
    #[arg(long = "use", value_name = "RULE", value_delimiter = ',')]
    use_rules: Option<Vec<String>>,

    /// Rules and categories taken out of --use
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    except: Vec<String>,

    /// Files nothing is reported for: paths or globs, relative to the folder of the configuration
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    ignore: Vec<String>,

    /// Leave packages such as acme.v1alpha1 and acme.v1beta1 alone
    #[arg(long)]
    ignore_unstable_packages: bool,

    /// The lowest level that fails the check
    #[arg(long, value_name = "LEVEL", value_parser = Level::ALL.map(Level::as_str))]
    fail_on: Option<String>,

    /// The shape of version tags, for `latest`
    #[arg(long, value_name = "SHAPE")]
    tag: Option<String>,
}

impl PolicyArgs {
    /// What is said about what counts, and what to compare with.
    pub(super) fn overrides(&self, against: Vec<String>, ctx: &Ctx<'_>) -> Overrides {
        Overrides {
            against,
            deny: self.deny.clone(),
            use_rules: self.use_rules.clone(),
            except: self.except.clone(),
            ignore: self.ignore.clone(),
            ignore_unstable_packages: self.ignore_unstable_packages.then_some(true),
            fail_on: self.fail_on.clone(),
            tag: self.tag.clone(),
            ..pipeline::overrides(ctx)
        }
    }
}
