//! The built-in rules: products of common publishers, and the packages that Linux distributions are made of.
//!
//! In: the ids of those that are switched off. Out: rules like those of administrators, behind them in order. Names are as the
//! publishers' own installers and packages write them.

mod design;
mod desktop;
mod developer;
mod distribution;
mod enterprise;
mod list;
mod microsoft;
mod part;
mod row;
mod server;
#[cfg(test)]
mod tests;

#[cfg(test)]
use list::rows;
pub use list::{BUILT_IN_ORDER, built_in};
