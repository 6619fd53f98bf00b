//! The page of the licence: what it grants and how long, a key applied after a look at its effect, the request and when to send it, the
//! keys there were, and whom the site trusts.
//!
//! In: forms and files of a browser. Out: HTML. Whether a key may be applied is the licence service's business.

mod apply;
mod clock;
mod grants;
mod page;
mod preview;
mod renewal;
mod sent;
mod trust;

pub use apply::license;
pub use clock::confirm_clock;
pub use page::license_page;
pub use trust::trust_vendor;
