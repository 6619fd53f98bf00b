//! Editions of Microsoft's servers, as far as their licensing differs (domain 5.8).
//!
//! In: how a product is licensed. Out: whether its edition licenses a whole host or what runs on it; or which metric it is licensed by.

use super::answer::Denied;
use super::edition::among;
use super::error::{MetricError, shown};
use super::inputs::Inputs;

/// What the rights of an edition are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// A whole host, with whatever runs on it.
    Host,
    /// So many environments or machines.
    Machines,
    /// Nothing by this metric, but by that one.
    By(&'static str),
}

/// SQL Server and BizTalk Server, by core. Datacenter is what SQL Server 2008 R2 called the edition above Enterprise.
pub(super) const BY_CORE: [(&[&str], Reach); 5] = [
    (&["Enterprise", "Datacenter"], Reach::Host),
    (&["Standard", "Web", "Workgroup", "Branch"], Reach::Machines),
    (&["Business Intelligence"], Reach::By(PER_SERVER)),
    (&["Developer", "Evaluation"], Reach::By("Per User")),
    (&["Express"], Reach::By(FREE)),
];

/// Windows Server and System Center, by core or by processor.
pub(super) const OF_SYSTEMS: [(&[&str], Reach); 3] = [
    (&["Datacenter"], Reach::Host),
    (&["Standard"], Reach::Machines),
    (&["Essentials", "Foundation", "Web", "Enterprise"], Reach::By(PER_SERVER)),
];

const PER_SERVER: &str = "Server (Per Server)";
const FREE: &str = "no metric: it costs nothing";

/// What the edition's rights are for.
///
/// # Errors
/// When the edition is not known, or is none of these.
pub(super) fn reach(
    inputs: &Inputs<'_>,
    default: Option<Reach>,
    known: &[(&[&str], Reach)],
) -> Result<Result<Reach, Denied>, MetricError> {
    let Some(edition) = inputs.terms.edition else {
        return default.map(Ok).ok_or(MetricError::Missing { field: "edition" });
    };
    match among("Microsoft", edition, known) {
        Some(Reach::By(instead)) => Ok(Err(Denied::Edition { edition: shown(edition), instead })),
        Some(reach) => Ok(Ok(reach)),
        None => {
            let names: Vec<&str> = known.iter().flat_map(|(names, _)| names.iter().copied()).collect();
            Err(MetricError::unknown("edition", edition, &names))
        }
    }
}
