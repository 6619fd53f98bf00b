//! What must hold of factor tables for metrics to use them, whoever wrote them.
//!
//! In: factor tables. Out: what is wrong with the first that cannot be used.

use super::factor::{FactorError, Factors, Table, Tier};

impl Factors {
    /// Whether metrics can be computed with these.
    ///
    /// # Errors
    /// The name of the first table that cannot be used, and why.
    pub fn check(&self) -> Result<(), (&'static str, FactorError)> {
        let zero = |is_zero: bool, name: &str| if is_zero { Err(FactorError::Zero(name.to_owned())) } else { Ok(()) };
        let Self { ibm, microsoft, oracle, red_hat, sap, vmware: _ } = self;
        in_table("ibm.rvu", tiers(&ibm.rvu))?;
        in_table("ibm.auvu", tiers(&ibm.auvu))?;
        in_table("ibm.euvu", tiers(&ibm.euvu))?;
        in_table("ibm.xuvu", tiers(&ibm.xuvu))?;
        in_table("ibm.pvu", filled(&ibm.pvu))?;
        let costs = [
            ("microsoft.datacenter_cost", &microsoft.datacenter_cost),
            ("microsoft.sql_standard_cost", &microsoft.sql_standard_cost),
            ("microsoft.sql_assurance_cost", &microsoft.sql_assurance_cost),
        ];
        for row in &microsoft.core_factor.rows {
            in_table("microsoft.core_factor", zero(row.each.parts(1).is_none(), &row.words.join(" ")))?;
        }
        for (name, cost) in costs {
            in_table(name, zero(cost.value.parts(1).is_none(), name))?;
        }
        in_table("oracle.core", filled(&oracle.core))?;
        in_table("oracle.employee", tiers(&oracle.employee))?;
        in_table("red_hat.density_threshold", zero(red_hat.density_threshold.value.parts(1).is_none(), "density_threshold"))?;
        for (name, table) in [("sap.full_usage", &sap.full_usage), ("sap.documents", &sap.documents)] {
            in_table(name, filled(table))?;
        }
        for row in &sap.full_usage.rows {
            in_table("sap.full_usage", zero(row.factor.parts(1).is_none(), &row.name))?;
        }
        Ok(())
    }
}

fn in_table(name: &'static str, found: Result<(), FactorError>) -> Result<(), (&'static str, FactorError)> {
    found.map_err(|error| (name, error))
}

fn filled<T>(table: &Table<T>) -> Result<(), FactorError> {
    if table.rows.is_empty() { Err(FactorError::Empty) } else { Ok(()) }
}

/// Tiers end one above the other; only the last may have no end.
fn tiers<T>(table: &Table<Tier<T>>) -> Result<(), FactorError> {
    filled(table)?;
    let mut before = 0;
    for (number, tier) in (1..).zip(&table.rows) {
        match tier.up_to {
            Some(end) if end > before => before = end,
            None if number == table.rows.len() => {}
            _ => return Err(FactorError::Tiers),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_used_only_where_they_make_sense() {
        assert_eq!(Factors::default().check(), Ok(()));
        let check = |change: fn(&mut Factors), expected: &str| {
            let mut factors = Factors::default();
            change(&mut factors);
            assert_eq!(factors.check().unwrap_err().0, expected);
        };
        check(|factors| factors.ibm.rvu.rows.clear(), "ibm.rvu");
        check(|factors| factors.ibm.auvu.rows[0].up_to = None, "ibm.auvu");
        check(|factors| factors.ibm.euvu.rows.reverse(), "ibm.euvu");
        check(|factors| factors.oracle.core.rows.clear(), "oracle.core");
        check(|factors| factors.microsoft.datacenter_cost.value = "0".parse().unwrap(), "microsoft.datacenter_cost");
        check(|factors| factors.oracle.employee.rows[1].up_to = Some(1), "oracle.employee");
        check(|factors| factors.sap.full_usage.rows[0].factor = "0".parse().unwrap(), "sap.full_usage");
        check(|factors| factors.sap.documents.rows.clear(), "sap.documents");
        check(|factors| factors.red_hat.density_threshold.value = "0".parse().unwrap(), "red_hat.density_threshold");
    }
}
