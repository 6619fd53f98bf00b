//! Stored assets and heads as rows of a query, without making an asset of them.
//!
//! They answer as [`AssetRow`](super::row::AssetRow) does over the whole asset. Nothing is allocated for a row: the few values
//! that are put together use a buffer that goes from row to row.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};

use uuid::fmt::Hyphenated;

use super::class;
use super::field::Field;
use super::reference::{Directory, Table};
use super::row::{Walk, column_of, followed};
use super::stored::{Head, StoredAsset, class_of};
use crate::ids::AssetId;
use crate::query::{Hint, Path, Row, ValueRef};

/// What one row lends to the next.
#[derive(Default)]
pub struct Scratch(Cell<String>);

impl std::fmt::Debug for Scratch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scratch")
    }
}

/// A stored asset as a row.
pub struct StoredRow<'a> {
    asset: &'a StoredAsset<'a>,
    directory: &'a dyn Directory,
    scratch: &'a Scratch,
    id: OnceCell<[u8; Hyphenated::LENGTH]>,
    name: OnceCell<String>,
}

impl std::fmt::Debug for StoredRow<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("StoredRow").field(&self.asset.id()).finish()
    }
}

impl<'a> StoredRow<'a> {
    /// The row of an asset; the directory answers walks through references.
    #[must_use]
    pub const fn new(asset: &'a StoredAsset<'a>, directory: &'a dyn Directory, scratch: &'a Scratch) -> Self {
        Self { asset, directory, scratch, id: OnceCell::new(), name: OnceCell::new() }
    }

    /// The record's id.
    #[must_use]
    pub const fn asset_id(&self) -> AssetId {
        self.asset.id()
    }

    fn id_text(&self) -> Option<&str> {
        let id = self.id.get_or_init(|| {
            let mut text = [0; Hyphenated::LENGTH];
            self.asset.id().0.as_hyphenated().encode_lower(&mut text);
            text
        });
        std::str::from_utf8(id).ok()
    }

    /// Asset tag, a dash and the model; either alone where the other is empty.
    fn display_name(&self) -> Option<Cow<'_, str>> {
        let tag = match self.asset.get(Field::AssetTag) {
            Some(ValueRef::Text(tag)) => Some(tag),
            _ => None,
        };
        let model = match self.asset.get(Field::Model) {
            Some(ValueRef::Ref(id)) => self.directory.display(Table::Model, id),
            _ => None,
        };
        match (tag, model) {
            (Some(tag), Some(model)) => Some(Cow::Borrowed(self.name.get_or_init(|| {
                let mut name = self.scratch.0.take();
                name.clear();
                for part in [&tag, " - ", model] {
                    name.push_str(part);
                }
                name
            }))),
            (Some(tag), None) => Some(tag),
            (None, model) => model.map(Cow::Borrowed),
        }
    }
}

impl Drop for StoredRow<'_> {
    fn drop(&mut self) {
        if let Some(name) = self.name.take() {
            self.scratch.0.set(name);
        }
    }
}

impl Row for StoredRow<'_> {
    fn get(&self, path: &Path) -> Option<ValueRef<'_>> {
        match column_of(path.key())? {
            (field, walk) if walk.leaves_the_row() => followed_from(self.asset.get(field), field, walk, self.directory),
            (Field::SysClassName, _) => Some(ValueRef::Text(class_of(self.asset.get(Field::SysClassName)))),
            (Field::SysId, _) => self.id_text().map(|id| ValueRef::Text(Cow::Borrowed(id))),
            (Field::DisplayName, _) => self.display_name().map(ValueRef::Text),
            (Field::SysCreatedOn, _) => self.asset.created_on().map(ValueRef::DateTime),
            (Field::SysUpdatedOn, _) => self.asset.updated_on().map(ValueRef::DateTime),
            (kept, _) => self.asset.get(kept),
        }
    }

    fn id(&self) -> Option<ValueRef<'_>> {
        Some(ValueRef::Ref(self.asset.id().0))
    }

    fn may_have(&self, hint: &Hint) -> bool {
        let by_name = || matches!(self.asset.get(Field::Model), Some(ValueRef::Ref(id)) if hint.shown.contains(id));
        hint.may_be_in(self.asset.bytes()) || !hint.shown.is_empty() && by_name()
    }

    fn is_of(&self, table: &str) -> bool {
        class::extends(&class_of(self.asset.get(Field::SysClassName)), table)
    }
}

