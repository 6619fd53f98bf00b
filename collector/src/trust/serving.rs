//! The server certificate in use, for every listener; renewed while they run.

use super::{
    authority::{Authority, AuthorityError},
    keys::KeyFiles,
    tls::{self, TlsError},
};
use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use rustls::ServerConfig;
use std::sync::Arc;

/// The TLS configurations of the listeners and the certificate behind them.
pub struct Serving {
    files: KeyFiles,
    names: Vec<String>,
    authority: Arc<Authority>,
    agents: Arc<ArcSwap<ServerConfig>>,
    admin: Arc<ArcSwap<ServerConfig>>,
    interop: Arc<ArcSwap<ServerConfig>>,
    until: ArcSwap<DateTime<Utc>>,
}

/// Why there is no certificate to serve with.
#[derive(Debug, thiserror::Error)]
pub enum ServingError {
    /// It cannot be issued or kept.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// It cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl Serving {
    /// With the certificate of the data directory, or a new one.
    ///
    /// # Errors
    /// When it cannot be issued or used.
    pub fn new(authority: Arc<Authority>, files: KeyFiles, names: Vec<String>, now: DateTime<Utc>) -> Result<Self, ServingError> {
        let certificate = authority.server_certificate(&files, &names, now)?;
        Ok(Self {
            agents: Arc::new(ArcSwap::new(tls::agents(&authority, &certificate)?)),
            admin: Arc::new(ArcSwap::new(tls::admin(&certificate)?)),
            interop: Arc::new(ArcSwap::new(tls::interop(&certificate)?)),
            until: ArcSwap::from_pointee(certificate.until),
            files,
            names,
            authority,
        })
    }

    /// Of the agent listener; it changes when the certificate is renewed.
    #[must_use]
    pub fn agents(&self) -> Arc<ArcSwap<ServerConfig>> {
        Arc::clone(&self.agents)
    }

    /// Of the admin listener; it changes when the certificate is renewed.
    #[must_use]
    pub fn admin(&self) -> Arc<ArcSwap<ServerConfig>> {
        Arc::clone(&self.admin)
    }

    /// Of the interop listener; it changes when the certificate is renewed.
    #[must_use]
    pub fn interop(&self) -> Arc<ArcSwap<ServerConfig>> {
        Arc::clone(&self.interop)
    }

    /// The names it serves.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// End of the certificate's life.
    #[must_use]
    pub fn until(&self) -> DateTime<Utc> {
        **self.until.load()
    }

    /// Renews the certificate when its end is near. Connections that are open keep the old one.
    ///
    /// # Errors
    /// When it cannot be issued or used; the old one stays.
    pub fn renew(&self, now: DateTime<Utc>) -> Result<(), ServingError> {
        let certificate = self.authority.server_certificate(&self.files, &self.names, now)?;
        if certificate.until != self.until() {
            self.agents.store(tls::agents(&self.authority, &certificate)?);
            self.admin.store(tls::admin(&certificate)?);
            self.interop.store(tls::interop(&certificate)?);
            self.until.store(Arc::new(certificate.until));
            tracing::info!(until = %certificate.until, "server certificate renewed");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use uuid::Uuid;

    #[test]
    fn kept_while_it_lasts_renewed_before_it_ends() {
        let dir = tempfile::tempdir().unwrap();
        let files = KeyFiles::of(dir.path());
        files.create_dir().unwrap();
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let id = Uuid::new_v4();
        Authority::create(&files, id, now).unwrap();
        let authority = Arc::new(Authority::load(&files, id).unwrap());
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let serving = Serving::new(Arc::clone(&authority), files.clone(), names.clone(), now).unwrap();
        let (first, config) = (serving.until(), serving.agents().load_full());
        serving.renew(now + TimeDelta::days(300)).unwrap();
        assert_eq!(serving.until(), first, "long before the end");
        let again = Serving::new(Arc::clone(&authority), files.clone(), names, now).unwrap();
        assert_eq!(again.until(), first, "the stored one is used after a restart");
        serving.renew(first - TimeDelta::days(29)).unwrap();
        assert!(serving.until() > first);
        assert!(!Arc::ptr_eq(&config, &serving.agents().load_full()));
        let other = Serving::new(authority, files, vec!["other.example".to_owned()], now).unwrap();
        assert_eq!(other.names(), ["other.example"], "other names need another certificate");
    }
}
