//! `protopact build`.
