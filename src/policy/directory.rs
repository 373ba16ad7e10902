//! What exports tell about the tenant beside its policies: who is in a group, who holds a role, what a strength
//! accepts, whose devices and methods are trusted.
//!
//! Every fact is either told by a file or unknown. What no file tells is never taken for nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::List;
use crate::source::{At, Span};

/// The facts of one tenant. Keys are ids in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// Users, by object id.
    pub users: BTreeMap<String, User>,
    /// Groups, by object id.
    pub groups: BTreeMap<String, Group>,
    /// Role assignments of the kinds that `coverage` says something about; `None` where no file tells any.
    pub roles: Option<Vec<RoleAssignment>>,
    /// How much of the role assignments the files hold. [`Directory::holders`] asks it.
    pub coverage: RoleCoverage,
    /// The method combinations that authentication strengths accept, by strength id.
    pub strengths: BTreeMap<String, List<String>>,
    /// Service principals, by object id.
    pub service_principals: BTreeMap<String, ServicePrincipal>,
    /// What is accepted from external users of every tenant without settings of its own.
    pub trust: Option<InboundTrust>,
    /// What is accepted from external users of one tenant, by tenant id; `None` where the file has settings
    /// that are not known.
    pub partners: BTreeMap<String, Option<InboundTrust>>,
    /// What asks for an authentication context.
    pub step_ups: Vec<StepUp>,
}

/// A user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct User {
    /// Display name, else user principal name.
    pub name: Option<String>,
    /// `userType`: `Member` or `Guest`.
    pub user_type: Option<String>,
    /// `userPrincipalName`, in lower case.
    pub principal_name: Option<String>,
    /// `onPremisesSyncEnabled`: the account is kept in an on-premises directory.
    pub synchronised: Option<bool>,
    /// `accountEnabled`.
    pub enabled: Option<bool>,
}

/// A group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Display name.
    pub name: Option<String>,
    /// Object ids of its direct members, users and groups; `None` where no file tells them all.
    pub members: Option<BTreeSet<String>>,
    /// `isAssignableToRole`: only Global Administrators and Privileged Role Administrators can change it.
    pub assignable: Option<bool>,
    /// `isManagementRestricted`: it belongs to a restricted management administrative unit.
    pub restricted: Option<bool>,
    /// A membership rule decides who belongs to it.
    pub dynamic: Option<bool>,
    /// A Terraform plan deletes it.
    pub deleted: bool,
}

/// A service principal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServicePrincipal {
    /// Display name.
    pub name: Option<String>,
    /// Its application (client) id, in lower case.
    pub app_id: Option<String>,
}

/// A role given to a user or group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleAssignment {
    /// Role template id, in lower case; of a custom role its own id.
    pub role: String,
    /// Object id of the user, group or service principal, in lower case.
    pub principal: String,
    /// It holds for the whole tenant, not for an administrative unit or one object.
    pub tenant_wide: bool,
    /// It holds now; otherwise the principal is eligible and has to activate it.
    pub active: bool,
    /// It ends by itself: it has an end, or was activated for some hours. Only schedules tell.
    pub ends: Option<bool>,
    /// Where it is written.
    pub at: Span,
}

/// How much of the role assignments the files hold, active and eligible apart: an export of one says nothing
/// about the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleCoverage {
    /// Of the active ones.
    pub active: Coverage,
    /// Of the eligible ones.
    pub eligible: Coverage,
}

/// How much of a kind of role assignment the files hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Coverage {
    /// Nothing.
    #[default]
    Nothing,
    /// Everything about these roles.
    Roles(BTreeSet<String>),
    /// Everything.
    All,
    /// An unknown part, as where a page or a value is missing.
    Part,
}

impl Coverage {
    /// Adds what another file holds. What is missing in one file may be anything.
    pub fn add(&mut self, other: Self) {
        match (&mut *self, other) {
            (Self::Part, _) | (_, Self::Nothing) => {}
            (_, Self::Part) => *self = Self::Part,
            (Self::All, _) => {}
            (Self::Roles(own), Self::Roles(others)) => own.extend(others),
            (_, other) => *self = other,
        }
    }

