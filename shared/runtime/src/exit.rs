//! Exit codes: what a script can rely on.
//!
//! Comes in: how a command ended. Goes out: the number (contract 1). The numbers from 64 on are those of `sysexits.h`;
//! none of them may change.

use std::process::{ExitCode, Termination};

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Exit {
    /// Everything that was asked for is done.
    Done = 0,
    /// It failed, and no other code says it better.
    Failed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The licence forbids it: the product is disabled, or no seat is free.
    Forbidden = 3,
    /// What was asked for does not exist.
    NotFound = 4,
    /// The collector cannot be reached.
    Unreachable = 69,
    /// It may work later without any change, e.g. somebody else holds the lock.
    TryAgain = 75,
    /// The configuration is wrong, or the data directory cannot be used.
    Config = 78,
}

impl Exit {
    /// The number the parent process sees.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_fixed() {
        let check = |exit: Exit, expected: u8| {
            assert_eq!(exit.code(), expected, "{exit:?}");
            assert_eq!(format!("{:?}", ExitCode::from(exit)), format!("{:?}", ExitCode::from(expected)));
        };
        check(Exit::Done, 0);
        check(Exit::Failed, 1);
        check(Exit::Usage, 2);
        check(Exit::Forbidden, 3);
        check(Exit::NotFound, 4);
        check(Exit::Unreachable, 69);
        check(Exit::TryAgain, 75);
        check(Exit::Config, 78);
    }
}
