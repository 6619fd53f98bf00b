//! Where in the organisation something belongs, and what lies above it.
//!
//! In: the reference tables and the details of locations. Out: organisations by name, as results show them, and the parent of each
//! company, department and cost centre.

use super::places::{Book, text};
use muster_domain::{
    asset::{Directory as _, References, Table},
    reconcile::{Organisation, Unit},
    record::{Values, kinds},
};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The fields that are records of a reference table.
const TABLES: [(Unit, Table); 3] =
    [(Unit::Company, Table::Company), (Unit::Department, Table::Department), (Unit::CostCenter, Table::CostCenter)];
/// Steps up from a location in search of its country; more would be a circle.
const STEPS: usize = 16;

/// Country and region, as far as they are known.
type Area = (Option<String>, Option<String>);

/// Names of the organisation.
pub(super) struct Organisations<'a> {
    references: &'a References,
    locations: BTreeMap<Uuid, Area>,
}

impl<'a> Organisations<'a> {
    pub(super) fn new(references: &'a References, book: Book<'_>) -> Self {
        let details = book.stored(&kinds::user::LOCATION_DETAILS);
        let area = |values: &Values| (text(values, "country"), text(values, "region"));
        let locations = details.filter_map(|(_, values)| Some((values.id("location")?, area(values)))).collect();
        Self { references, locations }
    }

    /// Where something belongs; `of` gives the record of a table that it names.
    pub(super) fn of(&self, of: impl Fn(Table) -> Option<Uuid>) -> Organisation {
        let name = |table: Table| self.references.display(table, of(table)?).map(str::to_owned);
        let named = TABLES.into_iter().fold(Organisation::default(), |all, (unit, table)| all.with(unit, name(table)));
        let (country, region) = of(Table::Location).map(|location| self.area(location)).unwrap_or_default();
        named.with(Unit::Country, country).with(Unit::Region, region)
    }

    /// Where a record belongs: its own country and region stand over those of its location.
    pub(super) fn of_record(&self, values: &Values) -> Organisation {
        let field = |table: Table| match table {
            Table::Company => "company",
            Table::Department => "department",
            Table::CostCenter => "cost_center",
            _ => "location",
        };
        let found = self.of(|table| values.id(field(table)));
        [(Unit::Country, "country"), (Unit::Region, "region")].into_iter().fold(found, |all, (unit, field)| {
            match text(values, field) {
                Some(own) => all.with(unit, Some(own)),
                None => all,
            }
        })
    }

    /// Country and region of a location: each from the nearest place above it that says so.
    fn area(&self, location: Uuid) -> Area {
        let (mut at, mut country, mut region) = (Some(location), None, None);
        for _ in 0..STEPS {
            let Some(place) = at else { break };
            if let Some((its_country, its_region)) = self.locations.get(&place) {
                country = country.or_else(|| its_country.clone());
                region = region.or_else(|| its_region.clone());
            }
            at = self.references.parent(Table::Location, place);
        }
        (country, region)
    }

    /// The value above each value that has one.
    pub(super) fn parents(&self) -> BTreeMap<(Unit, String), String> {
        let of_table = |(unit, table): (Unit, Table)| {
            self.references.records(table).into_iter().filter_map(move |(id, name)| {
                let above = self.references.parent(table, id)?;
                Some(((unit, name.to_owned()), self.references.display(table, above)?.to_owned()))
            })
        };
        TABLES.into_iter().flat_map(of_table).collect()
    }
}
