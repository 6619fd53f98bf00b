//! Looks at the machine's packages.
//!
//! In: a root directory. Out: [`Installed`]: the list, and a note for each source that is there and could not be read whole. Files are read on a
//! blocking thread; rpm is given half a minute.

use super::{dpkg, flatpak, list, rpm, snap};
use crate::collect::hardware::names;
use chrono::{DateTime, NaiveDate, Utc};
use muster_wire::software::Package;
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{io::AsyncReadExt as _, process::Command};

/// Most bytes of one file: the status file of a machine with 20,000 packages fits.
const READ_BYTES: u64 = 32 * 1024 * 1024;
/// Most bytes of the small files that describe one package.
const SMALL_BYTES: u64 = 1024 * 1024;
/// Most applications and snaps that are looked at.
const MOST: usize = 4096;
/// Longest time that rpm may take.
const RPM_LIMIT: Duration = Duration::from_secs(30);
/// Sources that are files, as packages name them.
const FILES: [&str; 3] = ["dpkg", "flatpak", "snap"];
const RPM: &str = "/usr/bin/rpm";
/// Where rpm keeps its database; the newer place first.
const RPM_DATABASES: [&str; 2] = ["usr/lib/sysimage/rpm", "var/lib/rpm"];

/// What is installed, and what could not be seen of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Installed {
    /// The packages, as they are reported.
    pub packages: Vec<Package>,
    /// Sources that are there and could not be read, with the reason: their packages are missing from the list.
    pub failed: BTreeMap<&'static str, String>,
    /// What was too much for a report.
    pub cut: Option<String>,
}

impl Installed {
    /// The list with the packages that a failed source had before: what cannot be read is not gone.
    #[must_use]
    pub fn keeping(self, before: &[Package]) -> Self {
        let Self { mut packages, failed, cut } = self;
        packages.extend(before.iter().filter(|package| failed.contains_key(package.source.as_str())).cloned());
        let (packages, more) = list::finish(packages);
        Self { packages, failed, cut: more.or(cut) }
    }

    /// What could not be seen, for a report's `incomplete`.
    #[must_use]
    pub fn gaps(&self) -> Vec<String> {
        let failed = self.failed.iter().map(|(source, reason)| format!("software: {source}: {reason}"));
        failed.chain(self.cut.clone()).collect()
    }
}

/// Looks at everything below a root directory.
pub async fn collect(root: &Path) -> Installed {
    let files = root.to_owned();
    let look = tokio::task::spawn_blocking(move || files_of(&files));
    let broken = || FILES.map(|source| (source, "the look at it failed".to_owned())).into();
    let (mut packages, mut failed) = look.await.unwrap_or_else(|_| (Vec::new(), broken()));
    match rpms(root).await {
        Ok(more) => packages.extend(more),
        Err(reason) => drop(failed.insert("rpm", reason)),
    }
    let (packages, cut) = list::finish(packages);
    Installed { packages, failed, cut }
}

fn files_of(root: &Path) -> (Vec<Package>, BTreeMap<&'static str, String>) {
    let looks = [dpkgs(root), all_flatpaks(root), snaps(&root.join("snap"))];
    let (mut packages, mut failed) = (Vec::new(), BTreeMap::new());
    for (source, found) in FILES.into_iter().zip(looks) {
        match found {
            Ok(found) => packages.extend(found),
            Err(error) => drop(failed.insert(source, error.to_string())),
        }
    }
    (packages, failed)
}

fn dpkgs(root: &Path) -> io::Result<Vec<Package>> {
    let dir = root.join("var/lib/dpkg");
    let mut packages = there(bytes(&dir.join("status"), READ_BYTES))?.map(|status| dpkg::parse(&status)).unwrap_or_default();
    // Images without dpkg itself have one file for each package.
    let parts = dir.join("status.d");
    for name in names(&parts).iter().filter(|name| !name.ends_with(".md5sums")).take(MOST) {
        packages.extend(there(bytes(&parts.join(name), SMALL_BYTES))?.map(|part| dpkg::parse(&part)).unwrap_or_default());
    }
    let info = dir.join("info");
    for package in &mut packages {
        package.install_date = dpkg::list_files(package).iter().find_map(|file| date(&info.join(file)));
    }
    Ok(packages)
}

/// Applications of the system and of each user. One that several have is one package: the list is of the machine.
fn all_flatpaks(root: &Path) -> io::Result<Vec<Package>> {
    let mut packages = flatpaks(&root.join("var/lib/flatpak/app"))?;
    for dir in user_flatpaks(root) {
        packages.extend(flatpaks(&dir)?);
    }
    Ok(packages)
}

