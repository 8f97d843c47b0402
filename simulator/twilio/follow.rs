//! Follows TwiML as Twilio does: asks, does what it is told verb by verb, asks again where an action says so.

use std::sync::Arc;

use super::{
    Platform,
    callback::form,
    twiml::{Element, verbs},
    world::sid,
};

/// How a document, or a verb of it, ended.
#[derive(Debug)]
pub(super) enum Next {
    /// The next verb, or the end of the document.
    On,
    /// Ask there what to do.
    Ask(String, Vec<(String, String)>),
    /// The call is over.
    Over,
    /// The leg was led elsewhere, or has ended: nothing more to do here.
    Gone,
}

impl Platform {
    /// Until the leg ends, or the API leads it elsewhere.
    pub(super) async fn follow(self: Arc<Self>, leg: String, url: String) {
        let Some(epoch) = self.leg(&leg).map(|leg| leg.epoch) else { return };
        let mut ask = (url, Vec::new());
        loop {
            match self.document(&leg, epoch, ask).await {
                Next::Ask(url, more) => ask = (url, more),
                Next::On | Next::Over => return self.move_leg(&leg, "completed", "completed").await,
                Next::Gone => return,
            }
        }
    }

    /// Asks once, and does what is answered.
    pub(super) async fn document(
        self: &Arc<Self>,
        leg: &str,
        epoch: u32,
        (url, more): (String, Vec<(String, String)>),
    ) -> Next {
        let Some(now) = self.leg(leg).filter(|now| now.epoch == epoch) else { return Next::Gone };
        let answer = self.tell_of(&now, &url, more).await;
        if now.has_ended() {
            // Actions are asked for after the end, too; what they say is done by nobody.
            return Next::Gone;
        }
        let Ok(verbs) = verbs(&answer.unwrap_or_default()) else {
            self.hear(leg, "We are sorry, an application error has occurred. Goodbye.");
            return Next::Over;
        };
        for verb in &verbs {
            match Box::pin(self.verb(leg, epoch, verb)).await {
                Next::On => {}
                other => return other,
            }
        }
        Next::On
    }

    async fn verb(self: &Arc<Self>, leg: &str, epoch: u32, verb: &Element) -> Next {
        let silent = verb.name == "Dial" && verb.attribute("answerOnBridge") == Some("true");
        if verb.name != "Reject" && !silent {
            self.answer_once(leg).await;
        }
        match verb.name.as_str() {
            "Say" => {
                self.hear(leg, &verb.text);
                Next::On
            }
            "Play" => {
                self.hear(leg, "♪");
                let seconds = if verb.attribute("loop") == Some("0") { 3600 } else { 5 };
                self.pass(leg, epoch, seconds).await
            }
            "Pause" => self.pass(leg, epoch, verb.seconds("length", 1)).await,
            "Redirect" => Next::Ask(verb.text.clone(), Vec::new()),
            "Gather" => self.gather(leg, epoch, verb).await,
            "Dial" => self.dial(leg, epoch, verb).await,
            "Record" => self.record(leg, epoch, verb).await,
            "Reject" => {
                self.move_leg(leg, "busy", "completed").await;
                Next::Gone
            }
            _ => Next::Over,
        }
    }

    /// A call that came in is answered by the first verb that makes a sound.
    pub(super) async fn answer_once(&self, leg: &str) {
        if self.leg(leg).is_some_and(|leg| leg.status == "ringing") {
            self.move_leg(leg, "in-progress", "answered").await;
        }
    }

    /// Time goes by.
    async fn pass(&self, leg: &str, epoch: u32, seconds: u32) -> Next {
        let gone = self.wait(seconds, |this| this.is_gone(leg, epoch).then_some(())).await;
        if gone.is_some() { Next::Gone } else { Next::On }
    }

