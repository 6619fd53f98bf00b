//! The certificate authority: a root, one intermediate for agents and one for this server.
//!
//! In: key files, proven public keys, names. Out: certificates. Every field of a certificate is set here; nothing comes from a
//! request but the key.

use super::{
    csr::ProvenKey,
    keys::{KeyFileError, KeyFiles},
};
use chrono::{DateTime, TimeDelta, Utc};
use muster_domain::ids::AgentId;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData as _, SanType, SerialNumber, SubjectPublicKeyInfo,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest as _, Sha256};
use std::net::IpAddr;
use time::OffsetDateTime;
use uuid::Uuid;

const ROOT_YEARS: i64 = 10;
const AGENT_DAYS: i64 = 7;
const SERVER_DAYS: i64 = 397;
const SERVER_RENEW_BEFORE_DAYS: i64 = 30;

/// The authority of one collector.
pub struct Authority {
    collector_id: Uuid,
    root_pem: String,
    root: CertificateDer<'static>,
    root_key_hash: [u8; 32],
    not_before: DateTime<Utc>,
    not_after: DateTime<Utc>,
    agents: Intermediate,
    servers: Intermediate,
}

struct Intermediate {
    pem: String,
    der: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate for an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentCertificate {
    /// The leaf and its issuer, PEM.
    pub chain: String,
    /// End of its life.
    pub until: DateTime<Utc>,
}

/// The certificate of this server.
#[derive(Debug)]
pub struct ServerCertificate {
    /// Leaf, issuer and root.
    pub chain: Vec<CertificateDer<'static>>,
    /// Its key.
    pub key: PrivateKeyDer<'static>,
    /// End of its life.
    pub until: DateTime<Utc>,
}

/// An authority that cannot be made, read or used.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// A key file.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// The certificate library refused something.
    #[error("cannot {operation}: {source}")]
    Certificate {
        /// What was being done.
        operation: &'static str,
        /// What the library said.
        source: rcgen::Error,
    },
}

impl Authority {
    /// Makes a new authority and writes its files.
    ///
    /// # Errors
    /// When a file cannot be written or a key cannot be made.
    pub fn create(files: &KeyFiles, collector_id: Uuid, now: DateTime<Utc>) -> Result<(), AuthorityError> {
        let from = now - TimeDelta::days(1);
        let until = now + TimeDelta::days(365 * ROOT_YEARS);
        let root_key = new_key()?;
        let root_params = ca_params(&format!("muster {collector_id}"), from, until, None)?;
        let root = root_params.self_signed(&root_key).map_err(certificate("sign the root"))?;
        let issuer = Issuer::new(root_params, root_key);
        for (name, title, usage) in [
            ("agents-ca", "agents", ExtendedKeyUsagePurpose::ClientAuth),
            ("server-ca", "servers", ExtendedKeyUsagePurpose::ServerAuth),
        ] {
            let key = new_key()?;
            let params = ca_params(&format!("muster {collector_id} {title}"), from, until, Some(usage))?;
            let signed = params.signed_by(&key, &issuer).map_err(certificate("sign an intermediate"))?;
            files.write(&format!("{name}.key"), &key.serialize_pem())?;
            files.write(&format!("{name}.pem"), &signed.pem())?;
        }
        files.write("root.key", &issuer.key().serialize_pem())?;
        files.write("root.pem", &root.pem())?;
        files.write_ca(&root.pem())?;
        Ok(())
    }

    /// Reads the authority of a data directory.
    ///
    /// # Errors
    /// When a file is missing or not what it should be.
    pub fn load(files: &KeyFiles, collector_id: Uuid) -> Result<Self, AuthorityError> {
        let root_pem = files.read("root.pem")?;
        let root = certificate_der(files, "root.pem", &root_pem)?;
        let (_, parsed) = x509_parser::parse_x509_certificate(&root).map_err(|error| files.invalid("root.pem", error))?;
        let root_key_hash = Sha256::digest(parsed.public_key().raw).into();
        let instant = |at: x509_parser::time::ASN1Time| {
            DateTime::from_timestamp(at.timestamp(), 0).ok_or_else(|| files.invalid("root.pem", "its dates are out of range"))
        };
        let not_before = instant(parsed.validity().not_before)?;
        let not_after = instant(parsed.validity().not_after)?;
        Ok(Self {
            collector_id,
            root_key_hash,
            not_before,
            not_after,
            agents: Intermediate::load(files, "agents-ca")?,
            servers: Intermediate::load(files, "server-ca")?,
            root,
            root_pem,
        })
    }

