//! The terms of a licence as options, shared by `issue` and `renew`.
//!
//! In: the command line. Out: changes to claims; an option that is absent changes nothing.

use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use muster_license::{Application, Claims, Environment, Reinstate, UserLimitMode};

/// The terms that have a default, or none.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Terms")]
pub(super) struct Terms {
    /// First site date on which the key may be applied.
    #[arg(long, value_name = "DATE")]
    not_before: Option<NaiveDate>,
    /// User limit [default: none].
    #[arg(long, value_name = "N")]
    users: Option<u64>,
    /// What happens over the user limit [default: warn].
    #[arg(long, value_enum, value_name = "MODE")]
    user_limit_mode: Option<Mode>,
    /// Table that is counted [default: the request's, else alm_hardware].
    #[arg(long, value_name = "TABLE")]
    table: Option<String>,
    /// Compliance query [default: the request's query in force, else install_statusNOT IN2,7,10].
    #[arg(long, value_name = "QUERY")]
    query: Option<String>,
    /// Filter that is ANDed over the whole query in force; may be given several times.
    #[arg(long, value_name = "FILTER")]
    add_filter: Vec<String>,
    /// Whole days of grace over the limit before the product is disabled [default: 60].
    #[arg(long, value_name = "DAYS")]
    grace_days: Option<u32>,
    /// A grace does not end before this site date.
    #[arg(long, value_name = "DATE")]
    grace_until: Option<NaiveDate>,
    /// Serial of the key [default: the serial in force + 1, the first is 1].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    serial: Option<u64>,
    /// Limits of one application; may be given several times.
    #[arg(long, value_name = "NAME:named=N,floating=N", value_parser = parse_application)]
    application: Vec<Application>,
    /// Hardware Asset Management licence version, for example 5.0.
    #[arg(long, value_name = "VERSION")]
    ham_license_version: Option<String>,
    /// Subscription entitlements, for example ham_computer_license.
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    entitlements: Vec<String>,
    /// Subscription units bought.
    #[arg(long, value_name = "N")]
    units: Option<u64>,
    /// What the installation is used for [default: production].
    #[arg(long, value_enum, value_name = "KIND")]
    environment: Option<Kind>,
    /// Days an agent may use a verdict without contact [default: 30].
    #[arg(long, value_name = "DAYS")]
    offline_days: Option<u32>,
    /// What ends a disablement after an elapsed grace: a new key, or also a count within the limit [default: key].
    #[arg(long, value_enum, value_name = "BY")]
    reinstate: Option<By>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Mode {
    Warn,
    Enforce,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    Production,
    NonProduction,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum By {
    Key,
    Count,
}

impl Terms {
    /// Puts the given terms into claims. Filters are added to those that are there; an application replaces the one of the
    /// same name; a list of entitlements replaces the old one.
    pub(super) fn apply(&self, claims: &mut Claims) {
        let Self {
            not_before,
            users,
            user_limit_mode,
            table,
            query,
            add_filter,
            grace_days,
            grace_until,
            serial,
            application,
            ham_license_version,
            entitlements,
            units,
            environment,
            offline_days,
            reinstate,
        } = self;
        keep(&mut claims.table, table);
        keep(&mut claims.query, query);
        keep(&mut claims.grace_days, grace_days);
        keep(&mut claims.serial, serial);
        keep(&mut claims.offline_days, offline_days);
        claims.not_before = not_before.or(claims.not_before);
        claims.grace_until = grace_until.or(claims.grace_until);
        claims.users = users.or(claims.users);
        claims.units = units.or(claims.units);
        claims.add_filters.extend(add_filter.iter().cloned());
        for new in application {
            claims.applications.retain(|old| old.name != new.name);
            claims.applications.push(new.clone());
        }
        if ham_license_version.is_some() {
            claims.ham_license_version.clone_from(ham_license_version);
        }
        if !entitlements.is_empty() {
            claims.entitlements.clone_from(entitlements);
        }
        if let Some(mode) = user_limit_mode {
            claims.user_limit_mode = match mode {
                Mode::Warn => UserLimitMode::Warn,
                Mode::Enforce => UserLimitMode::Enforce,
            };
        }
        if let Some(kind) = environment {
            claims.environment = match kind {
                Kind::Production => Environment::Production,
                Kind::NonProduction => Environment::NonProduction,
            };
        }
        if let Some(by) = reinstate {
            claims.reinstate = match by {
                By::Key => Reinstate::Key,
                By::Count => Reinstate::Count,
            };
        }
    }
}

fn keep<T: Clone>(value: &mut T, given: &Option<T>) {
    if let Some(given) = given {
        value.clone_from(given);
    }
}

/// Reads `NAME:named=N,floating=N`; one of the two limits may be absent, the name may hold colons.
fn parse_application(text: &str) -> Result<Application, String> {
    let form = "write NAME:named=N,floating=N, NAME:named=N or NAME:floating=N";
    let (name, limits) = text.rsplit_once(':').ok_or(form)?;
    if name.trim().is_empty() {
        return Err(form.to_owned());
    }
    let mut application = Application { name: name.to_owned(), named: None, floating: None };
    for limit in limits.split(',') {
        let (kind, number) = limit.split_once('=').ok_or(form)?;
        let number = number.trim().parse().map_err(|_| format!("\"{number}\" is no whole number; {form}"))?;
        let slot = match kind.trim() {
            "named" => &mut application.named,
            "floating" => &mut application.floating,
            other => return Err(format!("\"{other}\" is no kind of seat; {form}")),
        };
        if slot.replace(number).is_some() {
            return Err(format!("\"{}\" is given twice; {form}", kind.trim()));
        }
    }
    Ok(application)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn applications_are_read_or_explained() {
        let limits = |named, floating| Some((named, floating));
        for (text, name, expected) in [
            ("Incident Management:named=10,floating=25", "Incident Management", limits(Some(10), Some(25))),
            ("Incident Management:floating=25", "Incident Management", limits(None, Some(25))),
            ("a:b:named=0", "a:b", limits(Some(0), None)),
            ("x: floating = 1 , named = 2 ", "x", limits(Some(2), Some(1))),
            ("Incident Management", "", None),
            (":named=1", "", None),
            ("a:", "", None),
            ("a:named", "", None),
            ("a:named=-1", "", None),
            ("a:named=1,named=2", "", None),
            ("a:seats=1", "", None),
        ] {
            let expected = expected.map(|(named, floating)| Application { name: name.into(), named, floating });
            assert_eq!(parse_application(text).ok(), expected, "{text}");
        }
    }
}
