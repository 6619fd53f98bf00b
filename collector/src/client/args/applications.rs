//! Arguments of `application ...`.

use clap::{Args, Subcommand, ValueEnum};

/// `application ...`
#[derive(Subcommand, Clone, Debug)]
pub enum ApplicationCommand {
    /// Applications with their limits.
    List,
    /// One application with everything that is set for it.
    Show {
        /// The application's name.
        name: String,
    },
    /// Make or change an application; what is not given stays.
    Set {
        /// The application's name.
        name: String,
        /// What to set.
        #[command(flatten)]
        fields: Box<ApplicationFields>,
    },
    /// Make the applications of a ready-made set. Without --apply it only says what it would do; what exists stays as it is.
    Import {
        /// The set.
        #[arg(value_enum)]
        set: ReadyMade,
        /// Do it.
        #[arg(long)]
        apply: bool,
        /// Give applications that exist the timeouts, sharing and behaviour of the set; their limits and users stay.
        #[arg(long)]
        overwrite: bool,
    },
    /// Delete an application; its history stays.
    Delete {
        /// The application's name.
        name: String,
    },
}

/// The fields of an application (contract 2.4).
#[derive(Args, Clone, Debug, Default)]
pub struct ApplicationFields {
    /// Whether its use is tracked.
    #[arg(long, value_name = "true|false")]
    pub tracking: Option<bool>,
    /// Named seats; `none` = unlimited.
    #[arg(long, value_name = "N|none", value_parser = limit)]
    pub named_limit: Option<Limit>,
    /// A user with a named seat; repeat it for more, `none` for nobody.
    #[arg(long = "named-user", value_name = "USER")]
    pub named_users: Vec<String>,
    /// Floating seats; `none` = unlimited.
    #[arg(long, value_name = "N|none", value_parser = limit)]
    pub floating_limit: Option<Limit>,
    /// What happens when no seat is free.
    #[arg(long, value_enum)]
    pub at_limit: Option<AtLimit>,
    /// What makes two sessions share a seat.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub sharing: Vec<SharingKey>,
    /// Sessions without input for so many seconds give their seat back; 0 = never.
    #[arg(long, value_name = "SECONDS")]
    pub idle_timeout_seconds: Option<u64>,
    /// A user's own idle timeout, 0 = never; repeat it for more, `none` for nobody.
    #[arg(long = "idle-timeout-user", value_name = "USER=SECONDS|none", value_parser = counted)]
    pub idle_timeout_users: Vec<Counted>,
    /// A user whose sessions keep their seats however long they are idle; repeat it for more, `none` for nobody.
    #[arg(long = "idle-timeout-except", value_name = "USER")]
    pub idle_timeout_except: Vec<String>,
    /// Floating seats that only members of a group may take; repeat it for more, `none` for no group.
    #[arg(long = "reservation", value_name = "GROUP=SEATS|none", value_parser = counted)]
    pub reservations: Vec<Counted>,
    /// Who may take a seat; repeat it for more, `none` for everybody.
    #[arg(long = "include", value_name = "user=U|group=G|host=H|network=N|none", value_parser = named)]
    pub include: Vec<Named>,
    /// Who may not; repeat it for more, `none` for nobody.
    #[arg(long = "exclude", value_name = "user=U|group=G|host=H|network=N|none", value_parser = named)]
    pub exclude: Vec<Named>,
    /// A check-out ends so many seconds after its last heartbeat.
    #[arg(long, value_name = "SECONDS")]
    pub lease_seconds: Option<u64>,
    /// A seat stays taken for so many seconds after its end.
    #[arg(long, value_name = "SECONDS")]
    pub linger_seconds: Option<u64>,
    /// Longest time a seat may be borrowed; 0 = never.
    #[arg(long, value_name = "HOURS")]
    pub borrow_max_hours: Option<u64>,
    /// What an agent answers when the collector was silent for too long.
    #[arg(long, value_enum)]
    pub offline: Option<Offline>,
    /// Every login uses it.
    #[arg(long, value_name = "true|false")]
    pub used_by_login: Option<bool>,
    /// A process whose presence in a session means use: its name, `path:/opt/cad/**` or `cmd:*--module=x*`, where `*` is any text
    /// (in a path within one directory, `**` across them) and `?` one character; case differs. Repeat it for more.
    #[arg(long = "used-by-process", value_name = "PATTERN")]
    pub used_by_processes: Vec<String>,
    /// A user whose sessions use it, `*` for all; repeat it for more.
    #[arg(long = "used-by-user", value_name = "USER")]
    pub used_by_users: Vec<String>,
}

/// A ready-made set of applications.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadyMade {
    /// The ten applications whose licences Service Manager tracks, for check-outs of any kind of client: SOAP, REST, web, SCAuto,
    /// batch. They warn at the limit, and give back what is idle for 30 minutes; set limits and named users afterwards.
    ServiceManager,
}

/// A number of seats, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(pub Option<u64>);

/// What happens when no seat is free.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtLimit {
    /// Check-outs are refused.
    Refuse,
    /// They are granted, with a warning.
    Warn,
    /// They wait.
    Queue,
}

/// What makes two sessions share a seat.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharingKey {
    /// The same user.
    User,
    /// The same client address.
    #[value(name = "client_ip")]
    ClientIp,
    /// The same machine.
    Host,
    /// The same terminal or display.
    Display,
}

/// What an agent answers when the collector was silent for too long.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offline {
    /// Use goes on.
    Allow,
    /// Use ends.
    Deny,
}

/// A name with a number; none for the word `none`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted(pub Option<(String, u64)>);

/// An entry of an access list and which list; none for the word `none`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named(pub Option<(&'static str, String)>);

fn counted(text: &str) -> Result<Counted, String> {
    if text.eq_ignore_ascii_case("none") {
        return Ok(Counted(None));
    }
    let parts = text.rsplit_once('=').and_then(|(name, number)| Some((name.to_owned(), number.parse().ok()?)));
    parts.map(|parts| Counted(Some(parts))).ok_or_else(|| "give NAME=NUMBER, or none".to_owned())
}

fn named(text: &str) -> Result<Named, String> {
    if text.eq_ignore_ascii_case("none") {
        return Ok(Named(None));
    }
    let (kind, name) = text.split_once('=').ok_or("give user=, group=, host= or network= with a name, or none")?;
    let list = match kind {
        "user" => "users",
        "group" => "groups",
        "host" => "hosts",
        "network" => "networks",
        _ => return Err(format!("{kind:?} is not user, group, host or network")),
    };
    Ok(Named(Some((list, name.to_owned()))))
}

fn limit(text: &str) -> Result<Limit, String> {
    if text.eq_ignore_ascii_case("none") {
        return Ok(Limit(None));
    }
    text.parse().map(|seats| Limit(Some(seats))).map_err(|_| "give a number of seats, or none for no limit".to_owned())
}
