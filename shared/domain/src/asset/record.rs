//! An asset record: what its agent saw, what an administrator entered, and the values that follow.
//!
//! The two layers stay apart. An administrator's value wins, an administrator's emptying too, and a later report changes
//! neither. In: layers and edits. Out: the effective values and the list of what changed.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::class;
use super::edit::{Change, EditError, check_value};
use super::field::Field;
use super::layer::Layer;
use super::reference::{Directory, Table};
use super::state::InstallStatus;
use super::value::Value;
use crate::ids::{AgentId, AssetId};

/// One asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Parts", into = "Parts")]
pub struct Asset {
    id: AssetId,
    fields: Layer,
    observed: Layer,
    edited: Layer,
    agent: Option<AgentId>,
    created_on: DateTime<Utc>,
    updated_on: DateTime<Utc>,
}

/// What an asset is made of; its effective values follow from the two layers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    /// The record's id.
    pub id: AssetId,
    /// What the agent saw last.
    pub observed: Layer,
    /// What administrators entered.
    pub edited: Layer,
    /// The agent that reports this asset.
    pub agent: Option<AgentId>,
    /// When the record was made.
    pub created_on: DateTime<Utc>,
    /// When its effective values last changed.
    pub updated_on: DateTime<Utc>,
}

impl From<Parts> for Asset {
    fn from(parts: Parts) -> Self {
        let Parts { id, observed, edited, agent, created_on, updated_on } = parts;
        let fields = effective(&observed, &edited);
        Self { id, fields, observed, edited, agent, created_on, updated_on }
    }
}

impl From<Asset> for Parts {
    fn from(asset: Asset) -> Self {
        let Asset { id, fields: _, observed, edited, agent, created_on, updated_on } = asset;
        Self { id, observed, edited, agent, created_on, updated_on }
    }
}

impl Asset {
    /// An empty record, made now.
    #[must_use]
    pub fn new(id: AssetId, agent: Option<AgentId>, now: DateTime<Utc>) -> Self {
        Parts { id, observed: Layer::new(), edited: Layer::new(), agent, created_on: now, updated_on: now }.into()
    }

    /// The record's id.
    #[must_use]
    pub const fn id(&self) -> AssetId {
        self.id
    }

    /// The agent that reports this asset, if one does.
    #[must_use]
    pub const fn agent(&self) -> Option<AgentId> {
        self.agent
    }

    /// When the record was made.
    #[must_use]
    pub const fn created_on(&self) -> DateTime<Utc> {
        self.created_on
    }

    /// When its effective values last changed.
    #[must_use]
    pub const fn updated_on(&self) -> DateTime<Utc> {
        self.updated_on
    }

    /// The effective values.
    #[must_use]
    pub const fn fields(&self) -> &Layer {
        &self.fields
    }

    /// What the agent saw last.
    #[must_use]
    pub const fn observed(&self) -> &Layer {
        &self.observed
    }

    /// What administrators entered.
    #[must_use]
    pub const fn edited(&self) -> &Layer {
        &self.edited
    }

    /// The effective value of a field that is kept; derived fields have [`Asset::value`].
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&Value> {
        self.fields.get(field)
    }

    /// The effective value of any field, derived ones among them.
    #[must_use]
    pub fn value(&self, field: Field, directory: &dyn Directory) -> Option<Value> {
        match field {
            Field::SysId => Some(Value::Text(self.id.to_string())),
            Field::DisplayName => self.display_name(directory).map(Value::Text),
            Field::SysCreatedOn => Some(Value::DateTime(self.created_on.timestamp_millis())),
            Field::SysUpdatedOn => Some(Value::DateTime(self.updated_on.timestamp_millis())),
            kept => self.get(kept).cloned(),
        }
    }

    /// Asset tag, a dash and the model; either alone where the other is empty.
    #[must_use]
    pub fn display_name(&self, directory: &dyn Directory) -> Option<String> {
        let tag = self.get(Field::AssetTag).and_then(Value::as_text);
        let model = self.get(Field::Model).and_then(Value::as_ref_id).and_then(|id| directory.display(Table::Model, id));
        match (tag, model) {
            (Some(tag), Some(model)) => Some(format!("{tag} - {model}")),
            (one, other) => one.or(other).map(str::to_owned),
        }
    }

    /// The state, where it is a known one.
    #[must_use]
    pub fn status(&self) -> Option<InstallStatus> {
        self.get(Field::InstallStatus).and_then(Value::as_int).and_then(InstallStatus::from_code)
    }

    /// The class; hardware where none is given.
    #[must_use]
    pub fn class(&self) -> &str {
        self.get(Field::SysClassName).and_then(Value::as_text).unwrap_or(class::HARDWARE)
    }

