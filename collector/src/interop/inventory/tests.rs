//! Messages of real agents and of nobody, through the whole decoder.

use super::*;
use muster_wire::hardware::{ChassisKind, Hardware};
use proptest::prelude::*;

const LIMITS: Limits = Limits { decoded: 8 * 1024 * 1024, ratio: 50 };

const FUSION: &str = include_str!("testdata/fusion-inventory.xml");
const OCS: &str = include_str!("testdata/ocs-inventory.xml");
const GLPI: &str = include_str!("testdata/glpi-inventory.json");
const GLPI_PARTIAL: &[u8] = include_bytes!("testdata/glpi-partial.raw");

fn read(bytes: &[u8]) -> Message {
    let body = Body::decode(bytes, LIMITS).unwrap_or_else(|error| panic!("{error}"));
    Message::decode(&body.text).unwrap_or_else(|error| panic!("{error}: {}", body.text))
}

/// Content and whether it is partial.
fn inventory(bytes: &[u8]) -> (Content, bool) {
    match read(bytes).kind {
        Kind::Inventory { content, partial } => (content, partial),
        other => panic!("{other:?}"),
    }
}

/// A message in a line: dialect, kind, device, agent, tag.
fn line(message: &Message) -> String {
    let kind = match &message.kind {
        Kind::Prolog => "prolog".to_owned(),
        Kind::Contact => "contact".to_owned(),
        Kind::Inventory { partial: false, .. } => "full".to_owned(),
        Kind::Inventory { partial: true, .. } => "partial".to_owned(),
        Kind::Other(name) => format!("other:{name}"),
    };
    let agent = message.agent.as_ref().map(|Program { name, version }| format!("{name} {}", version.as_deref().unwrap_or("-")));
    let tag = message.tag.as_deref().unwrap_or("-");
    format!("{:?} {kind} {} [{}] {tag}", message.dialect, message.device_id, agent.unwrap_or_default())
}

#[test]
fn real_agents_are_understood() {
    let check = |bytes: &[u8], expected: &str| assert_eq!(line(&read(bytes)), expected);
    check(include_bytes!("testdata/ocs-prolog.raw"), "Xml prolog vm-2026-11-21-20-24-46 [] -");
    check(include_bytes!("testdata/fusion-prolog.raw"), "Xml prolog vm-2026-11-21-20-23-43 [] -");
    check(include_bytes!("testdata/glpi-prolog.xml"), "Xml prolog vm-2026-11-21-20-25-36 [] -");
    check(include_bytes!("testdata/glpi-contact.raw"), "Json contact vm-2026-11-21-20-25-36 [GLPI-Agent 1.12-dev] -");
    check(include_bytes!("testdata/glpi-contact.json"), "Json contact vm-2026-11-21-20-25-36 [GLPI-Agent 1.12-dev] -");
    check(OCS.as_bytes(), "Xml full vm-2026-11-21-20-24-46 [] -");
    check(FUSION.as_bytes(), "Xml full vm-2026-11-21-20-23-43 [FusionInventory-Agent 2.6-3] muster-test");
    check(GLPI.as_bytes(), "Json full vm-2026-11-21-20-31-55 [GLPI-Agent 1.12-dev] -");
    check(GLPI_PARTIAL, "Json partial vm-2026-11-21-20-31-55 [GLPI-Agent 1.12-dev] -");
    for codec in [Codec::Plain, Codec::Zlib, Codec::Gzip] {
        assert_eq!(Body::decode(&codec.encode(FUSION), LIMITS).unwrap(), Body { text: FUSION.to_owned(), codec });
    }
}

