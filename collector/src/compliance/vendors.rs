//! Whom the site trusts to sign licence keys: the keys built into the program or given to `init`, and those added since.
//!
//! In: key files, and the rows that were added. Out: the trusted keys, each with where it comes from. An endorsement proves
//! itself by its signature; a bare key is worth what its seal is worth, and a program with built-in keys takes none.

use crate::{
    store::records::SealedRow,
    trust::{
        keys::{KeyFileError, KeyFiles},
        sealed::Sealer,
    },
};
use chrono::{DateTime, Utc};
use muster_license::{LicenseError, MachineKey, Opened, VendorKeyId, VendorPublic, endorse, open};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const FILE: &str = "vendors.pem";
const END: &str = "-----END PUBLIC KEY-----";
/// The name under which added rows are sealed.
const TABLE: &str = "trust";

/// The vendor keys a site trusts.
#[derive(Debug, Clone)]
pub struct TrustedVendors {
    keys: Vec<(VendorPublic, TrustedVendor)>,
    /// Whether they were chosen by the site and not by who built the program.
    pub chosen_by_site: bool,
}

/// A vendor key that is trusted, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct TrustedVendor {
    /// The id of the key; licence keys name it.
    pub vendor_key_id: String,
    /// Where the trust comes from.
    pub source: TrustSource,
    /// The trusted key that vouches for it; null unless it was endorsed.
    pub endorsed_by: Option<String>,
    /// When it was added to this site; null for the first ones.
    pub added_at: Option<DateTime<Utc>>,
    /// By whom.
    pub added_by: Option<String>,
}

/// Where the trust in a vendor key comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrustSource {
    /// Built into the program by who made it.
    BuiltIn,
    /// Given to `init`.
    Init,
    /// Endorsed by a key that was trusted already.
    Endorsed,
    /// Added by an owner, on nobody's word.
    Added,
}

/// What was added: the text as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Addition {
    pub(super) text: String,
    pub(super) added_at: DateTime<Utc>,
    pub(super) added_by: String,
}

/// Why a text adds no trust.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustRefused {
    /// An endorsement that cannot be followed.
    #[error("{0}")]
    Endorsement(#[from] endorse::EndorseError),
    /// Neither an endorsement nor one public key.
    #[error("the text is neither an endorsement (muster-vendor endorse) nor one vendor public key: {0}")]
    Unreadable(String),
    /// A program with built-in keys follows only endorsements.
    #[error(
        "this program has its vendor's keys built in and takes no bare key; ask the vendor for an endorsement (muster-vendor endorse)"
    )]
    BareKey,
}

impl TrustRefused {
    /// A stable word for the kind of error.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Endorsement(endorse::EndorseError::UnknownVendor(_)) => "unknown-vendor",
            Self::Endorsement(endorse::EndorseError::BadSignature) => "tampered",
            Self::Endorsement(_) => "invalid-endorsement",
            Self::Unreadable(_) => "not-an-endorsement",
            Self::BareKey => "bare-key",
        }
    }
}

impl TrustedVendors {
    /// Writes the keys that `init` was given.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn create(files: &KeyFiles, pems: &[String]) -> Result<(), KeyFileError> {
        files.write(FILE, &pems.join("\n"))
    }

    /// The keys built into the program, or else those of the data directory.
    ///
    /// # Errors
    /// When the file cannot be read or holds something else.
    pub fn load(files: &KeyFiles) -> Result<Self, KeyFileError> {
        let (text, chosen_by_site) = match Self::built_in() {
            Some(text) => (text.to_owned(), false),
            None if files.exists(FILE) => (files.read(FILE)?, true),
            None => (String::new(), true),
        };
        let keys = read_keys(&text).map_err(|reason| files.invalid(FILE, reason))?;
        let source = if chosen_by_site { TrustSource::Init } else { TrustSource::BuiltIn };
        let trusted = |key: VendorPublic| {
            let vendor_key_id = key.id().to_string();
            (key, TrustedVendor { vendor_key_id, source, endorsed_by: None, added_at: None, added_by: None })
        };
        Ok(Self { keys: keys.into_iter().map(trusted).collect(), chosen_by_site })
    }

    /// The same with the stored additions, in their order; the second value counts the rows that were passed over: changed by
    /// somebody else, or no longer followed by this program.
    #[must_use]
    pub(super) fn with(mut self, rows: &[SealedRow], sealer: &Sealer) -> (Self, usize) {
        let mut passed_over = 0;
        for row in rows {
            let addition = sealer.open(TABLE, row).and_then(|bytes| serde_json::from_slice::<Addition>(bytes).ok());
            match addition.map(|addition| self.add(&addition)) {
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    tracing::error!(%error, "a vendor key that was added is not followed");
                    passed_over += 1;
                }
                None => passed_over += 1,
            }
        }
        (self, passed_over)
    }

    /// Trusts what was added; none when it was trusted already.
    ///
    /// # Errors
    /// Why it is not trusted.
    pub(super) fn add(&mut self, addition: &Addition) -> Result<Option<TrustedVendor>, TrustRefused> {
        let (key, source, endorsed_by) = if endorse::is_endorsement(&addition.text) {
            let endorsement = endorse::verify(&addition.text, &self.publics())?;
            (endorsement.key, TrustSource::Endorsed, Some(endorsement.by.to_string()))
        } else {
            let key = VendorPublic::from_pem(&addition.text).map_err(|error| TrustRefused::Unreadable(error.to_string()))?;
            if !self.chosen_by_site {
                return Err(TrustRefused::BareKey);
            }
            (key, TrustSource::Added, None)
        };
        if self.keys.iter().any(|(known, _)| *known == key) {
            return Ok(None);
        }
        let trusted = TrustedVendor {
            vendor_key_id: key.id().to_string(),
            source,
            endorsed_by,
            added_at: Some(addition.added_at),
            added_by: Some(addition.added_by.clone()),
        };
        self.keys.push((key, trusted.clone()));
        Ok(Some(trusted))
    }

    /// The trusted keys, the first ones first.
    #[must_use]
    pub fn list(&self) -> Vec<TrustedVendor> {
        self.keys.iter().map(|(_, trusted)| trusted.clone()).collect()
    }

    fn publics(&self) -> Vec<VendorPublic> {
        self.keys.iter().map(|(key, _)| *key).collect()
    }

    /// The vendor keys that were given when the program was built (PEM blocks in `MUSTER_VENDOR_KEYS`).
    #[must_use]
    pub fn built_in() -> Option<&'static str> {
        option_env!("MUSTER_VENDOR_KEYS").filter(|text| !text.trim().is_empty())
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Their names.
    #[must_use]
    pub fn ids(&self) -> Vec<VendorKeyId> {
        self.keys.iter().map(|(key, _)| key.id()).collect()
    }

    /// Opens a key.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub fn open(&self, text: &str, machine: &MachineKey) -> Result<Opened, LicenseError> {
        open(text, &self.publics(), machine)
    }
}

