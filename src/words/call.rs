//! The four kinds of gRPC calls.

/// The kind of a call, after <https://grpc.io/docs/what-is-grpc/core-concepts/#rpc-life-cycle>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallKind {
    /// One request, one response.
    Unary,
    /// One request, a stream of responses.
    Server,
    /// A stream of requests, one response.
    Client,
    /// Both are streams.
    Bidi,
}

impl CallKind {
    /// Every kind in the order of output.
    pub const ALL: [CallKind; 4] = [CallKind::Unary, CallKind::Server, CallKind::Client, CallKind::Bidi];

    /// The kind of a method, by which of its sides streams.
    #[must_use]
    pub fn of(client_streaming: bool, server_streaming: bool) -> CallKind {
        match (client_streaming, server_streaming) {
            (false, false) => CallKind::Unary,
            (false, true) => CallKind::Server,
            (true, false) => CallKind::Client,
            (true, true) => CallKind::Bidi,
        }
    }

    /// The name in cells.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            CallKind::Unary => "unary",
            CallKind::Server => "server",
            CallKind::Client => "client",
            CallKind::Bidi => "bidi",
        }
    }
}
