//! Who works where and when. In: a machine's number, a day, an hour. Out: its hardware, its software, who is logged in. The same in every
//! play: what looks like chance is the digest of who and when.

use chrono::{DateTime, Datelike as _, TimeDelta, Timelike as _, Utc, Weekday};
use muster_wire::session::Session;
use muster_wire::software::Package;
use sha2::{Digest as _, Sha256};

use crate::peer::{Machine, session};

/// The application that people use by being logged in.
pub(super) const DESK: &str = "Incident Management";

const PEOPLE: [&str; 23] = [
    "ada", "alan", "barbara", "claude", "dana", "edith", "fran", "grace", "hedy", "ida", "joan", "karen", "linus", "margaret",
    "niklaus", "olga", "peter", "radia", "sophie", "tim", "ursula", "vera", "wilma",
];

/// The software of every machine, and of every designer's.
const COMMON: [(&str, &str, &str); 6] = [
    ("firefox-esr", "Mozilla", "140.1"),
    ("libreoffice-core", "The Document Foundation", "25.2"),
    ("openssh-client", "OpenBSD", "10.0"),
    ("northwind-client", "Northwind", "8.2"),
    ("tailspin-backup", "Tailspin", "3.1"),
    ("site-tools", "Example Works", "1.4"),
];
const DESIGN: [(&str, &str, &str); 2] = [("fabrikam-cad", "Fabrikam", "2026.1"), ("fabrikam-viewer", "Fabrikam", "2026.1")];
const DEPLOYED: (&str, &str, &str) = ("litware-render", "Litware", "5.0");

/// Less than `below`, from who and when.
pub(super) fn chance(what: &str, when: impl std::fmt::Display, below: u8) -> u8 {
    let digest = Sha256::digest(format!("{what} {when}"));
    digest.first().copied().unwrap_or_default() % below.max(1)
}

/// The machine of this number: every twelfth is a server, every third belongs to a designer.
pub(super) fn machine(number: usize) -> Machine {
    let is_server = number % 12 == 11;
    let mut machine = Machine::named(&format!("{}-{number:03}", if is_server { "srv" } else { "ws" }));
    if is_server {
        machine.hardware.model = Some("Rack 2".to_owned());
        machine.hardware.chassis.kind = muster_wire::hardware::ChassisKind::Server;
        machine.hardware.chassis.code = Some(23);
        machine.hardware.cpu.sockets = Some(2);
        machine.hardware.cpu.cores = Some(32);
        machine.hardware.cpu.threads = Some(64);
    }
    machine
}

/// Whether somebody draws at it.
pub(super) fn is_designers(number: usize) -> bool {
    number.is_multiple_of(3) && number % 12 != 11
}

/// Who sits at it, and from where.
pub(super) fn user(number: usize) -> (&'static str, String) {
    let name = PEOPLE.get(number % PEOPLE.len()).copied().unwrap_or("ada");
    (name, format!("10.20.{}.{}", number / 20, 10 + number % 20))
}

/// What is installed on it.
pub(super) fn software(number: usize, deployed: bool) -> Vec<Package> {
    let more = DESIGN.into_iter().chain(deployed.then_some(DEPLOYED)).filter(|_| is_designers(number));
    let package = |(name, publisher, version): (&str, &str, &str)| Package {
        name: name.to_owned(),
        version: Some(version.to_owned()),
        publisher: Some(publisher.to_owned()),
        source: "dpkg".to_owned(),
        architecture: Some("amd64".to_owned()),
        install_date: None,
    };
    let mut all: Vec<Package> = COMMON.into_iter().chain(more).map(package).collect();
    all.sort();
    all
}

/// Who is logged in at a machine for somebody to look at, whatever the time is: the middle of a working day.
pub(super) fn shown_sessions(number: usize, now: DateTime<Utc>) -> Vec<Session> {
    let shown = working_hours(now);
    let mut all = sessions(number, shown);
    all.iter_mut().for_each(|session| session.started_at += now - shown);
    all
}

/// Sessions that were there before began when they began, however often they are told.
pub(super) fn going_on(mut sessions: Vec<Session>, before: &[Session]) -> Vec<Session> {
    for session in &mut sessions {
        let is_same = |one: &&Session| one.id == session.id && one.user == session.user && one.client_ip == session.client_ip;
        if let Some(began) = before.iter().find(is_same).map(|one| one.started_at) {
            session.started_at = began;
        }
    }
    sessions
}

/// A Wednesday between ten and four that is another hour every ten minutes.
pub(super) fn working_hours(now: DateTime<Utc>) -> DateTime<Utc> {
    let back = i64::from(now.weekday().num_days_from_monday()) - 2;
    let day = now.date_naive() - TimeDelta::days(back);
    day.and_hms_opt(10 + now.minute() / 10, now.minute(), 0).map_or(now, |shown| shown.and_utc())
}

/// Who is logged in at a machine.
pub(super) fn sessions(number: usize, now: DateTime<Utc>) -> Vec<Session> {
    let hour = now.hour();
    let day = now.date_naive();
    let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    let name = format!("machine {number}");
    // Most come between eight and ten and leave between four and seven; few at the weekend.
    let (comes, leaves) = (8 + u32::from(chance(&name, day, 3)), 16 + u32::from(chance(&name, day, 4)));
    let away = chance(&name, format!("{day} away"), if weekend { 10 } else { 8 }) < if weekend { 9 } else { 1 };
    if away || hour < comes || hour >= leaves {
        return Vec::new();
    }
    let since = day.and_hms_opt(comes, u32::from(chance(&name, format!("{day} minute"), 60)), 0);
    let since = since.map_or(now, |since| since.and_utc()).min(now - TimeDelta::minutes(2));
    let (user, address) = user(number);
    let mut own = session("1", user, &address, since);
    if chance(&name, format!("{day} {hour} desk"), 3) == 0 {
        own.applications = vec![DESK.to_owned()];
    }
    let mut all = vec![own];
    if chance(&name, format!("{day} {hour} guest"), 6) == 0 {
        let (guest, address) = self::user(number + 5);
        all.push(session("2", guest, &address, now - TimeDelta::minutes(1)));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_working_day_has_a_peak_and_a_night() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let users = |now| (0..40).map(|number| sessions(number, now).len()).sum::<usize>();
        let (early, noon, night) = (at("2026-09-02T06:00:00Z"), at("2026-09-02T12:00:00Z"), at("2026-09-02T22:00:00Z"));
        assert_eq!((users(early), users(night)), (0, 0));
        assert!(users(noon) > 25, "{}", users(noon));
        assert!(users(at("2026-09-05T12:00:00Z")) < users(noon) / 3);
        assert_eq!(sessions(3, noon), sessions(3, noon));
        assert!(sessions(3, noon).iter().all(|session| session.started_at < noon));
        assert!(software(3, true).len() > software(3, false).len() && software(4, true) == software(4, false));
        assert_eq!(user(3).1, "10.20.0.13");

        // Looked at on a Sunday night, it is a working day.
        let late = at("2026-09-06T23:40:00Z");
        assert_eq!(working_hours(late), at("2026-09-02T14:40:00Z"));
        let shown: Vec<Session> = (0..40).flat_map(|number| shown_sessions(number, late)).collect();
        let later: Vec<Session> = (0..40)
            .flat_map(|number| going_on(shown_sessions(number, late + TimeDelta::minutes(2)), &shown_sessions(number, late)))
            .collect();
        assert_eq!(later, shown, "who stays logged in does not begin again");
        assert!(shown.len() > 20 && shown.iter().all(|session| session.started_at <= late), "{}", shown.len());
    }
}
