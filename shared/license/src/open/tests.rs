//! Opening good, foreign, changed and cut off keys.

use proptest::prelude::*;

use super::*;
use crate::{
    claims::{Application, Reinstate},
    key::{FORMAT, peek},
    machine::MachinePublic,
    samples,
    seal::{seal, seal_with},
    vendor::VendorKey,
};

fn sealed() -> String {
    seal(&samples::claims(), &samples::machine().public(), &samples::vendor()).unwrap()
}

fn opened(text: &str) -> Result<Opened, LicenseError> {
    open(text, &[samples::vendor().public()], &samples::machine())
}

/// A key signed by the right vendor over arbitrary parts, to reach the checks behind the signature.
fn forged(header: &[u8], enc: &[u8], ciphertext: &[u8]) -> String {
    FORMAT.write(&[header, enc, ciphertext], |bytes| samples::vendor().sign(bytes))
}

/// A key for the sample machine whose header and claims are the given texts.
fn sealed_texts(header: &str, claims: &str) -> String {
    use hpke::{OpModeS, Serializable as _};
    let recipient = <HpkeKem as hpke::Kem>::PublicKey::from_bytes(&samples::machine().public().x25519).unwrap();
    let mut body = claims.as_bytes().to_vec();
    let (enc, tag) = hpke::single_shot_seal_inout_detached_with_rng::<HpkeAead, HpkeKdf, HpkeKem>(
        &OpModeS::Base,
        &recipient,
        CONTEXT.as_bytes(),
        InOutBuf::from(body.as_mut_slice()),
        header.as_bytes(),
        &mut crate::random::Expanded::new(crate::random::secret().unwrap()),
    )
    .unwrap();
    body.extend_from_slice(&tag.to_bytes());
    forged(header.as_bytes(), &enc.to_bytes(), &body)
}

fn texts() -> (String, String) {
    let header = Header {
        v: 1,
        kid: samples::vendor().id(),
        mkid: samples::machine().id(),
        lic_id: samples::claims().lic_id,
        issued_at: samples::claims().issued_at,
    };
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(json::write(&header).unwrap()), text(json::write(&samples::claims()).unwrap()))
}

#[test]
fn the_right_machine_reads_the_claims() {
    let text = sealed();
    let read = opened(&text).unwrap();
    assert_eq!(read.claims, samples::claims());
    assert_eq!(read.header, peek(&text).unwrap());
    assert_eq!(read.header.kid, samples::vendor().id());
    assert_eq!(json::read(&read.claims_json), Ok(samples::claims()));
    assert_eq!(opened(&text.replace('\n', "\r\n")).unwrap().digest, read.digest);
    assert_ne!(opened(&sealed()).unwrap().digest, read.digest, "two keys with the same claims are two keys");
}

#[test]
fn nobody_else_reads_the_claims() {
    let text = sealed();
    let bytes = FORMAT.armor.decode(&text).unwrap();
    assert!(!String::from_utf8_lossy(&bytes).contains("Muster &"));
    let other = MachineKey::generate().unwrap();
    let error = open(&text, &[samples::vendor().public()], &other).unwrap_err();
    assert_eq!(error, LicenseError::OtherMachine { expected: other.id(), found: samples::machine().id() });
    assert_eq!(error.code(), "other-machine");
}

#[test]
fn only_trusted_vendors_count() {
    let (text, other) = (sealed(), VendorKey::generate().unwrap().public());
    let unknown = LicenseError::UnknownVendor { kid: samples::vendor().id() };
    assert_eq!(open(&text, &[], &samples::machine()), Err(unknown.clone()));
    assert_eq!(open(&text, &[other], &samples::machine()), Err(unknown));
    assert!(open(&text, &[other, samples::vendor().public()], &samples::machine()).is_ok());
}

#[test]
fn every_flipped_byte_is_an_error() {
    let bytes = FORMAT.armor.decode(&sealed()).unwrap();
    for index in 0..bytes.len() {
        for mask in [0x01, 0x20, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[index] ^= mask;
            let error = opened(&FORMAT.armor.encode(&changed)).unwrap_err();
            let code = error.code();
            let expected = ["tampered", "truncated", "damaged", "unsupported-version", "unknown-vendor"];
            assert!(expected.contains(&code), "byte {index} mask {mask:x}: {error}");
        }
    }
}

#[test]
fn every_cut_is_an_error() {
    let text = sealed();
    let (begin, end) = ("-----BEGIN MUSTER LICENSE-----".len(), text.trim_end().len());
    for length in 0..end {
        let code = opened(&text[..length]).unwrap_err().code();
        assert_eq!(code, if length < begin { "not-a-license" } else { "truncated" }, "text cut at {length}");
    }
    let bytes = FORMAT.armor.decode(&text).unwrap();
    for length in 0..bytes.len() {
        let code = opened(&FORMAT.armor.encode(&bytes[..length])).unwrap_err().code();
        assert_eq!(code, "truncated", "bytes cut at {length}");
    }
}

#[test]
fn other_texts_are_named() {
    for (text, code) in [
        ("", "not-a-license"),
        ("{\"license\":1}", "not-a-license"),
        (samples::vendor().public().to_pem().as_str(), "not-a-license"),
        (&format!("{}x", sealed()), "damaged"),
        (&sealed().replacen('\n', "\n*", 1), "damaged"),
        (&FORMAT.armor.encode(&[0; 20_000]), "too-large"),
    ] {
        assert_eq!(opened(text).unwrap_err().code(), code, "{text:.60}");
    }
}

