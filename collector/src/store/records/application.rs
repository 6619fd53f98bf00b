//! Applications whose use is tracked.

use muster_domain::session::Application;
use serde::{Deserialize, Serialize};

/// A stored application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationRecord {
    /// The application.
    pub application: Application,
    /// Raised with every change, for conditional changes.
    pub version: u64,
}
