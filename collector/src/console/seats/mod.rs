//! The pages about seats: who is logged in and holds what, and how the pool of an application is used.
//!
//! In: live sessions, pools, the history of use, and forms. Out: HTML. What an application may say is the domain's business.

mod application;
mod applications;
mod checkout;
mod edit;
mod fields;
mod session;
mod sessions;
mod sets;
mod usage;

pub use application::application_page;
pub use applications::applications_page;
pub use checkout::{checkout_page, end_checkout};
pub use edit::{application_form, change_application, confirm_deletion, delete_application, make_application, new_application};
pub use session::{end_session, session_page};
pub use sessions::sessions_page;
pub use sets::{import_applications, sets_page};