    /// The root certificate, PEM.
    #[must_use]
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// SHA-256 of the root's public key (SPKI): the pin inside join tokens.
    #[must_use]
    pub fn root_key_hash(&self) -> [u8; 32] {
        self.root_key_hash
    }

    /// SHA-256 of the root certificate, hexadecimal.
    #[must_use]
    pub fn root_sha256(&self) -> String {
        data_encoding::HEXLOWER.encode(&Sha256::digest(&self.root))
    }

    /// The root certificate.
    #[must_use]
    pub fn root(&self) -> &CertificateDer<'static> {
        &self.root
    }

    /// A time at which the authority's own certificates are valid, for checks that must not judge dates.
    #[must_use]
    pub fn valid_time(&self) -> DateTime<Utc> {
        self.not_before
    }

    /// End of the root's life.
    #[must_use]
    pub fn not_after(&self) -> DateTime<Utc> {
        self.not_after
    }

    /// Issues a certificate for an agent: seven days, for client authentication only.
    ///
    /// # Errors
    /// When the library refuses the key.
    pub fn issue_agent(&self, id: AgentId, key: &ProvenKey, now: DateTime<Utc>) -> Result<AgentCertificate, AuthorityError> {
        let latest_start = self.not_after - TimeDelta::days(AGENT_DAYS);
        let from = (now - TimeDelta::hours(1)).clamp(self.not_before, latest_start.max(self.not_before));
        let until = from + TimeDelta::days(AGENT_DAYS);
        let uri = format!("muster://{}/agent/{id}", self.collector_id);
        let mut params = leaf_params(&id.to_string(), from, until, ExtendedKeyUsagePurpose::ClientAuth)?;
        params.subject_alt_names = vec![SanType::URI(uri.as_str().try_into().map_err(certificate("name an agent"))?)];
        let public = SubjectPublicKeyInfo::from_der(&key.spki).map_err(certificate("take an agent's key"))?;
        let leaf = params.signed_by(&public, &self.agents.issuer).map_err(certificate("sign for an agent"))?;
        Ok(AgentCertificate { chain: format!("{}{}", leaf.pem(), self.agents.pem), until })
    }

    /// The server certificate for these names: the one in the data directory while it fits and lives long enough, else a new one.
    /// Its NotBefore is the authority's, so that an agent whose clock is behind can still connect.
    ///
    /// # Errors
    /// When a file cannot be written or the library refuses a name.
    pub fn server_certificate(
        &self,
        files: &KeyFiles,
        names: &[String],
        now: DateTime<Utc>,
    ) -> Result<ServerCertificate, AuthorityError> {
        let key = if files.exists("server.key") {
            let text = files.read("server.key")?;
            KeyPair::from_pem(&text).map_err(|error| files.invalid("server.key", error))?
        } else {
            let key = new_key()?;
            files.write("server.key", &key.serialize_pem())?;
            key
        };
        let stored = files.exists("server.pem").then(|| files.read("server.pem")).transpose()?;
        let fits = stored.and_then(|pem| {
            let der = certificate_der(files, "server.pem", &pem).ok()?;
            let (_, leaf) = x509_parser::parse_x509_certificate(&der).ok()?;
            let until = DateTime::from_timestamp(leaf.validity().not_after.timestamp(), 0)?;
            let lives = until - now > TimeDelta::days(SERVER_RENEW_BEFORE_DAYS);
            let same_names = names_of(&leaf) == sorted(names);
            let same_key = leaf.public_key().raw == rcgen::PublicKeyData::subject_public_key_info(&key);
            (lives && same_names && same_key).then(|| (der.clone(), until))
        });
        let (leaf, until) = match fits {
            Some(fits) => fits,
            None => {
                let until = now.max(self.not_before) + TimeDelta::days(SERVER_DAYS);
                let mut params = leaf_params("muster-collector", self.not_before, until, ExtendedKeyUsagePurpose::ServerAuth)?;
                for name in names {
                    params.subject_alt_names.push(match name.parse::<IpAddr>() {
                        Ok(address) => SanType::IpAddress(address),
                        Err(_) => SanType::DnsName(name.as_str().try_into().map_err(certificate("name the server"))?),
                    });
                }
                let leaf = params.signed_by(&key, &self.servers.issuer).map_err(certificate("sign the server"))?;
                files.write("server.pem", &leaf.pem())?;
                (leaf.der().clone(), until)
            }
        };
        let key = PrivateKeyDer::try_from(key.serialize_der()).map_err(|reason| files.invalid("server.key", reason))?;
        Ok(ServerCertificate { chain: vec![leaf, self.servers.der.clone(), self.root.clone()], key, until })
    }
}

