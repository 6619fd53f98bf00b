//! The name of an account.
//!
//! In: its number and the text of `/etc/passwd`. Out: the name, if the file has it. Pure.

/// The name of the account with this number. Accounts that only a directory service knows have none here.
#[must_use]
pub fn user_name(uid: u32, passwd: &str) -> Option<&str> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty() && !name.starts_with(['#', '+', '-']))?;
        (fields.nth(1)?.trim().parse() == Ok(uid)).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_names() {
        let passwd =
            "root:x:0:0:root:/root:/bin/bash\nbroken\n#c:x:5:5\n:x:6:6\nalice:x:1000:1000::/home/alice:/bin/sh\n+::::::\n";
        for (uid, name) in [(0, Some("root")), (1000, Some("alice")), (5, None), (6, None), (1001, None)] {
            assert_eq!(user_name(uid, passwd), name);
        }
    }
}
