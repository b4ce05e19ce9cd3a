//! `protopact diff`.
