//! One golden vector: a licence key with fixed keys and a fixed ephemeral seed. A change here means that keys that customers
//! hold would no longer open. The key was also opened once with an independent implementation of RFC 9180 and RFC 8032.

use crate::{open::open, samples, seal::seal_with};

const KEY: &str = include_str!("golden/license.key");

#[test]
fn the_golden_key_opens_to_the_known_claims() {
    let opened = open(KEY, &[samples::vendor().public()], &samples::machine()).unwrap();
    assert_eq!(opened.claims, samples::claims());
    assert_eq!(opened.digest.to_string(), "sha256:65824c2c1d985c29812bff1120978a46559e0759a977f7077d16d58f5f98e1f1");
}

#[test]
fn sealing_gives_the_golden_bytes() {
    let text = seal_with(&samples::claims(), &samples::machine().public(), &samples::vendor(), [0x44; 32].into()).unwrap();
    assert_eq!(text, KEY);
}
