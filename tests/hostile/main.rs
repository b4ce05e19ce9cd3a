//! Input from people who mean harm, or did not know: the program itself, from outside, in an environment with
//! nothing in it, with a limit on its time and on its memory.
//!
//! Whatever it is given, the program ends with an exit code of its own, says what is wrong in which file, prints
//! nothing that a terminal would act on, and leaves no half-written file.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod configs;
mod determinism;
mod images;
mod injection;
mod lab;
mod outputs;
mod repositories;
mod scale;
mod sources;
