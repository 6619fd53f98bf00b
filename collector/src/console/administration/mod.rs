//! The pages of administration: the audit log, and the settings.
//!
//! In: the log as it was written, settings and their forms. Out: HTML and files. What a setting may be is the settings' business.

mod audit;
mod setting;
mod settings;

pub use audit::{audit_file, audit_page};
pub use setting::{change_setting, setting_page};
pub use settings::settings_page;
