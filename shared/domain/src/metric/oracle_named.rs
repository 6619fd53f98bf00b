//! Oracle's Named User Plus: who has access, and at least so many for the machines (domain 5.9).

use super::amount::Amount;
use super::answer::Answer;
use super::count::{sum, users_and_devices};
use super::error::MetricError;
use super::factor::Factors;
use super::inputs::{Inputs, NupMinimum};
use super::oracle::processors;
use super::oracle_capacity::{Capacity, capacity};
use super::oracle_terms::{Edition, Program};

pub(super) fn named_user_plus<'a>(inputs: &Inputs<'a>, factors: &Factors) -> Result<Answer<'a>, MetricError> {
    let program = Program::read(inputs)?;
    let least = if program == Program::Database(Edition::Personal) {
        machines(inputs)
    } else {
        match capacity(inputs, program, factors)? {
            Ok(capacity) => minimum(inputs, program, &capacity, factors)?,
            Err(why) => return Ok(Answer::denied(why)),
        }
    };
    let access = users_and_devices(inputs, factors)?;
    // The users and devices are what is behind the number only where they are more than the minimum.
    Ok(if access.required >= Some(Amount::whole(least)) { access } else { Answer::whole(least) })
}

/// Machines with the program: Personal Edition has a user for each at least, whatever its size.
fn machines(inputs: &Inputs<'_>) -> u64 {
    let hosts = inputs.hosts.iter().filter(|host| host.has_product()).count();
    sum([hosts, inputs.vms.len(), inputs.partitions.len()].map(|count| u64::try_from(count).unwrap_or(u64::MAX)))
}

fn minimum(inputs: &Inputs<'_>, program: Program, capacity: &Capacity<'_>, factors: &Factors) -> Result<u64, MetricError> {
    let minimums = factors.oracle.named_user.value;
    let (each, count) = match (program, capacity) {
        (Program::Database(Edition::Personal), _) => return Ok(machines(inputs)),
        (Program::Database(Edition::Standard | Edition::StandardOne), Capacity::Cloud(_)) => return Ok(0),
        (Program::Database(Edition::Standard | Edition::StandardOne), _) => return Ok(minimums.standard),
        (Program::Database(Edition::Enterprise), Capacity::Cloud(machines)) => {
            (minimums.enterprise, sum(machines.iter().map(|(_, vcpus, copies)| vcpus.saturating_mul(*copies))))
        }
        (Program::Database(Edition::Standard2), Capacity::Cloud(machines)) => (minimums.standard_2, in_eights(machines)),
        (Program::WebLogicStandard, Capacity::Cloud(machines)) => (minimums.web_logic, in_eights(machines)),
        (Program::WebLogicEnterprise, Capacity::Cloud(machines)) => {
            let cores = |vcpus: u64| if inputs.terms.hyper_threading { vcpus.div_ceil(2) } else { vcpus };
            (minimums.web_logic, sum(machines.iter().map(|(_, vcpus, copies)| cores(*vcpus).saturating_mul(*copies))))
        }
        (Program::Database(Edition::Standard2), Capacity::Sockets(servers)) => {
            (minimums.standard_2, sum(servers.iter().map(|_| 1)))
        }
        (_, Capacity::Sockets(servers)) => (minimums.web_logic, sum(servers.iter().map(|(_, sockets)| *sockets))),
        (_, Capacity::Cores(cores)) => {
            let count = match inputs.terms.nup_minimum {
                NupMinimum::Cores => {
                    let add = |total: Amount, cores: Amount| total.plus(cores).ok_or(MetricError::TooLarge);
                    cores.iter().try_fold(Amount::ZERO, |total, one| add(total, one.count))?
                }
                NupMinimum::Processors => processors(inputs, cores, factors)?.raw.unwrap_or(Amount::ZERO),
            };
            let web_logic = program == Program::WebLogicEnterprise;
            (if web_logic { minimums.web_logic } else { minimums.enterprise }, count.ceil())
        }
    };
    Ok(count.saturating_mul(each))
}

/// Machines by eight virtual processors each, begun ones included.
fn in_eights<T>(machines: &[(T, u64, u64)]) -> u64 {
    sum(machines.iter().map(|(_, vcpus, copies)| vcpus.div_ceil(8).saturating_mul(*copies)))
}
