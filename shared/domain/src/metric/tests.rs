//! The rules together: laws that hold for every metric that counts things, on random records.

use proptest::prelude::*;

use super::*;
use crate::metric::inputs::Layer;

/// Metrics that take the records below whatever they hold.
const COUNTED: &[(&str, &str)] = &[
    ("Adobe", "Per Device"),
    ("Citrix", "Per User/Device"),
    ("Common", "Device CAL"),
    ("Common", "Per Core"),
    ("Common", "Per Named Device"),
    ("Common", "Per Named User"),
    ("Common", "Per Processor"),
    ("Common", "Per User"),
    ("Common", "User CAL"),
    ("IBM", "PVU"),
    ("IBM", "VPC"),
    ("Microsoft", "Per Processor"),
    ("Microsoft", "Server (Per Instance)"),
    ("Microsoft", "Server (Per Server)"),
    ("Microsoft", "User Subscription"),
    ("Oracle", "Named User Plus"),
    ("Oracle", "Per Processor"),
    ("Red Hat", "Per Core"),
    ("Red Hat", "Per Socket-pair"),
    ("Subscription", "User Subscription"),
    ("VMware", "Per Core"),
    ("VMware", "Per OSI"),
    ("VMware", "Per Processor"),
];

const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(NAMES.as_slice())
}

fn perhaps() -> impl Strategy<Value = Option<&'static str>> {
    prop::option::of(name())
}

fn installs() -> impl Strategy<Value = Vec<Install<'static>>> {
    let install = (name(), perhaps(), perhaps(), perhaps()).prop_map(|(device, user, ose, host)| Install {
        device: Some(device),
        user,
        ose,
        host,
        count: 1,
    });
    prop::collection::vec(install, 0..12)
}

fn hosts() -> impl Strategy<Value = Vec<Host<'static>>> {
    let facts = (1_u32..5, 1_u32..40, perhaps(), any::<bool>(), 0_u64..9);
    prop::collection::vec(facts, 1..5).prop_map(|hosts| {
        let host = |(id, (sockets, cores, cluster, installed, vm_count)): (&&'static str, _)| Host {
            sockets: Some(sockets),
            cores_per_socket: Some(cores),
            cluster,
            installed: Some(installed),
            vm_count,
            ..Host::new(id)
        };
        NAMES.iter().zip(hosts).map(host).collect()
    })
}

fn inputs() -> impl Strategy<Value = Inputs<'static>> {
    let vms = prop::collection::vec((0_usize..5, 1_u32..20), 0..6);
    let access = prop::collection::vec((prop::collection::vec(name(), 0..4), 0_u64..9), 0..4);
    let users = prop::collection::vec((name(), any::<bool>()), 0..6);
    (installs(), hosts(), vms, access, users).prop_map(|(installs, hosts, vms, access, users)| Inputs {
        vms: NAMES
            .iter()
            .zip(vms)
            .map(|(id, (host, vcpus))| Vm { id, host: Some(hosts[host % hosts.len()].id), vcpus: Some(vcpus), ..Vm::default() })
            .collect(),
        client_access: access
            .into_iter()
            .map(|(users, devices)| ClientAccess { users: Audience::Names(users), devices: Audience::Count(devices) })
            .collect(),
        subscriptions: users.iter().map(|(user, active)| Subscription { user, active: *active }).collect(),
        allocations: users.iter().map(|(user, _)| Allocation { to: Holder::User(user), quantity: 2 }).collect(),
        installs,
        hosts,
        terms: Terms {
            core_factor: Some(Factor::millionths(500_000)),
            pvu_per_core: Some(70),
            layer: Some(Layer::Physical),
            ..Terms::default()
        },
        ..Inputs::default()
    })
}

fn required(group: &str, metric: &str, inputs: &Inputs<'static>) -> Option<Amount> {
    find(group, metric).unwrap().evaluate(inputs, &Factors::default()).unwrap().required
}

fn turned(inputs: &Inputs<'static>) -> Inputs<'static> {
    let mut turned = inputs.clone();
    turned.installs.reverse();
    turned.hosts.reverse();
    turned.vms.reverse();
    turned.client_access.reverse();
    turned.subscriptions.reverse();
    turned.allocations.reverse();
    turned
}

proptest! {
    #[test]
    fn order_does_not_matter(inputs in inputs()) {
        for (group, metric) in COUNTED {
            prop_assert_eq!(required(group, metric, &inputs), required(group, metric, &turned(&inputs)), "{} {}", group, metric);
        }
    }

    #[test]
    fn what_is_said_twice_counts_once(inputs in inputs()) {
        let mut twice = inputs.clone();
        twice.hosts.extend(inputs.hosts.iter().copied());
        twice.vms.extend(inputs.vms.iter().copied());
        twice.subscriptions.extend(inputs.subscriptions.iter().copied());
        twice.installs.extend(inputs.installs.iter().copied());
        for (group, metric) in COUNTED {
            // Each install in an environment needs its own right there.
            if *metric != "Server (Per Instance)" {
                prop_assert_eq!(required(group, metric, &inputs), required(group, metric, &twice), "{} {}", group, metric);
            }
        }
    }

    #[test]
    fn removing_an_install_never_raises_use(inputs in inputs(), which in any::<prop::sample::Index>()) {
        for (group, metric) in COUNTED {
            let before = required(group, metric, &inputs);
            let mut fewer = inputs.clone();
            if !fewer.installs.is_empty() {
                fewer.installs.remove(which.index(inputs.installs.len()));
            }
            prop_assert!(required(group, metric, &fewer) <= before, "{group} {metric}");
            let mut without = inputs.clone();
            let host = which.index(inputs.hosts.len());
            without.hosts[host].installed = Some(false);
            without.hosts[host].vm_count = 0;
            prop_assert!(required(group, metric, &without) <= before, "{group} {metric}");
        }
    }

    #[test]
    fn more_rights_never_raise_what_is_needed(inputs in inputs(), owned in 0_u64..2000, more in 0_u64..2000) {
        for (group, metric) in COUNTED {
            let position = |owned: u64| {
                let inputs = Inputs { rights_owned: Some(owned), ..inputs.clone() };
                let answer = find(group, metric).unwrap().evaluate(&inputs, &Factors::default()).unwrap();
                (answer.required, answer.position(&inputs).unwrap())
            };
            let ((required, before), (same, after)) = (position(owned), position(owned + more));
            prop_assert_eq!(required, same);
            prop_assert!(after.rights_needed <= before.rights_needed && after.compliant >= before.compliant);
        }
    }

    #[test]
    fn the_parts_are_the_whole(inputs in inputs()) {
        for (group, metric) in COUNTED.iter().filter(|(_, metric)| *metric != "Named User Plus") {
            let answer = find(group, metric).unwrap().evaluate(&inputs, &Factors::default()).unwrap();
            let sum = answer.parts.iter().fold(Amount::ZERO, |sum, part| sum.plus(part.rights).unwrap());
            prop_assert_eq!(Some(sum), answer.raw, "{} {}", group, metric);
        }
    }
}
