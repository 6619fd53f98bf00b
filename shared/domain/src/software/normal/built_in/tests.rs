//! The built-in rules against titles as they are found on machines.

use std::collections::BTreeSet;

use super::*;
use crate::software::Software;
use crate::software::normal::{Normalised, Normaliser};

fn normaliser() -> Normaliser {
    Normaliser::new(built_in(&BTreeSet::new())).unwrap_or_else(|errors| panic!("{errors:#?}"))
}

#[test]
fn every_rule_is_about_its_example() {
    let normaliser = normaliser();
    let wrong: Vec<_> = rows()
        .filter_map(|row| {
            let found = normaliser.normalise(&row.example()).rule;
            let id = row.rule(0).id;
            (found.as_ref() != Some(&id)).then(|| format!("{id}: {:?} is by {found:?}", row.example()))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn there_are_many_and_their_order_is_behind_those_of_administrators() {
    let rules = built_in(&BTreeSet::from(["zoom".to_owned(), "unheard-of".to_owned()]));
    assert!(rules.len() > 250, "{}", rules.len());
    assert!(rules.iter().all(|rule| rule.order >= BUILT_IN_ORDER && !rule.note.is_empty()));
    assert_eq!(rules.iter().filter(|rule| !rule.enabled).map(|rule| rule.id.as_str()).collect::<Vec<_>>(), ["zoom"]);
}

/// `source|name|version|publisher` is `publisher|product|version|edition|type`.
#[test]
fn titles_of_real_lists() {
    let normaliser = normaliser();
    for (title, expected) in [
        (
            "registry|Microsoft Office Professional Plus 2016 - en-us|16.0.4266|Microsoft Corporation",
            "Microsoft|Office|2016|Professional Plus|Licensable",
        ),
        ("registry|Microsoft Office LTSC Standard 2021 - de-de|16.0", "Microsoft|Office|2021|LTSC Standard|Licensable"),
        ("registry|Microsoft 365 Apps for enterprise - en-us|16.0.17", "Microsoft|365 Apps|16.0.17|enterprise|Licensable"),
        ("registry|Microsoft SQL Server 2019 (64-bit)", "Microsoft|SQL Server|2019||Licensable"),
        ("registry|Microsoft SQL Server 2019 Developer Edition|1", "Microsoft|SQL Server|2019|Developer|Freeware"),
        ("registry|Microsoft SQL Server 2014 Developer Edition|1", "Microsoft|SQL Server|2014|Developer|Licensable"),
        ("dpkg|mssql-server|14.0.3465.1-1", "Microsoft|SQL Server|2017||Licensable"),
        ("dpkg|mssql-server|15.0.4355.3-1", "Microsoft|SQL Server|2019||Licensable"),
        ("rpm|mssql-server|16.0.4115.5-2", "Microsoft|SQL Server|2022||Licensable"),
        ("rpm|mssql-server|99.1", "Microsoft|SQL Server|99.1||Licensable"),
        ("host|VMware ESXi 8.0.2", "VMware|vSphere|8||Licensable"),
        ("host|VMware vSphere 7 Enterprise Plus", "VMware|vSphere|7|Enterprise Plus|Licensable"),
        ("host|VMware ESXi", "VMware|vSphere|||Licensable"),
        ("registry|Microsoft SQL Server 2012 R2 Enterprise Edition|1", "Microsoft|SQL Server|2012 R2|Enterprise|Licensable"),
        ("registry|Microsoft SQL Server 2012 Native Client |11.4", "Microsoft|SQL Server|2012|Components|Child"),
        ("registry|Microsoft Visio Professional 2019 - en-us|16.0", "Microsoft|Visio|2019|Professional|Licensable"),
        ("registry|Security Update for Microsoft Office 2016 (KB5002138) 32-Bit Edition", "Microsoft|Update|||Patch"),
        ("registry|Mozilla Firefox (x64 en-US)|128.0|Mozilla", "Mozilla|Firefox|128.0||Freeware"),
        ("registry|7-Zip 23.01 (x64)|23.01|Igor Pavlov", "Igor Pavlov|7-Zip|23.01||Freeware"),
        ("registry|7-Zip 23.01 (x64)", "Igor Pavlov|7-Zip|23.01||Freeware"),
        ("registry|Java 8 Update 371 (64-bit)|8.0.3710.11|Oracle Corporation", "Oracle|Java SE|8u371||Licensable"),
        ("registry|Oracle Database 19c Enterprise Edition|19.0", "Oracle|Database|19c|Enterprise Edition|Licensable"),
        ("registry|Adobe Acrobat Reader DC - Deutsch|23.1", "Adobe|Acrobat Reader|23.1||Freeware"),
        ("registry|AutoCAD LT 2024 - English|31.0", "Autodesk|AutoCAD LT|2024||Licensable"),
        ("registry|Autodesk AutoCAD Architecture 2024 - English", "Autodesk|AutoCAD Architecture|2024||Licensable"),
        ("registry|IntelliJ IDEA Community Edition 2023.3.4|233.14", "JetBrains|IntelliJ IDEA|2023.3.4|Community|Freeware"),
        ("registry|IBM SPSS Statistics 29|29.0.1", "IBM|SPSS Statistics|29||Licensable"),
        ("registry|Windows Server 2012 R2 Datacenter", "Microsoft|Windows Server|2012 R2|Datacenter|Licensable"),
        (
            "dpkg|postgresql-15|15.6-0+deb12u1|Debian PostgreSQL Maintainers",
            "PostgreSQL Global Development Group|PostgreSQL|15.6||Freeware",
        ),
        ("dpkg|python3.11|3.11.2-6+deb12u6|Matthias Klose", "Python Software Foundation|Python|3.11.2||Freeware"),
        ("dpkg|libssl3:amd64|3.0.11-1~deb12u2|Debian OpenSSL Team", "Debian|libssl3|3.0.11||Not Licensable"),
        ("deb|zlib1g-dev|1:1.2.13.dfsg-1ubuntu2|Ubuntu Developers", "Ubuntu|zlib1g-dev|1.2.13||Not Licensable"),
        ("dpkg|openssh-server|1:9.2p1-2+deb12u3|Debian OpenSSH Maintainers", "OpenBSD Project|OpenSSH|9.2p1||Freeware"),
        ("rpm|kernel-core|6.8.5-301.fc40|Fedora Project", "Fedora|kernel-core|6.8.5||Not Licensable"),
        ("rpm|redhat-release|9.4-0.5.el9|Red Hat, Inc.", "Red Hat|Enterprise Linux|9.4||Licensable"),
        ("rpm|java-17-openjdk|1:17.0.10.0.7-2.el9|Red Hat, Inc.", "OpenJDK|OpenJDK|17.0.10.0.7||Freeware"),
        ("flatpak|org.mozilla.firefox|128.0|Mozilla", "Mozilla|Firefox|128.0||Freeware"),
        ("snap|firefox|128.0-2", "Mozilla|Firefox|128.0||Freeware"),
        ("snap|intellij-idea-ultimate|2023.3.4", "JetBrains|IntelliJ IDEA|2023.3.4|Ultimate|Licensable"),
        ("registry|Example Planner 4.2 (x64)|4.2.1|Example Software, Inc.", "Example Software|Example Planner|4.2.1||Unknown"),
        ("dpkg|example-server|4.2-1|Example Software", "Example Software|example-server|4.2||Unknown"),
    ] {
        let mut parts = title.split('|').map(str::to_owned);
        let source = parts.next().unwrap();
        let name = parts.next().unwrap();
        let software = Software { name, version: parts.next(), publisher: parts.next(), source, architecture: None };
        let Normalised { rule, publisher, product, version, edition, product_type, .. } = normaliser.normalise(&software);
        let [publisher, version, edition] = [publisher, version, edition].map(Option::unwrap_or_default);
        assert_eq!(format!("{publisher}|{product}|{version}|{edition}|{product_type}"), expected, "{title} by {rule:?}");
    }
}
