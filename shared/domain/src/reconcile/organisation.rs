//! Where in the organisation something belongs: the fields that consumption rules and groupings name (domain 6.5).

/// A field of the organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Company.
    Company,
    /// Cost centre.
    CostCenter,
    /// Country.
    Country,
    /// Department.
    Department,
    /// Region.
    Region,
}

impl Unit {
    /// Every field, in the order of their names.
    pub const ALL: [Self; 5] = [Self::Company, Self::CostCenter, Self::Country, Self::Department, Self::Region];

    /// The field's name in files and the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::CostCenter => "cost_center",
            Self::Country => "country",
            Self::Department => "department",
            Self::Region => "region",
        }
    }

    /// The field of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

/// The values of the fields; an absent one is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Organisation([Option<String>; 5]);

impl Organisation {
    /// The organisation with one more field.
    #[must_use]
    pub fn with(mut self, unit: Unit, value: Option<String>) -> Self {
        if let Some(place) = self.0.get_mut(unit as usize) {
            *place = value;
        }
        self
    }

    /// The value of a field.
    #[must_use]
    pub fn get(&self, unit: Unit) -> Option<&str> {
        self.0.get(unit as usize)?.as_deref()
    }

    /// Fields that have a value.
    pub fn units(&self) -> impl Iterator<Item = Unit> {
        Unit::ALL.into_iter().filter(|unit| self.get(*unit).is_some())
    }
}
