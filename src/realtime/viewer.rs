//! What decides, at fan-out, whether somebody sees something.

use serde::Serialize;

use crate::{
    ids::{TeamId, UserId},
    realtime::event::Subject,
};

/// The member behind a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    pub user_id: UserId,
    pub name: String,
    pub teams: Vec<TeamId>,
    /// Sees every conversation of the organization.
    pub sees_all: bool,
    /// May write to customers, and so be seen writing.
    pub writes: bool,
}

/// A member as others are told of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, serde::Deserialize)]
pub struct Person {
    pub user_id: UserId,
    pub name: String,
}

impl Viewer {
    /// One's own conversations, one's teams', and those that nobody has.
    pub fn sees(&self, subject: Subject) -> bool {
        self.sees_all
            || subject.assignee_id == Some(self.user_id)
            || subject.team_id.is_some_and(|team| self.teams.contains(&team))
            || (subject.assignee_id.is_none() && subject.team_id.is_none())
    }

    /// Whether an event about this, with these members named beside, is for the viewer.
    pub fn hears(&self, subject: Option<Subject>, audience: &[UserId]) -> bool {
        match subject {
            Some(subject) => self.sees(subject) || audience.contains(&self.user_id),
            None => audience.is_empty() || audience.contains(&self.user_id),
        }
    }

    pub fn person(&self) -> Person {
        Person { user_id: self.user_id, name: self.name.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::ConversationId;

    fn subject(assignee_id: Option<UserId>, team_id: Option<TeamId>) -> Subject {
        Subject { conversation_id: ConversationId::new(), assignee_id, team_id }
    }

    #[test]
    fn an_agent_sees_their_own_their_teams_and_nobodys() {
        let (me, other, team) = (UserId::new(), UserId::new(), TeamId::new());
        let viewer =
            Viewer { user_id: me, name: "Ana".into(), teams: vec![team], sees_all: false, writes: true };
        assert!(viewer.sees(subject(Some(me), None)));
        assert!(viewer.sees(subject(Some(other), Some(team))));
        assert!(viewer.sees(subject(None, None)));
        assert!(!viewer.sees(subject(Some(other), None)));
        assert!(!viewer.sees(subject(None, Some(TeamId::new()))));
        assert!(viewer.hears(Some(subject(Some(other), None)), &[me]));
        assert!(!viewer.hears(None, &[other]));
        assert!(viewer.hears(None, &[]));
    }
}
