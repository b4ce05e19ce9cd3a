//! Rules about methods.

pub(super) mod rpc_no_add;
pub(super) mod rpc_no_delete;
pub(super) mod rpc_same_client_streaming;
pub(super) mod rpc_same_http_binding;
pub(super) mod rpc_same_idempotency_level;
pub(super) mod rpc_same_request_type;
pub(super) mod rpc_same_response_type;
pub(super) mod rpc_same_server_streaming;