#[test]
fn real_machines_are_read() {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    let check = |bytes: &[u8], expected: [&str; 6]| {
        let (content, _) = inventory(bytes);
        let machine = hardware(&content);
        let Hardware { cpu, os, chassis, .. } = &machine;
        let disks: Vec<String> =
            machine.disks.iter().map(|disk| format!("{} {} {:?}", disk.name, disk.size_bytes, disk.serial)).collect();
        let counts =
            [cpu.sockets, cpu.cores, cpu.threads].map(|count| count.map_or_else(|| "-".to_owned(), |count| count.to_string()));
        let found = [
            format!("{} {:?}", text(&machine.hostname), machine.memory_bytes),
            format!("{:?} {} {}", chassis.kind, text(&machine.virtualization), machine.container),
            format!("{} | {} | {} {}", text(&cpu.model), text(&cpu.vendor), text(&cpu.arch), counts.join("/")),
            disks.join(", "),
            format!("{} | {} | {} | {}", text(&os.family), text(&os.name), text(&os.version), text(&os.kernel)),
            format!("{:?} {:?} {:?}", machine.product_uuid, machine.product_serial, machine.macs),
        ];
        assert_eq!(found, expected);
    };
    let cpu = "Intel(R) Xeon(R) Processor | Intel | x86_64 1/2/2";
    let nothing = "None None []";
    check(
        FUSION.as_bytes(),
        [
            "vm Some(25273827328)",
            "Virtual docker true",
            cpu,
            "vda 274877000000 None",
            "linux | Debian GNU/Linux | 12.11 | 6.18.44-fc-v445",
            nothing,
        ],
    );
    check(
        GLPI.as_bytes(),
        [
            "vm Some(25273827328)",
            "Virtual docker true",
            cpu,
            "vda 274877000000 None",
            "linux | Debian GNU/Linux | 12.11 | 6.18.44-fc-v445",
            nothing,
        ],
    );
    check(
        OCS.as_bytes(),
        ["vm Some(25273827328)", "Other - false", cpu, "vda 274877906944 None", "linux | Debian GNU/Linux | 12 | -", nothing],
    );
}

#[test]
fn real_software_is_read() {
    let check = |bytes: &[u8], expected: &str| {
        let list = packages(&inventory(bytes).0).unwrap();
        assert_eq!((list.packages.len(), list.passed_over, list.beyond), (8, 0, 0));
        assert!(list.packages.is_sorted());
        let apt = list.packages.iter().find(|package| package.name == "apt").unwrap();
        assert_eq!(serde_json::to_string(apt).unwrap(), expected);
    };
    let apt = r#"{"name":"apt","version":"2.6.1","publisher":"Debian","source":"dpkg","architecture":"amd64"}"#;
    check(FUSION.as_bytes(), apt);
    check(GLPI.as_bytes(), apt);
    check(
        OCS.as_bytes(),
        r#"{"name":"apt","version":"2.6.1","source":"dpkg","architecture":"amd64","install_date":"2025-04-20"}"#,
    );
}

#[test]
fn a_partial_inventory_leaves_the_rest_as_it_was() {
    let (full, partial_one) = inventory(GLPI.as_bytes());
    assert!(!partial_one);
    let (content, partial_one) = inventory(GLPI_PARTIAL);
    assert!(partial_one);
    let before = hardware(&full);
    assert_eq!(merge(before.clone(), &content), before, "nothing but the room on a disk had changed");
    assert_eq!(packages(&content), None);
    assert!(content.has("drives") && !content.has("users") && !content.has("cpus"));
    let alone = hardware(&content);
    assert_eq!((alone.hostname.as_deref(), alone.chassis.kind, alone.disks.len()), (Some("vm"), ChassisKind::Virtual, 0));
}

#[test]
fn both_dialects_have_one_shape() {
    let xml = Message::decode(
        "<REQUEST><DEVICEID>d</DEVICEID><CONTENT><NETWORKS><MACADDR>a4:bb:6d:12:34:56</MACADDR><VIRTUALDEV>0</VIRTUALDEV>\
         <MTU>1500</MTU></NETWORKS><FIREWALL><STATUS>off</STATUS></FIREWALL><OPERATINGSYSTEM><TIMEZONE><NAME>UTC</NAME></TIMEZONE>\
         <NAME>x</NAME></OPERATINGSYSTEM><STORAGES><SERIALNUMBER>1</SERIALNUMBER></STORAGES><BIOS>\n</BIOS>\
         <LOCAL_GROUPS><MEMBER>a</MEMBER><MEMBER>b</MEMBER></LOCAL_GROUPS><VERSIONCLIENT>GLPI-Agent_v1.4</VERSIONCLIENT>\
         </CONTENT></REQUEST>",
    );
    let json = Message::decode(
        r#"{"deviceid":"d","action":"inventory","content":{"networks":[{"mac":"a4:bb:6d:12:34:56","virtualdev":false,"mtu":1500}],
         "firewalls":[{"status":"off"}],"operatingsystem":{"timezone":{"name":"UTC"},"name":"x"},"storages":[{"serial":"1"}],"bios":{},
         "local_groups":[{"members":["a","b"]}],"versionclient":"GLPI-Agent_v1.4"}}"#,
    );
    let (xml, json) = (xml.unwrap(), json.unwrap());
    assert_eq!((&xml.kind, &xml.agent), (&json.kind, &json.agent));
    let Kind::Inventory { content, .. } = xml.kind else { panic!("an inventory") };
    assert_eq!(content.row("operatingsystem").and_then(|row| row.get("timezone.name")), Some("UTC"));
}

