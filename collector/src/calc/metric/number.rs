//! Whole numbers of a case.

use serde::Deserialize;

use super::super::cases::whole;

/// A whole number from 0 up.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Whole(#[serde(deserialize_with = "whole")] pub(super) u64);
