//! The assets behind a number, as an encoded query that anybody can ask again.

use muster_domain::{
    asset::InstallStatus,
    units::{Licensing, Place, Tree, counted::DISPOSED},
};
use std::fmt::Write as _;

/// Model categories that a query names at most: a longer one is of no use to people.
const MOST: usize = 200;

/// The query over `alm_asset` for the assets that count under a resource category, or would; none where too many model categories
/// are decided by it.
pub(super) fn of_category(licensing: &Licensing, tree: &Tree, place: Place) -> Option<String> {
    let of_place = |id| licensing.verdict(Some(id)).decided_by() == Some(place);
    let ids: Vec<String> = tree.nodes().iter().filter(|node| of_place(node.id)).map(|node| node.id.to_string()).collect();
    if ids.is_empty() || ids.len() > MOST {
        return None;
    }
    let retired = InstallStatus::Retired.code();
    let mut query = format!("model_categoryIN{}", ids.join(","));
    let _ = write!(query, "^install_status!={retired}^ORinstall_statusISEMPTY^substatus!={DISPOSED}^ORsubstatusISEMPTY");
    query.push_str("^excluded_from_ham!=true^ORsys_class_nameNOT INalm_hardware,alm_consumable");
    query.push_str("^sys_class_name!=alm_license^ORsys_class_nameISEMPTY");
    Some(query)
}
