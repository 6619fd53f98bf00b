//! What Linux distributions are made of: libraries, language modules, documentation, kernels, base tools. Nobody needs a licence for
//! each, and a list of what is not recognised is about the rest.

use super::row::{PACKAGES, Row, any, re, row, starts};

/// Products by the name of the package.
const PRODUCT: &str = "{name}";
const OF: &str = "{distribution}";

// One row, one line: a table is read down its columns.
#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row("distribution-libraries", starts("lib"), OF, PRODUCT, "libssl3:amd64|3.0.11-1~deb12u2").on(PACKAGES).unlicensed(),
    row("distribution-fonts", re(r"^(?:fonts-|xfonts-|google-noto-|dejavu-|liberation-)|-fonts(?:-common)?$"), OF, PRODUCT, "fonts-dejavu-core|2.37-6").on(PACKAGES).unlicensed(),
    row("distribution-modules", re(r"^(?:python3?-|python3\.\d+-|perl-|ruby-|rubygem-|golang-|rust-|node-|ghc-|r-cran-|php-|lua-|ocaml-|haskell-|texlive-|texlive$|tex-|emacs-|vim-|llvm-|clang-|gir1\.2-|qml-|qml6?-module-|gstreamer1)"), OF, PRODUCT, "python3-yaml|6.0-3+b2").on(PACKAGES).unlicensed(),
    row("distribution-compilers", re(r"^(?:gcc|g\+\+|cpp|clang|llvm|binutils|make|cmake|gdb|gfortran|autoconf|automake|bison|flex|m4|patch|meson|ninja-build|rustc|cargo|golang|ruby|perl|lua|nasm|valgrind|strace|ltrace|swig)[\d.+-]*(?:-(?:\d+|x86-64-linux-gnu.*|base|minimal|multilib))?$"), OF, PRODUCT, "gcc-12-base|12.2.0-14+deb12u1").on(PACKAGES).unlicensed(),
    row("distribution-parts", re(r"-(?:dev|devel|data|doc|docs|common|bin|dbg|dbgsym|debuginfo|debugsource|headers|source|static|locales?|langpack|l10n|libs|utils|plugins|modules|minimal|themes?|icon-theme|filesystem|selinux|completion)(?:-[\w.]+)?$"), OF, PRODUCT, "zlib1g-dev|1:1.2.13.dfsg-1").on(PACKAGES).unlicensed(),
    row("distribution-kernel", re(r"^(?:linux-(?:image|headers|modules|base|compiler|kbuild|firmware|libc|tools|generic|signed|source)|kernel|firmware-|microcode_ctl|dracut|grub|shim|initramfs-|intel-microcode|amd64-microcode)"), OF, PRODUCT, "linux-image-6.1.0-18-amd64|6.1.76-1").on(PACKAGES).unlicensed(),
    row("distribution-base", re(r"^(?:adduser|apt|apt-utils|apt-transport-https|appstream|at|bc|build-essential|base-files|base-passwd|bash|bsdutils|bsdextrautils|bzip2|ca-certificates|coreutils|cpio|cron|crontabs|curl|dash|dbus|debconf|debian-archive-keyring|ubuntu-keyring|debianutils|diffutils|dmidecode|dpkg|dnf|e2fsprogs|ed|eject|ethtool|fakeroot|file|findutils|gawk|gettext|glibc|grep|gzip|hostname|init|init-system-helpers|iso-codes|jq|iproute2?|iptables|kmod|kbd|less|locales|login|logrotate|logsave|lsof|lz4|mawk|man-db|manpages|media-types|mount|nano|net-tools|netbase|nftables|passwd|patch|pciutils|procps|psmisc|readline|rpm|rsync|rsyslog|screen|sed|sensible-utils|setup|shadow|shadow-utils|shared-mime-info|sudo|tar|tmux|tree|tzdata|ucf|udev|unzip|usbutils|vim|wget|which|whiptail|xz|xz-utils|yum|zip|zlib1?g?|zstd)$"), OF, PRODUCT, "coreutils|9.1-1").on(PACKAGES).unlicensed(),
    row("distribution-system", re(r"^(?:audit|auditd|btrfs-progs|chrony|cryptsetup|dosfstools|fdisk|firewalld|gdisk|gnupg2?|gpg[a-z-]*|gpgv|iputils[a-z-]*|isc-dhcp-client|keyboard-configuration|console-setup[a-z-]*|lsb-release|lvm2|mdadm|ncurses[a-z-]*|network-manager|networkmanager|nfs|os-prober|pkg-config|pkgconf|publicsuffix|rpcsvc-proto|sqlite3|time|pam|packagekit|parted|pinentry[a-z-]*|policykit-1|polkit|polkitd|selinux-policy|systemd[a-z-]*|dbus-[a-z0-9-]*|sysvinit[a-z-]*|ufw|upower|usr-is-merged|util-linux[a-z-]*|wireless-tools|wpasupplicant|xfsprogs)$"), OF, PRODUCT, "systemd-sysv|252.38-1~deb12u1").on(PACKAGES).unlicensed(),
    row("distribution-desktop", re(r"^(?:gnome|gtk|gvfs|gdm|kde|plasma|kf5|kf6|qt[456]|xfce|xorg|xserver|x11|xwayland|mesa|pipewire|pulseaudio|wireplumber|alsa|cups|avahi|bluez|colord|dconf|evince|evolution|nautilus|tracker|at-spi|adwaita|hicolor|desktop-file|hunspell|aspell|myspell|ibus|fcitx|poppler|ghostscript|imagemagick|graphviz|task-|tasksel)"), OF, PRODUCT, "gnome-shell|43.9-0+deb12u2").on(PACKAGES).unlicensed(),
    // A distributor's name or mark, where no rule before knew the product.
    any("distribution-rpm", OF, PRODUCT, "tuned|2.21.0-1.fc40|Fedora Project").on(&["rpm"]).by(re(r"^(?:fedora project|centos|red hat|rocky|almalinux|oracle america|suse|opensuse|amazon linux|mageia|openeuler)")).unlicensed(),
    any("distribution-dpkg", OF, PRODUCT, "unattended-upgrades|2.9.1+nmu3|Ubuntu Developers").on(&["dpkg"]).by(re(r"^(?:debian|ubuntu|raspbian|raspberry pi|kali)\b|\b(?:debian|ubuntu)\b.*(?:team|maintainers|developers|group|packagers)$")).unlicensed(),
    row("distribution-snaps", re(r"^(?:bare|core\d*|snapd(?:-desktop-integration)?|gtk-common-themes|gnome-\d+-\d+(?:-\d+)?(?:-sdk)?|kf5-.*|kde-frameworks-.*|mesa-\d+|snap-store|firmware-updater)$"), "Canonical", PRODUCT, "core22|20240111").on(&["snap"]).unlicensed(),
];
