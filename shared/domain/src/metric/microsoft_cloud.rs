//! Whether Microsoft's licences may be brought to a public cloud (domain 5.8 and 6.6).
//!
//! In: where machines run, and what the rights are. Out: why the rights may not be used there, if they may not. Of large providers
//! dedicated hosts are outsourcing since 2019-10-01: what was bought from then on needs the rights that come with Software Assurance.

use super::answer::Denied;
use super::inputs::{Provider, Terms};

/// What is brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Server {
    /// Windows Server, System Center.
    Windows,
    /// SQL Server, BizTalk Server: their licences move with Software Assurance.
    Application,
}

/// Why rights may not be used where the machines run.
pub(super) fn not_brought(server: Server, terms: Terms<'_>) -> Option<Denied> {
    let provider = terms.provider?;
    let assured = terms.software_assurance;
    match (server, terms.dedicated, provider) {
        (_, true, Provider::Other) => None,
        (Server::Application, true, _) | (Server::Windows, true, Provider::Azure) if assured => None,
        (_, true, _) => terms.bought_late.then_some(Denied::BoughtLate),
        (Server::Application, false, _) | (Server::Windows, false, Provider::Azure) => {
            (!assured).then_some(Denied::NoSoftwareAssurance)
        }
        (Server::Windows, false, _) => Some(Denied::SharedServers),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_are_brought_where_their_terms_allow_it() {
        let check = |server: Server, provider: Provider, expected: [&str; 6]| {
            // Shared without and with Software Assurance; dedicated: early without, late without, early with, late with it.
            let shared = [(false, false, true), (false, true, true)];
            let dedicated = [(true, false, false), (true, false, true), (true, true, false), (true, true, true)];
            for ((dedicated, software_assurance, bought_late), expected) in shared.into_iter().chain(dedicated).zip(expected) {
                let terms = Terms { provider: Some(provider), dedicated, software_assurance, bought_late, ..Terms::default() };
                let found = match not_brought(server, terms) {
                    None => "yes",
                    Some(Denied::NoSoftwareAssurance) => "assurance",
                    Some(Denied::BoughtLate) => "late",
                    Some(_) => "no",
                };
                assert_eq!(found, expected, "{server:?} {terms:?}");
            }
        };
        check(Server::Application, Provider::Aws, ["assurance", "yes", "yes", "late", "yes", "yes"]);
        check(Server::Application, Provider::Azure, ["assurance", "yes", "yes", "late", "yes", "yes"]);
        check(Server::Application, Provider::Other, ["assurance", "yes", "yes", "yes", "yes", "yes"]);
        check(Server::Windows, Provider::Aws, ["no", "no", "yes", "late", "yes", "late"]);
        check(Server::Windows, Provider::Google, ["no", "no", "yes", "late", "yes", "late"]);
        check(Server::Windows, Provider::Azure, ["assurance", "yes", "yes", "late", "yes", "yes"]);
        check(Server::Windows, Provider::Other, ["no", "no", "yes", "yes", "yes", "yes"]);
        assert_eq!(not_brought(Server::Windows, Terms::default()), None);
    }
}
