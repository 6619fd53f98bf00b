//! Products for design, engineering and media: Adobe, Autodesk and others.

use super::row::{Row, re, row, starts};

// One row, one line: a table is read down its columns.
#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    // Adobe. Acrobat and its Reader share one installer since 2022.
    row("adobe-reader", re(r"^(?:adobe acrobat reader|adobe reader|acroread)(?: (xi|x|dc|\d+))?"), "Adobe", "Acrobat Reader", "Adobe Acrobat Reader DC - Deutsch").free(),
    row("adobe-acrobat", re(r"^adobe acrobat (?:(xi|x|dc|\d{4}|\d+) )?(pro extended|pro|standard)"), "Adobe", "Acrobat", "Adobe Acrobat XI Pro").edition("{2}"),
    row("adobe-acrobat-year", starts("Adobe Acrobat"), "Adobe", "Acrobat", "Adobe Acrobat (64-bit)"),
    row("adobe-creative-suite", re(r"^adobe creative suite (\d(?:\.\d)?)(?: (design standard|design premium|master collection|production premium|web premium))?"), "Adobe", "Creative Suite", "Adobe Creative Suite 6 Design Standard").version("{1}").edition("{2}"),
    row("adobe-creative-cloud-app", re(r"^adobe (photoshop|illustrator|indesign|premiere pro|after effects|lightroom classic|lightroom|dreamweaver|animate|audition|incopy|xd|bridge|media encoder|dimension|substance 3d \w+)(?: cc)?(?: \(?(\d{4})\)?)?$"), "Adobe", "{1}", "Adobe Photoshop 2024").version("{2}"),
    row("adobe-creative-suite-app", re(r"^adobe (photoshop|illustrator|indesign|dreamweaver|fireworks|flash professional|premiere pro|after effects) cs(\d(?:\.\d)?)"), "Adobe", "{1}", "Adobe InDesign CS6").version("CS{2}"),
    row("adobe-photoshop-elements", re(r"^adobe (photoshop|premiere) elements (\d+)"), "Adobe", "{1} Elements", "Adobe Photoshop Elements 2024").version("{2}"),
    row("adobe-framemaker", re(r"^adobe (framemaker|robohelp|captivate|coldfusion|connect)(?: (\d{4}|\d+))?"), "Adobe", "{1}", "Adobe FrameMaker 2022").version("{2}"),
    row("adobe-digital-editions", starts("Adobe Digital Editions"), "Adobe", "Digital Editions", "Adobe Digital Editions 4.5").free(),
    // Autodesk.
    row("autodesk-viewers", re(r"^(?:autodesk )?(dwg trueview|design review|navisworks freedom)(?: (\d{4}))?"), "Autodesk", "{1}", "DWG TrueView 2024 - English").version("{2}").free(),
    row("autodesk-parts", re(r"^autodesk (?:desktop app|genuine service|material library|advanced material|single sign on|identity manager|licens|app manager|save to|access|content|inventor interoperability|featured apps)"), "Autodesk", "Components", "Autodesk Material Library 2024").child(),
    row("autodesk-autocad-lt", re(r"^(?:autodesk )?autocad lt(?: (\d{4}))?"), "Autodesk", "AutoCAD LT", "AutoCAD LT 2024 - English").version("{1}"),
    row("autodesk-autocad", re(r"^(?:autodesk )?autocad(?: (architecture|mechanical|electrical|civil 3d|map 3d|plant 3d|mep))?(?: (\d{4}))?"), "Autodesk", "AutoCAD {1}", "Autodesk AutoCAD 2024 - English").version("{2}"),
    row("autodesk-revit", re(r"^(?:autodesk )?revit( lt)?(?: (\d{4}))?$"), "Autodesk", "Revit{1}", "Autodesk Revit 2024").version("{2}"),
    row("autodesk-inventor", re(r"^(?:autodesk )?inventor( lt| professional)?(?: (\d{4}))?"), "Autodesk", "Inventor", "Autodesk Inventor Professional 2024 - English").edition("{1}").version("{2}"),
    row("autodesk-products", re(r"^autodesk (3ds max|maya|navisworks manage|navisworks simulate|civil 3d|vault|fusion(?: 360)?|infraworks|recap|mudbox|motionbuilder|advance steel|robot structural analysis)(?: (?:client|professional|basic|pro))*(?: (\d{4}))?"), "Autodesk", "{1}", "Autodesk 3ds Max 2024").version("{2}"),
    // Other engineering tools.
    row("dassault-draftsight", re(r"^draftsight"), "Dassault Systèmes", "DraftSight", "DraftSight 2023 SP2"),
    row("dassault-edrawings", re(r"^(?:solidworks )?edrawings"), "Dassault Systèmes", "eDrawings", "SOLIDWORKS eDrawings 2023").free(),
    row("dassault-solidworks", re(r"^solidworks(?: (\d{4}))?"), "Dassault Systèmes", "SOLIDWORKS", "SOLIDWORKS 2023 SP02").version("{1}"),
    row("dassault-catia", re(r"^(?:dassault systemes )?catia"), "Dassault Systèmes", "CATIA", "CATIA P3 V5-6R2022"),
    row("siemens-nx", re(r"^siemens nx(?: (\d+))?"), "Siemens", "NX", "Siemens NX 2206").version("{1}"),
    row("siemens-solid-edge", re(r"^(?:siemens )?solid edge(?: (\d{4}|st\d+))?"), "Siemens", "Solid Edge", "Solid Edge 2023").version("{1}"),
    row("siemens-teamcenter", re(r"^(?:siemens )?teamcenter"), "Siemens", "Teamcenter", "Teamcenter 13"),
    row("ptc-creo-view", re(r"^(?:ptc )?creo view express"), "PTC", "Creo View Express", "PTC Creo View Express 9.0").free(),
    row("ptc-creo", re(r"^(?:ptc )?creo (parametric|elements|view|direct modeling)"), "PTC", "Creo {1}", "PTC Creo Parametric Release 9.0"),
    row("mathworks-runtime", re(r"^matlab (?:compiler )?runtime"), "MathWorks", "MATLAB Runtime", "MATLAB Runtime 9.14").free(),
    row("mathworks-matlab", re(r"^matlab(?: (r\d{4}[ab]))?"), "MathWorks", "MATLAB", "MATLAB R2023b").version("{1}"),
    row("ansys", re(r"^ansys(?: .*?)?(?: (\d{4} r\d))?$"), "Ansys", "Ansys", "ANSYS 2023 R2").version("{1}"),
    row("wolfram-mathematica", re(r"^(?:wolfram )?mathematica(?: (\d+(?:\.\d+)?))?"), "Wolfram", "Mathematica", "Wolfram Mathematica 13.3").version("{1}"),
    row("ni-labview-runtime", re(r"^(?:ni )?labview run-?time"), "NI", "LabVIEW Runtime", "NI LabVIEW Run-Time Engine 2019").free(),
    row("ni-labview", re(r"^(?:ni |national instruments )?labview(?: (\d{4}))?"), "NI", "LabVIEW", "NI LabVIEW 2023").version("{1}"),
    row("trimble-sketchup", re(r"^sketchup(?: (pro|make))?(?: (\d{4}))?"), "Trimble", "SketchUp", "SketchUp Pro 2023").edition("{1}").version("{2}"),
    row("bentley-microstation", re(r"^(?:bentley )?microstation"), "Bentley", "MicroStation", "MicroStation CONNECT Edition"),
    row("esri-arcgis", re(r"^arcgis (pro|desktop|server|enterprise)"), "Esri", "ArcGIS {1}", "ArcGIS Pro"),
    row("corel-draw", re(r"^coreldraw(?: graphics suite)?(?: (\w+))?"), "Corel", "CorelDRAW Graphics Suite", "CorelDRAW Graphics Suite 2023").version("{1}"),
    row("corel-winzip", re(r"^winzip(?: (\d+(?:\.\d+)?))?"), "Corel", "WinZip", "WinZip 28.0").version("{1}"),
    row("techsmith-snagit", re(r"^snagit(?: (\d+))?"), "TechSmith", "Snagit", "Snagit 2024").version("{1}"),
    row("techsmith-camtasia", re(r"^camtasia(?: studio)?(?: (\d+))?"), "TechSmith", "Camtasia", "Camtasia 2023").version("{1}"),
    row("blender", re(r"^(?:blender|org\.blender\.blender)$"), "Blender Foundation", "Blender", "blender|4.0.2").free(),
    row("gimp", re(r"^(?:gimp(?: \d[\d.]*)?|org\.gimp\.gimp)$"), "The GIMP Team", "GIMP", "GIMP 2.10.36").free(),
    row("inkscape", re(r"^(?:inkscape(?: \d.*)?|org\.inkscape\.inkscape)$"), "Inkscape", "Inkscape", "org.inkscape.Inkscape|1.3").free(),
];
