//! Rights with Software Assurance beside rights without it: a host may be licensed with both together (domain 5.8 and 6.2).

use super::serve::Serving;

impl Serving<'_, '_> {
    /// Serves what neither kind of rights was enough for with both, on the terms of those without Software Assurance.
    pub(super) fn serve_beside(&mut self, place: usize) {
        let all = self.channels;
        let Some(channel) = all.get(place).filter(|channel| channel.beside.is_some()) else { return };
        let open = self.open(channel, true);
        let mut demands = self.demands(channel, &open);
        demands.beside = true;
        self.hand_down(place, demands);
    }

    /// Rights of a channel, and of the one that helps out.
    pub(super) fn rights_beside(&self, place: usize) -> Vec<usize> {
        let channel = self.channels.get(place);
        let beside = channel.and_then(|channel| self.channels.get(channel.beside?));
        channel.into_iter().chain(beside).flat_map(|channel| channel.rights.iter().copied()).collect()
    }
}
