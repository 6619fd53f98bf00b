//! What a process has cost. In: its id. Out: processor time of all its threads, from the scheduler's own count, which
//! tells more than requests per second on a machine that others use too.

use std::fs;
use std::time::Duration;

/// Time on a processor so far; zero where the kernel does not count.
pub(super) fn used(pid: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().filter_map(Result::ok);
    let nanos = threads.filter_map(|thread| {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanos.sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_counted_and_nobody_has_cost_nothing() {
        let pid = std::process::id();
        let before = used(pid);
        let sum: u64 = (0..20_000_000_u64).map(std::hint::black_box).fold(0, u64::wrapping_add);
        assert!(sum > 0 && used(pid) > before);
        assert_eq!(used(u32::MAX), Duration::ZERO);
    }
}
