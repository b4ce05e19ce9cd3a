//! `protopact build`.

use std::path::Path;

use clap::Args;

use super::pipeline::{self, Job};
use super::{CliError, Ctx, ErrorKind, Exit, files};
use crate::compile::output::{SetOptions, descriptor_set, descriptor_set_json};
use crate::text::{Line, Style, plural};

/// Compile a contract, and write its descriptor set
///
/// Without -o the contract is only compiled. A descriptor set holds what
/// `protoc --include_imports --include_source_info --descriptor_set_out` writes. INPUT is as in
/// `protopact check`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  protopact build                          does everything compile?
  protopact build -o contract.binpb        the descriptor set, binary
  protopact build -o contract.json         the same as JSON
  protopact build v1.2.0 -o -              of a version, to standard output
  protopact build -o - --exclude-source-info | grpcurl -protoset /dev/stdin list")]
pub(super) struct BuildArgs {
    /// The contract: a folder, a revision or whatever else `protopact check` compares
    #[arg(value_name = "INPUT", default_value = ".")]
    input: String,

    /// Where to write the descriptor set: JSON for names in .json, binary for all others; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<String>,

    /// Leave out files that are only imported
    #[arg(long)]
    exclude_imports: bool,

    /// Leave out comments and positions
    #[arg(long)]
    exclude_source_info: bool,

    /// Only these files and folders, and what they import; may be repeated
    ///
    /// Relative to the working directory; of a revision from the root of its repository; of a descriptor set
    /// its import paths.
    #[arg(long, value_name = "PATH", value_delimiter = ',', value_hint = clap::ValueHint::AnyPath)]
    path: Vec<String>,

    /// Not these files and folders, unless another imports them; may be repeated
    #[arg(long, value_name = "PATH", value_delimiter = ',', value_hint = clap::ValueHint::AnyPath)]
    exclude_path: Vec<String>,

    /// For scripts written for buf: the output is always a FileDescriptorSet
    #[arg(long, hide = true)]
    as_file_descriptor_set: bool,
}

/// Runs the command.
pub(super) fn exec(args: BuildArgs, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    let job = Job {
        overrides: pipeline::overrides(ctx),
        path: args.path.clone(),
        exclude_path: args.exclude_path.clone(),
        ..Job::new(&args.input)
    };
    let built = pipeline::build(&job, ctx)?;
    for note in &built.notes {
        ctx.note(note)?;
    }
    let content =
        SetOptions { include_imports: !args.exclude_imports, include_source_info: !args.exclude_source_info };
    let files = &built.compiled.files;
    match args.output.as_deref() {
        Some("-") => ctx.io.out.write_all(&descriptor_set(&built.compiled, content))?,
        Some(name) => {
            let json = Path::new(name).extension().is_some_and(|e| e.eq_ignore_ascii_case("json"));
            // Made in full before the file is touched.
            let bytes = if json {
                let text = descriptor_set_json(&built.compiled, content).map_err(|e| {
                    // What a compiler made holds together; an image from elsewhere may not.
                    let kind = if built.from_image { ErrorKind::Sources } else { ErrorKind::Bug };
                    CliError::new(kind, e).while_("cannot write the descriptor set as JSON")
                })?;
                text.into_bytes()
            } else {
                descriptor_set(&built.compiled, content)
            };
            files::write_whole(&ctx.io.cwd.join(name), name, |out| out.write_all(&bytes))?;
        }
        None => {
            let own = files.iter().filter(|f| f.target).count();
            let line = Line::new().styled(Style::Good, "compiled").plain(format!(" {}", plural(own, "file")));
            let imported = files.len() - own;
            let line = if imported > 0 {
                line.plain(format!(" and {} from outside", plural(imported, "import")))
            } else {
                line
            };
            if !ctx.global.quiet {
                let view = ctx.view();
                line.write(&view, &mut ctx.io.out)?;
            }
        }
    }
    Ok(Exit::Clean)
}
