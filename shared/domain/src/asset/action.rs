//! The actions of an asset's life: retire, dispose, loan, refresh, audit.
//!
//! In: a record and an action. Out: the fields that the action enters, or why the record cannot take it. The edit's own rules
//! (substates, who it is assigned to) come on top when the fields are entered.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::field::Field;
use super::record::Asset;
use super::state::InstallStatus;
use super::value::Value;

/// Something that is done with an asset (contract 2.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Taken out of service: Retired, with this substate; `pending_disposal` if none is given.
    Retire {
        /// A substate of Retired.
        substatus: Option<String>,
    },
    /// Gone for good: Retired, disposed.
    Dispose,
    /// Lent from stock: In use, assigned to this user.
    Loan {
        /// The user.
        to: Uuid,
    },
    /// A replacement is planned: it keeps its state with the substate `pending_retirement`, and still counts.
    Refresh,
    /// Somebody saw it: nothing changes but its history.
    Audit,
}

/// Why a record cannot take an action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActionError {
    /// It is what the action would make it.
    #[error("it is {0} already")]
    Already(String),
    /// The action does not start from this state.
    #[error("it is {state}; {advice}")]
    State {
        /// The state, with its substate.
        state: String,
        /// What would be right.
        advice: &'static str,
    },
    /// It stands for more than one piece.
    #[error("it stands for {0} pieces; only a record of one piece can be lent")]
    Pieces(i64),
    /// It is reserved for somebody else.
    #[error("it is reserved for somebody else; empty assigned_to first")]
    Reserved,
    /// The substate is none of Retired.
    #[error("{0:?} is not a substate of Retired; known are: {known}", known = InstallStatus::Retired.substates().join(", "))]
    Substatus(String),
}

impl Action {
    /// The name in paths and in the history.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Retire { .. } => "retire",
            Self::Dispose => "dispose",
            Self::Loan { .. } => "loan",
            Self::Refresh => "refresh",
            Self::Audit => "audit",
        }
    }

    /// The fields that the action enters into this record; none for an audit.
    ///
    /// # Errors
    /// Why the record cannot take it.
    pub fn plan(&self, asset: &Asset) -> Result<Vec<(Field, Option<Value>)>, ActionError> {
        use InstallStatus::{Build, Consumed, InStock, InUse, OnOrder, Retired};
        let (status, substatus) = (asset.status(), asset.get(Field::Substatus).and_then(Value::as_text));
        let refused = |advice| Err(ActionError::State { state: shown(status, substatus), advice });
        match self {
            Self::Audit => Ok(Vec::new()),
            Self::Retire { .. } | Self::Dispose if matches!(status, Some(Consumed | Build)) => {
                refused("such a record is not retired")
            }
            Self::Retire { .. } | Self::Dispose if substatus == Some("legal_hold") => {
                refused("it must be kept until the hold is over")
            }
            Self::Retire { .. } if status == Some(Retired) => Err(ActionError::Already(shown(status, substatus))),
            Self::Retire { substatus } => {
                let substatus = substatus.as_deref().unwrap_or("pending_disposal");
                if !Retired.substates().contains(&substatus) {
                    return Err(ActionError::Substatus(substatus.chars().take(64).collect()));
                }
                Ok(entered(Retired, Some(substatus)))
            }
            Self::Dispose => match (status, substatus) {
                (Some(Retired), Some("disposed")) => Err(ActionError::Already(shown(status, substatus))),
                (Some(InUse), _) => refused("retire it first"),
                (Some(OnOrder), _) => refused("there is nothing to dispose of yet"),
                _ => Ok(entered(Retired, Some("disposed"))),
            },
            Self::Loan { to } => {
                let pieces = asset.get(Field::Quantity).and_then(Value::as_int).unwrap_or(1);
                let holder = asset.get(Field::AssignedTo).and_then(Value::as_ref_id);
                match (status, substatus) {
                    (Some(InStock), None | Some("available" | "reserved" | "pre_allocated" | "test")) => {}
                    (Some(InStock), _) => return refused("only what is available can be lent"),
                    _ => return refused("only an asset in stock can be lent"),
                }
                if pieces > 1 {
                    return Err(ActionError::Pieces(pieces));
                }
                if holder.is_some_and(|holder| holder != *to) {
                    return Err(ActionError::Reserved);
                }
                let mut fields = entered(InUse, None);
                fields.push((Field::AssignedTo, Some(Value::Ref(*to))));
                Ok(fields)
            }
            Self::Refresh => match (status, substatus) {
                (Some(InUse | InStock), Some("pending_retirement")) => Err(ActionError::Already(shown(status, substatus))),
                (Some(InUse | InStock), Some("legal_hold")) => refused("it must be kept until the hold is over"),
                (Some(InUse | InStock), _) => Ok(vec![(Field::Substatus, Some(Value::Text("pending_retirement".to_owned())))]),
                _ => refused("a replacement is planned for what is in use or in stock"),
            },
        }
    }
}

