//! Why an application cannot be as an administrator asks: the field, and what is wrong with it.

/// Why an application cannot be as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApplicationError {
    /// A text is empty.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// A text is too long.
    #[error("{field} is longer than {limit} characters")]
    TooLong {
        /// The field.
        field: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A text has control characters.
    #[error("{0} has control characters")]
    ControlCharacters(&'static str),
    /// A list is too long.
    #[error("{field} has more than {limit} entries")]
    TooMany {
        /// The field.
        field: &'static str,
        /// The limit.
        limit: usize,
    },
    /// A number is outside its bounds.
    #[error("{field} must be from {least} to {most}, not {value}")]
    OutOfRange {
        /// The field.
        field: &'static str,
        /// What was given.
        value: i64,
        /// The least allowed.
        least: u64,
        /// The most allowed.
        most: u64,
    },
    /// The record and the path name different applications.
    #[error("the name in the record is {given:?}, the application is {expected:?}")]
    OtherName {
        /// What the record says.
        given: String,
        /// What it should say.
        expected: String,
    },
    /// More named users than named seats.
    #[error("named_users has {users} users for {seats} named seats")]
    MoreUsersThanSeats {
        /// Users.
        users: usize,
        /// Seats.
        seats: u64,
    },
    /// Named seats need the user in the key.
    #[error("named_users need \"user\" in sharing, or an empty sharing")]
    NamedWithoutUser,
    /// Not an address or a network.
    #[error("{field} has {text:?}, which is neither an address nor a network such as 10.1.0.0/16")]
    NotANetwork {
        /// The field.
        field: &'static str,
        /// What was given.
        text: String,
    },
    /// More seats are reserved than there are.
    #[error("reservations keep {reserved} of {seats} floating seats")]
    MoreReservedThanSeats {
        /// Reserved.
        reserved: u64,
        /// Seats.
        seats: u64,
    },
}
