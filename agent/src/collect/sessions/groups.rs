//! The system's own groups of a user.
//!
//! In: `/etc/passwd` and `/etc/group`. Out: sorted group names, best effort: groups that live only in a directory service are not
//! known here, and asking that service would put its outages into the report's way.

use std::{collections::BTreeSet, path::Path};

/// Most groups of one user that are reported.
const MOST: usize = 256;

/// Accounts as the files had them when a list was made.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    passwd: String,
    group: String,
}

impl Accounts {
    /// Reads both files; a missing one is empty.
    pub(super) fn read(etc: &Path) -> Self {
        let text = |name: &str| {
            std::fs::read(etc.join(name)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
        };
        Self { passwd: text("passwd"), group: text("group") }
    }

    /// Names of the primary and the other groups of `user`.
    pub(super) fn groups(&self, user: &str) -> Vec<String> {
        if user.is_empty() {
            return Vec::new(); // An empty member list would name him in every group.
        }
        let primary =
            self.passwd.lines().map(fields).find(|line| line.first() == Some(&user)).and_then(|line| line.get(3).copied());
        let mut groups = BTreeSet::new();
        for line in self.group.lines().map(fields) {
            let [name, _, gid, members, ..] = line.as_slice() else { continue };
            if !name.is_empty() && (Some(*gid) == primary || members.split(',').any(|member| member.trim() == user)) {
                groups.insert((*name).to_owned());
            }
        }
        groups.into_iter().take(MOST).collect()
    }
}

fn fields(line: &str) -> Vec<&str> {
    line.trim_end().split(':').collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn accounts() -> Accounts {
        Accounts {
            passwd: "root:x:0:0:root:/root:/bin/bash\nalice:x:1000:1000:Alice:/home/alice:/bin/bash\nbroken\nbob:x:1001".into(),
            group: "root:x:0:\nalice:x:1000:\nwheel:x:10:bob,alice\ndesign:x:2000:alice\n#c\n:x:1000:\nbob:x:1001:bobby".into(),
        }
    }

    #[test]
    fn primary_and_other_groups_are_found() {
        for (user, want) in [
            ("alice", vec!["alice", "design", "wheel"]),
            ("bob", vec!["wheel"]),
            ("root", vec!["root"]),
            ("carol", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(accounts().groups(user), want, "{user}");
        }
    }

    proptest! {
        #[test]
        fn any_files_are_survived(passwd in "[a-z:,\\n0-9]*", group in "[a-z:,\\n0-9]*", user in "[a-z]{0,3}") {
            let groups = Accounts { passwd, group }.groups(&user);
            prop_assert!(groups.is_sorted());
        }
    }
}
