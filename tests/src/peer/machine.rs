//! What a simulated agent says it runs on. In: a name. Out: hardware that no other name has, its digest, sessions.

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use muster_wire::hardware::{Chassis, ChassisKind, Cpu, Disk, Hardware, Os};
use muster_wire::session::{Session, SessionState};
use sha2::{Digest as _, Sha256};

/// A machine.
#[derive(Clone, Debug)]
pub struct Machine {
    /// What it calls itself.
    pub hostname: String,
    /// What it is.
    pub hardware: Hardware,
}

impl Machine {
    /// A desktop whose every identifying number follows from its name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        let digest: [u8; 32] = Sha256::digest(name.as_bytes()).into();
        let hex = HEXLOWER.encode(&digest);
        let [a, b, c, d, e, f, ..] = digest;
        let text = |text: &str| Some(text.to_owned());
        let hardware = Hardware {
            product_uuid: Some(uuid::Builder::from_random_bytes(first_half(&digest)).into_uuid().to_string()),
            product_serial: Some(format!("SN-{}", hex.get(..12).unwrap_or(&hex))),
            vendor: text("Example"),
            model: text("Desk 5"),
            chassis: Chassis { kind: ChassisKind::Desktop, code: Some(3), source: text("dmi") },
            machine_id_hash: Some(hex.clone()),
            // Locally administered and unicast, so that it belongs to no vendor.
            macs: vec![format!("{:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}", (a & 0xfc) | 0x02)],
            cpu: Cpu { model: text("Example 8"), sockets: Some(1), cores: Some(8), threads: Some(16), ..Cpu::default() },
            memory_bytes: Some(16 << 30),
            disks: vec![Disk { name: "nvme0n1".to_owned(), size_bytes: 512_110_190_592, ..Disk::default() }],
            os: Os { family: text("linux"), name: text("Debian GNU/Linux"), version: text("13"), kernel: text("6.12.0") },
            hostname: text(name),
            ..Hardware::default()
        };
        Self { hostname: name.to_owned(), hardware }
    }

    /// The digest a report carries.
    #[must_use]
    pub fn digest(&self) -> String {
        let json = serde_json::to_vec(&self.hardware).unwrap_or_default();
        format!("sha256:{}", HEXLOWER.encode(&Sha256::digest(json)))
    }
}

fn first_half(digest: &[u8; 32]) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(digest.split_at(16).0);
    half
}

/// A session of `user` from `address` that began at `started_at`.
#[must_use]
pub fn session(id: &str, user: &str, address: &str, started_at: DateTime<Utc>) -> Session {
    Session {
        id: id.to_owned(),
        user: user.to_owned(),
        client_ip: address.to_owned(),
        client: "ssh".to_owned(),
        tty: Some(format!("pts/{id}")),
        state: SessionState::Active,
        started_at,
        idle_seconds: Some(0),
        groups: Vec::new(),
        applications: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_make_machines() {
        let (one, other) = (Machine::named("ws-1"), Machine::named("ws-2"));
        assert_eq!(one.digest(), Machine::named("ws-1").digest());
        assert_ne!(one.digest(), other.digest());
        assert_ne!(one.hardware.product_uuid, other.hardware.product_uuid);
        assert_ne!(one.hardware.macs, other.hardware.macs);
    }
}
