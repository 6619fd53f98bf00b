//! Laws that hold of every estate.