/// Where users have flatpaks of their own: in the homes of people, and in that of root.
pub(super) fn user_flatpaks(root: &Path) -> Vec<PathBuf> {
    let people = root.join("home");
    let homes = names(&people).into_iter().take(MOST).map(|name| people.join(name));
    homes.chain([root.join("root")]).map(|home| home.join(".local/share/flatpak/app")).filter(|dir| dir.is_dir()).collect()
}

/// Applications as they are deployed: `ID/ARCHITECTURE/BRANCH/active`.
fn flatpaks(dir: &Path) -> io::Result<Vec<Package>> {
    let mut packages = Vec::new();
    for id in names(dir).iter().take(MOST) {
        for architecture in names(&dir.join(id)).iter().filter(|name| *name != "current").take(16) {
            for branch in names(&dir.join(id).join(architecture)).iter().take(16) {
                let active = dir.join(id).join(architecture).join(branch).join("active");
                let Some(metadata) = there(bytes(&active.join("metadata"), SMALL_BYTES))? else { continue };
                let told = ["metainfo", "appdata"].map(|kind| active.join(format!("files/share/{kind}/{id}.{kind}.xml")));
                let metainfo = told.iter().find_map(|path| bytes(path, SMALL_BYTES).ok()).unwrap_or_default();
                let found = flatpak::parse(&metadata, &metainfo, architecture, branch);
                packages.extend(found.map(|package| Package { install_date: date(&active), ..package }));
            }
        }
    }
    Ok(packages)
}

fn snaps(dir: &Path) -> io::Result<Vec<Package>> {
    let mut packages = Vec::new();
    for name in names(dir).iter().take(MOST) {
        let current = dir.join(name).join("current");
        let found = there(bytes(&current.join("meta/snap.yaml"), SMALL_BYTES))?;
        let package = found.and_then(|yaml| snap::parse(&yaml));
        packages.extend(package.map(|package| Package { install_date: date(&current), ..package }));
    }
    Ok(packages)
}

/// A file that is not there is no error.
fn there(read: io::Result<Vec<u8>>) -> io::Result<Option<Vec<u8>>> {
    match read {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        read => read.map(Some),
    }
}

/// What rpm prints; nothing where there is no database of it.
async fn rpms(root: &Path) -> Result<Vec<Package>, String> {
    let databases = RPM_DATABASES.iter().map(|path| root.join(path));
    let Some(database) = databases.into_iter().find(|path| has_database(path)) else { return Ok(Vec::new()) };
    let printed = tokio::time::timeout(RPM_LIMIT, listing(&database)).await;
    let printed = printed.map_err(|_| format!("no answer within {} s", RPM_LIMIT.as_secs()))?;
    printed.map(|bytes| rpm::parse(&bytes)).map_err(|error| format!("{RPM}: {error}"))
}

async fn listing(database: &Path) -> io::Result<Vec<u8>> {
    let mut command = Command::new(RPM);
    command.arg("--dbpath").arg(database).args(["-qa", "--qf", rpm::FORMAT]);
    command.env_clear().env("LC_ALL", "C.UTF-8").env("PATH", "/usr/bin:/bin").kill_on_drop(true);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let mut printed = Vec::new();
    if let Some(out) = child.stdout.take() {
        out.take(READ_BYTES).read_to_end(&mut printed).await?;
    }
    let status = child.wait().await?;
    if status.success() { Ok(printed) } else { Err(io::Error::other(format!("it ended with {status}"))) }
}

fn has_database(dir: &Path) -> bool {
    ["rpmdb.sqlite", "Packages.db", "Packages"].iter().any(|file| dir.join(file).is_file())
}

