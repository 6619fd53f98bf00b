//! Rows as they are on disks out there. A row here that no longer decodes, or comes out differently, breaks every installed
//! store: raise the row version and keep reading this one.

