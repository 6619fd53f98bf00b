//! A pool as one would write it down on paper: a list of claims that is searched anew for every question.

use std::collections::BTreeSet;

use crate::session::SeatKind;
use crate::session::pool::ClaimId;

/// Users u0 and u1 are named; groups g0 and g1 have the reserved seats.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terms {
    pub(super) limit: Option<u64>,
    pub(super) mode: Mode,
    pub(super) lease: i64,
    pub(super) linger: i64,
    pub(super) reserved: [u64; 2],
    pub(super) named: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Refuse,
    Warn,
    Queue,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Held,
    Lingering,
    Waiting,
    Refused,
}

#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) id: ClaimId,
    pub(super) user: u8,
    pub(super) client: u8,
    pub(super) state: State,
    pub(super) kind: Option<SeatKind>,
    /// When it got its seat; the seat of a key is as old as the oldest of its claims.
    got: u64,
    /// When it asked: the order of the queue.
    came: u64,
    due: Option<i64>,
}

pub(super) struct Paper {
    pub(super) terms: Terms,
    pub(super) lines: Vec<Line>,
    turn: u64,
}

impl Paper {
    pub(super) fn new(terms: Terms) -> Self {
        Self { terms, lines: Vec::new(), turn: 0 }
    }

    pub(super) fn claim(&mut self, id: ClaimId, user: u8, client: u8, now: i64) {
        self.pass(now);
        if self.lines.iter().any(|line| line.id == id && line.state != State::Lingering) {
            return;
        }
        self.lines.retain(|line| line.id != id);
        self.turn += 1;
        let mut line = Line { id, user, client, state: State::Waiting, kind: None, got: 0, came: self.turn, due: None };
        let is_session = matches!(id, ClaimId::Session(_));
        if let Some(kind) = self.seat(user, client) {
            self.hold(line, kind, now);
        } else if self.terms.mode == Mode::Queue && !is_session {
            line.due = Some(now + self.terms.lease);
            self.lines.push(line);
        } else if is_session {
            line.state = State::Refused;
            self.lines.push(line);
        }
        self.serve(now);
    }

    pub(super) fn heard(&mut self, id: ClaimId, places_only: bool, now: i64) {
        self.pass(now);
        let lease = self.terms.lease;
        for line in self.lines.iter_mut().filter(|line| line.id == id && line.due.is_some()) {
            if line.state == State::Waiting || (line.state == State::Held && !places_only) {
                line.due = Some(now + lease);
            }
        }
    }

    pub(super) fn end(&mut self, id: ClaimId, now: i64) {
        self.pass(now);
        self.over(id, true, now);
        self.serve(now);
    }

    pub(super) fn restart(&mut self, now: i64) {
        let Terms { lease, linger, .. } = self.terms;
        for line in self.lines.iter_mut().filter(|line| line.due.is_some()) {
            line.due = Some(now + if line.state == State::Lingering { linger } else { lease });
        }
        self.pass(now);
        self.serve(now);
    }

    pub(super) fn shift(&mut self, by: i64) {
        for due in self.lines.iter_mut().filter_map(|line| line.due.as_mut()) {
            *due += by;
        }
    }

    pub(super) fn change(&mut self, terms: Terms, now: i64) {
        self.pass(now);
        let before = std::mem::replace(&mut self.terms, terms);
        for user in 0..2_u8 {
            match (before.named, terms.named) {
                (false, true) => {
                    let oldest =
                        self.lines.iter().filter(|line| line.user == user && line.kind.is_some()).min_by_key(|line| line.got);
                    if let Some(client) = oldest.map(|line| line.client) {
                        let seat = |line: &&mut Line| (line.user, line.client) == (user, client) && line.kind.is_some();
                        self.lines.iter_mut().filter(seat).for_each(|line| line.kind = Some(SeatKind::Named));
                    }
                }
                (true, false) => {
                    let named = |line: &&mut Line| line.user == user && line.kind == Some(SeatKind::Named);
                    self.lines.iter_mut().filter(named).for_each(|line| line.kind = Some(SeatKind::Floating));
                }
                _ => {}
            }
        }
        self.serve(now);
    }