/// A head as a row. It has the columns of the head and no others.
#[derive(Clone, Copy)]
pub struct HeadRow<'a> {
    head: &'a Head,
    directory: &'a dyn Directory,
}

impl std::fmt::Debug for HeadRow<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("HeadRow").field(self.head).finish()
    }
}

impl<'a> HeadRow<'a> {
    /// The row of a head; the directory answers walks through references.
    #[must_use]
    pub const fn new(head: &'a Head, directory: &'a dyn Directory) -> Self {
        Self { head, directory }
    }
}

impl Row for HeadRow<'_> {
    fn get(&self, path: &Path) -> Option<ValueRef<'_>> {
        match column_of(path.key())? {
            (field, walk) if walk.leaves_the_row() => followed_from(self.head.get(field), field, walk, self.directory),
            (Field::SysClassName, _) => Some(ValueRef::Text(self.head.class())),
            (kept, _) => self.head.get(kept),
        }
    }

    fn is_of(&self, table: &str) -> bool {
        class::extends(&self.head.class(), table)
    }
}

fn followed_from<'d>(
    value: Option<ValueRef<'_>>,
    field: Field,
    walk: Walk,
    directory: &'d dyn Directory,
) -> Option<ValueRef<'d>> {
    let Some(ValueRef::Ref(id)) = value else { return None };
    followed(directory, field, walk, id)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use chrono::{DateTime, NaiveDate};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::asset::record::{Asset, Parts};
    use crate::asset::reference::MAX_DEPTH;
    use crate::asset::row::{AssetCatalogue, AssetRow, column_key};
    use crate::asset::{Damaged, Decimal, Kind, Layer, References, Value, is_head, pack};
    use crate::ids::AgentId;
    use crate::query::{Context, NullMode, compile};

    /// Few ids, so that references meet their records and related assets their parents.
    fn id() -> impl Strategy<Value = Uuid> {
        (0_u128..6).prop_map(Uuid::from_u128)
    }

    fn value(field: Field) -> BoxedStrategy<Value> {
        let text = || {
            prop_oneof![
                "[abAB]{1,3}( [abAB]{1,3})?",
                "alm_(hardware|asset|consumable)",
                "[xyXY]{1,3}([ -][xyXY]{1,3})?",
                "[äÖß-]{1,3}",
                "x{130,140}"
            ]
        };
        match field.kind() {
            Kind::Integer => prop_oneof![0_i64..11, any::<i64>()].prop_map(Value::Int).boxed(),
            Kind::Text => text().prop_map(Value::Text).boxed(),
            Kind::Boolean => any::<bool>().prop_map(Value::Bool).boxed(),
            Kind::Decimal => any::<i64>().prop_map(|units| Value::Decimal(Decimal::from_ten_thousandths(units))).boxed(),
            Kind::Date => (0_i32..40_000)
                .prop_map(|days| Value::Date(NaiveDate::from_num_days_from_ce_opt(700_000 + days).unwrap()))
                .boxed(),
            Kind::DateTime => any::<i64>().prop_map(Value::DateTime).boxed(),
            Kind::Reference(_) => id().prop_map(Value::Ref).boxed(),
        }
    }

    fn layer() -> impl Strategy<Value = Layer> {
        let entry = proptest::sample::select(Field::ALL).prop_flat_map(|field| {
            let value = prop_oneof![1 => Just(None), 4 => value(field).prop_map(Some)];
            value.prop_map(move |value| (field, value))
        });
        proptest::collection::vec(entry, 0..24).prop_map(|entries| entries.into_iter().collect())
    }

    prop_compose! {
        fn asset()(
            id in id(), observed in layer(), edited in layer(), agent in proptest::option::of(id()),
            created in -4_000_000_000_000_i64..4_000_000_000_000, updated in any::<u32>(), nanos in 0_u32..1_000_000_000,
        ) -> Asset {
            let created_on = DateTime::from_timestamp_millis(created).unwrap();
            let updated_on = DateTime::from_timestamp(i64::from(updated), nanos).unwrap();
            Parts { id: AssetId(id), observed, edited, agent: agent.map(AgentId), created_on, updated_on }.into()
        }
    }

    /// Records 0 to 3 above each other, 5 below a chain as long as any walk, and no record 4.
    fn directory() -> References {
        let mut directory = References::seeded();
        for table in Table::KEPT {
            let above = |number: u128| match number {
                0 => None,
                5 => Some(100),
                100.. => Some(number + 1),
                _ => Some(number - 1),
            };
            for number in [0, 1, 2, 3, 5].into_iter().chain(100..100 + u128::from(MAX_DEPTH)) {
                let parent = above(number).filter(|_| table.has_parents()).map(Uuid::from_u128);
                let name = ["Abel", "Beth Äb", "aa b", "ThinkPad"][(number % 4) as usize];
                directory.put(table, Uuid::from_u128(number), name, parent);
            }
        }
        directory
    }

    /// Every column the catalogue offers: whatever a key says, so that no walk is forgotten here that is known there.
    fn columns() -> &'static [(Field, Path)] {
        static COLUMNS: LazyLock<Vec<(Field, Path)>> = LazyLock::new(|| {
            let keys = Field::ALL.iter().flat_map(|field| {
                let walk = move |walk| (0..=MAX_DEPTH).map(move |steps| u32::from_le_bytes([field.index(), walk, steps, 0]));
                (0..=u8::MAX).flat_map(walk)
            });
            let column = |key| {
                let (field, walk) = column_of(key)?;
                let offered = match (field.kind(), walk) {
                    (Kind::Reference(table), Walk::Above(_) | Walk::AboveDisplay(_)) => table.has_parents(),
                    (kind, walk) => walk == Walk::Own || matches!(kind, Kind::Reference(_)),
                };
                offered.then(|| (field, Path::new(&format!("{}.{walk:?}", field.name())).resolved(key)))
            };
            keys.filter_map(column).collect()
        });
        &COLUMNS
    }

    #[test]
    fn every_walk_leads_somewhere() {
        let directory = directory();
        let all = Field::ALL.iter().filter(|field| !field.is_derived()).map(|field| {
            let value = match field.kind() {
                Kind::Integer => Value::Int(7),
                Kind::Text => Value::Text("alm_asset".into()),
                Kind::Boolean => Value::Bool(true),
                Kind::Decimal => Value::Decimal(Decimal::from_ten_thousandths(1)),
                Kind::Date => Value::Date(NaiveDate::MAX),
                Kind::DateTime => Value::DateTime(1),
                Kind::Reference(_) => Value::Ref(Uuid::from_u128(5)),
            };
            (*field, Some(value))
        });
        let observed = all.collect();
        let now = DateTime::UNIX_EPOCH;
        let asset: Asset =
            Parts { id: AssetId(Uuid::nil()), observed, edited: Layer::new(), agent: None, created_on: now, updated_on: now }
                .into();
        let (bytes, scratch) = (pack(&asset), Scratch::default());
        let stored = StoredAsset::new(&bytes).unwrap();
        let row = StoredRow::new(&stored, &directory, &scratch);
        for (field, path) in columns() {
            let (_, walk) = column_of(path.key()).unwrap();
            // No directory knows assets.
            let leads = (field.kind(), walk) != (Kind::Reference(Table::Asset), Walk::Display);
            assert_eq!(row.get(path).is_some(), leads, "{path}");
        }
    }

    const QUERIES: [&str; 33] = [
        "install_statusNOT IN2,7,10",
        "install_status=1^ORinstall_statusISEMPTY",
        "model_category.nameLIKEab^NQquantity>5",
        "model_category=00000000-0000-0000-0000-000000000002^excluded_from_ham!=true",
        "sys_class_nameINSTANCEOFalm_asset^substatusISNOTEMPTY",
        "sys_class_name=alm_hardware",
        "display_nameLIKEa - a",
        "display_nameSTARTSWITHab",
        "123TEXTQUERY321=ab",
        "123TEXTQUERY321=b aa",
        "123TEXTQUERY321=00000000",
        "commentsENDSWITHb^ORcommentsLIKEä",
        "assigned_to.nameSTARTSWITHab",
        "assigned_toSAMEASmanaged_by",
        "purchase_date>=javascript:gs.daysAgo(100000)",
        "purchase_dateRELATIVEGT@year@ago@50",
        "sys_created_on<2000-01-01 00:00:00",
        "sys_updated_onMORETHANsys_created_on@day@after@3",
        "cost>0^NQsalvage_valueGT_FIELDcost",
        "install_dateDATEPARTx@javascript:gs.datePart('month','jan','EE')",
        "sys_id=00000000-0000-0000-0000-000000000003",
        "serial_numberINasset_tag",
        "parent.display_nameISEMPTY",
        "model_category.parent.name=abel^ORmodel_category.parent.parentISNOTEMPTY",
        "location.parent.parent.nameLIKEab^NQlocation.parent=00000000-0000-0000-0000-000000000002",
        "RLQUERYalm_asset.parent,>=1,install_statusISNOTEMPTY^ENDRLQUERY",
        "RLQUERYalm_asset.parent,>=1^ENDRLQUERY^ORinstall_status=1^NQRLQUERYalm_asset.parent,=0,quantity>2^ENDRLQUERY^comments=",
        "install_status<5^NQRLQUERYalm_hardware.parent,<2^ENDRLQUERY^location.nameNOT LIKEaa^ORmodel_category.name!=abel",
        "123TEXTQUERY321=xy",
        "123TEXTQUERY321=thinkpad",
        "123TEXTQUERY321=xyx thinkpad",
        "123TEXTQUERY321=alm x",
        "assigned_to.nameISEMPTY^NQsupported_by.name!=Abel",
    ];

    #[test]
    fn an_asset_is_read_as_it_was_packed_and_cut_nowhere() {
        let asset: Asset = Parts {
            id: AssetId(Uuid::from_u128(9)),
            observed: Layer::new().with(Field::InstallStatus, Value::Int(1)).with(Field::Comments, Value::Text("seen".into())),
            edited: Layer::new().with(Field::Comments, None).with(Field::Cost, Value::Decimal(Decimal::from_ten_thousandths(5))),
            agent: None,
            created_on: DateTime::UNIX_EPOCH,
            updated_on: DateTime::UNIX_EPOCH,
        }
        .into();
        let row = pack(&asset);
        assert_eq!(StoredAsset::new(&row).unwrap().unpack().unwrap(), asset);
        // The last entry is what the administrator's emptying hides; before it the row is whole without that entry.
        let without = row.len() - 7;
        for length in 0..row.len() {
            let cut = StoredAsset::new(row.get(..length).unwrap()).and_then(|asset| asset.unpack());
            assert!(if length == without { cut.is_ok() } else { cut == Err(Damaged) }, "{length} of {}", row.len());
        }
    }

    #[test]
    fn a_value_that_cannot_be_read_is_noticed() {
        let observed = Layer::new().with(Field::AssetTag, Value::Text("tag".into()));
        let now = DateTime::UNIX_EPOCH;
        let asset: Asset =
            Parts { id: AssetId(Uuid::nil()), observed, edited: Layer::new(), agent: None, created_on: now, updated_on: now }
                .into();
        let mut row = pack(&asset);
        let at = row.windows(3).position(|part| part == b"tag").unwrap();
        *row.get_mut(at).unwrap() = 0xff;
        let stored = StoredAsset::new(&row).unwrap();
        assert_eq!((stored.get(Field::InstallStatus), stored.is_damaged()), (None, false));
        assert_eq!((stored.get(Field::AssetTag), stored.is_damaged()), (None, true));
        let stored = StoredAsset::new(&row).unwrap();
        assert_eq!((stored.unpack(), stored.is_damaged()), (Err(Damaged), true));
    }

    proptest! {
        #[test]
        fn stored_rows_answer_as_assets_do(assets in proptest::collection::vec(asset(), 1..6)) {
            let directory = directory();
            let catalogue = AssetCatalogue::new(&directory);
            let rows: Vec<Vec<u8>> = assets.iter().map(pack).collect();
            let stored: Vec<StoredAsset<'_>> = rows.iter().map(|row| StoredAsset::new(row).unwrap()).collect();
            let scratch = Scratch::default();
            for (asset, stored) in assets.iter().zip(&stored) {
                prop_assert_eq!(&stored.unpack().unwrap(), asset);
                let (whole, row) = (AssetRow::new(asset, &directory), StoredRow::new(stored, &directory, &scratch));
                let head = Head::new(stored.head()).unwrap();
                let head = HeadRow::new(&head, &directory);
                for (field, path) in columns() {
                    prop_assert_eq!(whole.get(path), row.get(path), "{}", path);
                    if is_head(*field) {
                        prop_assert_eq!(whole.get(path), head.get(path), "{} of the head", path);
                    }
                }
                for table in ["alm_asset", "alm_hardware", "alm_consumable"] {
                    prop_assert_eq!((whole.is_of(table), whole.is_of(table)), (row.is_of(table), head.is_of(table)));
                }
                prop_assert!(!stored.is_damaged());
            }
            for query in QUERIES {
                let checked = compile(query, &catalogue, &Context::for_tests()).unwrap_or_else(|e| panic!("{query}: {e}"));
                let (mut over_assets, mut over_rows) = (checked.clone(), checked.clone());
                for (asset, stored) in assets.iter().zip(&stored) {
                    over_assets.observe(&AssetRow::new(asset, &directory), NullMode::Sql);
                    over_rows.observe(&StoredRow::new(stored, &directory, &scratch), NullMode::Sql);
                }
                let known = |path: &Path| column_of(path.key()).is_some_and(|(field, _)| is_head(field));
                let of_heads = checked.reads_only(known);
                for mode in [NullMode::Sql, NullMode::Inclusive] {
                    let prepared = over_rows.clone().prepared(&catalogue, mode);
                    let (unrelated, related) = prepared.answers();
                    for (asset, stored) in assets.iter().zip(&stored) {
                        let expected = over_assets.matches(&AssetRow::new(asset, &directory), mode);
                        prop_assert_eq!(over_rows.matches(&StoredRow::new(stored, &directory, &scratch), mode), expected, "{}", query);
                        let row = StoredRow::new(stored, &directory, &scratch);
                        prop_assert_eq!(prepared.matches(&row, mode), expected, "{} prepared", query);
                        let head = Head::new(stored.head()).unwrap();
                        let outcome = prepared.given(&HeadRow::new(&head, &directory), known, mode).outcome(&row, mode);
                        let answers = related.get(&stored.id().0).copied().unwrap_or(unrelated);
                        prop_assert_eq!(outcome.under(answers), expected, "{} left open", query);
                        prop_assert!(outcome.decided().is_none_or(|decided| decided == expected));
                        if of_heads {
                            prop_assert_eq!(checked.matches(&HeadRow::new(&head, &directory), mode), expected, "{} of heads", query);
                        }
                    }
                }
            }
        }

        #[test]
        fn equal_heads_are_equal_bytes(a in asset(), b in asset()) {
            let same = Field::ALL.iter().filter(|field| is_head(**field)).all(|field| a.get(*field) == b.get(*field));
            let (a, b) = (pack(&a), pack(&b));
            prop_assert_eq!(StoredAsset::new(&a).unwrap().head() == StoredAsset::new(&b).unwrap().head(), same);
        }
    }

    #[test]
    fn queries_of_the_head_are_known() {
        let directory = directory();
        let check = |query: &str, expected: bool| {
            let checked = compile(query, &AssetCatalogue::new(&directory), &Context::for_tests()).unwrap();
            let known = |path: &Path| column_of(path.key()).is_some_and(|(field, _)| is_head(field));
            assert_eq!(checked.reads_only(known), expected, "{query}");
        };
        check("", true);
        check("install_statusNOT IN2,7,10^model_category.nameLIKEcomp^NQquantity>1^ORsubstatus=reserved", true);
        check("install_status=1^ORDERBYserial_number", true);
        check("substatusSAMEASserial_number", false);
        check("install_status=1^NQserial_number=1", false);
        check("123TEXTQUERY321=a", false);
        check("RLQUERYalm_asset.parent,>=1^ENDRLQUERY", false);
        assert!(!is_head(Field::SysId) && is_head(Field::Quantity));
        assert_eq!(column_of(column_key(Field::Quantity, Walk::Own)), Some((Field::Quantity, Walk::Own)));
    }
}