    pub(super) fn is_gone(&self, leg: &str, epoch: u32) -> bool {
        self.leg(leg).is_none_or(|leg| leg.has_ended() || leg.epoch != epoch)
    }

    async fn gather(&self, leg: &str, epoch: u32, verb: &Element) -> Next {
        verb.children.iter().for_each(|said| self.hear(leg, &said.text));
        let digit = self.settings().desk_answers.then_some('1');
        self.change_leg(leg, |leg| (leg.waits, leg.digit) = ("gather", digit.or(leg.digit)));
        let seconds = verb.seconds("timeout", 5);
        let heard =
            self.wait(seconds, |this| {
                if this.is_gone(leg, epoch) { Some(None) } else { this.leg(leg)?.digit.map(Some) }
            })
            .await;
        match (heard, verb.attribute("action")) {
            (Some(Some(digit)), Some(action)) => {
                Next::Ask(action.to_owned(), form(&[("Digits", &digit.to_string())]))
            }
            (Some(None), _) => Next::Gone,
            _ => Next::On,
        }
    }

    /// The caller speaks after the tone, or hangs up.
    async fn record(&self, leg: &str, epoch: u32, verb: &Element) -> Next {
        self.change_leg(leg, |leg| leg.waits = "record");
        self.hear(leg, "Beep.");
        let seconds = verb.seconds("maxLength", 3600);
        let spoken = self
            .wait(seconds, |this| match this.leg(leg) {
                Some(now) if now.message.is_some() => now.message.map(Some),
                _ if this.is_gone(leg, epoch) => Some(None),
                _ => None,
            })
            .await
            .flatten();
        self.change_leg(leg, |leg| leg.waits = "");
        let Some(seconds) = spoken else {
            return if self.is_gone(leg, epoch) { Next::Gone } else { Next::On };
        };
        let recording =
            self.recorded(leg, seconds, "RecordVerb", verb.attribute("recordingStatusCallback")).await;
        if verb.attribute("transcribe") == Some("true")
            && let Some(url) = verb.attribute("transcribeCallback")
            && let Some(now) = self.leg(leg)
        {
            let more = form(&[
                ("TranscriptionSid", &sid("TR")),
                ("TranscriptionStatus", "completed"),
                ("TranscriptionText", "Please call me back."),
                ("RecordingSid", &recording),
            ]);
            self.tell_of(&now, url, more).await;
        }
        let more = form(&[
            ("RecordingSid", &recording),
            ("RecordingDuration", &seconds.to_string()),
            ("Digits", "hangup"),
        ]);
        match verb.attribute("action") {
            Some(action) => Next::Ask(action.to_owned(), more),
            None => Next::On,
        }
    }

    /// Keeps a recording and tells of it; returns its id.
    pub(super) async fn recorded(
        &self,
        leg: &str,
        seconds: u32,
        source: &str,
        told_at: Option<&str>,
    ) -> String {
        let id = sid("RE");
        let Some(now) = self.leg(leg) else { return id };
        let address = {
            let mut world = self.world();
            // Any bytes that a player takes for MP3.
            let bytes = bytes::Bytes::from_static(
                b"ID3\x04\x00\x00\x00\x00\x00\x00\xff\xfb\x90\x00a played recording",
            );
            world.media.insert(id.clone(), super::world::StoredFile { bytes, mime: "audio/mpeg".into() });
            let account = world.numbers.get(&now.number).map(|number| number.account.sid.clone());
            let account = account.unwrap_or_default();
            format!("{}/2010-04-01/Accounts/{account}/Recordings/{id}", self.base_url)
        };
        if let Some(url) = told_at {
            let more = form(&[
                ("RecordingSid", &id),
                ("RecordingUrl", &address),
                ("RecordingStatus", "completed"),
                ("RecordingDuration", &seconds.to_string()),
                ("RecordingChannels", "1"),
                ("RecordingSource", source),
            ]);
            self.tell_of(&now, url, more).await;
        }
        id
    }
}
