//! Rights with Software Assurance beside rights without it: a host may be licensed with both together (domain 5.8 and 6.2).

use super::serve::Serving;

impl Serving<'_, '_> {
    /// Serves what neither kind of rights was enough for with both, on the terms of those without Software Assurance.
    pub(super) fn serve_beside(&mut self, place: usize) {
        let all = self.channels;
        let Some((channel, other)) = all.get(place).and_then(|channel| Some((channel, channel.beside?))) else { return };
        let open = self.open(channel, true);
        let mut demands = self.demands(channel, &open);
        demands.beside = true;
        // What is stuck is what is stuck in the end.
        self.nontransferable.remove(&place);
        self.hand_down(place, demands);
        let Some(assured) = all.get(other) else { return };
        let stuck = self.nontransferable.get(&place).copied().unwrap_or_default();
        let left = channel.rights.iter().filter_map(|right| self.rights.get(*right));
        let taken = stuck.saturating_sub(left.fold(0_u64, |sum, right| sum.saturating_add(right.left)));
        let open = self.open(assured, true);
        let demands = self.demands(assured, &open);
        let parts = self.distribute(assured, &demands, false).iter().fold(0_u64, |sum, one| sum.saturating_add(one.rights));
        self.nontransferable.insert(other, parts.saturating_sub(taken));
    }

    /// Rights of a channel, and of the one that helps out.
    pub(super) fn rights_beside(&self, place: usize) -> Vec<usize> {
        let channel = self.channels.get(place);
        let beside = channel.and_then(|channel| self.channels.get(channel.beside?));
        channel.into_iter().chain(beside).flat_map(|channel| channel.rights.iter().copied()).collect()
    }
}