    fn is_usable(&self) -> bool {
        matches!(self, Self::Roles(_) | Self::All)
    }

    fn has(&self, role: &str) -> bool {
        match self {
            Self::Roles(roles) => roles.contains(role),
            Self::All => true,
            Self::Nothing | Self::Part => false,
        }
    }
}

/// What is accepted from the home tenant of an external user.
///
/// Source: Microsoft Graph reference, resource type `crossTenantAccessPolicyInboundTrust`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct InboundTrust {
    /// `isMfaAccepted`.
    pub mfa: bool,
    /// `isCompliantDeviceAccepted`.
    pub compliant_device: bool,
    /// `isHybridAzureADJoinedDeviceAccepted`.
    pub hybrid_device: bool,
}

/// Something that can only be done once the policies on an authentication context are satisfied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepUp {
    /// The authentication context, such as `c1`.
    pub context: At<String>,
    /// What asks for it.
    pub of: StepUpOf,
}

/// What asks for an authentication context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepUpOf {
    /// Activating a role in Privileged Identity Management: its template id, where the file tells it.
    ///
    /// Source: resource type `unifiedRoleManagementPolicyAuthenticationContextRule`.
    RoleActivation(Option<String>),
    /// A protected action, such as `microsoft.directory/conditionalAccessPolicies/basic/update`.
    ///
    /// Source: resource type `unifiedRbacResourceAction`.
    ProtectedAction(String),
}

impl Directory {
    /// Everybody in a group, in groups inside it too; `None` where that is not known of every group reached.
    ///
    /// A member that no file describes as a group counts as a person.
    #[must_use]
    pub fn people_in(&self, group: &str) -> Option<BTreeSet<String>> {
        let group = group.to_ascii_lowercase();
        let mut left: Vec<_> = self.groups.get(&group)?.members.as_ref()?.iter().collect();
        let mut seen = BTreeSet::from([&group]);
        let mut people = BTreeSet::new();
        while let Some(id) = left.pop() {
            if !seen.insert(id) {
                continue;
            }
            match self.groups.get(id) {
                Some(nested) => left.extend(nested.members.as_ref()?),
                None => {
                    people.insert(id.clone());
                }
            }
        }
        Some(people)
    }

    /// Everybody who holds a role in the whole tenant, active or eligible, groups resolved; `None` where the
    /// files do not tell all of them.
    #[must_use]
    pub fn holders(&self, role: &str, active: bool) -> Option<BTreeSet<String>> {
        let role = role.to_ascii_lowercase();
        let coverage = if active { &self.coverage.active } else { &self.coverage.eligible };
        if !coverage.has(&role) {
            return None;
        }
        let mut people = BTreeSet::new();
        for given in self.roles.iter().flatten() {
            if given.role != role || given.active != active || !given.tenant_wide {
                continue;
            }
            if self.groups.contains_key(&given.principal) {
                people.extend(self.people_in(&given.principal)?);
            } else if !self.service_principals.contains_key(&given.principal) {
                people.insert(given.principal.clone());
            }
        }
        Some(people)
    }

    /// Whether a person holds a role for a time only: it was activated, or the assignment has an end, and no other
    /// assignment is without one. Only exports of schedules tell.
    #[must_use]
    pub fn holds_for_a_time(&self, person: &str, role: &str) -> bool {
        let is_theirs = |given: &RoleAssignment| {
            let group = || self.people_in(&given.principal).is_some_and(|people| people.contains(person));
            given.active && given.tenant_wide && given.role == role && (given.principal == person || group())
        };
        let mut ends: Vec<_> = self.roles.iter().flatten().filter(|given| is_theirs(given)).collect();
        ends.retain(|given| given.ends.is_some());
        !ends.is_empty() && ends.iter().all(|given| given.ends == Some(true))
    }

    /// What is accepted from external users of a tenant: its own settings, else those for all tenants. `None`
    /// where no file tells.
    #[must_use]
    pub fn trust_of(&self, tenant: &str) -> Option<InboundTrust> {
        match self.partners.get(&tenant.to_ascii_lowercase()) {
            Some(partner) => *partner,
            None => self.trust,
        }
    }

