//! The verifier of the first meeting: all the agent knows of the collector is the hash in its token.
//!
//! In: the chain a server presents. Out: yes or no, and what was seen. Three things must hold: the chain contains a CA
//! whose key hashes to the pin, the leaf verifies against that CA, and the leaf carries the name or address that was
//! asked for. A local clock up to 48 hours off is tolerated here and nowhere else.

use super::certificate::CertificateFacts;
use chrono::{DateTime, Utc};
use muster_runtime::tls;
use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, verify_tls13_signature},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How far the local clock may be off at the first meeting.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(48 * 3600);

/// What was wrong with a server at the first meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MeetError {
    /// No CA of the chain has the pinned key.
    #[error(
        "it is not the collector that made this join token (its root has another key); check the address, or somebody is in between"
    )]
    Pin,
    /// The certificate is for other names.
    #[error("its certificate does not carry the name or address that was asked for; use one of the collector's --name values")]
    Name,
    /// The local clock is too far off.
    #[error("its certificate is not valid at this machine's time ({0}); set the clock")]
    Time(DateTime<Utc>),
    /// The leaf does not verify against the pinned root.
    #[error("its certificate was not issued by the root that the join token names")]
    Chain,
}

/// What a [`PinnedRoot`] saw.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meeting {
    /// Why the server was refused, if it was.
    pub refused: Option<MeetError>,
    /// How far the local clock is outside the certificate's validity; zero when it is inside.
    pub clock_off_by: Duration,
}

/// The verifier.
#[derive(Debug)]
pub struct PinnedRoot {
    pin: [u8; 32],
    provider: Arc<CryptoProvider>,
    seen: Mutex<Meeting>,
}

impl PinnedRoot {
    /// A verifier for the root with this pin (SHA-256 of its `SubjectPublicKeyInfo`).
    #[must_use]
    pub fn new(pin: [u8; 32]) -> Arc<Self> {
        Arc::new(Self { pin, provider: tls::provider(), seen: Mutex::default() })
    }

    /// What was seen at the last handshake.
    #[must_use]
    pub fn seen(&self) -> Meeting {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn judge(
        &self,
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<Duration, MeetError> {
        let pinned = |der: &&CertificateDer<'_>| {
            CertificateFacts::of_der(der).is_ok_and(|facts| facts.is_authority && facts.pin() == self.pin)
        };
        let root = chain.iter().find(pinned).ok_or(MeetError::Pin)?;
        let mut roots = RootCertStore::empty();
        roots.add(root.clone().into_owned()).map_err(|_| MeetError::Chain)?;
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&self.provider))
            .build()
            .map_err(|_| MeetError::Chain)?;
        let facts = CertificateFacts::of_der(leaf).map_err(|_| MeetError::Chain)?;
        let local = i64::try_from(now.as_secs()).ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        let local = local.ok_or(MeetError::Time(DateTime::<Utc>::MAX_UTC))?;
        let off_by = facts.distance(local);
        let at =
            if off_by <= CLOCK_TOLERANCE { local.clamp(facts.not_before, facts.not_after.max(facts.not_before)) } else { local };
        let at = UnixTime::since_unix_epoch(Duration::from_secs(at.timestamp().unsigned_abs()));
        match verifier.verify_server_cert(leaf, chain, name, &[], at) {
            Ok(_) => Ok(off_by),
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Err(MeetError::Name),
            Err(Error::InvalidCertificate(
                CertificateError::Expired
                | CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYet
                | CertificateError::NotValidYetContext { .. },
            )) => Err(MeetError::Time(local)),
            Err(_) => Err(MeetError::Chain),
        }
    }
}