#[test]
fn a_ciphertext_under_another_header_does_not_open() {
    let text = sealed();
    let key = LicenseKey::read(&text).unwrap();
    let header = String::from_utf8(key.header_bytes().to_vec()).unwrap();
    let later = header.replace("2026-11-21T20:00:00Z", "2026-11-22T20:00:00Z");
    assert_ne!(header, later);
    let rewrapped = forged(later.as_bytes(), key.encapsulated(), key.ciphertext());
    assert_eq!(opened(&rewrapped), Err(LicenseError::Decrypt));
    for (enc, ciphertext) in [
        (&[][..], key.ciphertext()),
        (&[0; 32][..], key.ciphertext()),
        (key.encapsulated(), &[0; 15][..]),
        (key.encapsulated(), &[]),
    ] {
        assert_eq!(opened(&forged(header.as_bytes(), enc, ciphertext)), Err(LicenseError::Decrypt));
    }
}

#[test]
fn signed_but_malformed_parts_are_refused() {
    let (header, claims) = texts();
    assert!(opened(&sealed_texts(&header, &claims)).is_ok());
    assert!(opened(&sealed_texts(&header, &claims.replacen('{', r#"{"later":[{"x":1}],"#, 1))).is_ok());
    let duplicate = |key: &str| JsonError::DuplicateKey(key.into());
    let other = "a".repeat(20);
    let (machine, vendor) = (samples::machine().id(), samples::vendor().id());
    let lic_id = samples::claims().lic_id.to_string();
    for (header, claims, error) in [
        (header.replacen('{', r#"{"v":1,"#, 1), claims.clone(), LicenseError::Header(duplicate("v"))),
        (header.replacen(r#""v":1"#, r#""v":2"#, 1), claims.clone(), LicenseError::HeaderVersion(2)),
        (header.replacen(vendor.as_str(), &other, 1), claims.clone(), LicenseError::Inconsistent("kid")),
        (header.clone(), claims.replacen('{', r#"{"assets":9,"#, 1), LicenseError::Claims(duplicate("assets"))),
        (header.clone(), claims.replacen(r#""assets":500"#, r#""assets":500.5"#, 1), {
            LicenseError::Claims(JsonError::NotAnInteger("500.5".into()))
        }),
        (header.clone(), claims.replacen(machine.as_str(), &other, 1), {
            LicenseError::OtherMachine { expected: machine.clone(), found: other.parse().unwrap() }
        }),
        (header.clone(), claims.replacen(&lic_id, &lic_id.replace("6f2a", "7f2a"), 1), LicenseError::Inconsistent("lic_id")),
        (header.clone(), claims.replacen("T20:00:00Z", "T20:00:01Z", 1), LicenseError::Inconsistent("issued_at")),
        (header.clone(), claims.replacen(r#""serial":3"#, r#""serial":0"#, 1), ClaimsError::Serial.into()),
        (header.clone(), claims.replacen(r#""v":1"#, r#""v":9"#, 1), ClaimsError::Version(9).into()),
    ] {
        assert_eq!(opened(&sealed_texts(&header, &claims)), Err(error), "{header} {claims}");
    }
}

fn any_claims() -> impl Strategy<Value = Claims> {
    let name = "[A-Za-z][A-Za-z0-9 ._\u{e4}-]{0,30}";
    let lists = (
        proptest::collection::vec("[a-z_]{1,10}=[^^\u{0}-\u{1f}]{1,20}", 0..4),
        proptest::collection::btree_map(name, any::<(Option<u64>, Option<u64>)>(), 0..4),
    );
    (name, any::<(u64, u64, Option<u64>, Option<u64>, bool)>(), 0u32..=3650, 1i64..4000, lists).prop_map(
        |(customer, (serial, assets, users, units, by_count), grace_days, days, (add_filters, applications))| Claims {
            customer,
            serial: serial.max(1),
            assets,
            users,
            units,
            grace_days,
            expires: samples::date("2026-11-01") + chrono::TimeDelta::days(days),
            reinstate: if by_count { Reinstate::Count } else { Reinstate::Key },
            add_filters,
            applications: applications
                .into_iter()
                .map(|(name, (named, floating))| Application { name, named, floating })
                .collect(),
            ..samples::claims()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_sealed_is_opened(claims in any_claims(), secrets: ([u8; 32], [u8; 32], [u8; 32], [u8; 32])) {
        let machine = MachineKey::from_secrets(&secrets.0, &secrets.1);
        let vendor = VendorKey::from_secret(&secrets.2);
        let recipient: MachinePublic = machine.public();
        let claims = Claims { mkid: recipient.id(), ..claims };
        let text = seal_with(&claims, &recipient, &vendor, secrets.3.into()).unwrap();
        prop_assert_eq!(open(&text, &[vendor.public()], &machine).unwrap().claims, claims);
    }

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(opened(&FORMAT.armor.encode(&bytes)).is_err());
        prop_assert!(opened(&forged(&bytes, &bytes, &bytes)).is_err());
    }
}
