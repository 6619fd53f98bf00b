//! The pages: login, password, and the licence and status page.
//!
//! In: forms and cookies of a browser. Out: HTML that works without scripts. It shows what the services say and decides
//! nothing.

mod license;
mod login;
mod password;
mod problem;
mod render;
mod status;
mod style;
mod terms;

pub use license::license;
pub use login::{home, login, login_form, logout};
pub use password::{password, password_form};
pub use problem::problem_page;
pub use status::status_page;
pub use style::style;
pub use terms::license_page;
