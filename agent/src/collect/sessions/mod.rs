//! Logged-in sessions.
