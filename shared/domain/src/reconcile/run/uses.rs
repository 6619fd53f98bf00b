//! What is in use, model by model: installs on devices and subscriptions of users, each once.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::NaiveDate;

use super::site::Site;

/// A model on a device. All numbers are ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) model: u32,
    pub(super) device: u32,
    /// Whose it is: the install's own user, otherwise the device's.
    pub(super) user: Option<u32>,
    /// Distinct titles of the model on the device.
    pub(super) installs: u32,
    pub(super) last_used: Option<NaiveDate>,
    /// The suite that it is part of.
    pub(super) suite: Option<u32>,
    /// Whether only its components are there.
    pub(super) inferred: bool,
}

/// A user's subscription to a model. All numbers are ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Subscribed {
    pub(super) model: u32,
    pub(super) user: u32,
    pub(super) last_used: Option<NaiveDate>,
}

/// Everything in use, sorted by model, then by device or user.
#[derive(Debug, Default)]
pub(super) struct Uses {
    pub(super) all: Vec<Use>,
    pub(super) subscribed: Vec<Subscribed>,
}

impl Uses {
    /// Installs of models under management. A title without one costs a look and nothing else.
    pub(super) fn new(site: &Site<'_>) -> Self {
        let estate = site.estate;
        let managed = |place: u32| site.models.rank(place).filter(|rank| site.model(*rank).is_some_and(|model| model.managed));
        let titles: Vec<Option<u32>> = estate.titles.iter().map(|model| model.and_then(managed)).collect();
        let mut rows = Vec::new();
        for install in &estate.installs {
            let Some(model) = titles.get(install.title as usize).copied().flatten() else { continue };
            let Some(device) = site.devices.rank(install.device) else { continue };
            let user = install.user.and_then(|user| site.users.rank(user));
            rows.push((model, device, install.title, user, install.last_used));
        }
        rows.sort_unstable();
        let mut all: Vec<Use> = Vec::new();
        let mut title = None;
        for (model, device, of, user, last_used) in rows {
            match all.last_mut() {
                Some(known) if (known.model, known.device) == (model, device) => {
                    known.installs = known.installs.saturating_add(u32::from(title != Some(of)));
                    known.user = known.user.or(user);
                    known.last_used = known.last_used.max(last_used);
                }
                _ => all.push(Use { model, device, user, installs: 1, last_used, suite: None, inferred: false }),
            }
            title = Some(of);
        }
        for one in &mut all {
            let assigned = || site.device(one.device).and_then(|device| site.users.rank(device.user?));
            one.user = one.user.or_else(assigned);
        }
        let mut subscribed: Vec<Subscribed> = Vec::new();
        let active = estate.subscriptions.iter().filter(|one| one.is_active(estate.today));
        let mut rows: Vec<_> =
            active.filter_map(|one| Some((managed(one.model)?, site.users.rank(one.user)?, one.last_used))).collect();
        rows.sort_unstable();
        for (model, user, last_used) in rows {
            match subscribed.last_mut() {
                Some(known) if (known.model, known.user) == (model, user) => known.last_used = known.last_used.max(last_used),
                _ => subscribed.push(Subscribed { model, user, last_used }),
            }
        }
        Self { all, subscribed }
    }

    /// Restores the order after uses were added.
    pub(super) fn sort(&mut self) {
        self.all.sort_unstable_by_key(|one| (one.model, one.device));
    }

    /// Databases that have more pluggable databases than they may, each with the most of one instance.
    pub(super) fn crowded(&self, site: &Site<'_>) -> BTreeMap<usize, u64> {
        let mut found: BTreeMap<usize, u64> = BTreeMap::new();
        for one in &site.estate.crowded {
            let model = site.estate.titles.get(one.title as usize).copied().flatten().and_then(|model| site.models.rank(model));
            let Some(known) = model.zip(site.devices.rank(one.device)) else { continue };
            if let Ok(place) = self.all.binary_search_by_key(&known, |one| (one.model, one.device)) {
                let most = found.entry(place).or_default();
                *most = one.databases.max(*most);
            }
        }
        found
    }

    /// The uses of models.
    pub(super) fn of(&self, models: &Range<u32>) -> Range<usize> {
        let place = |model: u32| self.all.partition_point(|one| one.model < model);
        place(models.start)..place(models.end)
    }

    /// The subscriptions to models.
    pub(super) fn subscribed_to(&self, models: &Range<u32>) -> &[Subscribed] {
        let place = |model: u32| self.subscribed.partition_point(|one| one.model < model);
        self.subscribed.get(place(models.start)..place(models.end)).unwrap_or_default()
    }
}
