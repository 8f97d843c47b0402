//! `<Dial>`: telephones ring together, the first to answer is connected, and both talk until one of them has enough.

use std::sync::Arc;

use super::{Platform, call::Leg, callback::form, follow::Next, twiml::Element};

/// Why two people no longer talk.
enum Parted {
    /// The one who was dialled has hung up, or was led elsewhere.
    Dialled,
    /// The one who dialled has.
    Dialler,
}

impl Platform {
    pub(super) async fn dial(self: &Arc<Self>, leg: &str, epoch: u32, verb: &Element) -> Next {
        let Some(parent) = self.leg(leg) else { return Next::Gone };
        self.change_leg(leg, |leg| leg.waits = "dial");
        let children = self.ring(&parent, verb).await;
        let picked = self.first_to_answer(leg, epoch, verb.seconds("timeout", 30), &children).await;
        for (child, _) in children.iter().filter(|(child, _)| picked.as_ref() != Some(child)) {
            let status = if picked.is_some() { "canceled" } else { "no-answer" };
            self.move_leg(child, status, "completed").await;
        }
        let action = verb.attribute("action").map(str::to_owned);
        let on = |more| action.map_or(Next::On, |action| Next::Ask(action, more));
        let Some(child) = picked else {
            if self.is_gone(leg, epoch) && !self.leg(leg).is_some_and(|leg| leg.has_ended()) {
                return Next::Gone;
            }
            return on(form(&[("DialCallStatus", "no-answer")]));
        };
        self.answer_once(leg).await;
        let parted = self.talk(leg, epoch, &child).await;
        let seconds = self.leg(&child).map_or(0, |leg| leg.duration());
        if matches!(parted, Parted::Dialler) {
            self.move_leg(&child, "completed", "completed").await;
        }
        if verb.attribute("record").is_some() {
            let told_at = verb.attribute("recordingStatusCallback");
            self.recorded(leg, seconds.try_into().unwrap_or(0), "DialVerb", told_at).await;
        }
        let led_elsewhere = self.leg(leg).is_none_or(|now| now.epoch != epoch);
        if led_elsewhere {
            return Next::Gone;
        }
        on(form(&[
            ("DialCallStatus", "completed"),
            ("DialCallSid", &child),
            ("DialCallDuration", &seconds.to_string()),
            ("DialBridged", "true"),
        ]))
    }

    /// Each with what is said to it before it is connected.
    async fn ring(self: &Arc<Self>, parent: &Leg, verb: &Element) -> Vec<(String, Option<String>)> {
        let mut children = Vec::new();
        for noun in &verb.children {
            let to = match noun.children.iter().find(|child| child.name == "Identity") {
                Some(identity) => format!("client:{}", identity.text),
                None if noun.name == "Client" => format!("client:{}", noun.text.trim()),
                None => noun.text.trim().to_owned(),
            };
            let from = verb.attribute("callerId").unwrap_or(&parent.from).to_owned();
            let mut child = Leg::new(&parent.number, &from, &to, "outbound-dial");
            child.parent = Some(parent.sid.clone());
            let events = noun.attribute("statusCallbackEvent").unwrap_or("completed").to_owned();
            child.status_callback = noun.attribute("statusCallback").map(|url| (url.to_owned(), events));
            let (sid, whisper) = (child.sid.clone(), noun.attribute("url").map(str::to_owned));
            let off = self.world().unreachable.contains(&to);
            self.world().calls.insert(sid.clone(), child);
            if off {
                self.move_leg(&sid, "failed", "completed").await;
            } else {
                self.move_leg(&sid, "ringing", "ringing").await;
                // A forwarded telephone is asked for a key before it is connected; a customer is not.
                if whisper.is_some() || to.starts_with("client:member_") {
                    self.desk_answers(&sid);
                }
            }
            children.push((sid, whisper));
        }
        children
    }

    /// A member takes their telephone, where they do so by themselves.
    pub(super) fn desk_answers(self: &Arc<Self>, sid: &str) {
        let settings = self.settings();
        if !settings.desk_answers {
            return;
        }
        let (platform, sid) = (self.clone(), sid.to_owned());
        tokio::spawn(async move {
            tokio::time::sleep(settings.second).await;
            platform.change_leg(&sid, |leg| leg.picked_up = true);
        });
    }

    /// Whoever is to be connected: they took the call, and pressed a key where they were asked to.
    async fn first_to_answer(
        self: &Arc<Self>,
        leg: &str,
        epoch: u32,
        seconds: u32,
        children: &[(String, Option<String>)],
    ) -> Option<String> {
        let picked = |this: &Self| {
            if this.is_gone(leg, epoch) {
                return Some(None);
            }
            let up = |sid: &str| this.leg(sid).is_some_and(|leg| leg.picked_up && !leg.has_ended());
            let found = children.iter().find(|(sid, _)| up(sid)).cloned();
            let none = children.iter().all(|(sid, _)| this.leg(sid).is_none_or(|leg| leg.has_ended()));
            if none { Some(None) } else { found.map(Some) }
        };
        let (sid, whisper) = self.wait(seconds, picked).await.flatten()?;
        self.move_leg(&sid, "in-progress", "answered").await;
        let Some(whisper) = whisper else { return Some(sid) };
        let mut ask = (whisper, Vec::new());
        // What is said to the one who was dialled; a document that ends without hanging up connects them.
        loop {
            match self.document(&sid, 0, ask).await {
                Next::Ask(url, more) => ask = (url, more),
                Next::On => return Some(sid),
                Next::Over | Next::Gone => {
                    self.move_leg(&sid, "completed", "completed").await;
                    return None;
                }
            }
        }
    }

    async fn talk(&self, leg: &str, epoch: u32, child: &str) -> Parted {
        let born = self.leg(child).map_or(0, |leg| leg.epoch);
        let parted = |this: &Self| {
            if this.is_gone(leg, epoch) {
                return Some(Parted::Dialler);
            }
            this.is_gone(child, born).then_some(Parted::Dialled)
        };
        self.wait(4 * 3600, parted).await.unwrap_or(Parted::Dialler)
    }
}
