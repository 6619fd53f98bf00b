//! What the agent needs to know of a certificate: its key, its dates, whether it is an authority.
//!
//! In: DER or PEM. Out: facts. It verifies nothing; chains are rustls' business.

use chrono::{DateTime, TimeDelta, Utc};
use muster_runtime::tls;
use rustls_pki_types::CertificateDer;
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use x509_parser::prelude::{FromDer as _, X509Certificate};

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The PEM cannot be read.
    #[error("the certificate cannot be read: {0}")]
    Pem(#[from] tls::PemError),
    /// The DER cannot be read.
    #[error("the certificate cannot be read")]
    Der,
    /// There is none.
    #[error("there is no certificate")]
    Empty,
}

/// Facts of one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFacts {
    /// `SubjectPublicKeyInfo` DER.
    pub public_key: Vec<u8>,
    /// From when it is valid.
    pub not_before: DateTime<Utc>,
    /// Until when it is valid.
    pub not_after: DateTime<Utc>,
    /// Whether it may sign others.
    pub is_authority: bool,
}

impl CertificateFacts {
    /// Reads one certificate.
    ///
    /// # Errors
    /// When it is no X.509 certificate.
    pub fn of_der(der: &CertificateDer<'_>) -> Result<Self, CertificateError> {
        let (_, certificate) = X509Certificate::from_der(der).map_err(|_| CertificateError::Der)?;
        let time = |at: x509_parser::time::ASN1Time| DateTime::from_timestamp(at.timestamp(), 0).ok_or(CertificateError::Der);
        let constraints = certificate.basic_constraints().map_err(|_| CertificateError::Der)?;
        Ok(Self {
            public_key: certificate.public_key().raw.to_vec(),
            not_before: time(certificate.validity().not_before)?,
            not_after: time(certificate.validity().not_after)?,
            is_authority: constraints.is_some_and(|constraints| constraints.value.ca),
        })
    }

    /// Reads the first certificate of a PEM chain.
    ///
    /// # Errors
    /// When there is none or it cannot be read.
    pub fn of_pem(pem: &str) -> Result<Self, CertificateError> {
        let chain = tls::certs_from_pem(pem.as_bytes())?;
        Self::of_der(chain.first().ok_or(CertificateError::Empty)?)
    }

    /// SHA-256 of the public key: what a join token pins.
    #[must_use]
    pub fn pin(&self) -> [u8; 32] {
        Sha256::digest(&self.public_key).into()
    }

    /// When to ask for a new one: two thirds of its life, 10 % of its life earlier or later, so that machines that were
    /// enrolled together do not renew together. `spread` is uniform in 0..=1000.
    #[must_use]
    pub fn renew_at(&self, spread: u16) -> DateTime<Utc> {
        let life = (self.not_after - self.not_before).max(TimeDelta::zero()).num_seconds();
        let share = 667 - 100 + 200 * i64::from(spread.min(1000)) / 1000;
        self.not_before + TimeDelta::seconds(life / 1000 * share)
    }

    /// How far the local clock `now` is outside its validity; zero inside.
    #[must_use]
    pub fn distance(&self, now: DateTime<Utc>) -> Duration {
        let outside = (self.not_before - now).max(now - self.not_after).max(TimeDelta::zero());
        outside.to_std().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(life: TimeDelta) -> CertificateFacts {
        let not_before = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        CertificateFacts { public_key: vec![1], not_before, not_after: not_before + life, is_authority: false }
    }

    #[test]
    fn renews_around_two_thirds_of_its_life() {
        let week = facts(TimeDelta::days(7));
        for (spread, hours) in [(0, 95..96), (500, 111..113), (1000, 128..129), (u16::MAX, 128..129)] {
            let after = (week.renew_at(spread) - week.not_before).num_hours();
            assert!(hours.contains(&after), "{spread}: {after}");
        }
        let wrong = facts(TimeDelta::days(-7));
        assert_eq!(wrong.renew_at(500), wrong.not_before);
    }

    #[test]
    fn knows_how_far_a_clock_is_off() {
        let day = facts(TimeDelta::days(1));
        for (offset, expected) in [(-10, 10), (0, 0), (3600, 0), (86_400, 0), (86_407, 7)] {
            let now = day.not_before + TimeDelta::seconds(offset);
            assert_eq!(day.distance(now), Duration::from_secs(expected), "{offset}");
        }
    }
}
