//! Which rights serve where two products could: of which one licenses machines and the other whole servers (domain 5.8 and 5.10).

use std::collections::{BTreeMap, BTreeSet};

use super::demand::Demands;
use super::serve::Serving;
use super::warning::Warning;
use crate::metric::{Amount, EditionChoice};

/// Two products for the same machines.
pub(super) struct Choice {
    of: &'static EditionChoice,
    /// Channels of what is counted by the machines.
    by_machine: Vec<usize>,
    /// Channels of what licenses whole servers.
    by_server: Vec<usize>,
}

/// What a place needs.
#[derive(Default)]
struct Place {
    /// Uses that both products license.
    both: Vec<usize>,
    /// Uses that only the server's product licenses.
    by_server: Vec<usize>,
}

/// What was chosen where.
#[derive(Default)]
struct Chosen {
    /// Uses for the server's product.
    by_server: BTreeSet<usize>,
    /// Uses for the product that is counted by the machines.
    by_machine: BTreeSet<usize>,
    sentence: String,
}

impl<'a> Serving<'a, '_> {
    /// The choice that a channel is part of, where rights of both products are owned and may be used for the same models.
    pub(super) fn choice(&self, place: usize, channels: &[usize]) -> Option<Choice> {
        let own = self.channels.get(place)?;
        let (of, _) = own.choice()?;
        let mut found = Choice { of, by_machine: Vec::new(), by_server: Vec::new() };
        for other in channels {
            let Some(channel) = self.channels.get(*other) else { continue };
            match channel.choice() {
                Some((known, by_server)) if known.is_same(of) && !channel.models.is_disjoint(&own.models) => {
                    if by_server { &mut found.by_server } else { &mut found.by_machine }.push(*other);
                }
                _ => {}
            }
        }
        (!found.by_machine.is_empty() && !found.by_server.is_empty()).then_some(found)
    }

    /// Serves with the rights of both products: each first where it costs less, then where the other has run out. Returns its channels.
    pub(super) fn serve_both(&mut self, choice: &Choice) -> Vec<usize> {
        let chosen = self.choose(choice);
        let mut left: Vec<(usize, Vec<(u32, Warning)>)> = Vec::new();
        let passes = [
            (&choice.by_server, Some(&chosen.by_server)),
            (&choice.by_machine, Some(&chosen.by_machine)),
            (&choice.by_machine, None),
            (&choice.by_server, None),
        ];
        for (channels, only) in passes {
            for place in channels {
                let known = self.warnings.len();
                self.serve(*place, only);
                let warnings = self.warnings.split_off(known);
                left.extend((only.is_none()).then_some((*place, warnings)));
            }
        }
        // What one product does not license is only worth a word where the other does not, either.
        for (place, warnings) in left {
            if self.channels.get(place).is_some_and(|channel| !self.open(channel, true).is_empty()) {
                self.warnings.extend(warnings);
            }
        }
        for place in choice.by_machine.iter().chain(&choice.by_server) {
            if let Some(told) = self.told.get_mut(place).filter(|_| !chosen.sentence.is_empty()) {
                told.rule = format!("{}. {}", told.rule.trim_end_matches('.'), chosen.sentence);
            }
        }
        choice.by_machine.iter().chain(&choice.by_server).copied().collect()
    }

    fn choose(&self, choice: &Choice) -> Chosen {
        let (places, only_by_machine) = self.places(choice);
        let mut chosen = Chosen { by_machine: only_by_machine, ..Chosen::default() };
        let (mut count, mut of_server, mut example) = (0_usize, 0_usize, None);
        for (at, place) in places {
            chosen.by_server.extend(place.by_server.iter().copied());
            if place.both.is_empty() {
                continue;
            }
            count += 1;
            let by_machine = self.least(choice, false, &place.both, &[]);
            let by_server = self.least(choice, true, &place.both, &place.by_server);
            let is_dearer = match (by_machine, by_server) {
                (_, None) => false,
                (None, Some(_)) => true,
                (Some((by_machine, _)), Some((by_server, _))) => by_server <= by_machine,
            };
            if is_dearer {
                of_server += 1;
                let rights = |found: Option<(Amount, u64)>| found.map(|(_, rights)| rights);
                example.get_or_insert((at, rights(by_machine), rights(by_server)));
                chosen.by_server.extend(place.both);
            } else {
                chosen.by_machine.extend(place.both);
            }
        }
        if count == 0 {
            return chosen;
        }
        let EditionChoice { by_machine, by_server, .. } = choice.of;
        chosen.sentence = format!(
            "{by_server} comes first where it costs as much as {by_machine} or less, by what publishers ask for one right of either: in \
             {of_server} of {count} places"
        );
        if let Some((at, machine, server)) = example {
            let name = at.map_or_else(
                |rank| self.site.device(rank).map(|device| device.name.as_str()).unwrap_or_default().to_owned(),
                |cluster| format!("cluster {cluster}"),
            );
            let name = if name.is_empty() { "one of them" } else { &name };
            let machine = machine.map_or_else(|| "cannot be licensed by".to_owned(), |rights| format!("needs {rights} of"));
            let server = server.unwrap_or_default();
            chosen.sentence.push_str(&format!(", such as {name}, which {machine} {by_machine} or {server} more of {by_server}"));
        }
        chosen
    }

    /// What is to be bought for some uses: those of a product that licenses whole servers, which it must be bought for, those that either
    /// may be bought for, and without what comes for nothing with the first.
    pub(super) fn wanted(&self, place: usize, channels: &[usize], open: Vec<usize>) -> Vec<Vec<usize>> {
        let Some(choice) = self.choice(place, channels) else { return vec![open] };
        let (mut by_server, mut along) = (BTreeSet::new(), BTreeSet::new());
        for place in self.places(&choice).0.into_values().filter(|place| !place.by_server.is_empty()) {
            let (Place { both, by_server: first }, mut comes_along) = (place, false);
            if !both.is_empty() {
                comes_along = self.least(&choice, true, &both, &first).is_some_and(|(_, more)| more == 0);
            }
            by_server.extend(first);
            along.extend(both.into_iter().filter(|_| comes_along));
        }
        let (by_server, either) = open.into_iter().filter(|one| !along.contains(one)).partition(|one| by_server.contains(one));
        vec![by_server, either]
    }

    /// Uses by the places where they are licensed; and those that no server's product licenses.
    fn places(&self, choice: &Choice) -> (BTreeMap<Result<&'a str, u32>, Place>, BTreeSet<usize>) {
        let may = |channels: &[usize], model: u32| {
            channels.iter().filter_map(|place| self.channels.get(*place)).any(|channel| channel.models.contains(&model))
        };
        let channels = choice.by_machine.iter().chain(&choice.by_server).filter_map(|place| self.channels.get(*place));
        let open: BTreeSet<usize> = channels.flat_map(|channel| self.open(channel, true)).collect();
        let (mut places, mut others): (BTreeMap<Result<&str, u32>, Place>, _) = (BTreeMap::new(), BTreeSet::new());
        for one in open {
            let Some(found) = self.uses.all.get(one) else { continue };
            match (may(&choice.by_machine, found.model), may(&choice.by_server, found.model)) {
                (true, true) => places.entry(self.place_of(choice, found.device)).or_default().both.push(one),
                (false, true) => places.entry(self.place_of(choice, found.device)).or_default().by_server.push(one),
                _ => _ = others.insert(one),
            }
        }
        (places, others)
    }

    /// Where a device is licensed: in its cluster where that is licensed together, otherwise on its host or by itself.
    fn place_of(&self, choice: &Choice, device: u32) -> Result<&'a str, u32> {
        let at = self.site.host_of(device).filter(|_| self.site.device(device).is_some_and(|one| !one.cloud)).unwrap_or(device);
        let cluster = self.site.device(at).and_then(|host| host.cluster.as_deref()).filter(|_| choice.of.group == "Red Hat");
        cluster.ok_or(at)
    }

    /// What the cheapest of a product's channels asks for something beside what it licenses there anyway: what it costs and how many
    /// rights it is. None where none of them licenses it, or a fact is missing.
    fn least(&self, choice: &Choice, by_server: bool, uses: &[usize], anyway: &[usize]) -> Option<(Amount, u64)> {
        let channels = if by_server { &choice.by_server } else { &choice.by_machine };
        let one = |place: &usize| {
            let channel = self.channels.get(*place)?;
            let asked = |uses: &[usize]| -> Option<u64> {
                let demands: Demands = self.demands(channel, uses);
                let known: BTreeSet<usize> = demands.list.iter().flat_map(|one| one.uses.iter().copied()).collect();
                (demands.warnings.is_empty() && uses.iter().all(|one| known.contains(one))).then(|| demands.sum())
            };
            let all: Vec<usize> = uses.iter().chain(anyway).copied().collect();
            let rights = asked(&all)?.saturating_sub(asked(anyway)?);
            Some((choice.of.cost(by_server, channel.assured, rights, &self.site.estate.factors)?, rights))
        };
        channels.iter().filter_map(one).min()
    }
}
