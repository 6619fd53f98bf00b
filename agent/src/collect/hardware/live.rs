//! What sysinfo says of the running kernel.
//!
//! In: this machine. Out: processor names, memory, kernel, host name. Only the processor list and the memory size are refreshed; the
//! process list, which costs ten times as much, is never read, and neither are sysinfo's product names (see `dmi`).

use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

/// Facts of the running system, whatever the roots are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) cpu_model: Option<String>,
    pub(super) cpu_vendor: Option<String>,
    pub(super) arch: Option<String>,
    pub(super) memory_bytes: Option<u64>,
    pub(super) kernel: Option<String>,
    pub(super) hostname: Option<String>,
}

/// Asks sysinfo once.
pub(super) fn facts() -> Facts {
    let wanted = RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing()).with_memory(MemoryRefreshKind::nothing().with_ram());
    let system = System::new_with_specifics(wanted).ok();
    let cpu = system.as_ref().and_then(|system| system.cpus().first());
    Facts {
        cpu_model: cpu.map(|cpu| cpu.brand().to_owned()),
        cpu_vendor: cpu.map(|cpu| cpu.vendor_id().to_owned()),
        arch: Some(System::cpu_arch()),
        memory_bytes: system.as_ref().map(System::total_memory).filter(|bytes| *bytes > 0),
        kernel: System::kernel_version().ok(),
        hostname: System::host_name().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_a_processor_memory_and_a_kernel() {
        let facts = facts();
        assert!(facts.memory_bytes.is_some_and(|bytes| bytes > 64 << 20), "{facts:?}");
        assert!(facts.arch.is_some_and(|arch| !arch.is_empty()));
        assert!(facts.kernel.is_some_and(|kernel| kernel.contains('.')));
        assert!(facts.cpu_model.is_some());
    }
}
