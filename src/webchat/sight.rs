//! What sockets of visitors are told of is read for all of an organization's visitors at once: a commit that brought many messages
//! costs one look at the table, not one for each socket. Who may see what is decided by [`super::own`] as ever.

use crate::{
    app::App,
    error::{Error, Result},
    ids::{MessageId, OrganizationId},
    inbox::message::Message,
    webchat::{
        own::{self, Own, Position},
        view::{self, Shown},
    },
    writers::{Store, Writers},
};

/// Looks of one organization's sockets that may wait; each socket has one at a time.
const WAITING: usize = usize::MAX;

/// Cheap to clone.
#[derive(Clone)]
pub struct Sight(Writers<Tables>);

struct Tables {
    app: App,
}

/// One visitor's look at one message.
struct Look {
    own: Own,
    id: MessageId,
}

/// A message and its place; `None` if it is not the visitor's to see.
type Seen = Option<(Position, Shown)>;

impl Sight {
    pub fn new(app: &App) -> Self {
        Self(Writers::new(Tables { app: app.clone() }))
    }

    pub async fn look(&self, organization: OrganizationId, own: Own, id: MessageId) -> Result<Seen> {
        let lost = || Error::Internal("a look at the table was not answered".to_owned());
        let answer = self.0.hand_in(organization, Look { own, id }, WAITING).ok_or_else(lost)?;
        answer.await.map_err(|_| lost())?
    }
}

impl Store for Tables {
    type Item = Look;
    type Answer = Result<Seen>;

    async fn store(&self, organization: OrganizationId, looks: Vec<Look>) -> Vec<Self::Answer> {
        match self.read(organization, &looks).await {
            Ok(seen) => seen.into_iter().map(Ok).collect(),
            Err(error) => {
                let text = error.to_string();
                looks.iter().map(|_| Err(Error::Internal(text.clone()))).collect()
            }
        }
    }
}

impl Tables {
    /// In the order of the looks.
    async fn read(&self, organization: OrganizationId, looks: &[Look]) -> Result<Vec<Seen>> {
        let mut tx = self.app.db.begin(organization).await?;
        let asked: Vec<_> = looks.iter().map(|look| (&look.own, look.id)).collect();
        let found = own::find_each(&mut tx, &asked).await?;
        let files = view::files(&mut tx, found.iter().flatten()).await?;
        drop(tx);
        let show = |(look, message): (&Look, Option<Message>)| {
            let message = message?;
            Some((Position::of(&message), view::shown(&self.app, &look.own, message, &files)))
        };
        Ok(looks.iter().zip(found).map(show).collect())
    }
}
