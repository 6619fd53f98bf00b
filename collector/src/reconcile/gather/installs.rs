//! Installs: what is on which device, as software models.
//!
//! In: every install of the store, the rules of normalisation, the models. Out: titles with their models and installs of those that
//! are under management. Each title is normalised once; an install of nothing that is reconciled costs no memory.

use super::{
    conditions::Conditions,
    declared::{Declared, Pluggable, Said},
    inventory::Inventory,
    models::{self, model_of},
    places::{Book, Filled, Places},
    rights::Known,
};
use crate::store::{StoreError, ports::SoftwareSight, records::TitleRecord};
use chrono::NaiveDate;
use muster_domain::{
    ids::AssetId,
    reconcile::run::{Crowded, Install, Model, Unmodelled},
    record::kinds::measure::SOFTWARE_USAGE,
    software::{
        Models as Matched,
        normal::{Normalised, Normaliser, ProductType},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};
use uuid::Uuid;

/// Titles and installs of the estate.
#[derive(Debug, Default)]
pub(super) struct Installed {
    /// The model of each title.
    pub(super) titles: Vec<Option<u32>>,
    pub(super) installs: Vec<Install>,
    /// Databases with more pluggable databases than any option allows.
    pub(super) crowded: Vec<Crowded>,
    /// What needs a licence and no model is about.
    pub(super) unmodelled: Vec<Unmodelled>,
    /// Titles that several models are about, with those models; and what else is not clear.
    pub(super) notes: Vec<String>,
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
    pub(super) declared: Declared,
    /// The names of the devices.
    pub(super) names: Vec<String>,
}

#[derive(Default)]
struct Reading {
    installed: Installed,
    /// Titles of the store of which something is said on some machine.
    spoken_of: HashMap<u64, Normalised>,
    /// What is said and also reported: device and title.
    reported: BTreeSet<(u32, Normalised)>,
    /// Titles as they are said to be, and their places.
    said: BTreeMap<Normalised, Option<u32>>,
    /// Options that databases need, by device.
    options: Vec<(u32, Option<Uuid>, Normalised)>,
    /// Titles of the store that no model is about for want of an edition: their names, and on how many machines they are.
    unedited: BTreeMap<u64, (String, u64)>,
    /// The title of each number of the store that is of a model under management.
    numbers: HashMap<u64, u32>,
    /// The place of what no model is about of each number of the store that needs a licence.
    unmodelled: HashMap<u64, usize>,
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
    let found = Filled::new((Reading::default(), Some(deciding)));
    let filled = found.clone();
    let visit = move |sight: SoftwareSight<'_>| {
        filled.with(|(reading, deciding)| match (sight, deciding) {
            (SoftwareSight::Title(number, title), Some(deciding)) => reading.title(number, &title, deciding),
            (SoftwareSight::Asset(asset, numbers), Some(deciding)) => reading.asset(asset, numbers, deciding),
            (_, None) => {}
        });
    };
    inventory.software(Box::new(visit)).await?;
    let (mut reading, deciding) = found.take();
    if let Some(deciding) = deciding {
        reading.say(&deciding);
    }
    let Reading { mut installed, .. } = reading;
    installed.installs.shrink_to_fit();
    Ok(installed)
}

impl Reading {
    fn title(&mut self, number: u64, title: &TitleRecord, deciding: &Deciding) {
        let normalised = deciding.normaliser.normalise(&title.software);
        if deciding.declared.knows(&normalised) {
            self.spoken_of.insert(number, normalised.clone());
        }
        let Some(best) = deciding.matched.best(&normalised) else {
            if deciding.matched.lack_edition(&normalised) {
                self.unedited.insert(number, (title.software.name.clone(), 0));
            }
            self.without_model(number, normalised);
            return;
        };
        if !deciding.models.get(*best.model as usize).is_some_and(|model| model.managed) {
            return;
        }
        if !best.ties.is_empty() {
            let others: Vec<String> = best.ties.iter().map(|place| models::called(&deciding.models, **place)).collect();
            let first = models::called(&deciding.models, *best.model);
            let (name, others) = (&title.software.name, others.join(", "));
            self.installed.notes.push(format!(
                "{name:?} is as much of the model {others} as of {first}, which is taken; make one of them say more"
            ));
        }
        let place = self.installed.push(*best.model);
        self.numbers.insert(number, place);
        self.expected = self.expected.saturating_add(title.installs);
    }

    fn without_model(&mut self, number: u64, normalised: Normalised) {
        if let Some(place) = self.installed.without_model(normalised) {
            self.unmodelled.insert(number, place);
        }
    }

