//! The pages: login, password, status, compliance, agents, assets, sessions, software, records, subscription units, notifications,
//! licence, accounts, API tokens, audit log and settings.
//!
//! In: forms and cookies of a browser. Out: HTML that works without scripts. It shows what the services say and decides
//! nothing.

pub mod administration;
pub mod agents;
mod api_browser;
pub mod assets;
mod attention;
mod chart;
pub mod compliance;
mod entry;
mod explain;
mod frame;
mod imported;
mod license;
mod login;
mod navigation;
mod note;
mod notifications;
mod pager;
mod password;
pub mod people;
mod problem;
pub mod records;
mod render;
pub mod seats;
mod single_sign_on;
pub mod software;
mod status;
mod style;
mod units;
mod units_rows;
mod upload;
mod webhooks;

pub use api_browser::api_page;
pub use explain::{explain_list_page, explain_page};
pub use license::{confirm_clock, license, license_page, trust_vendor};
pub use login::{home, login, login_form, logout};
pub use notifications::{notifications, notifications_page};
pub use password::{password, password_form};
pub use problem::{in_words, problem_page};
pub use single_sign_on::{login_back, login_through};
pub use status::status_page;
pub use style::style;
pub use units::{units, units_page};
pub use webhooks::change_webhooks;
