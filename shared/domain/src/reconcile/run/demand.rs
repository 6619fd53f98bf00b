//! What needs rights of a metric: devices, users, hosts or a whole product, each with how many and what is behind it.

use std::collections::BTreeMap;

use super::channel::{Channel, Kind};
use super::site::Site;
use super::uses::Uses;
use super::warning::Warning;
use crate::metric::Attributes;

/// Who needs them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Whom {
    Device(u32),
    User(u32),
    /// A cluster or a pool, by the first device in it.
    Together(u32),
    /// Nobody in particular.
    Unnamed,
}

/// One thing that needs rights, all of them or none.
#[derive(Debug, Clone)]
pub(super) struct Demand {
    pub(super) whom: Whom,
    /// The newest model of what is there; none where any right of the product will do.
    pub(super) model: u32,
    pub(super) any_version: bool,
    pub(super) organisation: u32,
    pub(super) rights: u64,
    /// What is behind it: places in the list of all uses.
    pub(super) uses: Vec<usize>,
    /// How many are behind it where they are no uses: clients, users, units.
    pub(super) clients: u64,
    /// Cores that no right licenses, however many there are.
    pub(super) beyond: u64,
    /// The place of what has to be licensed before it: a machine beyond those that its server allows is nothing without the server.
    pub(super) after: Option<usize>,
}

/// What a metric asks for.
#[derive(Debug, Default)]
pub(super) struct Demands {
    pub(super) list: Vec<Demand>,
    pub(super) warnings: Vec<Warning>,
    /// Whether consumption rules do not apply.
    pub(super) without_rules: bool,
    /// Whether rights of the same metric with Software Assurance help out.
    pub(super) beside: bool,
    /// Whether each right licenses a unit of what somebody needs, so that some of it may be licensed.
    pub(super) in_units: bool,
    /// Units that nobody knows whose they are, where it is known of others.
    pub(super) unowned: u64,
    /// Too few rights license nobody.
    pub(super) all_or_nothing: bool,
    /// How what is needed is counted.
    pub(super) told: Told,
    /// Uses of which nobody knows what they need.
    pub(super) unknown: Vec<usize>,
    /// Whether nothing is known of what is needed.
    pub(super) is_unknown: bool,
}

/// How a metric counts, in words; the numbers are those of each result.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    /// What needs its rights, such as `devices with it`; empty where a product needs them as a whole.
    pub(super) what: String,
    /// The rule, or why nobody knows; empty where there is nothing to say.
    pub(super) rule: String,
}

impl Told {
    pub(super) fn of(what: &str, rule: &str) -> Self {
        Self { what: what.to_owned(), rule: rule.to_owned() }
    }
}

impl Demands {
    pub(super) fn sum(&self) -> u64 {
        self.list.iter().fold(0, |sum, demand| sum.saturating_add(demand.rights))
    }

    pub(super) fn warn(&mut self, warning: Warning) {
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }
}

/// The attributes of a model for a metric: those for the metric itself, otherwise those for every metric.
pub(super) fn attributes(site: &Site<'_>, model: u32, channel: &Channel<'_>) -> Attributes {
    let known = site.model(model).map(|model| model.attributes.as_slice()).unwrap_or_default();
    let own = known.iter().find(|one| {
        one.metric.as_ref().is_some_and(|name| {
            name.group.trim().eq_ignore_ascii_case(channel.group) && name.metric.trim().eq_ignore_ascii_case(channel.metric)
        })
    });
    own.or_else(|| known.iter().find(|one| one.metric.is_none())).map(|one| one.attributes).unwrap_or_default()
}

