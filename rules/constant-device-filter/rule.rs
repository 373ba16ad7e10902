//! A device filter, or a comparison in one, that has the same answer for every device.

use crate::access::filter::{self, Comparison, FilterRule, MAX_RULE, Oddity};
use crate::access::{self, DeviceFilter};
use crate::finding::nearest;
use crate::policy::Filter;
use crate::rule::prelude::*;
use crate::rules::shared;

pub(super) static RULE: &dyn Rule = &ConstantDeviceFilter;

struct ConstantDeviceFilter;

impl Rule for ConstantDeviceFilter {
    fn meta(&self) -> &Meta {
        static META: Meta = Meta {
            id: RuleId::built_in("constant-device-filter"),
            family: Family::Validity,
            level: Level::Warn,
            docs: Cow::Borrowed(include_str!("README.md")),
        };
        &META
    }

    fn check(&self, access: &Access<'_>, findings: &mut Vec<Finding>) {
        for policy in access.judged() {
            let Some(filter) = &policy.conditions.device_filter else { continue };
            let Some(rule) = filter.rule.get() else { continue };
            let found = match FilterRule::parse(rule.value) {
                Some(parsed) => {
                    let odd = parsed.comparisons().into_iter().find_map(|it| Some((it, it.oddity()?)));
                    match odd {
                        Some((comparison, oddity)) => Some(told(comparison, &oddity)),
                        None => constant(policy, filter, access),
                    }
                }
                // What is too long to be taken is no fault of the language.
                None if rule.value.chars().count() > MAX_RULE => None,
                None => Some(unread()),
            };
            let Some(Fault { message, label, note, help, certainty }) = found else { continue };
            let level = Level::Warn;
            let mut finding =
                Finding::new(self.meta().id.clone(), level, message, Label::new(rule.span, label))
                    .certainty(certainty)
                    .place("conditions.devices.deviceFilter")
                    .note(note)
                    .help(help);
            finding.policy = Some(policy.about());
            findings.push(finding);
        }
    }
}

struct Fault {
    message: String,
    label: String,
    note: &'static str,
    help: String,
    certainty: Certainty,
}

fn unread() -> Fault {
    Fault {
        message: "device filter could not be read".to_owned(),
        label: "not in the language of device filters".to_owned(),
        note: "the service refuses such a rule, or it means something that is not known here; what the policy does to whom \
               is left undecided",
        help: "write comparisons such as `device.trustType -eq \"ServerAD\"`, joined by `-and` and `-or`"
            .to_owned(),
        certainty: Certainty::Unverified,
    }
}

/// A comparison that no device passes, or that the service refuses, as far as is documented.
fn told(comparison: &Comparison, oddity: &Oddity<'_>) -> Fault {
    let note = "the service refuses such a rule, or the comparison has the same answer for every device";
    let certainty = Certainty::Unverified;
    match oddity {
        Oddity::Attribute => {
            let written = &comparison.attribute;
            let help = match nearest(written, filter::attributes()) {
                Some(name) => format!("write `device.{name}` if that is meant"),
                None => "name an attribute that device filters know, such as `device.trustType`".to_owned(),
            };
            Fault {
                message: format!("device filter compares `device.{written}`, which is not known"),
                label: "not among the documented attributes".to_owned(),
                note,
                help,
                certainty,
            }
        }
        Oddity::Operator(name) => Fault {
            message: format!("device filter compares `{name}` in a way that is not supported"),
            label: "not among the documented operators of the attribute".to_owned(),
            note,
            help: "write `-eq` and `-ne`, for ids `-in` and `-notIn` too, and for `physicalIds` and `systemLabels` \
                   `-contains` and `-notContains`"
                .to_owned(),
            certainty,
        },
        Oddity::Value(name, value, words) => Fault {
            message: format!("device filter compares `{name}` with `{value}`, which is not known"),
            label: "not among the documented values".to_owned(),
            note,
            help: format!("write one of {}", words.iter().map(|word| format!("`\"{word}\"`")).collect::<Vec<_>>().join(", ")),
            certainty,
        },
    }
}

/// A filter that takes in every device. One that takes in none is reported as a policy that never applies.
fn constant(policy: &Policy, filter: &Filter, access: &Access<'_>) -> Option<Fault> {
    let reported = || shared::blocks_everything(policy, access).is_some();
    let takes_in_all = DeviceFilter::of(filter)?.takes_in_all()?;
    if !takes_in_all || access::every_app(policy).is_some() && reported() {
        return None;
    }
    Some(Fault {
        message: "device filter takes in every device, so it narrows nothing".to_owned(),
        label: "the same for every device".to_owned(),
        note: "the policy applies as if the filter were not there, which the filter hides from whoever reads it",
        help: "correct the comparisons, `-or` where `-and` is meant or the reverse, or take the filter out"
            .to_owned(),
        certainty: Certainty::Certain,
    })
}