fn bytes(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    // A pipe or device in the place of a file would keep the reader waiting.
    if !file.metadata()?.is_file() {
        return Err(io::Error::other(format!("{} is not a file", path.display())));
    }
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// When this file or link was written, as a date in UTC.
fn date(path: &PathBuf) -> Option<NaiveDate> {
    let written = std::fs::symlink_metadata(path).ok()?.modified().ok()?;
    Some(DateTime::<Utc>::from(written).date_naive())
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests make a machine's files")]
mod tests {
    use super::*;
    use crate::collect::software::{digest, stamp};

    fn put(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn machine() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        put(root, "var/lib/dpkg/status", "Package: bash\nStatus: install ok installed\nVersion: 5\nArchitecture: amd64\n");
        put(root, "var/lib/dpkg/info/bash.list", "/bin/bash\n");
        put(root, "var/lib/dpkg/status.d/tzdata", "Package: tzdata\nVersion: 2026a\n");
        let active = "var/lib/flatpak/app/a.b.C/x86_64/stable/active";
        put(root, &format!("{active}/metadata"), "[Application]\nname=a.b.C\n");
        put(root, &format!("{active}/files/share/metainfo/a.b.C.metainfo.xml"), "<release version=\"3\"/>");
        let own = "home/ann/.local/share/flatpak/app/x.y.Z/x86_64/stable/active";
        put(root, &format!("{own}/metadata"), "[Application]\nname=x.y.Z\n");
        put(root, "snap/hello/current/meta/snap.yaml", "name: hello\nversion: 2.10\n");
        put(root, "snap/README", "no snap");
        dir
    }

    #[tokio::test]
    async fn every_source_is_found_under_the_root() {
        let machine = machine();
        let found = collect(machine.path()).await;
        assert_eq!(found.gaps(), Vec::<String>::new());
        let of = |p: &Package| format!("{} {} {}", p.source, p.name, p.version.clone().unwrap_or_default());
        let names: Vec<String> = found.packages.iter().map(of).collect();
        assert_eq!(names, ["flatpak a.b.C 3", "dpkg bash 5", "snap hello 2.10", "dpkg tzdata 2026a", "flatpak x.y.Z stable"]);
        let dated: Vec<bool> = found.packages.iter().map(|package| package.install_date.is_some()).collect();
        assert_eq!(dated, [true, true, true, false, true]);
        assert_eq!(collect(machine.path()).await, found);
    }

    #[tokio::test]
    async fn a_machine_without_packages_has_an_empty_list() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(collect(dir.path()).await, Installed::default());
        assert_ne!(digest(&[]), "");
    }

    #[tokio::test]
    async fn a_source_that_cannot_be_read_is_named() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("var/lib/dpkg/status")).unwrap();
        put(dir.path(), "var/lib/rpm/rpmdb.sqlite", "this is no database");
        let found = collect(dir.path()).await.gaps();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("software: dpkg: ") && found[1].starts_with("software: rpm: "), "{found:?}");
    }

    /// What rpm is told to do, in a directory of its own.
    fn tool(program: &str, dir: &Path, args: &[&str]) {
        let mut command = std::process::Command::new(program);
        let define = format!("_topdir {}", dir.display());
        command.args(["--define", &define, "--define", "source_date_epoch_from_changelog 0"]).args(args);
        let done = command.current_dir(dir).env("HOME", dir).output();
        let done = done.unwrap_or_else(|error| panic!("{program}: {error}; install rpm, as `cargo xtask test` does"));
        assert!(done.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&done.stderr));
    }

    #[tokio::test]
    async fn what_rpm_installed_is_read_by_rpm_itself() {
        let dir = tempfile::tempdir().unwrap();
        let (root, database) = (dir.path(), dir.path().join("var/lib/rpm"));
        let spec = "Name: muster-example\nEpoch: 2\nVersion: 1.5\nRelease: 3\nSummary: x\nLicense: MIT\nVendor: Example Inc.\n\
            BuildArch: noarch\n%description\nx\n%files\n";
        put(root, "example.spec", spec);
        std::fs::create_dir_all(&database).unwrap();
        tool("rpmbuild", root, &["-bb", "--quiet", "example.spec"]);
        let database = database.to_string_lossy().into_owned();
        let package = "RPMS/noarch/muster-example-1.5-3.noarch.rpm";
        tool("rpm", root, &["--dbpath", &database, "--install", "--justdb", "--nodeps", "--force-debian", package]);
        let found = collect(root).await;
        assert_eq!(found.gaps(), Vec::<String>::new());
        let [package] = found.packages.as_slice() else { panic!("{found:?}") };
        assert!(package.install_date.is_some());
        let expected = Package {
            name: "muster-example".to_owned(),
            version: Some("2:1.5-3".to_owned()),
            publisher: Some("Example Inc.".to_owned()),
            source: "rpm".to_owned(),
            architecture: Some("noarch".to_owned()),
            install_date: package.install_date,
        };
        assert_eq!(*package, expected);
    }

    #[test]
    fn the_stamp_changes_with_the_packages_only() {
        let machine = machine();
        let before = stamp(machine.path());
        put(machine.path(), "home/x", "y");
        assert_eq!(stamp(machine.path()), before);
        put(machine.path(), "var/lib/dpkg/status", "Package: zsh\nVersion: 5\n");
        assert_ne!(stamp(machine.path()), before);
    }
}
