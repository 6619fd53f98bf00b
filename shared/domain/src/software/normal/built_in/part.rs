//! Corrections, drivers, runtimes and other parts: what is on every list and needs no licence of its own.

use super::row::{Row, re, row, starts};
use crate::software::normal::ProductType;

const WINDOWS: &[&str] = &["windows"];

// One row, one line: a table is read down its columns.
#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row("part-windows-update", re(r"\bKB\d{6,7}\b"), "Microsoft", "Update", "Security Update for Microsoft Office 2016 (KB5002138) 32-Bit Edition").on(WINDOWS).of_type(ProductType::Patch),
    row("part-security-update", re("^(security update|update|hotfix|service pack \\d+) for "), "{publisher}", "Update", "Update for Windows 10 for x64-based Systems||Microsoft").on(WINDOWS).of_type(ProductType::Patch),
    row("part-microsoft-update-health", starts("Microsoft Update Health Tools"), "Microsoft", "Update Health Tools", "Microsoft Update Health Tools").unlicensed(),
    row("part-visual-c-runtime", re(r"^microsoft visual c\+\+ (\d{4})(-\d{4})?.*(redistributable|runtime)"), "Microsoft", "Visual C++ Redistributable", "Microsoft Visual C++ 2015-2022 Redistributable (x64) - 14.38.33135").version("{1}{2}").unlicensed(),
    row("part-dotnet", re(r"^microsoft (?:windows desktop runtime|\.net|asp\.net core|netstandard)"), "Microsoft", ".NET", "Microsoft .NET Runtime - 8.0.4 (x64)").unlicensed(),
    row("part-dotnet-linux", re(r"^(?:dotnet|aspnetcore)-(?:sdk|runtime|host|hostfxr|targeting-pack|apphost)"), "Microsoft", ".NET", "dotnet-sdk-8.0|8.0.4-1").on(&["dpkg", "rpm", "snap"]).unlicensed(),
    row("part-edge-webview", starts("Microsoft Edge WebView2"), "Microsoft", "Edge WebView2 Runtime", "Microsoft Edge WebView2 Runtime").unlicensed(),
    row("part-edge-update", starts("Microsoft Edge Update"), "Microsoft", "Edge Update", "Microsoft Edge Update").unlicensed(),
    row("part-office-proofing", re(r"^(?:microsoft office proofing|outils de vérification|microsoft office shared|microsoft office osm|office 16 click-to-run|microsoft access database engine)"), "Microsoft", "Office", "Microsoft Office Proofing Tools 2016 - English").edition("Components").child(),
    row("part-office-language", re(r"^microsoft (?:office|project|visio) (?:language pack|mui|multi-language pack)"), "Microsoft", "Office Language Pack", "Microsoft Office Language Pack 2016 - German/Deutsch").child(),
    row("part-sql-native-client", re(r"^microsoft sql server (\d{4}) (?:native client|management objects|transact-sql|t-sql|setup|rsfx driver|common files|policies|data-tier|batch parser|xevent|shared|clr types|connection info|vss writer|browser|diagnostics)"), "Microsoft", "SQL Server", "Microsoft SQL Server 2012 Native Client").version("{1}").edition("Components").child(),
    row("part-sql-components", re(r"^sql server (\d{4}) (?:database engine|common files|connection info|shared management|dmf|xevent|sql diagnostics|batch parser|client tools|integration services|reporting services|analysis services)"), "Microsoft", "SQL Server", "SQL Server 2019 Database Engine Services").version("{1}").edition("Components").child(),
    row("part-sql-parts", re(r"^(?:browser for sql server|microsoft system clr types for sql server|microsoft vss writer for sql server|sql server browser for sql server)"), "Microsoft", "SQL Server", "Browser for SQL Server 2019").edition("Components").child(),
    row("part-sql-drivers", re(r"^microsoft (?:odbc driver|ole db driver|command line utilities) \d* ?for sql server"), "Microsoft", "SQL Server Drivers", "Microsoft ODBC Driver 17 for SQL Server").of_type(ProductType::Driver),
    row("part-sql-drivers-linux", re(r"^(?:msodbcsql|mssql-tools)\d*$"), "Microsoft", "SQL Server Drivers", "msodbcsql18|18.3.2.1-1").on(&["dpkg", "rpm"]).of_type(ProductType::Driver),
    row("part-mysql-connectors", re(r"^mysql connector"), "Oracle", "MySQL Connectors", "MySQL Connector/ODBC 8.0|8.0.33").of_type(ProductType::Driver),
    row("part-java-updater", re(r"^java auto updater"), "Oracle", "Java Auto Updater", "Java Auto Updater").unlicensed(),
    row("part-mozilla-maintenance", starts("Mozilla Maintenance Service"), "Mozilla", "Maintenance Service", "Mozilla Maintenance Service").unlicensed(),
    row("part-google-update", re(r"^google (?:update helper|update)$"), "Google", "Update Helper", "Google Update Helper").unlicensed(),
    row("part-adobe-helpers", re(r"^adobe (?:refresh manager|genuine service|creative cloud desktop|air|flash player|shockwave)"), "Adobe", "Components", "Adobe Refresh Manager").unlicensed(),
    row("part-intel-drivers", re(r"^intel .*(?:driver|chipset|management engine|graphics|rapid storage|network connections|serial io|wireless bluetooth|proset)"), "Intel", "Drivers", "Intel(R) Wireless Bluetooth(R)").of_type(ProductType::Driver),
    row("part-nvidia-drivers", re(r"^(?:nvidia (?:graphics|hd audio|physx|usb|driver|frameview|install)|nvidia-(?:driver|kernel|dkms|settings))"), "NVIDIA", "Drivers", "NVIDIA Graphics Driver 551.61").of_type(ProductType::Driver),
    row("part-amd-drivers", re(r"^amd (?:software|chipset|ryzen|catalyst|gpio|psp)"), "AMD", "Drivers", "AMD Chipset Software").of_type(ProductType::Driver),
    row("part-realtek-drivers", starts("Realtek "), "Realtek", "Drivers", "Realtek High Definition Audio Driver").of_type(ProductType::Driver),
    row("part-synaptics-drivers", starts("Synaptics "), "Synaptics", "Drivers", "Synaptics Pointing Device Driver").of_type(ProductType::Driver),
    row("part-printer-drivers", re(r"^(?:hp|canon|epson|brother|xerox|kyocera|ricoh|lexmark) .*(?:driver|basic device software|scan utility)"), "{publisher}", "Printer Drivers", "Canon MF Scan Utility||Canon Inc.").of_type(ProductType::Driver),
    row("part-windows-sdk", re(r"^(?:windows software development kit|windows sdk|windows app certification|microsoft windows app runtime|universal crt)"), "Microsoft", "Windows SDK", "Windows Software Development Kit - Windows 10.0.22621").unlicensed(),
    row("part-vmware-tools", re(r"^(?:vmware tools|open-vm-tools)"), "VMware", "Tools", "VMware Tools").unlicensed(),
    row("part-virtualbox-guest", re(r"^(?:oracle (?:vm )?virtualbox guest additions|virtualbox-guest)"), "Oracle", "VirtualBox Guest Additions", "Oracle VM VirtualBox Guest Additions 7.0.14").unlicensed(),
    row("part-citrix-tools", re(r"^citrix (?:xenserver|hypervisor|vm) .*tools|^citrix vm tools"), "Citrix", "VM Tools", "Citrix VM Tools").unlicensed(),
];