impl ServerCertVerifier for PinnedRoot {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let judged = self.judge(end_entity, intermediates, server_name, now);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        *seen = Meeting { refused: judged.err(), clock_off_by: judged.unwrap_or_default() };
        match judged {
            Ok(_) => Ok(ServerCertVerified::assertion()),
            Err(error) => Err(Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(error))))),
        }
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2 is not spoken here".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair, SanType};

    const DAY: i64 = 86_400;
    const NOT_BEFORE: i64 = 1_700_000_000;
    const NOT_AFTER: i64 = NOT_BEFORE + 90 * DAY;

    struct Chain {
        pin: [u8; 32],
        leaf: CertificateDer<'static>,
        rest: Vec<CertificateDer<'static>>,
    }

    fn dates(params: &mut CertificateParams) {
        let date = |at: i64| x509_parser::time::ASN1Time::from_timestamp(at).unwrap().to_datetime();
        params.not_before = date(NOT_BEFORE);
        params.not_after = date(NOT_AFTER);
    }

    fn authority(name: &str, issuer: Option<&CertifiedIssuer<'static, KeyPair>>) -> CertifiedIssuer<'static, KeyPair> {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        dates(&mut params);
        let key = KeyPair::generate().unwrap();
        match issuer {
            Some(issuer) => CertifiedIssuer::signed_by(params, key, issuer).unwrap(),
            None => CertifiedIssuer::self_signed(params, key).unwrap(),
        }
    }

    fn chain() -> Chain {
        let root = authority("root", None);
        let server_ca = authority("server-ca", Some(&root));
        let mut params = CertificateParams::new(vec!["collector.example".to_owned()]).unwrap();
        params.subject_alt_names.push(SanType::IpAddress([10, 0, 0, 1].into()));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        dates(&mut params);
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &server_ca).unwrap();
        Chain {
            pin: CertificateFacts::of_der(root.der()).unwrap().pin(),
            leaf: leaf.der().clone(),
            rest: vec![server_ca.der().clone(), root.der().clone()],
        }
    }

    fn judge(pin: [u8; 32], chain: &Chain, name: &str, now: i64) -> Result<u64, MeetError> {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let now = UnixTime::since_unix_epoch(Duration::from_secs(now.unsigned_abs()));
        PinnedRoot::new(pin).judge(&chain.leaf, &chain.rest, &name, now).map(|off| off.as_secs())
    }

    #[test]
    fn pin_name_and_time_must_all_hold() {
        let chain = chain();
        let pin = chain.pin;
        let ok = NOT_BEFORE + DAY;
        let time = |at: i64| MeetError::Time(DateTime::from_timestamp(at, 0).unwrap());
        let server_ca = CertificateFacts::of_der(&chain.rest[0]).unwrap().pin();
        let leaf = CertificateFacts::of_der(&chain.leaf).unwrap().pin();
        for (pin, name, now, expected) in [
            (pin, "collector.example", ok, Ok(0)),
            (pin, "10.0.0.1", ok, Ok(0)),
            (pin, "10.0.0.2", ok, Err(MeetError::Name)),
            (pin, "other.example", ok, Err(MeetError::Name)),
            ([0; 32], "collector.example", ok, Err(MeetError::Pin)),
            (leaf, "collector.example", ok, Err(MeetError::Pin)),
            (server_ca, "collector.example", ok, Ok(0)),
            (pin, "collector.example", NOT_BEFORE - 2 * DAY, Ok(2 * 86_400)),
            (pin, "collector.example", NOT_AFTER + 2 * DAY, Ok(2 * 86_400)),
            (pin, "collector.example", NOT_BEFORE - 2 * DAY - 1, Err(time(NOT_BEFORE - 2 * DAY - 1))),
            (pin, "collector.example", NOT_AFTER + 2 * DAY + 1, Err(time(NOT_AFTER + 2 * DAY + 1))),
        ] {
            assert_eq!(judge(pin, &chain, name, now), expected, "{name} {now}");
        }
    }

    #[test]
    fn the_right_root_beside_another_s_leaf_is_refused() {
        let (mine, other) = (chain(), chain());
        let mixed = Chain { pin: mine.pin, leaf: other.leaf, rest: [other.rest, mine.rest].concat() };
        assert_eq!(judge(mixed.pin, &mixed, "collector.example", NOT_BEFORE + DAY), Err(MeetError::Chain));
    }

    #[test]
    fn a_chain_without_the_root_is_refused() {
        let mut short = chain();
        short.rest.truncate(1);
        assert_eq!(judge(short.pin, &short, "collector.example", NOT_BEFORE + DAY), Err(MeetError::Pin));
    }
}
