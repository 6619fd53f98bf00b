//! Trees of files that look like machines, for the tests of this directory.

use super::Roots;
use std::{
    fs,
    io::Write as _,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::PathBuf,
};

/// A machine made of files in a temporary directory.
pub(super) struct Machine {
    dir: tempfile::TempDir,
}

impl Machine {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["sys", "proc", "etc", "credentials"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        Self { dir }
    }

    pub(super) fn roots(&self) -> Roots {
        let at = |name: &str| self.dir.path().join(name);
        Roots { sys: at("sys"), proc: at("proc"), etc: at("etc"), root: at(""), credentials: Some(at("credentials")) }
    }

    pub(super) fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.place(path);
        fs::File::create(path).unwrap().write_all(content.as_ref()).unwrap();
        self
    }

    pub(super) fn files(mut self, base: &str, files: &[(&str, &str)]) -> Self {
        for (name, content) in files {
            self = self.file(&format!("{base}/{name}"), format!("{content}\n"));
        }
        self
    }

    pub(super) fn forbidden(self, path: &str, content: &str) -> Self {
        let machine = self.file(path, content);
        fs::set_permissions(machine.dir.path().join(path), fs::Permissions::from_mode(0o000)).unwrap();
        machine
    }

    /// A link as sysfs has it; the target is relative to the link's own directory and need not exist.
    pub(super) fn link(self, path: &str, target: &str) -> Self {
        symlink(target, self.place(path)).unwrap();
        self
    }

    /// A device directory and the class entry that points at it, as `/sys/class/net/eth0` does.
    pub(super) fn device(mut self, class_entry: &str, device: &str, files: &[(&str, &str)]) -> Self {
        self = self.files(device, files);
        let up = "../".repeat(class_entry.matches('/').count());
        self.link(class_entry, &format!("{up}{device}"))
    }

    pub(super) fn cpus(mut self, sockets: u32, cores: u32, threads_per_core: u32) -> Self {
        let mut cpu = 0;
        for package in 0..sockets {
            for core in 0..cores {
                let first = cpu;
                for _ in 0..threads_per_core {
                    let base = format!("sys/devices/system/cpu/cpu{cpu}/topology");
                    let siblings = format!("{first}-{}", first + threads_per_core - 1);
                    self = self.files(
                        &base,
                        &[
                            ("physical_package_id", &package.to_string()),
                            ("core_id", &core.to_string()),
                            ("core_cpus_list", &siblings),
                        ],
                    );
                    cpu += 1;
                }
            }
        }
        self
    }

    fn place(&self, path: &str) -> PathBuf {
        let path = self.dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }
}
