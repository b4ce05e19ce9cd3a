//! The rules of the language that a file can break although every name in it is known.

use super::Context;
use crate::compile::parse::Problem;

pub(super) fn across(_context: &Context<'_, '_>, _problems: &mut Vec<(u32, Problem)>) {}

pub(super) fn file(_context: &Context<'_, '_>, _file: u32, _problems: &mut Vec<Problem>) {}