    /// Adds what another file tells. Of two values for one fact the later counts.
    pub fn merge(&mut self, later: Self) {
        for (id, user) in later.users {
            let own = self.users.entry(id).or_default();
            put(&mut own.name, user.name);
            put(&mut own.user_type, user.user_type);
            put(&mut own.principal_name, user.principal_name);
            put(&mut own.synchronised, user.synchronised);
            put(&mut own.enabled, user.enabled);
        }
        for (id, group) in later.groups {
            let own = self.groups.entry(id).or_default();
            put(&mut own.name, group.name);
            put(&mut own.members, group.members);
            put(&mut own.assignable, group.assignable);
            put(&mut own.restricted, group.restricted);
            put(&mut own.dynamic, group.dynamic);
            own.deleted |= group.deleted;
        }
        for (id, principal) in later.service_principals {
            let own = self.service_principals.entry(id).or_default();
            put(&mut own.name, principal.name);
            put(&mut own.app_id, principal.app_id);
        }
        if let Some(more) = later.roles {
            self.roles.get_or_insert_default().extend(more);
        }
        self.coverage.active.add(later.coverage.active);
        self.coverage.eligible.add(later.coverage.eligible);
        self.strengths.extend(later.strengths);
        put(&mut self.trust, later.trust);
        self.partners.extend(later.partners);
        for step_up in later.step_ups {
            self.add_step_up(step_up);
        }
        self.settle();
    }

    /// Adds a step-up unless it is known; exports repeat them.
    pub fn add_step_up(&mut self, step_up: StepUp) {
        let is_same = |own: &StepUp| own.context.value == step_up.context.value && own.of == step_up.of;
        if !self.step_ups.iter().any(is_same) {
            self.step_ups.push(step_up);
        }
    }

    /// Takes out role assignments of a kind of which a part is missing: they do not tell who holds a role.
    pub fn settle(&mut self) {
        let RoleCoverage { active, eligible } = &self.coverage;
        if !active.is_usable() && !eligible.is_usable() {
            self.roles = None;
        } else if let Some(roles) = &mut self.roles {
            let kind = |role: &RoleAssignment| if role.active { active } else { eligible };
            roles.retain(|role| kind(role).is_usable());
        } else {
            self.roles = Some(Vec::new());
        }
    }

    /// Keeps only what a text that was not read to its end can tell: names, and that there is more.
    pub fn distrust(&mut self) {
        for group in self.groups.values_mut() {
            group.members = None;
        }
        for coverage in [&mut self.coverage.active, &mut self.coverage.eligible] {
            if *coverage != Coverage::Nothing {
                *coverage = Coverage::Part;
            }
        }
        for partner in self.partners.values_mut() {
            *partner = None;
        }
        self.strengths.clear();
        self.trust = None;
        self.settle();
    }
}