    /// Binds the record to the agent that reports it from now on.
    pub fn bind(&mut self, agent: Option<AgentId>) {
        self.agent = agent;
    }

    /// Takes what the agent sees now, in place of all it saw before. Values that a field cannot hold are left out: a report is
    /// never refused for one. Administrators' values stay.
    pub fn observe(&mut self, layer: Layer, now: DateTime<Utc>) -> Vec<Change> {
        self.observed = layer
            .iter()
            .filter(|(field, value)| {
                !field.is_derived() && value.is_none_or(|value| !is_blank(value) && check_value(*field, value).is_ok())
            })
            .map(|(field, value)| (field, value.cloned()))
            .collect();
        self.refresh(now)
    }

    /// Enters an administrator's changes: all of them, or none. `None` empties a field, whatever the agent sees.
    ///
    /// Leaving "In use" for a state in which nobody uses the asset clears "Assigned to", and a substate that the new state does
    /// not know is cleared, unless the same edit sets them.
    ///
    /// # Errors
    /// When a value does not fit its field, or the values do not fit each other.
    pub fn edit(&mut self, changes: &[(Field, Option<Value>)], now: DateTime<Utc>) -> Result<Vec<Change>, EditError> {
        self.enter(&[], changes, now)
    }

    /// The same, after what administrators entered in the fields of `back` is taken back, so that what the agent sees shows again.
    ///
    /// # Errors
    /// As for [`Asset::edit`].
    pub fn enter(
        &mut self,
        back: &[Field],
        changes: &[(Field, Option<Value>)],
        now: DateTime<Utc>,
    ) -> Result<Vec<Change>, EditError> {
        let mut next = self.clone();
        back.iter().for_each(|field| next.edited.forget(*field));
        for (field, value) in changes {
            if field.is_derived() {
                return Err(EditError::Derived(*field));
            }
            if let Some(value) = value {
                check_value(*field, value)?;
            }
            next.edited.set(*field, value.clone().filter(|value| !is_blank(value)));
        }
        next.fields = effective(&next.observed, &next.edited);
        let touches = |field: Field| back.contains(&field) || changes.iter().any(|(changed, _)| *changed == field);
        if next.status() != self.status() {
            let was_in_use = self.status() == Some(InstallStatus::InUse);
            if was_in_use && next.status().is_some_and(InstallStatus::clears_assignment) && !touches(Field::AssignedTo) {
                next.empty(Field::AssignedTo);
            }
            if !touches(Field::Substatus) && next.check_substatus().is_err() {
                next.empty(Field::Substatus);
            }
        }
        if touches(Field::InstallStatus) || touches(Field::Substatus) || touches(Field::SysClassName) {
            next.check_substatus()?;
            next.check_status_of_class()?;
        }
        if touches(Field::Quantity) || touches(Field::AssetTag) || touches(Field::SerialNumber) {
            next.check_quantity()?;
        }
        if next.get(Field::Parent).and_then(Value::as_ref_id) == Some(next.id.0) {
            return Err(EditError::OwnParent);
        }
        next.fields = self.fields.clone();
        let changed = next.refresh(now);
        *self = next;
        Ok(changed)
    }

    fn empty(&mut self, field: Field) {
        if self.get(field).is_some() {
            self.edited.set(field, None);
            self.fields = effective(&self.observed, &self.edited);
        }
    }

    fn refresh(&mut self, now: DateTime<Utc>) -> Vec<Change> {
        let next = effective(&self.observed, &self.edited);
        let changes: Vec<Change> = Field::ALL
            .iter()
            .filter(|field| self.fields.get(**field) != next.get(**field))
            .map(|field| Change { field: *field, before: self.fields.get(*field).cloned(), after: next.get(*field).cloned() })
            .collect();
        self.fields = next;
        if !changes.is_empty() {
            self.updated_on = now;
        }
        changes
    }

    fn check_substatus(&self) -> Result<(), EditError> {
        let Some(substatus) = self.get(Field::Substatus).and_then(Value::as_text) else { return Ok(()) };
        let status = self.status();
        if status.is_some_and(|status| status.substates().contains(&substatus)) {
            return Ok(());
        }
        Err(EditError::UnknownSubstatus { substatus: substatus.chars().take(64).collect(), status })
    }

    fn check_status_of_class(&self) -> Result<(), EditError> {
        match self.status() {
            Some(InstallStatus::Build) if self.class() != "alm_license" => {
                Err(EditError::StatusOfOtherClass { status: InstallStatus::Build, class: self.class().to_owned() })
            }
            _ => Ok(()),
        }
    }

