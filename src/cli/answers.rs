//! What a check of several states came to: kept for the next run that would come to the same, and written.

use std::io::Read;
use std::path::Path;

use memchr::memmem;

use super::against::Several;
use super::check::CheckArgs;
use super::pipeline::{self, Job};
use super::{CliError, Ctx};
use crate::git::Repo;
use crate::machine::{Host, sha256, this_program};
use crate::source::{Answer, Answers, Owners, Request};
use crate::text::Date;

/// Where the answer of a check is, if an earlier run left one.
pub(super) struct Memo {
    answers: Answers,
    digest: String,
}

impl Memo {
    /// That of a check; `None` where nothing is to be kept, or where it is not certain what the answer rests on.
    ///
    /// # Errors
    ///
    /// The new side cannot be opened.
    pub(super) fn of(
        args: &CheckArgs,
        Several { job, states }: &Several,
        ctx: &mut Ctx<'_>,
    ) -> Result<Option<Memo>, CliError> {
        let host = Host { env: ctx.io.env.clone(), cwd: ctx.io.cwd.clone() };
        let cache = pipeline::cache(&host, ctx);
        let Some(answers) = Answers::kept_in(cache.as_ref()).filter(|_| states.states.len() > 1) else {
            return Ok(None);
        };
        // These name files, or another state, or show what is no part of a report.
        let elsewhere = job.kept.is_some()
            || job.new_since.is_some()
            || ctx.global.warnings
            || ctx.global.protoc.is_some()
            || !ctx.global.imports.is_empty();
        if elsewhere {
            return Ok(None);
        }
        let asked = |request: &Request<'_>, stdin: &mut dyn Read| request.imprint(&states.states, stdin);
        let Some(imprint) = pipeline::asked(job, ctx, asked)? else { return Ok(None) };
        let Some(program) = this_program() else { return Ok(None) };
        let owners = if job.excerpts { owners(ctx) } else { None };
        let view = ctx.view();
        // All flags are in there, whatever they are.
        let digest = sha256(
            format!(
                "{program}\n{args:?}\n{:?}\n{} {:?}\n{}\n{:?}\n{owners:?}\n{imprint}",
                ctx.global,
                view.colour,
                view.width,
                Date::of(ctx.io.now),
                states.notes,
            )
            .as_bytes(),
        );
        Ok(Some(Memo { answers, digest }))
    }

    /// What an earlier run came to.
    pub(super) fn answer(&self, args: &CheckArgs) -> Option<Answer> {
        self.answers.of(&self.digest).filter(|answer| answer.files.len() == args.report.len())
    }

    /// Keeps what this run came to, if all is still as it was when it began.
    pub(super) fn keep(&self, answer: &Answer, args: &CheckArgs, several: &Several, ctx: &mut Ctx<'_>) {
        let certain = several.job.shared.as_ref().is_some_and(|shared| shared.is_certain());
        if !certain || names_machine(answer, &ctx.io.cwd) {
            return;
        }
        let fresh = Several {
            job: Box::new(Job { shared: None, ..(*several.job).clone() }),
            states: several.states.clone(),
        };
        if let Ok(Some(again)) = Memo::of(args, &fresh, ctx)
            && again.digest == self.digest
        {
            self.answers.keep(&self.digest, answer);
        }
    }
}

/// Whether somewhere in it stands where on this machine the contract is: nobody else has to learn that.
fn names_machine(answer: &Answer, cwd: &Path) -> bool {
    let repository = Repo::discover(cwd).ok().and_then(|repo| repo.workdir().map(Path::to_owned));
    let places = [Some(cwd.to_owned()), cwd.canonicalize().ok(), repository];
    let places = places.iter().flatten().map(|place| place.to_string_lossy());
    // As it is written everywhere: without a separator at its end.
    let places: Vec<String> = places.map(|place| place.trim_end_matches('/').to_owned()).collect();
    let texts = answer.files.iter().chain([&answer.text]).map(Vec::as_slice);
    let mut texts = texts.chain(answer.notes.iter().chain(&answer.last).map(String::as_bytes));
    texts.any(|text| places.iter().any(|place| memmem::find(text, place.as_bytes()).is_some()))
}

/// What is said of owners around the working directory.
fn owners(ctx: &Ctx<'_>) -> Option<String> {
    let repo = Repo::discover(&ctx.io.cwd).ok()?;
    Owners::text(&repo.workdir()?.canonicalize().ok()?)
}
