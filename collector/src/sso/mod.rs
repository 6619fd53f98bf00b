//! Single sign-on: people log in at an OpenID Connect provider, and it says who they are (code flow with PKCE).
//!
//! In: section `[oidc]` of the configuration, and what a browser brings back from the provider. Out: a person, known by an ID token
//! whose signature, issuer, audience, time and nonce were verified, with the role that the configuration gives. It must not know
//! accounts: which one the person gets is decided where accounts are.

mod attempts;
mod claims;
mod discovery;
mod error;
mod exchange;
mod id_token;
mod service;

pub use attempts::LASTS;
pub use claims::Person;
pub use error::SsoError;
pub use service::{Arrival, Begun, Callback, SingleSignOn};