impl Intermediate {
    fn load(files: &KeyFiles, name: &str) -> Result<Self, AuthorityError> {
        let pem_name = format!("{name}.pem");
        let key_name = format!("{name}.key");
        let pem = files.read(&pem_name)?;
        let der = certificate_der(files, &pem_name, &pem)?;
        let key = KeyPair::from_pem(&files.read(&key_name)?).map_err(|error| files.invalid(&key_name, error))?;
        let (_, certificate) = x509_parser::parse_x509_certificate(&der).map_err(|error| files.invalid(&pem_name, error))?;
        if certificate.public_key().raw != key.subject_public_key_info() {
            return Err(files.invalid(&key_name, format!("it is not the key of {pem_name}")).into());
        }
        let issuer = Issuer::from_ca_cert_der(&der, key).map_err(|error| files.invalid(&pem_name, error))?;
        Ok(Self { pem, der, issuer })
    }
}

fn certificate_der(files: &KeyFiles, name: &str, pem: &str) -> Result<CertificateDer<'static>, KeyFileError> {
    let mut all = muster_runtime::tls::certs_from_pem(pem.as_bytes()).map_err(|error| files.invalid(name, error))?;
    if all.is_empty() {
        return Err(files.invalid(name, "there is no certificate in it"));
    }
    Ok(all.swap_remove(0))
}

fn new_key() -> Result<KeyPair, AuthorityError> {
    KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(certificate("make a key"))
}

fn certificate(operation: &'static str) -> impl Fn(rcgen::Error) -> AuthorityError {
    move |source| AuthorityError::Certificate { operation, source }
}

fn base_params(name: &str, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<CertificateParams, AuthorityError> {
    let mut params = CertificateParams::new(Vec::<String>::new()).map_err(certificate("start a certificate"))?;
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    params.distinguished_name = subject;
    params.not_before = offset(from);
    params.not_after = offset(until);
    let mut serial: [u8; 16] = muster_runtime::random::bytes();
    serial[0] &= 0x7f;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

fn ca_params(
    name: &str,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    usage: Option<ExtendedKeyUsagePurpose>,
) -> Result<CertificateParams, AuthorityError> {
    let mut params = base_params(name, from, until)?;
    params.is_ca = IsCa::Ca(match usage {
        Some(_) => BasicConstraints::Constrained(0),
        None => BasicConstraints::Constrained(1),
    });
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.extended_key_usages = usage.into_iter().collect();
    Ok(params)
}

fn leaf_params(
    name: &str,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    usage: ExtendedKeyUsagePurpose,
) -> Result<CertificateParams, AuthorityError> {
    let mut params = base_params(name, from, until)?;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![usage];
    Ok(params)
}

fn offset(at: DateTime<Utc>) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(at.timestamp()).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

fn sorted(names: &[String]) -> Vec<String> {
    let mut names = names.to_vec();
    names.sort();
    names
}

fn names_of(leaf: &x509_parser::certificate::X509Certificate<'_>) -> Vec<String> {
    use x509_parser::extensions::GeneralName;
    let mut names: Vec<String> = leaf
        .subject_alternative_name()
        .ok()
        .flatten()
        .map(|san| {
            san.value
                .general_names
                .iter()
                .filter_map(|name| match name {
                    GeneralName::DNSName(name) => Some((*name).to_owned()),
                    GeneralName::IPAddress(bytes) => match bytes.len() {
                        4 => <[u8; 4]>::try_from(*bytes).ok().map(|b| IpAddr::from(b).to_string()),
                        _ => <[u8; 16]>::try_from(*bytes).ok().map(|b| IpAddr::from(b).to_string()),
                    },
                    _ => None,
                })
                .collect()
        })
        .unwrap_or_default();
    names.sort();
    names
}
