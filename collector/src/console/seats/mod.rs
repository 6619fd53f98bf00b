//! The pages about seats: who is logged in and holds what, and how the pool of an application is used.
//!
//! In: live sessions, pools and the history of use. Out: HTML. Ending a session is the API's.

mod application;
mod applications;
mod session;
mod sessions;
mod usage;

pub use application::application_page;
pub use applications::applications_page;
pub use session::{end_session, session_page};
pub use sessions::sessions_page;
