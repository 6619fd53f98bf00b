//! States of assets with their substates, as one choice of a form.

use muster_domain::asset::{Asset, Field, InstallStatus, Value};

/// A state with its substates: the value of the form, and what it says.
pub(super) struct StateChoices {
    pub(super) label: &'static str,
    pub(super) choices: Vec<(String, String)>,
}

/// The fields that a choice sets.
pub(super) type Wish = Vec<(Field, Option<Value>)>;

/// The fields of a choice, and how it is called; none for what is no choice.
pub(super) fn wish(to: &str) -> Option<(Wish, String)> {
    let (code, substate) = to.split_once('/').unwrap_or((to, ""));
    let status = InstallStatus::from_code(code.parse().ok()?)?;
    let mut set = vec![(Field::InstallStatus, Some(Value::Int(status.code())))];
    if substate.is_empty() {
        return Some((set, status.label().to_owned()));
    }
    let known = status.substates().iter().find(|known| **known == substate)?;
    set.push((Field::Substatus, Some(Value::Text((*known).to_owned()))));
    Some((set, format!("{}, {}", status.label(), known.replace('_', " "))))
}

/// Every state with its substates.
pub(super) fn choices() -> Vec<StateChoices> {
    let of = |status: InstallStatus| {
        let plain = (status.code().to_string(), status.label().to_owned());
        let with =
            |known: &&str| (format!("{}/{known}", status.code()), format!("{}, {}", status.label(), known.replace('_', " ")));
        StateChoices { label: status.label(), choices: [plain].into_iter().chain(status.substates().iter().map(with)).collect() }
    };
    InstallStatus::ALL.into_iter().map(of).collect()
}

/// The choice that an asset has; empty without a state.
pub(super) fn chosen(asset: &Asset) -> String {
    let substate = asset.get(Field::Substatus).and_then(Value::as_text);
    match (asset.get(Field::InstallStatus).and_then(Value::as_int), substate) {
        (Some(code), Some(substate)) => format!("{code}/{substate}"),
        (Some(code), None) => code.to_string(),
        (None, _) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_of_the_form_can_be_made() {
        let mut count = 0;
        for (value, said) in choices().into_iter().flat_map(|state| state.choices) {
            assert_eq!(wish(&value).map(|(_, called)| called), Some(said), "{value}");
            count += 1;
        }
        assert!(count > InstallStatus::ALL.len());
        for wrong in ["", "7/", "99", "7/lost", "x/y"] {
            assert_eq!(wish(wrong).is_some(), wrong == "7/", "{wrong}");
        }
    }
}
