//! A server for the services of a contract, as `services` has them.
//!
//! ```text
//! service                    serves until SIGTERM
//! service health [ADDRESS]   asks a server, itself where none is named, and ends with 0 when it serves
//! ```
//!
//! LISTEN is the address to listen on, GRACE how many seconds calls in flight may take at the end. TLS_CERT and TLS_KEY are
//! what the server shows, TLS_CLIENT_CA is whom it asks clients for a certificate of; TLS_CA is whom the client trusts.

mod services;

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{signal, SignalKind};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity, Server, ServerTlsConfig};
use tonic_health::pb::health_check_response::ServingStatus as Answer;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::ServingStatus;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        [] => serve().await,
        ["health"] => ask(None).await,
        ["health", address] => ask(Some(address)).await,
        _ => Err("usage: service [health [ADDRESS]]".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Outcome<()> {
    let grace = Duration::from_secs(setting("GRACE").as_deref().unwrap_or("10").parse()?);
    let (reporter, health) = tonic_health::server::health_reporter();
    for name in services::NAMES {
        reporter.set_service_status(name, ServingStatus::Serving).await;
    }
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(sdk::DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()?;
    let mut server = Server::builder();
    if let Some(certificate) = setting("TLS_CERT") {
        let mut config = ServerTlsConfig::new().identity(identity(&certificate)?);
        if let Some(roots) = setting("TLS_CLIENT_CA") {
            config = config.client_ca_root(Certificate::from_pem(std::fs::read(roots)?));
        }
        server = server.tls_config(config)?;
    }
    let (mut term, mut int) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let listener = TcpListener::bind(listen()?).await?;
    println!("listening on {}", listener.local_addr()?);
    let stopped = async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
        for name in services::NAMES.iter().copied().chain([""]) {
            reporter.set_service_status(name, ServingStatus::NotServing).await;
        }
        tokio::spawn(async move {
            tokio::time::sleep(grace).await;
            std::process::exit(0);
        });
    };
    let routes = services::routes().add_service(health).add_service(reflection);
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    server.add_routes(routes).serve_with_incoming_shutdown(incoming, stopped).await?;
    Ok(())
}

/// Calls the health service of a server.
async fn ask(address: Option<&str>) -> Outcome<()> {
    let address = match address {
        Some(address) => address.to_owned(),
        None => {
            let mut own = listen()?;
            if own.ip().is_unspecified() {
                own.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
            }
            own.to_string()
        }
    };
    let patience = Duration::from_secs(2);
    let channel = match setting("TLS_CA") {
        None => Endpoint::from_shared(format!("http://{address}"))?,
        Some(roots) => {
            let roots = Certificate::from_pem(std::fs::read(roots)?);
            let mut config = ClientTlsConfig::new().ca_certificate(roots);
            if let Some(certificate) = setting("TLS_CERT") {
                // Shown to those that ask for it.
                config = config.identity(identity(&certificate)?);
            }
            Endpoint::from_shared(format!("https://{address}"))?.tls_config(config)?
        }
    };
    let channel = channel.connect_timeout(patience).timeout(patience).connect().await?;
    let reply = HealthClient::new(channel).check(HealthCheckRequest::default()).await?;
    match reply.into_inner().status() {
        Answer::Serving => Ok(()),
        other => Err(other.as_str_name().into()),
    }
}

fn identity(certificate: &str) -> Outcome<Identity> {
    let key = setting("TLS_KEY").ok_or("TLS_CERT is there, and TLS_KEY is not")?;
    Ok(Identity::from_pem(std::fs::read(certificate)?, std::fs::read(key)?))
}

fn listen() -> Outcome<SocketAddr> {
    Ok(setting("LISTEN").as_deref().unwrap_or("127.0.0.1:50051").parse()?)
}

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
