//! Configuration: files, environment and flags become one checked value.
//!
//! Comes in: where the file is, the environment, the flags. Goes out: the program's own configuration struct, or an error
//! that says file, line, column and key. The order is default < file < `conf.d/*.toml` < `MUSTER_*` < flags (contract 3).
//! It does not know any key: the struct of the program does. It does not judge values beyond their type; a program that
//! does so later gets the place of a key from [`Origins`].

mod de;
mod error;
mod interval;
mod source;
mod tree;

pub use error::{ConfigError, Origin};
pub use interval::{Interval, IntervalError};
pub use source::{Loaded, Origins, Source, load, load_from, load_located};
