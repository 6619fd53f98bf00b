//! Installs: what is on which device, as software models.
//!
//! In: every install of the store, the rules of normalisation, the models. Out: titles with their models and installs of those that
//! are under management. Each title is normalised once; an install of nothing that is reconciled costs no memory.

use super::{
    conditions::Conditions,
    inventory::Inventory,
    models::{self, model_of},
    places::{Book, Filled, Places},
    rights::Known,
};
use crate::store::{StoreError, ports::SoftwareSight, records::TitleRecord};
use chrono::NaiveDate;
use muster_domain::{
    ids::AssetId,
    reconcile::run::{Install, Model},
    record::kinds::measure::SOFTWARE_USAGE,
    software::{Models as Matched, normal::Normaliser},
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// Titles and installs of the estate.
#[derive(Debug, Default)]
pub(super) struct Installed {
    /// The model of each title.
    pub(super) titles: Vec<Option<u32>>,
    pub(super) installs: Vec<Install>,
    /// Titles that several models are about, with those models.
    pub(super) ties: Vec<String>,
}

/// When a model was last used on a device, and by whom.
pub(super) type Usage = BTreeMap<(u32, u32), (Option<u32>, NaiveDate)>;

/// What decides of which model an install is.
pub(super) struct Deciding {
    pub(super) normaliser: Normaliser,
    pub(super) matched: Matched<u32>,
    pub(super) models: Arc<Vec<Model>>,
    pub(super) install_conditions: BTreeMap<u32, String>,
    pub(super) conditions: Conditions,
    pub(super) devices: Arc<Places>,
    pub(super) usage: Usage,
}

#[derive(Default)]
struct Reading {
    installed: Installed,
    /// The title of each number of the store that is of a model under management.
    numbers: HashMap<u64, u32>,
    /// How many installs there will be at most.
    expected: u64,
}

pub(super) fn usage(book: Book<'_>, known: Known<'_>) -> Usage {
    let one = |values: &muster_domain::record::Values| {
        let place = (model_of(known.models, values)?, known.devices.of(values, "device")?);
        Some((place, (known.users.of(values, "user"), values.date("last_used")?)))
    };
    book.all(&SOFTWARE_USAGE).filter_map(|(_, values)| one(&values)).collect()
}

pub(super) async fn installs(inventory: &dyn Inventory, deciding: Deciding) -> Result<Installed, StoreError> {
    let found = Filled::new(Reading::default());
    let filled = found.clone();
    let visit = move |sight: SoftwareSight<'_>| {
        filled.with(|reading| match sight {
            SoftwareSight::Title(number, title) => reading.title(number, &title, &deciding),
            SoftwareSight::Asset(asset, numbers) => reading.asset(asset, numbers, &deciding),
        });
    };
    inventory.software(Box::new(visit)).await?;
    let Reading { mut installed, .. } = found.take();
    installed.installs.shrink_to_fit();
    Ok(installed)
}

impl Reading {
    fn title(&mut self, number: u64, title: &TitleRecord, deciding: &Deciding) {
        let normalised = deciding.normaliser.normalise(&title.software);
        let Some(best) = deciding.matched.best(&normalised) else { return };
        if !deciding.models.get(*best.model as usize).is_some_and(|model| model.managed) {
            return;
        }
        if !best.ties.is_empty() {
            let others: Vec<String> = best.ties.iter().map(|place| models::called(&deciding.models, **place)).collect();
            let first = models::called(&deciding.models, *best.model);
            let (name, others) = (&title.software.name, others.join(", "));
            self.installed.ties.push(format!(
                "{name:?} is as much of the model {others} as of {first}, which is taken; make one of them say more"
            ));
        }
        let place = u32::try_from(self.installed.titles.len()).unwrap_or(u32::MAX);
        self.installed.titles.push(Some(*best.model));
        self.numbers.insert(number, place);
        self.expected = self.expected.saturating_add(title.installs);
    }

    fn asset(&mut self, asset: AssetId, numbers: &[u64], deciding: &Deciding) {
        let Some(device) = deciding.devices.get(asset.0) else { return };
        let installed = &mut self.installed;
        if installed.installs.capacity() == 0 {
            installed.installs.reserve_exact(usize::try_from(self.expected).unwrap_or_default());
        }
        for title in numbers.iter().filter_map(|number| self.numbers.get(number)) {
            let Some(model) = installed.titles.get(*title as usize).copied().flatten() else { continue };
            let condition = deciding.install_conditions.get(&model);
            if condition.is_some_and(|condition| !deciding.conditions.asset_meets(condition, asset.0)) {
                continue;
            }
            let used = deciding.usage.get(&(model, device));
            let (user, last_used) = used.map_or((None, None), |(user, last)| (*user, Some(*last)));
            installed.installs.push(Install { device, title: *title, user, last_used });
        }
    }
}
