//! Oracle: processors, named users, employees (domain 5.9).

use super::amount::Amount;
use super::answer::{Answer, Denied, Detail, Object, Part};
use super::error::MetricError;
use super::inputs::Inputs;
use super::oracle_capacity::{Capacity, Cores, capacity, core_factor};
use super::oracle_named::named_user_plus;
pub use super::oracle_terms::Factors;
use super::oracle_terms::{Edition, Program};
use super::registry::{Group, Input, Metric};
use crate::decimal::Decimal;

/// Months that a true-up buys.
const TRUE_UP_MONTHS: u64 = 12;

/// The group.
pub const GROUP: Group = Group {
    name: "Oracle",
    pack: Some("Oracle"),
    metrics: &[
        Metric::new(
            "Employee",
            "One right for each employee, whoever uses the software.",
            "The employees are the licences required; the price of each falls with their number. A true-up is for one year.",
            &[Input::ResourceValue],
            employee,
        ),
        Metric::new(
            "Named User Plus",
            "One right for each user and device with access, with a minimum for the machines.",
            "The larger of users and devices of all client access records and the minimum: Enterprise 25 a core, Standard 5, Standard 2 \
             10 a server, WebLogic Standard 10 a socket, WebLogic Enterprise and Suite 10 a core.",
            &[Input::ClientAccess, Input::Hosts, Input::Vms, Input::Partitions, Input::ProcessorFactor, Input::Terms],
            named_user_plus,
        )
        .also(&["NUP"])
        .or_unlimited(),
        Metric::new(
            "Per Processor",
            "One right for each processor, by Oracle's count.",
            "Cores times the core factor, added and rounded up; occupied sockets for the Standard Editions; in a cloud two virtual \
             processors (four for the Standard Editions) of a machine are one right. On VMware the hosts of the cluster count.",
            &[Input::Hosts, Input::Vms, Input::Partitions, Input::ProcessorFactor, Input::Terms],
            per_processor,
        )
        .or_unlimited(),
    ],
};

fn per_processor<'a>(inputs: &Inputs<'a>, factors: &super::Factors) -> Result<Answer<'a>, MetricError> {
    let program = Program::read(inputs)?;
    if program == Program::Database(Edition::Personal) {
        let edition = Edition::Personal.name().to_owned();
        return Ok(Answer::denied(Denied::Edition { edition, instead: "Named User Plus" }));
    }
    match capacity(inputs, program, factors)? {
        Err(why) => Ok(Answer::denied(why)),
        Ok(Capacity::Cores(cores)) => processors(inputs, &cores, factors),
        Ok(Capacity::Sockets(sockets)) => Ok(Answer::of_parts(sockets)),
        Ok(Capacity::Cloud(machines)) => {
            let vcpus_of_a_right = match (program.by_core(), inputs.terms.hyper_threading) {
                (false, _) => 4,
                (true, true) => 2,
                (true, false) => 1,
            };
            let rights = |(object, vcpus, copies): (Object<'a>, u64, u64)| {
                (object, vcpus.div_ceil(vcpus_of_a_right).saturating_mul(copies))
            };
            Ok(Answer::of_parts(machines.into_iter().map(rights)))
        }
    }
}

/// Cores times the core factor; they are added before the sum is rounded.
pub(super) fn processors<'a>(
    inputs: &Inputs<'a>,
    cores: &[Cores<'a>],
    factors: &super::Factors,
) -> Result<Answer<'a>, MetricError> {
    let (mut total, mut parts) = (Amount::ZERO, Vec::new());
    for cores in cores {
        let rights = cores.count.times(core_factor(inputs, cores, factors)?.amount()).ok_or(MetricError::TooLarge)?;
        total = total.plus(rights).ok_or(MetricError::TooLarge)?;
        parts.push(Part { object: cores.object, rights });
    }
    Ok(Answer { parts, ..Answer::rounded_up(total) })
}

fn employee<'a>(inputs: &Inputs<'a>, factors: &super::Factors) -> Result<Answer<'a>, MetricError> {
    let count = inputs.employee_count.ok_or(MetricError::Missing { field: "employee_count" })?;
    let price = factors.oracle.employee.tier_of(count);
    let cost = |count: u64| price.map(|price: Decimal| price.times(count).ok_or(MetricError::TooLarge)).transpose();
    let needed = inputs.rights_owned.map(|owned| count.saturating_sub(owned));
    let year = |needed: u64| cost(needed.saturating_mul(TRUE_UP_MONTHS));
    let detail = Detail::Price {
        monthly_price_each: price,
        monthly_cost: cost(count)?,
        true_up_cost: needed.map(year).transpose()?.flatten(),
    };
    Ok(Answer::whole(count).with(detail))
}
