//! The limits of the agent protocol (contract 2.1). A message beyond one of them is refused whole with 413, but for a list of software:
//! it is passed over, and the rest of its report is taken.

/// Largest report body on the wire, in bytes.
pub const REPORT_WIRE_BYTES: usize = 1024 * 1024;
/// Largest report body after decoding `Content-Encoding`, in bytes.
pub const REPORT_DECODED_BYTES: usize = 8 * 1024 * 1024;
/// Largest ratio of decoded to encoded size.
pub const REPORT_RATIO: usize = 50;
/// Most sessions (live and ended together) in one report.
pub const REPORT_SESSIONS: usize = 512;
/// Most software packages in one report; nothing of a longer list is kept.
pub const REPORT_PACKAGES: usize = 20_000;
/// Most bytes of a software list as JSON: what is left of a decoded report stays for everything else.
pub const REPORT_SOFTWARE_BYTES: usize = 6 * 1024 * 1024;
/// Largest enrolment or renewal body, in bytes.
pub const ENROLL_BYTES: usize = 64 * 1024;
/// Longest text field that is kept, in characters; what is longer is cut.
pub const TEXT_CHARS: usize = 256;
/// Most uses in one message about what was used offline.
pub const OFFLINE_USES: usize = 256;
