//! The permission table, on one screen.

use serde::{Deserialize, Serialize};

/// A member's place in an organization, from most to least.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    sqlx::Type,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Role {
    Viewer,
    Agent,
    Manager,
    Admin,
    Owner,
}

/// What a handler must name before it reaches the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum May {
    /// See oneself, the organization's name, members, teams, labels, channels.
    ReadOrganization,
    WriteOrganization,
    ReadContacts,
    WriteContacts,
    DeleteContacts,
    ReadConversations,
    WriteConversations,
    AssignConversations,
    DeleteConversations,
    ReadDeals,
    WriteDeals,
    AssignDeals,
    DeleteDeals,
    WritePipelines,
    ReadPayments,
    /// Ask for money, take a request back.
    WritePayments,
    /// Give money back, and say to whom money belongs.
    RefundPayments,
    ReadIntegrations,
    WriteIntegrations,
    ReadCallbacks,
    ReplayCallbacks,
    WriteLabels,
    WriteTeams,
    InviteUsers,
    ChangeRoles,
    RemoveUsers,
    ManageBilling,
}

impl Role {
    /// The least role that may.
    fn least(may: May) -> Self {
        match may {
            May::ReadOrganization => Self::Viewer,
            May::WriteOrganization => Self::Admin,

            May::ReadContacts => Self::Viewer,
            May::WriteContacts => Self::Agent,
            May::DeleteContacts => Self::Manager,

            May::ReadConversations => Self::Viewer,
            May::WriteConversations => Self::Agent,
            May::AssignConversations => Self::Agent,
            May::DeleteConversations => Self::Admin,

            May::ReadDeals => Self::Viewer,
            May::WriteDeals => Self::Agent,
            May::AssignDeals => Self::Manager,
            May::DeleteDeals => Self::Manager,
            May::WritePipelines => Self::Manager,

            May::ReadPayments => Self::Viewer,
            May::WritePayments => Self::Agent,
            May::RefundPayments => Self::Manager,

            May::ReadIntegrations => Self::Manager,
            May::WriteIntegrations => Self::Admin,
            May::ReadCallbacks => Self::Manager,
            May::ReplayCallbacks => Self::Admin,

            May::WriteLabels => Self::Manager,
            May::WriteTeams => Self::Manager,

            May::InviteUsers => Self::Admin,
            May::ChangeRoles => Self::Admin,
            May::RemoveUsers => Self::Admin,
            May::ManageBilling => Self::Owner,
        }
    }

    pub fn may(self, may: May) -> bool {
        self >= Self::least(may)
    }

    /// Whether somebody with this role may give that role, or change who has it: nobody raises above their own.
    pub fn may_give(self, role: Self) -> bool {
        self >= role
    }

    /// Sees every conversation whatever the organization has set. Viewers read all, agents their own.
    pub fn sees_all_conversations(self) -> bool {
        self != Self::Agent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: [Role; 5] = [Role::Viewer, Role::Agent, Role::Manager, Role::Admin, Role::Owner];

    /// The promises made to customers, apart from the table that keeps them.
    #[test]
    fn each_role_may_what_it_is_for() {
        let (viewer, agent, manager, admin) = (Role::Viewer, Role::Agent, Role::Manager, Role::Admin);
        for may in [May::ReadContacts, May::ReadConversations, May::ReadDeals, May::ReadOrganization] {
            assert!(viewer.may(may), "viewers read: {may:?}");
        }
        for may in [May::WriteContacts, May::WriteConversations, May::AssignConversations, May::WriteDeals] {
            assert!(!viewer.may(may) && agent.may(may), "agents work: {may:?}");
        }
        for may in [
            May::DeleteContacts,
            May::DeleteDeals,
            May::AssignDeals,
            May::RefundPayments,
            May::WriteTeams,
            May::WriteLabels,
        ] {
            assert!(!agent.may(may) && manager.may(may), "managers keep order: {may:?}");
        }
        for may in [
            May::WriteIntegrations,
            May::InviteUsers,
            May::RemoveUsers,
            May::ChangeRoles,
            May::WriteOrganization,
        ] {
            assert!(!manager.may(may) && admin.may(may), "admins set up: {may:?}");
        }
        assert!(!admin.may(May::ManageBilling) && Role::Owner.may(May::ManageBilling));
    }

    #[test]
    fn nobody_gives_more_than_they_have() {
        for (n, role) in ROLES.iter().enumerate() {
            for (m, other) in ROLES.iter().enumerate() {
                assert_eq!(role.may_give(*other), n >= m);
            }
        }
    }

    #[test]
    fn only_agents_see_a_part() {
        let partial: Vec<_> = ROLES.into_iter().filter(|role| !role.sees_all_conversations()).collect();
        assert_eq!(partial, [Role::Agent]);
    }
}
