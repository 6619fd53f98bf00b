//! Words of the API for states, tiers and ways of being licensed, and back.

use crate::{
    admin::problem::{Answer, Failure},
    reconcile::ReconcileError,
};
use muster_domain::reconcile::run::Money;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::collections::BTreeMap;

/// The word of the API for a value of an enumeration.
pub(super) fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}

/// The value of a word of the API; people may write spaces and capitals.
pub(super) fn read<T: DeserializeOwned + Serialize + Copy>(name: &str, text: &str, all: &[T]) -> Answer<T> {
    let meant = text.trim().to_lowercase().replace([' ', '-'], "_");
    serde_json::from_value(Value::String(meant)).map_err(|_| {
        let known = all.iter().map(word).collect::<Vec<_>>().join(", ");
        Failure::invalid(format!("{name} is {:?}; it must be one of {known}", text.chars().take(64).collect::<String>()))
    })
}

/// The value of an optional word.
pub(super) fn read_some<T: DeserializeOwned + Serialize + Copy>(name: &str, text: Option<&str>, all: &[T]) -> Answer<Option<T>> {
    text.filter(|text| !text.is_empty()).map(|text| read(name, text, all)).transpose()
}

/// Amounts by currency.
pub(super) fn money(money: &Money) -> BTreeMap<String, String> {
    money.iter().map(|(currency, amount)| (currency.clone(), amount.to_string())).collect()
}

impl From<ReconcileError> for Failure {
    fn from(error: ReconcileError) -> Self {
        use muster_wire::problem::Code;
        match error {
            ReconcileError::Store(error) => error.into(),
            ReconcileError::NotFound { what, id } => Self::not_found(what, &id),
            ReconcileError::NoPublisher(_) => Self::invalid(error.to_string()),
            ReconcileError::Busy(run) => Self::new(Code::Conflict, error.to_string()).with("run", run),
            ReconcileError::Step(_) => Self::new(Code::Conflict, error.to_string()),
            // Also for some seconds after a collector that was reconciling was killed.
            ReconcileError::BusyElsewhere => Self::new(Code::Unavailable, error.to_string()).retry_after(5),
            ReconcileError::GivenUp(private) => Self::internal(private),
        }
    }
}
