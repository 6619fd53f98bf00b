//! The processes of the machine, as far as patterns ask for them.
//!
//! In: a `/proc`. Out: name, path and command line of each process of user space. Two small files are read for each, and the
//! program's link where a pattern needs it. A process that ends meanwhile is left out.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

/// Most bytes of a command line that patterns see.
const COMMAND_BYTES: u64 = 4096;

/// A process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Process {
    /// Its id.
    pub(super) pid: u32,
    /// Its name as the kernel keeps it: at most 15 bytes.
    pub(super) name: String,
    /// The whole path of its program, where the agent may see it and a pattern asks for it.
    pub(super) path: Option<String>,
    /// Its command line, words joined by blanks.
    pub(super) command: String,
}

/// All processes of user space.
pub(super) fn processes(proc: &Path, with_paths: bool) -> Vec<Process> {
    let Ok(entries) = std::fs::read_dir(proc) else { return Vec::new() };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| process(&directory(proc, pid), pid, with_paths)).collect()
}

/// Where the kernel tells of a process.
pub(super) fn directory(proc: &Path, pid: u32) -> PathBuf {
    proc.join(pid.to_string())
}

/// A small file of it.
pub(super) fn text(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(COMMAND_BYTES).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn process(dir: &Path, pid: u32, with_paths: bool) -> Option<Process> {
    let command = text(&dir.join("cmdline"))?;
    // The kernel's own threads have none, and neither has a zombie.
    let command = command.trim_end_matches('\0').replace('\0', " ");
    if command.is_empty() {
        return None;
    }
    let name = text(&dir.join("comm"))?.trim_end_matches('\n').to_owned();
    let path = with_paths.then(|| std::fs::read_link(dir.join("exe")).ok()).flatten();
    // A program that was replaced while it runs is still the one that was started.
    let path = path.map(|path| path.to_string_lossy().trim_end_matches(" (deleted)").to_owned());
    Some(Process { pid, name, path, command })
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests write a process tree")]
pub(super) mod tests {
    use super::*;

    /// Writes a process into a tree.
    pub(in super::super) fn put(proc: &Path, pid: u32, command: &[&str], stat: &str, cgroup: &str, loginuid: &str) {
        let dir = directory(proc, pid);
        std::fs::create_dir_all(&dir).unwrap();
        let program = command.first().copied().unwrap_or_default();
        let comm: String = program.rsplit('/').next().unwrap_or_default().chars().take(15).collect();
        let words: String = command.iter().map(|word| format!("{word}\0")).collect();
        for (name, content) in
            [("comm", format!("{comm}\n")), ("cmdline", words), ("stat", stat.to_owned()), ("cgroup", cgroup.to_owned())]
        {
            std::fs::write(dir.join(name), content).unwrap();
        }
        std::fs::write(dir.join("loginuid"), loginuid).unwrap();
        if program.starts_with('/') {
            std::os::unix::fs::symlink(program, dir.join("exe")).unwrap();
        }
    }

    #[test]
    fn reads_what_runs_and_leaves_out_the_kernel() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), 7, &["/opt/cad/cad", "a b", "c"], "", "", "");
        put(dir.path(), 2, &[], "", "", "");
        std::fs::create_dir(dir.path().join("8")).unwrap();
        std::fs::create_dir(dir.path().join("self")).unwrap();
        let expected =
            Process { pid: 7, name: "cad".into(), path: Some("/opt/cad/cad".into()), command: "/opt/cad/cad a b c".into() };
        assert_eq!(processes(dir.path(), true), std::slice::from_ref(&expected));
        assert_eq!(processes(dir.path(), false), [Process { path: None, ..expected }]);
        assert!(processes(&dir.path().join("nowhere"), false).is_empty());
    }

    #[test]
    fn this_process_is_among_them() {
        let here = processes(Path::new("/proc"), true).into_iter().find(|process| process.pid == std::process::id());
        assert!(here.unwrap().path.is_some());
    }
}
