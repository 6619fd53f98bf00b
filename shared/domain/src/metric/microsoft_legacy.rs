//! Microsoft's core factors: what a core of some processors counted for in older versions of SQL Server (domain 5.8, legacy table).
//!
//! In: the version, the processor of a host and its cores. Out: what each core counts for. Where nothing is said of a processor, a core is a
//! core; so is one in a virtual machine.

use serde::{Deserialize, Serialize};

use super::error::MetricError;
use super::factor::{Factor, Table, has_words};
use super::machine::Host;

/// Versions of SQL Server that the factors are for.
const VERSIONS: [&str; 2] = ["2012", "2014"];

/// Processors whose cores count differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoreFactorRow {
    /// Words of the processor's name, as in the tables of other publishers.
    pub words: Vec<String>,
    /// The fewest cores of a processor that this row is for.
    pub min_cores: u32,
    /// What a core counts for.
    pub each: Factor,
}

/// The table as Microsoft last published it. Its rows for processors of one and two cores are what the smallest number of cores of a
/// processor comes to, and are not here.
pub(super) fn published() -> Table<CoreFactorRow> {
    let series = ["31*", "32*", "33*", "41*", "42*", "43*", "61*", "62*", "63*"];
    let row = |series: &str| CoreFactorRow {
        words: vec!["opteron".to_owned(), series.to_owned()],
        min_cores: 6,
        each: Factor::thousandths(750),
    };
    Table::secondary(series.map(row).into(), "Microsoft Core Factor Table of 2014-04-01, from secondary pages")
}

/// What a core of a host counts for; none where it is a core.
pub(super) fn core_factor(
    host: &Host<'_>,
    version: Option<&str>,
    table: &Table<CoreFactorRow>,
) -> Result<Option<Factor>, MetricError> {
    let first = version.and_then(|version| version.split_whitespace().next());
    let Some(processor) = host.processor.filter(|_| first.is_some_and(|first| VERSIONS.contains(&first))) else {
        return Ok(None);
    };
    let cores = host.cores_per_socket()?;
    let fits = |row: &&CoreFactorRow| u64::from(row.min_cores) <= cores && has_words(processor, &row.words);
    Ok(table.rows.iter().find(fits).map(|row| row.each))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_of_some_processors_counted_less() {
        let table = published();
        let check = |version: Option<&str>, processor: Option<&str>, cores: u32, expected: Option<u64>| {
            let host = Host { processor, cores_per_socket: Some(cores), ..Host::new("h") };
            let found = core_factor(&host, version, &table).unwrap();
            assert_eq!(found, expected.map(Factor::thousandths), "{version:?} {processor:?} {cores}");
        };
        let opteron = Some("AMD Opteron(tm) Processor 6174");
        check(Some("2012"), opteron, 12, Some(750));
        check(Some("2014 SP3"), Some("AMD Opteron(TM) Processor 4284"), 8, Some(750));
        check(Some("2014"), opteron, 4, None);
        check(Some("2016"), opteron, 12, None);
        check(Some("20120"), opteron, 12, None);
        check(None, opteron, 12, None);
        check(Some("2012"), None, 12, None);
        check(Some("2012"), Some("AMD Opteron(tm) Processor 2431"), 6, None);
        check(Some("2012"), Some("Intel(R) Xeon(R) CPU E5-4620"), 8, None);
        check(Some("2012"), Some("AMD EPYC 7763"), 64, None);
    }
}
