//! Emergency access accounts that may fail in an emergency.

use crate::policy::Directory;
use crate::policy::ids::roles;
use crate::rule::prelude::*;
use crate::rules::emergency::{self, Account};

pub(super) static RULE: &dyn Rule = &UnfitEmergencyAccount;

struct UnfitEmergencyAccount;

/// A reason why an account may fail.
struct Fault {
    level: Level,
    message: &'static str,
    /// What comes of it.
    note: &'static str,
    help: &'static str,
}

const DISABLED: Fault = Fault {
    level: Level::Warn,
    message: "emergency access account is disabled",
    note: "nobody can sign in with it",
    help: "enable it, or replace it",
};
const SYNCHRONISED: Fault = Fault {
    level: Level::Warn,
    message: "emergency access account is synchronised from an on-premises directory",
    note: "whoever runs, breaks or breaks into that directory can lock or take over the account",
    help: "create a cloud-only account for emergencies instead",
};
const ELIGIBLE: Fault = Fault {
    level: Level::Warn,
    message: "emergency access account has to activate Global Administrator first",
    note: "activation may need an approver, a prompt or a policy that fails in the emergency",
    help: "make its assignment of Global Administrator active and permanent",
};
const WITHOUT_ROLE: Fault = Fault {
    level: Level::Warn,
    message: "emergency access account does not hold Global Administrator",
    note: "it can sign in and cannot repair everything that may keep others out",
    help: "give it Global Administrator, active and permanent",
};
const FOR_A_TIME: Fault = Fault {
    level: Level::Warn,
    message: "emergency access account holds Global Administrator for a time only",
    note: "once the assignment ends, it can sign in and repair nothing",
    help: "make its assignment of Global Administrator permanent",
};
const OWN_DOMAIN: Fault = Fault {
    level: Level::Note,
    message: "emergency access account uses a domain of its own",
    note: "a fault of that domain or of a federation with it keeps the account out",
    help: "name the account under the `onmicrosoft.com` domain of the tenant",
};

impl Rule for UnfitEmergencyAccount {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("unfit-emergency-account"),
            family: Family::Lockout,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for account in emergency::accounts(access).0 {
            let faults = faults(&account, &access.set.directory);
            let Some((worst, others)) = faults.split_first() else { continue };
            let label = format!("leaves out {}", name(&account, &access.set.directory));
            let (level, message) = (worst.level, worst.message);
            let found = emergency::finding(self.meta(), access, account.through, level, message, &label);
            let note = others.iter().fold(worst.note.to_owned(), |so_far, fault| {
                format!("{so_far}; also: {}", fault.message.trim_start_matches("emergency access account "))
            });
            findings.extend(found.map(|found| emergency::noted(found, access, note).help(worst.help)));
        }
    }
}

/// What files tell against an account, the worst first.
fn faults(account: &Account<'_>, directory: &Directory) -> Vec<Fault> {
    let id = &account.id;
    let user = directory.users.get(id);
    let mut found = Vec::new();
    if user.is_some_and(|user| user.enabled == Some(false)) {
        found.push(DISABLED);
    }
    let holds = |active| directory.holders(roles::GLOBAL_ADMINISTRATOR, active);
    match holds(true).map(|people| people.contains(id)) {
        Some(false) if holds(false).is_some_and(|people| people.contains(id)) => found.push(ELIGIBLE),
        Some(false) => found.push(WITHOUT_ROLE),
        Some(true) if directory.holds_for_a_time(id, roles::GLOBAL_ADMINISTRATOR) => found.push(FOR_A_TIME),
        Some(true) | None => {}
    }
    if user.is_some_and(|user| user.synchronised == Some(true)) {
        found.push(SYNCHRONISED);
    } else if user.and_then(|user| user.principal_name.as_deref()).is_some_and(|name| !is_initial(name)) {
        found.push(OWN_DOMAIN);
    }
    found
}

/// Whether a user principal name has the domain that every tenant is created with, in any cloud.
fn is_initial(name: &str) -> bool {
    name.contains(".onmicrosoft.") || name.ends_with(".partner.onmschina.cn")
}

fn name(account: &Account<'_>, directory: &Directory) -> String {
    let told = directory.users.get(&account.id).and_then(|user| user.name.as_deref());
    format!("`{}`", told.unwrap_or(&account.id))
}