impl Addition {
    /// Seals it for the store.
    ///
    /// # Errors
    /// Never with the types it has; the serialiser's error otherwise.
    pub(super) fn seal(&self, sealer: &Sealer) -> Result<SealedRow, serde_json::Error> {
        Ok(sealer.seal(TABLE, serde_json::to_vec(self)?))
    }
}

/// Reads one or more public keys in PEM.
///
/// # Errors
/// What is wrong with the text.
pub fn read_keys(text: &str) -> Result<Vec<VendorPublic>, String> {
    text.split_inclusive(END)
        .map(str::trim)
        .filter(|block| !block.is_empty())
        .map(|block| VendorPublic::from_pem(block).map_err(|error| error.to_string()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use muster_license::VendorKey;

    fn vendors(first: &VendorKey, chosen_by_site: bool) -> TrustedVendors {
        let trusted = TrustedVendor {
            vendor_key_id: first.id().to_string(),
            source: if chosen_by_site { TrustSource::Init } else { TrustSource::BuiltIn },
            endorsed_by: None,
            added_at: None,
            added_by: None,
        };
        TrustedVendors { keys: vec![(first.public(), trusted)], chosen_by_site }
    }

    #[test]
    fn trust_follows_endorsements_and_what_an_owner_adds() {
        let [one, two, three, four] = std::array::from_fn(|_| VendorKey::generate().unwrap());
        let at = DateTime::UNIX_EPOCH;
        let addition = |text: String| Addition { text, added_at: at, added_by: "user:anna".to_owned() };
        let endorsed = |by: &VendorKey, key: &VendorKey| addition(endorse::endorse(by, &key.public(), at).unwrap());
        let sealer = Sealer::new(&[7; 32]);
        let rows = [endorsed(&one, &two), endorsed(&two, &three), endorsed(&one, &two), addition(four.public().to_pem())]
            .map(|addition| addition.seal(&sealer).unwrap());
        let check = |chosen_by_site, rows: &[SealedRow], sealer: &Sealer, expected: (&[(&VendorKey, TrustSource)], usize)| {
            let (trusted, passed_over) = vendors(&one, chosen_by_site).with(rows, sealer);
            let shown: Vec<_> = trusted.list().into_iter().skip(1).map(|key| (key.vendor_key_id, key.source)).collect();
            let keys: Vec<_> = expected.0.iter().map(|(key, source)| (key.id().to_string(), *source)).collect();
            assert_eq!((shown, passed_over), (keys, expected.1));
        };
        let (followed, added) = (TrustSource::Endorsed, TrustSource::Added);
        check(true, &rows, &sealer, (&[(&two, followed), (&three, followed), (&four, added)], 0));
        // A program with built-in keys follows endorsements only.
        check(false, &rows, &sealer, (&[(&two, followed), (&three, followed)], 1));
        // Without the first link the second is worth nothing; what somebody else wrote is worth nothing either.
        check(true, &rows[1..2], &sealer, (&[], 1));
        check(true, &rows[3..], &Sealer::new(&[8; 32]), (&[], 1));
    }

    #[test]
    fn what_adds_no_trust_says_why() {
        let [one, two] = std::array::from_fn(|_| VendorKey::generate().unwrap());
        let at = DateTime::UNIX_EPOCH;
        let foreign = endorse::endorse(&two, &one.public(), at).unwrap();
        let good = endorse::endorse(&one, &two.public(), at).unwrap();
        let cut: String = good.lines().take(3).collect();
        for (text, code) in [
            (foreign.as_str(), "unknown-vendor"),
            (&cut, "invalid-endorsement"),
            ("hello", "not-an-endorsement"),
            (&two.to_pem(), "not-an-endorsement"),
            (&format!("{}{}", one.public().to_pem(), two.public().to_pem()), "not-an-endorsement"),
            (&two.public().to_pem(), "bare-key"),
        ] {
            let addition = Addition { text: text.to_owned(), added_at: at, added_by: String::new() };
            assert_eq!(vendors(&one, false).add(&addition).unwrap_err().code(), code, "{text}");
        }
    }
}