/// Devices or users, each edition of a product once.
pub(super) fn units(site: &Site<'_>, uses: &Uses, open: &[usize], channel: &Channel<'_>) -> Demands {
    let by_user = matches!(channel.kind, Kind::Users | Kind::NamedUsers);
    let mut keyed: Vec<(u32, Whom, usize)> = Vec::with_capacity(open.len());
    for place in open {
        let Some(one) = uses.all.get(*place) else { continue };
        let user = one.user.filter(|_| by_user).map(Whom::User);
        keyed.push((site.lane(one.model), user.unwrap_or(Whom::Device(one.device)), *place));
    }
    keyed.sort_unstable();
    let mut list: Vec<Demand> = Vec::new();
    let (mut before, mut installs) = (None, 0_u64);
    let mut limits: BTreeMap<u32, Attributes> = BTreeMap::new();
    for (lane, whom, place) in keyed {
        let Some(one) = uses.all.get(place) else { continue };
        if before != Some((lane, whom)) {
            installs = 0;
            let organisation = match whom {
                Whom::User(user) => site.organisation_of_user(user),
                _ => site.organisation_of_device(one.device),
            };
            list.push(Demand {
                whom,
                model: one.model,
                any_version: false,
                organisation,
                rights: 1,
                uses: Vec::new(),
                clients: 0,
                beyond: 0,
                after: None,
            });
            before = Some((lane, whom));
        }
        installs = installs.saturating_add(u64::from(one.installs));
        let Some(demand) = list.last_mut() else { continue };
        demand.uses.push(place);
        if site.age(one.model) > site.age(demand.model) {
            demand.model = one.model;
        }
        let limits = limits.entry(demand.model).or_insert_with(|| attributes(site, demand.model, channel));
        let most = match channel.metric {
            "Server (Per Instance)" => Some(limits.max_installs_per_ose.unwrap_or(std::num::NonZeroU64::MIN)),
            _ => limits.max_installs_per_right,
        };
        demand.rights = most.map_or(1, |most| installs.div_ceil(most.get()).max(1));
    }
    let what = if by_user { "users (devices where there is none) with it" } else { "devices with it" };
    Demands { list, told: Told::of(what, ""), ..Demands::default() }
}

/// Users with a subscription, each edition of a product once, with what they have installed of it.
pub(super) fn subscribers(site: &Site<'_>, uses: &Uses, open: &[usize], channel: &Channel<'_>) -> Demands {
    let mut list: Vec<Demand> = Vec::new();
    let mut installed: BTreeMap<(u32, u32), Vec<usize>> = BTreeMap::new();
    for place in open {
        if let Some(one) = uses.all.get(*place)
            && let Some(user) = one.user
        {
            installed.entry((site.lane(one.model), user)).or_default().push(*place);
        }
    }
    let mut keyed: Vec<(u32, u32, u32)> = Vec::new();
    for product in channel.products.iter().filter_map(|product| site.product(*product)) {
        let subscribed = uses.subscribed_to(&product.models).iter();
        keyed.extend(subscribed.map(|one| (site.lane(one.model), one.user, one.model)));
    }
    keyed.sort_unstable();
    let mut before = None;
    for (lane, user, model) in keyed {
        if before == Some((lane, user)) {
            if let Some(known) = list.last_mut().filter(|known| site.age(model) > site.age(known.model)) {
                known.model = model;
            }
            continue;
        }
        before = Some((lane, user));
        let organisation = site.organisation_of_user(user);
        let uses = installed.remove(&(lane, user)).unwrap_or_default();
        list.push(Demand {
            whom: Whom::User(user),
            model,
            any_version: false,
            organisation,
            rights: 1,
            uses,
            clients: 1,
            beyond: 0,
            after: None,
        });
    }
    Demands { list, told: Told::of("users with an active subscription", ""), ..Demands::default() }
}

/// Users of the type that the rights are for (SAP Named User).
pub(super) fn typed_users(site: &Site<'_>, channel: &Channel<'_>) -> Demands {
    let model = channel.own.iter().copied().max_by_key(|model| site.age(*model)).unwrap_or(u32::MAX);
    let is_typed = |rank: &u32| {
        let kind = site.user(*rank).and_then(|user| user.sap_type.as_deref());
        kind.is_some() && (channel.user_type.is_none() || kind == channel.user_type)
    };
    let one = |user: u32| Demand {
        whom: Whom::User(user),
        model,
        any_version: true,
        organisation: site.organisation_of_user(user),
        rights: 1,
        uses: Vec::new(),
        clients: 1,
        beyond: 0,
        after: None,
    };
    let list: Vec<Demand> = (0..site.users.len()).filter(is_typed).map(one).collect();
    let what = channel.user_type.map_or_else(|| "users of any type".to_owned(), |kind| format!("users of the type {kind}"));
    Demands { list, told: Told { what, rule: String::new() }, ..Demands::default() }
}