#[test]
fn what_is_odd_costs_its_row() {
    let full = |text: &str| match Message::decode(text).unwrap_or_else(|error| panic!("{error}: {text}")).kind {
        Kind::Inventory { content, partial: false } => content,
        other => panic!("{other:?}"),
    };
    let json = full(
        r#"{"deviceid":"d","content":{"softwares":[{"name":"a"},5,null,"b",[{"name":"c"}],{"name":{"x":[{}]},"version":2,"from":[[1]]},{"name":"d"}],
         "cpus":{"name":"one"},"users":null,"bios":[],"drives":5,"envs":[{"key":"A","val":"secret"}],"PROCESSES":[{"cmd":"secret"}]}}"#,
    );
    let names: Vec<_> = json.rows("softwares").iter().map(|row| row.get("name")).collect();
    assert_eq!((names, json.odd("softwares")), (vec![Some("a"), None, Some("d")], 4));
    let list = packages(&json).unwrap();
    assert_eq!((list.packages.len(), list.passed_over, list.beyond), (2, 5, 0));
    assert_eq!(
        ["cpus", "users", "bios", "drives", "envs", "processes"].map(|name| json.has(name)),
        [true, false, true, true, false, false]
    );
    assert!(!format!("{json:?}").contains("secret"));

    let xml = full(
        "<?xml version='1.0' encoding='ISO-8859-1'?><!-- x --><request a='1'>text<Content><SOFTWARES><NAME>a<!-- b -->c<![CDATA[<&>]]></NAME>\
         <X><Y><Z>deep</Z></Y></X></SOFTWARES><SOFTWARES/><SOFTWARES>words</SOFTWARES><ENVS><KEY>A</KEY><VAL>secret</VAL></ENVS>\
         <PROCESSES><CMD>secret</CMD></PROCESSES></Content><DeviceId> d </DeviceId><CONTENT><BIOS><SSN>S\u{1}1&#x41;</SSN><SMODEL>&#x1F;A & B&c;</SMODEL></BIOS></CONTENT>\
         </request>",
    );
    assert_eq!(xml.rows("softwares").iter().map(|row| row.get("name")).collect::<Vec<_>>(), [Some("ac<&>")]);
    assert_eq!(xml.row("bios").and_then(|row| row.get("ssn")), Some("S1A"));
    assert_eq!(xml.row("bios").and_then(|row| row.get("smodel")), Some("A & B&c;"));
    assert!(!format!("{xml:?}").contains("secret") && !xml.has("envs"));
}

