//! The assets behind a number, as an encoded query that anybody can ask again.

use muster_domain::{
    asset::InstallStatus,
    units::{Licensing, Place, Tree, Verdict, counted::DISPOSED},
};
use std::fmt::Write as _;

/// Model categories that a query names at most: a longer one is of no use to people.
const MOST: usize = 200;
/// Classes whose assets can be excluded.
const EXCLUDABLE: &str = "alm_hardware,alm_consumable";

/// Which number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behind {
    /// Assets that count under a resource category, or would.
    Category(Place),
    /// Assets of a resource category that are excluded.
    Excluded(Place),
    /// Assets that can be used and do not count.
    Free,
    /// Assets for which no resource category decides.
    Undecided,
}

/// The query over `alm_asset`; none where it would find nothing, and where too many model categories are part of it.
pub(super) fn of(licensing: &Licensing, tree: &Tree, behind: Behind) -> Option<String> {
    let belongs = |verdict: Verdict| match behind {
        Behind::Category(place) | Behind::Excluded(place) => verdict.decided_by() == Some(place),
        Behind::Free => matches!(verdict, Verdict::Free(_)),
        Behind::Undecided => !verdict.has_access() && verdict.decided_by().is_none(),
    };
    let nodes = tree.nodes().iter().filter(|node| belongs(licensing.verdict(Some(node.id))));
    let ids: Vec<String> = nodes.map(|node| node.id.to_string()).collect();
    let without = belongs(licensing.verdict(None));
    if ids.len() > MOST {
        return None;
    }
    let mut query = match (ids.is_empty(), without) {
        (true, false) => return None,
        (true, true) => "model_categoryISEMPTY".to_owned(),
        (false, false) => format!("model_categoryIN{}", ids.join(",")),
        (false, true) => format!("model_categoryIN{}^ORmodel_categoryISEMPTY", ids.join(",")),
    };
    let retired = InstallStatus::Retired.code();
    let _ = write!(query, "^install_status!={retired}^ORinstall_statusISEMPTY^substatus!={DISPOSED}^ORsubstatusISEMPTY");
    let _ = match behind {
        Behind::Excluded(_) => write!(query, "^excluded_from_ham=true^sys_class_nameIN{EXCLUDABLE}"),
        _ => write!(query, "^excluded_from_ham!=true^ORsys_class_nameNOT IN{EXCLUDABLE}"),
    };
    query.push_str("^sys_class_name!=alm_license^ORsys_class_nameISEMPTY");
    Some(query)
}
