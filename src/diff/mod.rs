//! The only traversal of two schemas: what changed, as typed [`Change`]s.
//!
//! [`changes`] pairs the elements of an old and a new schema (types by full name, fields and enum values by
//! number, methods by name, files by import path), recognises moves, renames and swaps, and gives one change
//! for each edit, harmless ones included. It judges nothing: what a change does to whom is for `verdict`,
//! whether anybody minds is for `policy`.

mod change;
mod shape;

pub use change::{Change, Cx, Departure, FileOption, Kind, NameChange, OneofChange, Structure};
