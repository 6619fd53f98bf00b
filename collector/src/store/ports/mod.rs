//! The ports of the store. Each is small, each method is one unit of work, and two backends can stand behind it.

mod agents;
mod applications;
mod assets;
mod audit;
mod checkouts;
mod groups;
mod hours;
mod imports;
mod license;
mod people;
mod references;
mod reports;
mod sam_records;
mod software;
mod stores;
mod system;
mod units;
mod usage;

pub use agents::{AgentStore, Enrollment, Issued, StatusChange, TokenRefusal, TokenStore};
pub use applications::ApplicationStore;
pub use assets::{AssetChange, AssetStore, Batch, Deed, HardwareVisit, NamedReference, Observation, Outcome, Visit};
pub use audit::AuditStore;
pub use checkouts::{CheckoutStore, Decisions};
pub use groups::GroupStore;
pub use hours::HourStore;
pub use imports::ImportStore;
pub use license::{Judgement, LicenseStore};
pub use people::PeopleStore;
pub use references::{ReferenceChange, ReferenceStore};
pub use reports::{Live, ReportStore};
pub use sam_records::{RecordChange, RecordStore};
pub use software::{InstallRow, InstallWish, SoftwareSight, SoftwareStore, SoftwareVisit};
pub use stores::Stores;
pub use system::{JobLease, SystemStore};
pub use units::UnitStore;
pub use usage::UsageStore;
