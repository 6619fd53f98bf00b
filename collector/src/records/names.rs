//! Finds what a reference or a link names.

use crate::store::{StoreError, ports::AssetStore};
use muster_domain::{
    asset::{Asset, Directory, Field, References, StoredAsset, Value, reference::Table},
    record::{Names, Shelf},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
    sync::{Arc, Mutex, PoisonError},
};
use uuid::Uuid;

/// Assets by what people call them: name, asset tag, serial number. What several have names none of them.
#[derive(Debug, Default)]
pub struct AssetNames {
    by_name: BTreeMap<String, Option<Uuid>>,
    ids: BTreeSet<Uuid>,
}

impl AssetNames {
    /// Reads every asset there is; the references say what models are called.
    pub(super) async fn read(assets: &dyn AssetStore, references: Arc<References>) -> Result<Self, StoreError> {
        let names = Arc::new(Mutex::new(Self::default()));
        let filled = Arc::clone(&names);
        let visit = move |asset: &StoredAsset<'_>| {
            // A row that does not unpack is damaged: the scan itself says so.
            let Ok(asset) = asset.unpack() else { return ControlFlow::Break(()) };
            let mut names = filled.lock().unwrap_or_else(PoisonError::into_inner);
            let id = asset.id().0;
            let text = |field: Field| asset.get(field).and_then(|value| value.as_text().map(str::to_owned));
            let named = [Field::AssetTag, Field::SerialNumber].into_iter().filter_map(text);
            let called: Vec<String> = named.chain(asset.display_name(references.as_ref())).collect();
            names.ids.insert(id);
            for name in called {
                let known = names.by_name.entry(name.trim().to_lowercase()).or_insert(Some(id));
                if *known != Some(id) {
                    *known = None;
                }
            }
            ControlFlow::Continue(())
        };
        assets.scan(None, Box::new(visit)).await?;
        let read = std::mem::take(&mut *names.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(read)
    }

    /// The asset of a name that only one has, or of an id.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<Uuid> {
        let named = self.by_name.get(&text.trim().to_lowercase()).copied().flatten();
        named.or_else(|| Uuid::try_parse(text.trim()).ok().filter(|id| self.ids.contains(id)))
    }
}

/// Everything that a field can name.
pub(super) struct Known<'a> {
    pub(super) references: &'a References,
    pub(super) assets: &'a AssetNames,
    pub(super) shelf: &'a Shelf,
}

impl Names for Known<'_> {
    fn reference(&self, table: Table, text: &str) -> Option<Uuid> {
        if table == Table::Asset {
            return self.assets.find(text);
        }
        let named = self.references.find(table, text);
        named.or_else(|| Uuid::try_parse(text).ok().filter(|id| self.references.display(table, *id).is_some()))
    }

    fn linked(&self, kind: &'static str, text: &str) -> Vec<Uuid> {
        use muster_domain::record::Library as _;
        if let Ok(id) = Uuid::try_parse(text)
            && self.shelf.record(kind, id).is_some()
        {
            return vec![id];
        }
        self.shelf.named(kind, text)
    }
}

/// What people call an asset. A model alone is the name of many: the serial number comes before it.
#[must_use]
pub fn called(asset: &Asset, directory: &dyn Directory) -> Option<String> {
    let text = |field| asset.get(field).and_then(Value::as_text).filter(|text| !text.trim().is_empty());
    let serial = text(Field::SerialNumber).filter(|_| text(Field::AssetTag).is_none());
    serial.map(str::to_owned).or_else(|| asset.display_name(directory))
}
