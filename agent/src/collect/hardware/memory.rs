//! How much memory is plugged in.
//!
//! In: the memory blocks in sysfs. Out: bytes, as lsmem(1) counts them. The kernel's `MemTotal`, which sysinfo gives, follows
//! every balloon of a hypervisor; a digest made of it would change all day, so it is only the caller's fallback.

use super::roots::{self, Roots};

/// Bytes in memory blocks; `None` where the kernel does not list them.
pub(super) fn plugged_in(roots: &Roots) -> Option<u64> {
    let base = roots.sys.join("devices/system/memory");
    let block = u64::from_str_radix(roots::text(&base.join("block_size_bytes"))?.trim(), 16).ok()?;
    let is_block = |name: &String| name.strip_prefix("memory").is_some_and(|rest| rest.parse::<u32>().is_ok());
    let blocks = u64::try_from(roots::names(&base).iter().filter(|name| is_block(name)).count()).ok()?;
    block.checked_mul(blocks).filter(|bytes| *bytes > 0)
}

#[cfg(test)]
mod tests {
    use super::{super::machines::Machine, *};

    #[test]
    fn blocks_are_counted_and_nothing_else() {
        let base = "sys/devices/system/memory";
        let blocks = |size: &str| {
            Machine::new().files(
                base,
                &[("block_size_bytes", size), ("memory0/state", "online"), ("memory32/state", "online"), ("power/x", "")],
            )
        };
        assert_eq!(plugged_in(&blocks("8000000").roots()), Some(256 << 20));
        assert_eq!(plugged_in(&blocks("0").roots()), None);
        assert_eq!(plugged_in(&blocks("ffffffffffffffff").roots()), None);
        assert_eq!(plugged_in(&blocks("many").roots()), None);
        assert_eq!(plugged_in(&Machine::new().roots()), None);
    }
}
