//! The asset tables and which extends which. A query on a parent table returns the rows of its children.

/// Every asset class with the class it extends.
pub const CLASSES: [(&str, Option<&str>); 5] = [
    ("alm_asset", None),
    ("alm_hardware", Some("alm_asset")),
    ("alm_consumable", Some("alm_asset")),
    ("alm_license", Some("alm_asset")),
    ("alm_facility", Some("alm_asset")),
];

/// The class of machines.
pub const HARDWARE: &str = "alm_hardware";

/// Whether this is the name of an asset class.
#[must_use]
pub fn is_known(class: &str) -> bool {
    CLASSES.iter().any(|(name, _)| *name == class)
}

/// Whether rows of `class` are rows of `table`: the same class, or one that extends it.
#[must_use]
pub fn extends(class: &str, table: &str) -> bool {
    let mut at = Some(class);
    // The table above is a tree of depth two; the bound keeps a future mistake in it from looping.
    for _ in 0..CLASSES.len() {
        match at {
            Some(name) if name == table => return true,
            Some(name) => at = CLASSES.iter().find(|(known, _)| *known == name).and_then(|(_, parent)| *parent),
            None => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_hold_the_rows_of_their_children() {
        let check = |class, table, expected| assert_eq!(extends(class, table), expected, "{class} in {table}");
        check("alm_hardware", "alm_hardware", true);
        check("alm_hardware", "alm_asset", true);
        check("alm_consumable", "alm_hardware", false);
        check("alm_asset", "alm_hardware", false);
        check("alm_asset", "alm_asset", true);
        check("cmdb_ci", "alm_asset", false);
        assert!(is_known("alm_license") && !is_known("cmdb_ci"));
    }
}
