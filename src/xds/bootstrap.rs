//! The bootstrap file: what a client of gRPC knows before it knows anything
//! (gRFC A27, <https://github.com/grpc/proposal/blob/master/A27-xds-global-load-balancing.md>).

use serde_json::json;

/// The text for the file that `GRPC_XDS_BOOTSTRAP` names, or for `GRPC_XDS_BOOTSTRAP_CONFIG` itself, of one line.
/// `address` is where clients reach the server, `HOST:PORT`.
pub fn bootstrap(address: &str) -> String {
    let server = json!({
        "server_uri": address,
        "channel_creds": [{"type": "insecure"}],
        "server_features": ["xds_v3"],
    });
    json!({"xds_servers": [server], "node": {"id": "protopact"}}).to_string()
}
