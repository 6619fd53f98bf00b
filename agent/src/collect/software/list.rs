//! The list as it is reported.
//!
//! In: packages of all sources in any order. Out: the list sorted, each one once, within the protocol's limits, and its digest. Pure.

use muster_wire::{
    limits::{REPORT_PACKAGES, REPORT_SOFTWARE_BYTES},
    software::Package,
};
use sha2::{Digest as _, Sha256};

/// The list of these packages, and what had to be left out of it. What is too much is cut at the end, so that the same machine always
/// gives the same list.
pub(super) fn finish(mut packages: Vec<Package>) -> (Vec<Package>, Option<String>) {
    packages.sort_unstable();
    packages.dedup();
    let found = packages.len();
    let mut bytes = 0_usize;
    let fitting = packages.iter().take_while(|package| {
        bytes = bytes.saturating_add(size(package));
        bytes <= REPORT_SOFTWARE_BYTES
    });
    let kept = fitting.count().min(REPORT_PACKAGES);
    packages.truncate(kept);
    let gap = (found > kept).then(|| format!("software: {} more packages than fit a report", found - kept));
    (packages, gap)
}

/// `sha256:<hex>` of the list as JSON (contract 2.1, `software_digest`).
pub fn digest(packages: &[Package]) -> String {
    // Packages are plain texts, which JSON can always hold.
    let json = serde_json::to_vec(packages).unwrap_or_default();
    format!("sha256:{}", data_encoding::HEXLOWER.encode(&Sha256::digest(&json)))
}

/// Bytes of a package in JSON, with the comma behind it.
fn size(package: &Package) -> usize {
    serde_json::to_vec(package).map_or(usize::MAX, |json| json.len().saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str) -> Package {
        Package { name: name.to_owned(), source: "dpkg".to_owned(), ..Package::default() }
    }

    #[test]
    fn order_and_repetition_do_not_matter() {
        let (list, gap) = finish(vec![package("b"), package("a"), package("b")]);
        assert_eq!((list.as_slice(), gap), ([package("a"), package("b")].as_slice(), None));
        assert_eq!(digest(&list), digest(&finish(vec![package("b"), package("a")]).0));
        assert_ne!(digest(&list), digest(&[]));
        assert!(digest(&[]).starts_with("sha256:"));
    }

    #[test]
    fn what_does_not_fit_is_said() {
        let many = |count: usize, name: &str| (0..count).map(|n| package(&format!("{n:06}{name}"))).collect::<Vec<_>>();
        let (list, gap) = finish(many(REPORT_PACKAGES + 3, ""));
        assert_eq!(list.len(), REPORT_PACKAGES);
        assert_eq!(gap.as_deref(), Some("software: 3 more packages than fit a report"));
        let (list, gap) = finish(many(9000, &"x".repeat(1000)));
        assert!(serde_json::to_vec(&list).unwrap().len() <= REPORT_SOFTWARE_BYTES + 2);
        assert!(list.len() < 9000 && gap.is_some());
    }
}
