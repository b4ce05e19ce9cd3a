//! `protopact serve --register`: the server among the services of its registry.

use std::collections::BTreeMap;
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::{CliError, Ctx, ErrorKind};
use crate::discovery::{self, Access, Entry, Instance, Place, PlaceError, Tell};
use crate::machine::Host;
use crate::service::Log;

/// Where the server is found.
#[derive(Debug, Args)]
#[command(next_help_heading = "Discovery")]
pub(super) struct RegisterArgs {
    /// Enter the server into a registry, and take it out when it ends: consul://HOST:PORT/NAME, etcd://…, nacos://…
    #[arg(long, value_name = "PLACE")]
    register: Vec<String>,

    /// The address that clients are told; the one that the registry is reached from when it is left out
    #[arg(long, value_name = "ADDRESS", requires = "register")]
    advertise: Option<SocketAddr>,

    /// Certificates that registries are trusted by, beside those of the machine, PEM
    #[arg(long, value_name = "FILE", requires = "register", value_hint = clap::ValueHint::FilePath)]
    register_ca: Option<PathBuf>,

    /// How long clients may take to notice that the server is out of the registry, before it refuses calls
    #[arg(long, value_name = "SECONDS", default_value_t = 5, requires = "register")]
    drain_delay: u64,
}

/// Where to register, and what is needed for it.
pub(super) struct Registering {
    places: Vec<Place>,
    access: Access,
}

/// What is known about the server, for those who look it up.
pub(super) struct Known {
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// Whether it wants TLS.
    pub(super) tls: bool,
    /// The version of the contract.
    pub(super) version: Option<String>,
}

/// The places in which a server is registered.
pub(super) struct Entries {
    entries: Vec<Entry>,
    delay: Duration,
}

impl RegisterArgs {
    /// The registries with the certificates and the credentials for them, read before anything is served. That is not
    /// for the parser of the command line: it shows what was typed as it is, and a password may be in it.
    pub(super) fn prepare(&self, ctx: &Ctx<'_>) -> Result<Registering, CliError> {
        let places = self.register.iter().map(|text| Place::parse(text)).collect::<Result<_, _>>()?;
        Ok(Registering { places, access: access(self.register_ca.as_deref(), ctx)? })
    }

    /// Enters the server everywhere.
    pub(super) fn enter(
        &self,
        known: &Known,
        registering: &Registering,
        log: Option<Arc<Log>>,
    ) -> Result<Entries, CliError> {
        let facts = [
            ("protocol", Some("grpc".to_owned())),
            ("tls", Some(known.tls.to_string())),
            ("version", known.version.clone()),
        ];
        let facts: BTreeMap<_, _> = facts.into_iter().filter_map(|(k, v)| Some((k.to_owned(), v?))).collect();
        let tell: Tell = Arc::new(move |place: &Place, what: &str| {
            if let Some(log) = &log {
                log.registry(&place.to_string(), what);
            }
        });
        let mut entries = Vec::new();
        for place in &registering.places {
            let address = self.advertised(known.address, place)?;
            let instance = Instance { address, tls: known.tls, facts: facts.clone() };
            let entry = discovery::enter(place, instance, &registering.access, tell.clone());
            entries.push(entry.map_err(|e| {
                CliError::new(ErrorKind::Outside, e).while_(format!("cannot register at `{place}`"))
            })?);
        }
        Ok(Entries { entries, delay: Duration::from_secs(self.drain_delay) })
    }

    /// Where clients find what listens there.
    fn advertised(&self, listening: SocketAddr, place: &Place) -> Result<SocketAddr, CliError> {
        if let Some(address) = self.advertise {
            let port = if address.port() == 0 { listening.port() } else { address.port() };
            return Ok(SocketAddr::new(address.ip(), port));
        }
        if !listening.ip().is_unspecified() {
            return Ok(listening);
        }
        // Nothing is sent: the system only says which of its addresses it would send from.
        let from = if listening.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let own = UdpSocket::bind(from).and_then(|socket| {
            socket.connect(&place.authority)?;
            socket.local_addr()
        });
        let own = own.map_err(|e| {
            CliError::outside(
                format!("cannot tell which address of this machine `{}` sees", place.authority),
                e,
            )
            .hint("name it with `--advertise ADDRESS`")
        })?;
        Ok(SocketAddr::new(own.ip(), listening.port()))
    }
}

/// What registries want to see, and the certificates that they are trusted by: those in `ca`, beside those of the machine.
pub(super) fn access(ca: Option<&Path>, ctx: &Ctx<'_>) -> Result<Access, CliError> {
    let mut access = Access::of(&Host { env: ctx.io.env.clone(), cwd: ctx.io.cwd.clone() });
    if let Some(path) = ca {
        let read = std::fs::read(ctx.io.cwd.join(path));
        let why = |e| CliError::outside(format!("cannot read `{}`", path.display()), e);
        access.ca = Some(read.map_err(why)?);
    }
    Ok(access)
}

impl From<PlaceError> for CliError {
    fn from(error: PlaceError) -> CliError {
        CliError::new(ErrorKind::Usage, error)
    }
}

impl Entries {
    /// Takes the server out of all registries at once, and waits until clients have noticed.
    pub(super) async fn leave(self) {
        if self.entries.is_empty() {
            return;
        }
        futures_util::future::join_all(self.entries.into_iter().map(Entry::leave)).await;
        tokio::time::sleep(self.delay).await;
    }
}
