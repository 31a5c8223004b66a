//! Exit codes. They are a contract: see docs/exit-codes.md.

/// Nothing wrong, no difference.
pub const OK: u8 = 0;
/// Findings or differences.
pub const FINDINGS: u8 = 1;
/// Invalid usage.
pub const USAGE: u8 = 2;
/// Cluster or snapshot could not be read.
pub const UNREADABLE: u8 = 3;
/// What was read is not enough for a verdict.
pub const INCOMPLETE: u8 = 4;
/// `--wait` timed out.
pub const TIMED_OUT: u8 = 5;
/// Declined at the prompt.
pub const DECLINED: u8 = 6;
/// Interrupted.
pub const INTERRUPTED: u8 = 130;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_that_the_documents_promise() {
        assert_eq!(
            [OK, FINDINGS, USAGE, UNREADABLE, INCOMPLETE, TIMED_OUT, DECLINED, INTERRUPTED],
            [0, 1, 2, 3, 4, 5, 6, 130]
        );
    }
}