fn entered(status: InstallStatus, substatus: Option<&str>) -> Vec<(Field, Option<Value>)> {
    let substatus = substatus.map(|substatus| Value::Text(substatus.to_owned()));
    vec![(Field::InstallStatus, Some(Value::Int(status.code()))), (Field::Substatus, substatus)]
}

fn shown(status: Option<InstallStatus>, substatus: Option<&str>) -> String {
    let status = status.map_or("without a state", InstallStatus::label);
    substatus.map_or_else(|| status.to_owned(), |substatus| format!("{status} ({substatus})"))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::ids::AssetId;

    fn asset(status: i64, substatus: Option<&str>) -> Asset {
        let mut asset = Asset::new(AssetId(Uuid::from_u128(1)), None, DateTime::UNIX_EPOCH);
        let substatus = substatus.map(|text| Value::Text(text.to_owned()));
        let state = (status > 0).then_some(Value::Int(status));
        let class = (status == 11).then(|| Value::Text("alm_license".to_owned()));
        asset
            .edit(
                &[(Field::SysClassName, class), (Field::InstallStatus, state), (Field::Substatus, substatus)],
                DateTime::UNIX_EPOCH,
            )
            .unwrap();
        asset
    }

    fn user(number: u128) -> Action {
        Action::Loan { to: Uuid::from_u128(number) }
    }

    #[test]
    fn each_action_starts_from_the_right_states() {
        let retire = || Action::Retire { substatus: None };
        let check = |action: Action, status: i64, substatus: Option<&str>, expected: Result<&str, &str>| {
            let mut asset = asset(status, substatus);
            let outcome = action.plan(&asset).map(|fields| {
                asset.edit(&fields, DateTime::UNIX_EPOCH).unwrap();
                shown(asset.status(), asset.get(Field::Substatus).and_then(Value::as_text))
            });
            match (outcome, expected) {
                (Ok(state), Ok(expected)) => assert_eq!(state, expected, "{action:?} from {status} {substatus:?}"),
                (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{action:?} {status}: {error}"),
                (outcome, expected) => panic!("{action:?} from {status} {substatus:?}: {outcome:?}, not {expected:?}"),
            }
        };
        for status in [0, 1, 2, 3, 6, 8, 9] {
            check(retire(), status, None, Ok("Retired (pending_disposal)"));
        }
        check(Action::Retire { substatus: Some("sold".into()) }, 1, None, Ok("Retired (sold)"));
        check(Action::Retire { substatus: Some("lost".into()) }, 1, None, Err("known are: disposed"));
        check(retire(), 7, Some("sold"), Err("it is Retired (sold) already"));
        check(retire(), 10, None, Err("not retired"));
        check(retire(), 11, None, Err("not retired"));
        check(retire(), 6, Some("legal_hold"), Err("the hold is over"));
        for status in [0, 3, 6, 7, 8, 9] {
            check(Action::Dispose, status, None, Ok("Retired (disposed)"));
        }
        check(Action::Dispose, 7, Some("pending_disposal"), Ok("Retired (disposed)"));
        check(Action::Dispose, 7, Some("disposed"), Err("already"));
        check(Action::Dispose, 1, None, Err("retire it first"));
        check(Action::Dispose, 2, None, Err("nothing to dispose of"));
        check(Action::Dispose, 6, Some("legal_hold"), Err("the hold is over"));
        check(user(5), 6, None, Ok("In use"));
        check(user(5), 6, Some("available"), Ok("In use"));
        check(user(5), 6, Some("defective"), Err("only what is available"));
        check(user(5), 1, None, Err("only an asset in stock"));
        check(Action::Refresh, 1, None, Ok("In use (pending_retirement)"));
        check(Action::Refresh, 6, Some("available"), Ok("In stock (pending_retirement)"));
        check(Action::Refresh, 1, Some("pending_retirement"), Err("already"));
        check(Action::Refresh, 3, None, Err("in use or in stock"));
        for status in [0, 1, 2, 3, 6, 7, 8, 9, 10, 11] {
            assert_eq!(Action::Audit.plan(&asset(status, None)), Ok(vec![]));
        }
    }

    #[test]
    fn a_loan_respects_pieces_and_reservations() {
        let mut lent = asset(6, None);
        lent.edit(&[(Field::AssignedTo, Some(Value::Ref(Uuid::from_u128(5))))], DateTime::UNIX_EPOCH).unwrap();
        assert_eq!(user(6).plan(&lent), Err(ActionError::Reserved));
        lent.edit(&user(5).plan(&lent).unwrap(), DateTime::UNIX_EPOCH).unwrap();
        assert_eq!(lent.get(Field::AssignedTo), Some(&Value::Ref(Uuid::from_u128(5))));
        let mut box_of_mice = asset(6, None);
        box_of_mice.edit(&[(Field::Quantity, Some(Value::Int(5)))], DateTime::UNIX_EPOCH).unwrap();
        assert_eq!(user(5).plan(&box_of_mice), Err(ActionError::Pieces(5)));
    }
}