    fn asset(&mut self, asset: AssetId, numbers: &[u64], deciding: &Deciding) {
        let Some(device) = deciding.devices.get(asset.0) else { return };
        let installs = &mut self.installed.installs;
        if installs.capacity() == 0 {
            installs.reserve_exact(usize::try_from(self.expected).unwrap_or_default());
        }
        for number in numbers {
            let over = self.spoken_of.get(number).and_then(|title| Some((title.clone(), deciding.declared.over(device, title)?)));
            if let Some((title, (said, over))) = over {
                self.reported.insert((device, title));
                self.put(device, said, over, deciding);
            } else if let Some(title) = self.numbers.get(number).copied() {
                self.install(device, Some(asset.0), title, deciding);
            } else {
                if let Some((_, machines)) = self.unedited.get_mut(number) {
                    *machines = machines.saturating_add(1);
                }
                if let Some(place) = self.unmodelled.get(number).copied() {
                    self.installed.lacks_model(place, device);
                }
            }
        }
    }

    /// What is said on a device is installed there.
    fn put(&mut self, device: u32, said: &Said, title: Normalised, deciding: &Deciding) {
        let name = deciding.names.get(device as usize).map_or("", String::as_str);
        let Pluggable { option, too_many, note } = said.option(&title, name);
        self.installed.notes.extend(note);
        self.options.extend(option.map(|option| (device, said.asset, option)));
        match self.place_of(&title, deciding) {
            Some(place) => {
                self.installed.crowded.extend(too_many.map(|databases| Crowded { device, title: place, databases }));
                self.install(device, said.asset, place, deciding);
            }
            None => {
                self.unmatched(name, &title);
                if deciding.matched.best(&title).is_none()
                    && let Some(place) = self.installed.without_model(title)
                {
                    self.installed.lacks_model(place, device);
                }
            }
        }
    }

    /// What no agent reports and is said all the same: hypervisors, options; and what nobody said.
    fn say(&mut self, deciding: &Deciding) {
        for (device, said, title) in deciding.declared.unreported(&self.reported) {
            self.put(device, said, title, deciding);
        }
        for (device, asset, option) in std::mem::take(&mut self.options) {
            match self.place_of(&option, deciding) {
                Some(place) => self.install(device, asset, place, deciding),
                None => self.unmatched(deciding.names.get(device as usize).map_or("", String::as_str), &option),
            }
        }
        for (name, machines) in std::mem::take(&mut self.unedited).into_values().filter(|(_, machines)| *machines > 0) {
            self.installed.notes.push(format!(
                "{name:?} is on {machines} machines in an edition that nobody knows, and its software models ask for one: say it in \
                 machine-software for each machine, or in a normalisation rule for all"
            ));
        }
    }

    fn unmatched(&mut self, device: &str, title: &Normalised) {
        let parts = [title.publisher.as_deref(), Some(&*title.product), title.version.as_deref(), title.edition.as_deref()];
        let title: Vec<&str> = parts.into_iter().flatten().collect();
        let title = title.join(" ");
        self.installed.notes.push(format!(
            "{title} is on {device:?}, and no software model under management is about it; enter one to license it"
        ));
    }

    /// The place of a title that is only said; none where no model under management is about it.
    fn place_of(&mut self, title: &Normalised, deciding: &Deciding) -> Option<u32> {
        if let Some(known) = self.said.get(title) {
            return *known;
        }
        let best = deciding.matched.best(title).map(|best| *best.model);
        let managed = best.filter(|model| deciding.models.get(*model as usize).is_some_and(|model| model.managed));
        let place = managed.map(|model| self.installed.push(model));
        self.said.insert(title.clone(), place);
        place
    }

    fn install(&mut self, device: u32, asset: Option<Uuid>, title: u32, deciding: &Deciding) {
        let installed = &mut self.installed;
        let Some(model) = installed.titles.get(title as usize).copied().flatten() else { return };
        let meets = |condition: &String| asset.is_some_and(|asset| deciding.conditions.asset_meets(condition, asset));
        if !deciding.install_conditions.get(&model).is_none_or(meets) {
            return;
        }
        let used = deciding.usage.get(&(model, device));
        let (user, last_used) = used.map_or((None, None), |(user, last)| (*user, Some(*last)));
        installed.installs.push(Install { device, title, user, last_used });
    }
}

impl Installed {
    /// The place of what needs a licence and no model is about; none where it needs none.
    fn without_model(&mut self, title: Normalised) -> Option<usize> {
        let Normalised { publisher: Some(publisher), product, product_type: ProductType::Licensable, .. } = title else {
            return None;
        };
        let all = &mut self.unmodelled;
        Some(all.iter().position(|one| one.publisher == publisher && one.product == product).unwrap_or_else(|| {
            all.push(Unmodelled { publisher, product, devices: Vec::new() });
            all.len() - 1
        }))
    }

    fn lacks_model(&mut self, place: usize, device: u32) {
        if let Some(one) = self.unmodelled.get_mut(place).filter(|one| one.devices.last() != Some(&device)) {
            one.devices.push(device);
        }
    }

    /// A title of a model; returns its place.
    fn push(&mut self, model: u32) -> u32 {
        let place = u32::try_from(self.titles.len()).unwrap_or(u32::MAX);
        self.titles.push(Some(model));
        place
    }
}
