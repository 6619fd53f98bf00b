//! Products of Microsoft, as their installers and packages name them.

use super::row::{Row, is, re, row, starts};

const M: &str = "Microsoft";

// One row, one line: a table is read down its columns.
#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row("microsoft-365-apps", re(r"^microsoft (?:365 apps for|365) ?(enterprise|business|home|personal|family)?(?: -|$)"), M, "365 Apps", "Microsoft 365 Apps for enterprise - en-us").edition("{1}"),
    row("microsoft-office-365", re(r"^microsoft office 365(?: (proplus|business|home|personal))?"), M, "365 Apps", "Microsoft Office 365 ProPlus - en-us (retail)").edition("{1}"),
    row("microsoft-office-mac", re(r"^microsoft (word|excel|powerpoint|outlook|onenote)$"), M, "{1}", "Microsoft Excel|16.78").on(&["macos"]),
    row("microsoft-office", re(r"^microsoft office (ltsc )?(professional plus|professional|standard|home and business|home and student|home & business|small business|enterprise|ultimate)(?: edition)? (\d{4})"), M, "Office", "Microsoft Office Professional Plus 2016 - en-us").edition("{1}{2}").version("{3}"),
    row("microsoft-office-year-first", re(r"^microsoft office (\d{4}) (professional plus|professional|standard|home and business)"), M, "Office", "Microsoft Office 2010 Standard").edition("{2}").version("{1}"),
    row("microsoft-office-programs", re(r"^microsoft (?:office )?(access|excel|word|powerpoint|outlook|publisher|infopath|onenote)(?: mui| professional)? (\d{4})"), M, "{1}", "Microsoft Access 2016 - en-us").version("{2}"),
    row("microsoft-project-server", re(r"^microsoft project server (\d{4})"), M, "Project Server", "Microsoft Project Server 2019").version("{1}"),
    row("microsoft-project", re(r"^microsoft (?:office )?project (standard|professional) (\d{4})"), M, "Project", "Microsoft Project Professional 2019 - en-us").edition("{1}").version("{2}"),
    row("microsoft-project-online", starts("Microsoft Project"), M, "Project", "Microsoft Project - en-us"),
    row("microsoft-visio-viewer", re(r"^microsoft (?:office )?visio viewer"), M, "Visio Viewer", "Microsoft Visio Viewer 2016").free(),
    row("microsoft-visio", re(r"^microsoft (?:office )?visio (standard|professional|premium) (\d{4})"), M, "Visio", "Microsoft Visio Professional 2019 - en-us").edition("{1}").version("{2}"),
    row("microsoft-visio-online", re(r"^microsoft (?:office )?visio"), M, "Visio", "Microsoft Visio - en-us"),
    row("microsoft-sql-studio", re(r"^(?:microsoft )?sql server management studio"), M, "SQL Server Management Studio", "Microsoft SQL Server Management Studio - 18.12.1").free(),
    row("microsoft-sql-express", re(r"^microsoft sql server (\d{4})( r2)? (?:express|localdb)"), M, "SQL Server", "Microsoft SQL Server 2019 LocalDB").version("{1}{2}").edition("Express").free(),
    row("microsoft-sql-server", re(r"^microsoft sql server (\d{4})( r2)?(?: (enterprise|standard|developer|web|datacenter|workgroup|business intelligence)(?: edition)?)?$"), M, "SQL Server", "Microsoft SQL Server 2019 (64-bit)").version("{1}{2}").edition("{3}"),
    row("microsoft-sql-server-linux", is("mssql-server"), M, "SQL Server", "mssql-server|16.0.4115.5-2").on(&["dpkg", "rpm"]),
    row("microsoft-power-bi-desktop", re(r"^microsoft power ?bi desktop"), M, "Power BI Desktop", "Microsoft Power BI Desktop (x64)").free(),
    row("microsoft-power-bi-server", re(r"^microsoft power ?bi report server"), M, "Power BI Report Server", "Microsoft Power BI Report Server"),
    row("microsoft-windows-server", re(r"^(?:microsoft )?windows server (\d{4})( r2)?(?: (standard|datacenter|essentials|foundation|web|enterprise)(?: edition)?)?"), M, "Windows Server", "Microsoft Windows Server 2019 Standard").version("{1}{2}").edition("{3}"),
    row("microsoft-windows", re(r"^(?:microsoft )?windows (7|8|8\.1|10|11)(?: (pro|enterprise|home|education|ultimate|professional)(?: ltsc)?)?$"), M, "Windows", "Microsoft Windows 11 Enterprise").version("{1}").edition("{2}"),
    row("microsoft-exchange", re(r"^microsoft exchange server (\d{4})"), M, "Exchange Server", "Microsoft Exchange Server 2019 Cumulative Update 14").version("{1}"),
    row("microsoft-sharepoint", re(r"^microsoft sharepoint (?:enterprise server|server|foundation) ?(\d{4})?"), M, "SharePoint Server", "Microsoft SharePoint Server 2019").version("{1}"),
    row("microsoft-skype-server", re(r"^(?:skype for business server|microsoft lync server) (\d{4})"), M, "Skype for Business Server", "Skype for Business Server 2019, Core Components").version("{1}"),
    row("microsoft-skype", re(r"^(?:skype(?: for business.*)?(?: version.*)?|skypeforlinux|com\.skype\.client)$"), M, "Skype", "Skype version 8.110").free(),
    row("microsoft-biztalk", re(r"^microsoft biztalk server (\d{4})(?: (enterprise|standard|branch|developer))?"), M, "BizTalk Server", "Microsoft BizTalk Server 2020 Enterprise Edition").version("{1}").edition("{2}"),
    row("microsoft-system-center", re(r"^(?:microsoft )?system center (\d{4}) (configuration manager|operations manager|virtual machine manager|data protection manager|orchestrator|service manager)"), M, "System Center {2}", "System Center 2019 Operations Manager").version("{1}"),
    row("microsoft-configuration-client", re(r"^configuration manager client"), M, "Configuration Manager Client", "Configuration Manager Client").unlicensed(),
    row("microsoft-dynamics-nav", re(r"^microsoft dynamics (nav|365 business central|crm|ax|gp|365)"), M, "Dynamics {1}", "Microsoft Dynamics NAV 2018"),
    row("microsoft-visual-studio-code", re(r"^(?:microsoft visual studio code(?: \(user\))?|visual studio code|code|com\.visualstudio\.code)$"), M, "Visual Studio Code", "Microsoft Visual Studio Code (User)|1.88.0").free(),
    row("microsoft-visual-studio-tools", re(r"^(?:microsoft )?visual studio (?:installer|setup|build tools|tools for|team explorer|test agent|remote debugger)"), M, "Visual Studio Tools", "Microsoft Visual Studio Installer").free(),
    row("microsoft-visual-studio-community", re(r"^(?:microsoft )?visual studio (?:community|express)(?: for windows desktop)?(?: (\d{4}))?"), M, "Visual Studio", "Visual Studio Community 2022").edition("Community").version("{1}").free(),
    row("microsoft-visual-studio", re(r"^(?:microsoft )?visual studio (enterprise|professional|premium|ultimate|test professional)(?: (\d{4}))?"), M, "Visual Studio", "Visual Studio Enterprise 2022").edition("{1}").version("{2}"),
    row("microsoft-visual-studio-year-first", re(r"^microsoft visual studio (\d{4}) (enterprise|professional|premium|ultimate)"), M, "Visual Studio", "Microsoft Visual Studio 2010 Professional - ENU").edition("{2}").version("{1}"),
    row("microsoft-edge", re(r"^(?:microsoft edge|microsoft-edge-(?:stable|beta|dev)|com\.microsoft\.edge)$"), M, "Edge", "Microsoft Edge").free(),
    row("microsoft-teams", re(r"^(?:microsoft teams|teams machine-wide installer|teams|com\.microsoft\.teams)"), M, "Teams", "Microsoft Teams classic").free(),
    row("microsoft-onedrive", starts("Microsoft OneDrive"), M, "OneDrive", "Microsoft OneDrive").free(),
    row("microsoft-powershell", re(r"^powershell(?: \d.*|-preview)?$"), M, "PowerShell", "PowerShell 7-x64").free(),
    row("microsoft-azure-tools", re(r"^(?:microsoft azure (?:cli|powershell|storage explorer|data studio)|azure data studio|azure-cli)"), M, "Azure Tools", "Microsoft Azure CLI (64-bit)").free(),
    row("microsoft-defender", re(r"^(?:microsoft defender|mdatp$)"), M, "Defender for Endpoint", "Microsoft Defender"),
    row("microsoft-intune", re(r"^(?:microsoft intune|intune-portal$|company portal$)"), M, "Intune Agent", "Microsoft Intune Management Extension").unlicensed(),
    row("microsoft-silverlight", starts("Microsoft Silverlight"), M, "Silverlight", "Microsoft Silverlight").free(),
    row("microsoft-laps", re(r"^local administrator password solution"), M, "LAPS", "Local Administrator Password Solution").free(),
];
