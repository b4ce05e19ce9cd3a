//! `protopact check`.