#[test]
fn messages_are_told_apart() {
    let check = |text: &str, expected: &str| {
        let found = Message::decode(text).map_or_else(|error| format!("error: {error}"), |message| line(&message));
        assert!(found.starts_with(expected), "{text}: {found}");
    };
    let content = "<CONTENT><VERSIONCLIENT>X_v1</VERSIONCLIENT></CONTENT>";
    check("<REQUEST><QUERY>prolog</QUERY><DEVICEID>d</DEVICEID></REQUEST>", "Xml prolog d [] -");
    check("\n <REQUEST><QUERY>SNMPQUERY</QUERY><DEVICEID>d</DEVICEID></REQUEST>", "Xml other:snmpquery d [] -");
    check(&format!("<REQUEST>{content}<DEVICEID>d</DEVICEID><QUERY>INVENTORY</QUERY></REQUEST>"), "Xml full d [X 1] -");
    check(&format!("<REQUEST>{content}<DEVICEID>d</DEVICEID></REQUEST>"), "Xml full d [X 1] -");
    check(&format!("<REQUEST>{content}<QUERY></QUERY><DEVICEID>d</DEVICEID></REQUEST>"), "Xml full d [X 1] -");
    check("<REQUEST><DEVICEID>d</DEVICEID></REQUEST>", "error: the inventory has no content");
    check(&format!("<REQUEST>{content}</REQUEST>"), "error: the device id is missing");
    check(&format!("<REQUEST>{content}<DEVICEID>{}</DEVICEID></REQUEST>", "d".repeat(256)), "error: the device id is missing");
    check("<REPLY><DEVICEID>d</DEVICEID></REPLY>", "error: the root of the XML is not REQUEST");
    check("<REQUEST><DEVICEID>d", "error: the XML cannot be read");
    check("", "error: the body is neither");
    check("POST", "error: the body is neither");

    check(
        r#"{"deviceid":"d","action":"contact","name":"GLPI-Agent","version":"1.11","tag":"north"}"#,
        "Json contact d [GLPI-Agent 1.11] north",
    );
    check(r#"{"deviceid":"d","action":"inventory","content":{},"partial":true,"itemtype":"Computer"}"#, "Json partial d [] -");
    check(r#"{"deviceid":"d","action":"inventory","content":{},"partial":false}"#, "Json full d [] -");
    check(r#"{"deviceid":"d","action":"inventory","content":{},"itemtype":"Printer"}"#, "Json other:inventory of printer d");
    check(r#"{"deviceid":"d","action":"netdiscovery","content":{}}"#, "Json other:netdiscovery d [] -");
    check(r#"{"deviceid":"d","content":{"accountinfo":[{"keyname":"TAG","keyvalue":"t"}]}}"#, "Json full d [] t");
    check(r#"{"deviceid":"d","content":5}"#, "error: the inventory has no content");
    check(r#"{"deviceid":5,"action":"contact"}"#, "Json contact 5 [] -");
    check(r#"{"deviceid":{},"action":"contact"}"#, "error: the device id is missing");
    check(r#"{"deviceid":"a\u0000b","action":"contact"}"#, "error: the device id is missing");
    check(r#"{"deviceid":"d""#, "error: the JSON cannot be read");
    check(r#"{"deviceid":"d"} x"#, "error: the JSON cannot be read");
}

#[test]
fn programs_are_read_from_their_names() {
    for (text, expected) in [
        ("GLPI-Agent_v1.12-dev", Some(("GLPI-Agent", Some("1.12-dev")))),
        ("OCS-NG_unified_unix_agent_v2.10.0", Some(("OCS-NG_unified_unix_agent", Some("2.10.0")))),
        ("OCS-NG_WINDOWS_AGENT_v2.9.0.0 more", Some(("OCS-NG_WINDOWS_AGENT", Some("2.9.0.0")))),
        ("curl/8.5.0", Some(("curl", Some("8.5.0")))),
        ("agent", Some(("agent", None))),
        ("", None),
    ] {
        let program = Program::read(text);
        assert_eq!(program.as_ref().map(|program| (program.name.as_str(), program.version.as_deref())), expected, "{text}");
    }
}

#[test]
fn what_is_made_to_be_expensive_is_refused() {
    let request = |inner: &str| format!("<REQUEST><DEVICEID>d</DEVICEID><CONTENT>{inner}</CONTENT></REQUEST>");
    let refused = |text: &str, reason: &str| {
        let error = Message::decode(text).expect_err("it is refused").to_string();
        assert!(error.contains(reason), "{error}");
    };
    let laughs = "<!DOCTYPE a [<!ENTITY b \"ha\"><!ENTITY c \"&b;&b;&b;\">]><REQUEST><DEVICEID>&c;</DEVICEID></REQUEST>";
    refused(laughs, "XML with DTD detected");
    refused("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><REQUEST/>", "XML with DTD detected");
    refused(&request(&"&b;".repeat(500_001)), "unknown entity");
    refused(&request(&"<A/>".repeat(700_000)), "too many elements");
    refused(&request(&"<A>".repeat(590_000)), "cannot be read");
    refused(&request(&format!("<A {}/>", (0..100_000).map(|n| format!("a{n}='' ")).collect::<String>())), "too many attributes");
    refused(&request(&format!("<A {}/>", (0..33).map(|n| format!("a{n}=\">\" ")).collect::<String>())), "too many attributes");
    refused(&request(&format!("<A><B>{}</B></A>", "=".repeat(1_000_001))), "too many equal signs");
    let nested: String = (0..20_000).map(|n| format!("<A xmlns:n{n}='u{n}'>")).collect();
    refused(&request(&nested), "too many name spaces");

    let equal_signs = request(&format!("<A><B>{}</B></A>", "a='b' ".repeat(500)));
    assert!(Message::decode(&equal_signs).is_ok(), "what is no attribute is not counted");

    for deep in ["[", "{\"a\":"] {
        let text = format!("{{\"deviceid\":\"d\",\"content\":{{\"a\":{}", deep.repeat(1_000_000));
        refused(&text, "the JSON cannot be read");
    }
    let deep = format!(r#"{{"deviceid":"d","content":{{"a":{}{}}}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert!(Message::decode(&deep).is_ok(), "what is deep is passed over");
    let wide = format!(r#"{{"deviceid":"d","content":{{"a":[{}0]}}}}"#, "0,".repeat(1_000_000));
    let Kind::Inventory { content, .. } = Message::decode(&wide).unwrap().kind else { panic!("an inventory") };
    assert_eq!((content.rows("a").len(), content.odd("a"), content.beyond("a")), (0, 20_000, 980_001));
}

#[test]
fn latin_1_is_read() {
    let body =
        b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><REQUEST><DEVICEID>d</DEVICEID><CONTENT><SOFTWARES><NAME>Caf\xe9</NAME>\
        </SOFTWARES></CONTENT></REQUEST>";
    for bytes in [body.to_vec(), Codec::Zlib.encode(&Body::decode(body, LIMITS).unwrap().text)] {
        assert_eq!(packages(&inventory(&bytes).0).unwrap().packages[0].name, "Café");
    }
}

/// Everything that can be made of a body, as the route will do it.
fn use_up(bytes: &[u8]) {
    let Ok(body) = Body::decode(bytes, LIMITS) else { return };
    let Ok(message) = Message::decode(&body.text) else { return };
    if let Kind::Inventory { content, .. } = message.kind {
        let machine = hardware(&content);
        _ = merge(machine, &content);
        _ = packages(&content);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        use_up(&bytes);
    }

    #[test]
    fn torn_and_changed_captures_are_survived(
        which in 0..4_usize,
        cut in 0..8000_usize,
        at in 0..8000_usize,
        with in proptest::collection::vec(any::<u8>(), 0..4),
    ) {
        let mut bytes = [OCS.as_bytes(), FUSION.as_bytes(), GLPI.as_bytes(), GLPI_PARTIAL][which].to_vec();
        let at = at.min(bytes.len());
        bytes.splice(at..bytes.len().min(at + with.len()), with);
        use_up(&bytes);
        bytes.truncate(cut);
        use_up(&bytes);
    }

    #[test]
    fn whatever_stands_in_a_field_arrives(text in "[^\\p{Cc}\u{fffe}\u{ffff}]{0,60}") {
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let xml = format!("<REQUEST><DEVICEID>d</DEVICEID><CONTENT><BIOS><SSN>{escaped}</SSN></BIOS></CONTENT></REQUEST>");
        let json = serde_json::json!({ "deviceid": "d", "content": { "bios": { "ssn": text } } }).to_string();
        for message in [xml, json] {
            let (content, _) = inventory(message.as_bytes());
            let expected = Some(text.trim()).filter(|text| !text.is_empty());
            prop_assert_eq!(content.row("bios").and_then(|row| row.get("ssn")), expected);
        }
    }

    #[test]
    fn any_tree_is_survived(text in "(<[/A-C!?]{0,2}[A-Ca-c =\"'&;]{0,6}>|[A-C ]){0,40}", json in r#"[\[\]{},:"0-9a-c]{0,60}"#) {
        let start = "<REQUEST><DEVICEID>d</DEVICEID><CONTENT>";
        use_up(format!("{start}{text}</CONTENT></REQUEST>").as_bytes());
        use_up(format!(r#"{{"deviceid":"d","content":{{"cpus":{json}}}}}"#).as_bytes());
    }
}