fn put<T>(own: &mut Option<T>, later: Option<T>) {
    if later.is_some() {
        *own = later;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn set(ids: &[&str]) -> BTreeSet<String> {
        ids.iter().map(ToString::to_string).collect()
    }

    fn groups(groups: &[(&str, Option<&[&str]>)]) -> Directory {
        let group = |members: &Option<&[&str]>| Group { members: members.map(set), ..Group::default() };
        Directory {
            groups: groups.iter().map(|(id, members)| ((*id).to_owned(), group(members))).collect(),
            ..Directory::default()
        }
    }

    fn given(role: &str, principal: &str, tenant_wide: bool, active: bool) -> RoleAssignment {
        let at = Span::start_of(FileId(0));
        RoleAssignment {
            role: role.to_owned(),
            principal: principal.to_owned(),
            tenant_wide,
            active,
            ends: None,
            at,
        }
    }

    #[test]
    fn nested_groups_are_resolved() {
        let directory = groups(&[("a", Some(&["u1", "b"])), ("b", Some(&["u2", "c"])), ("c", Some(&[]))]);
        assert_eq!(directory.people_in("A"), Some(set(&["u1", "u2"])));
        assert_eq!(directory.people_in("c"), Some(set(&[])));
        assert_eq!(directory.people_in("not exported"), None);
    }

    #[test]
    fn groups_inside_each_other_come_to_an_end() {
        let directory = groups(&[("a", Some(&["u1", "b"])), ("b", Some(&["a", "b", "u2"]))]);
        assert_eq!(directory.people_in("a"), Some(set(&["u1", "u2"])));
        assert_eq!(directory.people_in("b"), Some(set(&["u1", "u2"])));
    }

    #[test]
    fn one_unknown_group_leaves_the_people_unknown() {
        let directory = groups(&[("a", Some(&["u1", "b"])), ("b", None)]);
        assert_eq!(directory.people_in("a"), None);
        assert_eq!(directory.people_in("b"), None);
    }

    #[test]
    fn holders_are_people_with_the_whole_tenant() {
        let mut directory = groups(&[("g", Some(&["u2"]))]);
        directory.service_principals.insert("sp".to_owned(), ServicePrincipal::default());
        directory.roles = Some(vec![
            given("r", "u1", true, true),
            given("r", "g", true, true),
            given("r", "sp", true, true),
            given("r", "u3", false, true),
            given("r", "u4", true, false),
            given("other", "u5", true, true),
        ]);
        directory.coverage = RoleCoverage { active: Coverage::All, eligible: Coverage::All };
        assert_eq!(directory.holders("R", true), Some(set(&["u1", "u2"])));
        assert_eq!(directory.holders("r", false), Some(set(&["u4"])));
        assert_eq!(directory.holders("nobody has it", true), Some(set(&[])));
        directory.groups.insert("g".to_owned(), Group::default());
        assert_eq!(directory.holders("r", true), None, "who is in the group is not known");
    }

    #[test]
    fn an_export_of_one_kind_says_nothing_about_the_other() {
        let mut directory =
            Directory { roles: Some(vec![given("r", "u1", true, true)]), ..Directory::default() };
        directory.coverage.active = Coverage::Roles(set(&["r"]));
        assert_eq!(directory.holders("r", true), Some(set(&["u1"])));
        assert_eq!(directory.holders("r", false), None);
        assert_eq!(directory.holders("another", true), None);
    }

    #[test]
    fn a_missing_part_leaves_the_roles_unknown_whatever_other_files_hold() {
        let part = || {
            let mut part = Directory::default();
            part.coverage.active = Coverage::Part;
            part
        };
        let whole = || {
            let mut whole =
                Directory { roles: Some(vec![given("r", "u", true, true)]), ..Directory::default() };
            whole.coverage.active = Coverage::All;
            whole
        };
        for (mut first, second) in [(part(), whole()), (whole(), part())] {
            first.merge(second);
            assert_eq!(first.roles, None);
            assert_eq!(first.holders("r", true), None);
        }
    }

    #[test]
    fn the_later_file_counts_and_silence_does_not() {
        let mut first = groups(&[("a", Some(&["u1"])), ("b", Some(&["u2"]))]);
        let mut second = groups(&[("a", None), ("b", Some(&["u3"]))]);
        second.trust = Some(InboundTrust { mfa: true, ..InboundTrust::default() });
        first.merge(second);
        first.merge(Directory::default());
        assert_eq!(first.people_in("a"), Some(set(&["u1"])));
        assert_eq!(first.people_in("b"), Some(set(&["u3"])));
        assert!(first.trust.unwrap().mfa);
    }

    #[test]
    fn settings_of_a_partner_come_before_those_for_all() {
        let all = InboundTrust { mfa: true, ..InboundTrust::default() };
        let mut directory = Directory { trust: Some(all), ..Directory::default() };
        directory.partners.insert("p".to_owned(), Some(InboundTrust::default()));
        directory.partners.insert("q".to_owned(), None);
        assert_eq!(directory.trust_of("P"), Some(InboundTrust::default()));
        assert_eq!(directory.trust_of("q"), None);
        assert_eq!(directory.trust_of("another"), Some(all));
    }
}
