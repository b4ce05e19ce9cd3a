//! Rules about methods.

mod rpc_no_add;
mod rpc_no_delete;
mod rpc_same_client_streaming;
mod rpc_same_http_binding;
mod rpc_same_idempotency_level;
mod rpc_same_request_type;
mod rpc_same_response_type;
mod rpc_same_server_streaming;

use super::Rule;

/// The rules, sorted by id.
pub(super) const RULES: &[&Rule] = &[
    &rpc_no_add::RULE,
    &rpc_no_delete::RULE,
    &rpc_same_client_streaming::RULE,
    &rpc_same_http_binding::RULE,
    &rpc_same_idempotency_level::RULE,
    &rpc_same_request_type::RULE,
    &rpc_same_response_type::RULE,
    &rpc_same_server_streaming::RULE,
];