    fn check_quantity(&self) -> Result<(), EditError> {
        let quantity = self.get(Field::Quantity).and_then(Value::as_int).unwrap_or(1);
        if quantity <= 1 {
            return Ok(());
        }
        let identity = [Field::AssetTag, Field::SerialNumber].into_iter().find(|field| self.get(*field).is_some());
        identity.map_or(Ok(()), |field| Err(EditError::QuantityWithIdentity { quantity, field }))
    }
}

/// A text without anything to read is no value: a file or a form could not give it back.
fn is_blank(value: &Value) -> bool {
    value.as_text().is_some_and(|text| text.trim().is_empty())
}

/// The values in force: an administrator's entry, set or emptied, else what the agent saw.
fn effective(observed: &Layer, edited: &Layer) -> Layer {
    let seen = observed.iter().filter(|(field, _)| edited.entry(*field).is_none());
    let values = edited.iter().chain(seen).filter_map(|(field, value)| value.map(|value| (field, Some(value.clone()))));
    values.collect()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::asset::reference::References;

    fn day(number: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(number)
    }

    fn text(value: &str) -> Option<Value> {
        Some(Value::Text(value.into()))
    }

    fn reported() -> Asset {
        let mut asset = Asset::new(AssetId(Uuid::from_u128(9)), Some(AgentId(Uuid::from_u128(1))), day(0));
        let seen = Layer::new()
            .with(Field::InstallStatus, Value::Int(1))
            .with(Field::SysClassName, text("alm_hardware"))
            .with(Field::Quantity, Value::Int(1))
            .with(Field::SerialNumber, text("5CD1"))
            .with(Field::AssetTag, text("P1"));
        asset.observe(seen, day(1));
        asset
    }

    #[test]
    fn what_is_taken_back_has_to_fit_the_rest() {
        let mut asset = reported();
        let retired = [(Field::InstallStatus, Some(Value::Int(7))), (Field::Substatus, text("disposed"))];
        asset.edit(&retired, day(2)).unwrap();
        let mut both = asset.clone();
        assert_eq!(both.enter(&[Field::InstallStatus, Field::Substatus], &[], day(3)).unwrap().len(), 2);
        assert_eq!(both.status(), Some(InstallStatus::InUse));
        // A substate that the agent's state does not know goes with the state.
        assert_eq!(asset.enter(&[Field::InstallStatus], &[], day(3)).unwrap().len(), 2);
        assert_eq!((asset.status(), asset.get(Field::Substatus)), (Some(InstallStatus::InUse), None));
        let several = [(Field::AssetTag, None), (Field::SerialNumber, None), (Field::Quantity, Some(Value::Int(3)))];
        asset.edit(&several, day(4)).unwrap();
        let refused = asset.enter(&[Field::SerialNumber], &[], day(5)).unwrap_err();
        assert_eq!(refused, EditError::QuantityWithIdentity { quantity: 3, field: Field::SerialNumber });
        assert_eq!(asset.get(Field::SerialNumber), None, "nothing of a refused change is kept");
    }

    #[test]
    fn nothing_belongs_to_itself() {
        let mut asset = reported();
        let parent = |id: u128| [(Field::Parent, Some(Value::Ref(Uuid::from_u128(id))))];
        assert_eq!(asset.edit(&parent(9), day(2)), Err(EditError::OwnParent));
        assert_eq!(asset.edit(&parent(8), day(2)).unwrap().len(), 1);
    }

    #[test]
    fn an_administrators_values_win_and_stay() {
        let mut asset = reported();
        let changes = asset.edit(&[(Field::InstallStatus, Some(Value::Int(7))), (Field::AssetTag, None)], day(2)).unwrap();
        assert_eq!(
            changes,
            [
                Change { field: Field::InstallStatus, before: Some(Value::Int(1)), after: Some(Value::Int(7)) },
                Change { field: Field::AssetTag, before: text("P1"), after: None }
            ]
        );
        let seen = asset.observed().clone();
        assert_eq!(asset.observe(seen, day(3)), []);
        assert_eq!(asset.updated_on(), day(2));
        assert_eq!(asset.status(), Some(InstallStatus::Retired));
        assert_eq!(asset.observed().get(Field::InstallStatus), Some(&Value::Int(1)));
        assert_eq!(asset.get(Field::AssetTag), None);
        assert_eq!(asset.enter(&[Field::AssetTag], &[], day(4)).unwrap().len(), 1);
        assert_eq!(asset.get(Field::AssetTag), text("P1").as_ref());
        assert!(asset.edited().entry(Field::AssetTag).is_none());
    }

    #[test]
    fn a_report_never_fails_for_an_odd_value() {
        let mut asset = reported();
        let odd = Layer::new()
            .with(Field::InstallStatus, text("one"))
            .with(Field::SysId, text("me"))
            .with(Field::SerialNumber, text("\u{1b}[31m"))
            .with(Field::AssetTag, text("P2"));
        asset.observe(odd, day(2));
        assert_eq!(asset.get(Field::InstallStatus), None);
        assert_eq!(asset.get(Field::SerialNumber), None);
        assert_eq!(asset.get(Field::AssetTag), text("P2").as_ref());
    }

    #[test]
    fn states_take_their_rules_with_them() {
        let user = || Some(Value::Ref(Uuid::from_u128(5)));
        let check = |status: i64, kept: bool| {
            let mut asset = reported();
            asset.edit(&[(Field::AssignedTo, user()), (Field::Substatus, text("end_of_support"))], day(2)).unwrap();
            asset.edit(&[(Field::InstallStatus, Some(Value::Int(status)))], day(3)).unwrap();
            assert_eq!(asset.get(Field::AssignedTo).is_some(), kept, "assigned_to in {status}");
            let substate_known = asset.status().unwrap().substates().contains(&"end_of_support");
            assert_eq!(asset.get(Field::Substatus).is_some(), substate_known, "substatus in {status}");
        };
        check(2, false);
        check(6, false);
        check(9, false);
        check(3, true);
        check(7, true);
        check(8, true);
        let mut asset = reported();
        let reserve =
            [(Field::InstallStatus, Some(Value::Int(6))), (Field::Substatus, text("reserved")), (Field::AssignedTo, user())];
        asset.edit(&reserve, day(2)).unwrap();
        assert_eq!(asset.get(Field::AssignedTo), user().as_ref());
    }

    #[test]
    fn a_refused_edit_changes_nothing() {
        let check = |changes: &[(Field, Option<Value>)], part: &str| {
            let mut asset = reported();
            let before = asset.clone();
            let error = asset.edit(changes, day(2)).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
            assert_eq!(asset, before);
        };
        check(&[(Field::Comments, text("x")), (Field::InstallStatus, Some(Value::Int(4)))], "4 is not an asset state");
        check(&[(Field::InstallStatus, Some(Value::Int(11)))], "Build is not a state of alm_hardware");
        check(&[(Field::Substatus, text("disposed"))], "not a substate of In use");
        check(&[(Field::InstallStatus, None), (Field::Substatus, text("disposed"))], "an empty state");
        check(&[(Field::Quantity, Some(Value::Int(5)))], "has no asset_tag");
        check(&[(Field::Quantity, Some(Value::Int(5))), (Field::AssetTag, None)], "has no serial_number");
        check(&[(Field::AssignedTo, text("abel"))], "reference");
        check(&[(Field::SysCreatedOn, None)], "cannot be set");
    }

    #[test]
    fn the_display_name_is_tag_and_model() {
        let mut directory = References::new();
        let model = Uuid::from_u128(77);
        directory.insert(Table::Model, model, "Lenovo ThinkPad T14");
        let mut asset = reported();
        assert_eq!(asset.display_name(&directory).as_deref(), Some("P1"));
        asset.edit(&[(Field::Model, Some(Value::Ref(model)))], day(2)).unwrap();
        assert_eq!(asset.display_name(&directory).as_deref(), Some("P1 - Lenovo ThinkPad T14"));
        asset.edit(&[(Field::AssetTag, None)], day(2)).unwrap();
        assert_eq!(asset.value(Field::DisplayName, &directory), text("Lenovo ThinkPad T14"));
    }

    proptest! {
        #[test]
        fn reports_and_edits_commute(edits in prop::collection::vec((0_u8..36, prop::option::of(0_i64..12)), 0..8), seen in 1_i64..12) {
            let edits: Vec<_> = edits.into_iter().filter_map(|(index, code)| Some((Field::from_index(index)?, code.map(Value::Int)))).collect();
            let layer = || Layer::new().with(Field::InstallStatus, Value::Int(seen)).with(Field::Quantity, Value::Int(1));
            let mut one = reported();
            let _ = one.edit(&edits, day(2));
            one.observe(layer(), day(3));
            // What the administrator entered is there whatever was reported afterwards.
            for (field, value) in one.edited().clone().iter() {
                prop_assert_eq!(one.get(field), value);
            }
            let json = serde_json::to_string(&one).unwrap();
            prop_assert_eq!(serde_json::from_str::<Asset>(&json).unwrap(), one);
        }
    }
}