    pub(super) fn pass(&mut self, now: i64) {
        while let Some((_, id)) = self.lines.iter().filter_map(|line| Some((line.due.filter(|due| *due <= now)?, line.id))).min()
        {
            self.over(id, false, now);
            self.serve(now);
        }
    }

    /// Keys that have a seat: user, client, kind, when.
    pub(super) fn seats(&self) -> Vec<(u8, u8, SeatKind, u64)> {
        let held = self.lines.iter().filter(|line| matches!(line.state, State::Held | State::Lingering));
        let mut seats: Vec<_> = held.filter_map(|line| Some((line.got, line.user, line.client, line.kind?))).collect();
        seats.sort_by_key(|seat| seat.0);
        let mut keys = BTreeSet::new();
        seats.retain(|seat| keys.insert((seat.1, seat.2)));
        seats.into_iter().map(|(got, user, client, kind)| (user, client, kind, got)).collect()
    }

    fn seat(&self, user: u8, client: u8) -> Option<SeatKind> {
        let seats = self.seats();
        if let Some((_, _, kind, _)) = seats.iter().find(|seat| (seat.0, seat.1) == (user, client)) {
            return Some(*kind);
        }
        if self.terms.named && user < 2 && !seats.iter().any(|seat| seat.0 == user && seat.2 == SeatKind::Named) {
            return Some(SeatKind::Named);
        }
        let floating: Vec<u8> = seats.iter().filter(|seat| seat.2 == SeatKind::Floating).map(|seat| seat.0).collect();
        let fits = self.terms.limit.is_none_or(|limit| {
            let (mut kept, mut general) = (self.terms.reserved, 0);
            for holder in &floating {
                match groups_of(*holder).into_iter().find(|group| kept[usize::from(*group)] > 0) {
                    Some(group) => kept[usize::from(group)] -= 1,
                    None => general += 1,
                }
            }
            let all: u64 = self.terms.reserved.iter().sum();
            let own = groups_of(user).into_iter().any(|group| kept[usize::from(group)] > 0);
            (floating.len() as u64) < limit && (own || general < limit.saturating_sub(all))
        });
        (fits || self.terms.mode == Mode::Warn).then_some(SeatKind::Floating)
    }

    fn hold(&mut self, mut line: Line, kind: SeatKind, now: i64) {
        let key = (line.user, line.client);
        self.lines.retain(|other| (other.user, other.client) != key || other.state != State::Lingering);
        self.turn += 1;
        line.got = self.turn;
        line.state = State::Held;
        line.kind = Some(kind);
        line.due = matches!(line.id, ClaimId::Checkout(_)).then_some(now + self.terms.lease);
        self.lines.push(line);
    }

    fn over(&mut self, id: ClaimId, given_back: bool, now: i64) {
        let Some(place) = self.lines.iter().position(|line| line.id == id) else { return };
        if given_back && self.lines[place].state == State::Lingering {
            return;
        }
        let mut line = self.lines.remove(place);
        let key = (line.user, line.client);
        let alone = !self.lines.iter().any(|other| (other.user, other.client) == key && other.kind.is_some());
        if line.state == State::Held && alone && given_back && self.terms.linger > 0 {
            line.state = State::Lingering;
            line.due = Some(now + self.terms.linger);
            self.lines.push(line);
        }
    }

    fn serve(&mut self, now: i64) {
        loop {
            let mut waiting: Vec<Line> = self.lines.iter().filter(|line| line.state == State::Waiting).cloned().collect();
            waiting.sort_by_key(|line| line.came);
            let next = waiting.into_iter().find_map(|line| Some((self.seat(line.user, line.client)?, line)));
            let Some((kind, line)) = next else { return };
            self.lines.retain(|other| other.id != line.id);
            self.hold(line, kind, now);
        }
    }
}

/// u1 and u4 are in g0, u2 and u4 in g1.
pub(super) fn groups_of(user: u8) -> Vec<u8> {
    match user {
        1 => vec![0],
        2 => vec![1],
        4 => vec![0, 1],
        _ => Vec::new(),
    }
}
