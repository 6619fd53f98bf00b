//! Whether databases need Oracle's Multitenant option, and which have more pluggable databases than they may (domain 5.9).

use super::edition::among;
use super::error::MetricError;
use super::oracle_terms::Edition;

/// A database instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Instance<'a> {
    /// Its id.
    pub id: &'a str,
    /// Pluggable databases of users.
    pub user_pdb_count: u64,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Multitenant<'a> {
    /// Whether the option is needed.
    pub option_license_required: bool,
    /// Instances with more pluggable databases than any option allows.
    pub over_limit: Vec<&'a str>,
}

/// Judges the instances of one version and edition.
///
/// # Errors
/// When the version or the edition is unknown.
pub fn multitenant<'a>(version: &str, edition: &str, instances: &[Instance<'a>]) -> Result<Multitenant<'a>, MetricError> {
    let digits: String = version.trim().chars().take_while(char::is_ascii_digit).collect();
    let major: u32 =
        digits.parse().map_err(|_| MetricError::unknown("version", version, &["12.1", "18c", "19c", "and later"]))?;
    // Pluggable databases without the option; none where there is no such option, or it is included.
    let in_cloud = [(&["EE-HP", "EE-EP", "ExaCS"][..], ())];
    let (free, limit) = if among("Oracle", edition, &in_cloud).is_some() {
        (None, 4096)
    } else {
        match Edition::read(Some(edition))? {
            Edition::Enterprise => (if major >= 19 { Some(3) } else { Some(1) }, 252),
            Edition::Standard | Edition::StandardOne | Edition::Standard2 | Edition::Personal => (None, 252),
        }
    };
    let over = |limit: u64| instances.iter().filter(move |instance| instance.user_pdb_count > limit);
    let option_license_required = major >= 12 && free.is_some_and(|free| over(free).next().is_some());
    Ok(Multitenant { option_license_required, over_limit: over(limit).map(|instance| instance.id).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_follows_version_and_edition() {
        let check = |version: &str, edition: &str, user_pdb_count: u64, expected: bool| {
            let found = multitenant(version, edition, &[Instance { id: "db", user_pdb_count }]).unwrap();
            assert_eq!(found.option_license_required, expected, "{version} {edition} {user_pdb_count}");
        };
        check("12.1.0.2", "EE", 1, false);
        check("12.1.0.2", "EE", 2, true);
        check("18c", "EE", 2, true);
        check("19c", "EE", 3, false);
        check("19.3", "EE", 4, true);
        check("19c", "Enterprise Edition", 4, true);
        check("19c", "Standard Edition 2", 40, false);
        check("19c", "SE2", 40, false);
        check("21c", "EE-HP", 300, false);
        check("11.2", "EE", 5, false);
        let large = [Instance { id: "a", user_pdb_count: 252 }, Instance { id: "b", user_pdb_count: 253 }];
        assert_eq!(multitenant("19c", "EE", &large).unwrap().over_limit, ["b"]);
        assert!(multitenant("new", "EE", &[]).is_err() && multitenant("19c", "XE", &[]).is_err());
    }
}
