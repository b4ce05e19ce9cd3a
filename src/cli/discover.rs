//! `protopact discover`.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::serve::{LOG_PATIENCE, LOG_ROOM, log_file};
use super::signals::Signals;
use super::{CliError, Ctx, ErrorKind, Exit, files};
use crate::discovery::{self, ListsError, Place, Say, Source};
use crate::service::{Log, LogFormat};
use crate::xds::{XdsError, XdsServer, bootstrap};

/// Tell gRPC clients which instances of a service there are, by xDS
///
/// A small xDS server between a registry, or a file, and the clients of services: stock clients in Go, Java and Python call
/// `xds:///NAME` and spread their calls over the instances that are healthy, as these come and go. The server prints the
/// bootstrap file that clients need, one line of JSON, when it is ready; SIGTERM and SIGINT end it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  protopact discover --xds 127.0.0.1:18000 --from consul://127.0.0.1:8500/pay --bootstrap xds.json
  protopact discover --xds 127.0.0.1:0 --from services.toml > xds.json
  protopact discover --xds 0.0.0.0:18000 --advertise xds.internal:18000 --from services.toml
  GRPC_XDS_BOOTSTRAP=xds.json client xds:///pay")]
pub(super) struct DiscoverArgs {
    /// Where the xDS server listens; port 0 is any that is free
    #[arg(long, value_name = "ADDRESS")]
    xds: SocketAddr,

    /// Where instances are found: consul://HOST:PORT/NAME, etcd://…, nacos://…, or a TOML or JSON FILE; can be given
    /// several times
    ///
    /// A file has a table `services` of names, each with a list of IP:PORT, and is looked at again when it changes.
    #[arg(long, value_name = "SOURCE", required = true)]
    from: Vec<String>,

    /// Where clients reach the xDS server, HOST:PORT; where it listens when it is left out
    #[arg(long, value_name = "ADDRESS")]
    advertise: Option<String>,

    /// Write the bootstrap file there, and print where the server listens instead
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    bootstrap: Option<PathBuf>,

    /// Certificates that registries are trusted by, beside those of the machine, PEM
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    register_ca: Option<PathBuf>,

    /// How to log who comes and goes, on standard error
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    log: LogFormat,
}

/// Runs the command.
pub(super) fn exec(args: DiscoverArgs, ctx: &mut Ctx<'_>) -> Result<Exit, CliError> {
    if args.xds.ip().is_unspecified() && args.advertise.is_none() {
        let text =
            format!("clients cannot be sent to `{}`, which is every address of this machine", args.xds);
        return Err(CliError::usage(text).hint("name the one that they reach with `--advertise HOST:PORT`"));
    }
    if let Some(address) = args.advertise.as_deref().filter(|address| !reachable(address)) {
        return Err(CliError::usage(format!("`--advertise {address}` is no HOST:PORT")));
    }
    let access = super::register::access(args.register_ca.as_deref(), ctx)?;
    let sources = sources(args.from, ctx)?;
    let (log, log_end) = Log::new(args.log, LOG_ROOM, log_file());
    let log = Arc::new(log);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|e| CliError::outside("cannot start the threads of the server", e))?;
    let served: Result<(), CliError> = runtime.block_on(async {
        let mut signals = Signals::new().map_err(|e| CliError::outside("cannot wait for signals", e))?;
        let of_sources: Say = {
            let log = log.clone();
            Arc::new(move |source: &str, what: &str| log.registry(source, what))
        };
        let of_clients: Say = Arc::new(move |peer: &str, what: &str| log.client(peer, what));
        let followed = discovery::follow(sources, &access, &of_sources)
            .map_err(|e| CliError::new(ErrorKind::Outside, e).while_("cannot look up who is there"))?;
        let running = XdsServer::bind(args.xds, followed.services.clone(), of_clients).await?;
        let address = match &args.advertise {
            // Which port it is, nobody could know before.
            Some(address) => match address.strip_suffix(":0") {
                Some(host) => format!("{host}:{}", running.address.port()),
                None => address.clone(),
            },
            None => running.address.to_string(),
        };
        let text = bootstrap(&address);
        match &args.bootstrap {
            Some(path) => {
                let typed = path.display().to_string();
                files::write_whole(&ctx.io.cwd.join(path), &typed, |out| writeln!(out, "{text}"))?;
                writeln!(ctx.io.out, "listening on {}", running.address)?;
            }
            None => writeln!(ctx.io.out, "{text}")?,
        }
        ctx.io.out.flush()?;
        signals.next().await;
        tokio::select! {
            () = running.shutdown() => {}
            () = signals.next() => {}
        }
        Ok(())
    });
    runtime.shutdown_timeout(Duration::from_secs(2));
    log_end.flush(LOG_PATIENCE);
    served.map(|()| Exit::Clean)
}

/// Whether a text is a host and a port.
fn reachable(address: &str) -> bool {
    let fine = |c: char| c.is_ascii_alphanumeric() || ".-_:[]".contains(c);
    address
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && host.chars().all(fine) && port.parse::<u16>().is_ok())
}

/// What was typed, with the files read. No name may come from two of them.
fn sources(typed: Vec<String>, ctx: &Ctx<'_>) -> Result<Vec<Source>, CliError> {
    let mut names = BTreeSet::new();
    let mut sources = Vec::new();
    for typed in typed {
        // The parser of the command line would show what was typed as it is, and a password may be in it.
        let (source, its) = if typed.contains("://") {
            let place = Place::parse_to_look(&typed)?;
            let its = vec![place.name.clone()];
            (Source::Registry(place), its)
        } else {
            let path = ctx.io.cwd.join(&typed);
            let lists = discovery::read_lists(&path, &typed)?;
            let its = lists.keys().cloned().collect();
            (Source::File { name: typed, path, lists }, its)
        };
        for name in its {
            if !names.insert(name.clone()) {
                let text = format!("`{name}` is in two sources, and `xds:///{name}` can only be one of them");
                return Err(CliError::usage(text).hint("leave one of them out, or give it another name"));
            }
        }
        sources.push(source);
    }
    Ok(sources)
}

impl From<ListsError> for CliError {
    fn from(error: ListsError) -> CliError {
        match error {
            ListsError::Read { file, source } => CliError::outside(format!("cannot read `{file}`"), source)
                .hint("`--from` takes a file, or a registry: `consul://HOST:PORT/NAME`, `etcd://…`, `nacos://…`"),
            _ => CliError::new(ErrorKind::Usage, error)
                .hint("a file reads `[services]`, then for each service `NAME = [\"IP:PORT\", …]`"),
        }
    }
}

impl From<XdsError> for CliError {
    fn from(error: XdsError) -> CliError {
        CliError::new(ErrorKind::Outside, error)
            .hint("name another address with `--xds`; port 0 takes a free one")
    }
}
