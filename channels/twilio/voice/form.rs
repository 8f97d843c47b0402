//! What an admin fills in for a number that takes calls, and what it means.

use secrecy::SecretString;

use super::{
    super::{account, twiml::Telephone},
    hours::Hours,
};
use crate::{Account, Choice, Field, Form, account::YES_NO, phone};

const GREETING: &str = "greeting";
const LANGUAGE: &str = "language";
const HOURS: &str = "hours";
const TIME_ZONE: &str = "time_zone";
const CLOSED: &str = "closed_message";
const RING: &str = "ring_browsers";
const FORWARD: &str = "forward_to";
const RING_SECONDS: &str = "ring_seconds";
const WAIT_MINUTES: &str = "queue_minutes";
const HOLD_MESSAGE: &str = "hold_message";
const WHISPER: &str = "whisper_message";
const HOLD_MUSIC: &str = "hold_music_url";
const VOICEMAIL: &str = "voicemail_message";
const RECORD: &str = "record_calls";
const TRANSCRIBE: &str = "transcribe_voicemail";
pub(super) const API_KEY_SID: &str = "api_key_sid";
pub(super) const API_KEY_SECRET: &str = "api_key_secret";
pub(super) const TWIML_APP_SID: &str = "twiml_app_sid";

const STANDARD_RING: u32 = 20;
/// Twilio rings ten telephones at once.
const LEGS_MAX: usize = 10;

pub(super) fn form() -> Form {
    let text = |name, label, help| Field::text(name, label, help).optional();
    let hours = Field::section(
        "Greeting and business hours",
        [
            text(GREETING, "Greeting", "Said to every caller, for instance that calls are recorded."),
            text(LANGUAGE, "Language", "Of everything that is said: en-US when left empty, de-DE, pt-BR, …."),
            text(
                HOURS,
                "Business hours",
                "Mon-Fri 09:00-18:00, Sat 10:00-14:00. Always open when left empty.",
            ),
            Field::time_zone(TIME_ZONE, "Time zone", "Of the business hours. UTC when not set.").optional(),
            text(CLOSED, "Message outside business hours", "Said before the caller may leave a message."),
        ],
    );
    let ringing =
        Field::section(
            "Who is rung",
            [
                text(RING, "Ring browsers", "Needs an API key. Browsers ring when not set.").one_of(
                    const {
                        &[
                            Choice::of("yes", "Browsers ring"),
                            Choice::of("no", "Only the telephones below ring"),
                        ]
                    },
                ),
                text(
                    FORWARD,
                    "Forward to",
                    "Telephones that ring, with + and country code, with commas; ten at most.",
                ),
                Field::number(RING_SECONDS, "Seconds to ring", "20 when left empty.").optional(),
                text(
                    WHISPER,
                    "Message to telephones",
                    "Said to a telephone that was forwarded to, before it takes the call by pressing a key.",
                ),
            ],
        );
    let waiting = Field::section(
        "Waiting",
        [
            Field::number(
                WAIT_MINUTES,
                "Minutes to wait",
                "How long callers wait with music while everybody is busy, and are tried again. Empty: not at all.",
            )
            .optional(),
            text(HOLD_MESSAGE, "Message while waiting", "Said before the music."),
            text(HOLD_MUSIC, "Music", "Address of an MP3 or WAV file for those who wait."),
        ],
    );
    let kept = Field::section(
        "Voicemail and recordings",
        [
            text(
                VOICEMAIL,
                "Voicemail message",
                "Said before the tone. “no” hangs up instead of recording a message.",
            ),
            text(
                RECORD,
                "Record calls",
                "Whether what is spoken is recorded. Tell it in the greeting where the law demands it. Not set: no.",
            )
            .one_of(YES_NO),
            text(
                TRANSCRIBE,
                "Write voicemail down",
                "Whether Twilio writes messages down, in American English only. Not set: no.",
            )
            .one_of(YES_NO),
        ],
    );
    let browsers = Field::section(
        "Calls in the browser",
        [
            text(
                API_KEY_SID,
                "API key SID",
                "For calls in the browser: Twilio Console, API keys and tokens; it begins with SK.",
            ),
            Field::secret(API_KEY_SECRET, "API key secret", "Shown once, when the key is made.").optional(),
            text(
                TWIML_APP_SID,
                "TwiML app SID",
                "Not needed: calls begin in the conversation. It begins with AP.",
            ),
        ],
    );
    let own = hours.chain(ringing).chain(waiting).chain(kept).chain(browsers);
    Form::new(account::fields().into_iter().chain(own).chain(account::signing_fields()).collect())
}

/// The account's options.
pub(super) struct Desk<'a>(pub(super) &'a Account);

impl<'a> Desk<'a> {
    fn given(&self, name: &str) -> Option<&'a str> {
        Some(self.0.text(name).trim()).filter(|text| !text.is_empty())
    }

    fn is(&self, name: &str, word: &str) -> bool {
        self.given(name).is_some_and(|text| text.eq_ignore_ascii_case(word))
    }

    pub(super) fn greeting(&self) -> &'a str {
        self.given(GREETING).unwrap_or_default()
    }

    pub(super) fn language(&self) -> &'a str {
        self.given(LANGUAGE).unwrap_or("en-US")
    }

    /// What is wrong with the hours, for an admin. Callers meet an open shop then.
    pub(super) fn hours(&self) -> Result<Hours, String> {
        Hours::parse(self.given(HOURS).unwrap_or_default(), self.given(TIME_ZONE).unwrap_or_default())
    }

    pub(super) fn closed_message(&self) -> &'a str {
        self.given(CLOSED).unwrap_or("We are closed at the moment.")
    }

    /// Everything that rings for a caller.
    pub(super) fn telephones(&self) -> Vec<Telephone> {
        let browsers = (!self.is(RING, "no") && self.given(API_KEY_SID).is_some())
            .then(|| Telephone::Client(desk_identity(self.0)));
        let numbers = self.given(FORWARD).unwrap_or_default().split([',', ';']);
        let numbers = numbers.filter_map(phone::e164).map(Telephone::Number);
        browsers.into_iter().chain(numbers).take(LEGS_MAX).collect()
    }

    /// Entries of “forward to” that are no numbers.
    pub(super) fn wrong_numbers(&self) -> Vec<&'a str> {
        let all = self.given(FORWARD).unwrap_or_default().split([',', ';']).map(str::trim);
        all.filter(|text| !text.is_empty() && phone::e164(text).is_none()).collect()
    }

    pub(super) fn ring_seconds(&self) -> u32 {
        self.given(RING_SECONDS).and_then(|text| text.parse().ok()).unwrap_or(STANDARD_RING).clamp(5, 120)
    }

    /// Seconds that callers may wait while everybody is busy.
    pub(super) fn wait_seconds(&self) -> u32 {
        let minutes: u32 = self.given(WAIT_MINUTES).and_then(|text| text.parse().ok()).unwrap_or(0);
        minutes.min(60) * 60
    }

    pub(super) fn hold_message(&self) -> &'a str {
        self.given(HOLD_MESSAGE).unwrap_or("Please hold. Somebody will be with you as soon as possible.")
    }

    /// Voicemail of a mobile telephone presses no key, so that it never takes a call.
    pub(super) fn whisper(&self) -> &'a str {
        self.given(WHISPER).unwrap_or("A customer is calling. Press any key to take the call.")
    }

    pub(super) fn hold_music(&self) -> Option<url::Url> {
        self.given(HOLD_MUSIC)?.parse().ok()
    }

    /// What is said before the tone; `None` where no messages are taken.
    pub(super) fn voicemail(&self) -> Option<&'a str> {
        let standard = "Please leave a message after the tone.";
        (!self.is(VOICEMAIL, "no")).then(|| self.given(VOICEMAIL).unwrap_or(standard))
    }

    pub(super) fn records(&self) -> bool {
        self.is(RECORD, "yes")
    }

    pub(super) fn transcribes(&self) -> bool {
        self.is(TRANSCRIBE, "yes")
    }

    pub(super) fn api_key_secret(&self) -> Option<SecretString> {
        self.given(API_KEY_SID)?;
        self.given(API_KEY_SECRET).map(|_| self.0.secret(API_KEY_SECRET))
    }
}

/// What all browsers of the integration are called by, so that they ring together. Letters, digits and underscores are safe.
pub(super) fn desk_identity(account: &Account) -> String {
    format!("desk_{}", account::key(account).trim_start_matches('+'))
}

/// What one member's browser is called by.
pub(super) fn member_identity(member: &str) -> String {
    let safe: String = member.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("member_{safe}")
}

/// The member behind a browser's identity, as the hub writes ids; `None` for what all browsers are called by.
pub(super) fn member(identity: &str) -> Option<String> {
    let id = identity.strip_prefix("member_").and_then(|id| uuid::Uuid::parse_str(id).ok());
    id.map(|id| id.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(fields: &[(&str, &str)]) -> Account {
        Account::new(fields.iter().map(|(name, value)| ((*name).to_owned(), SecretString::from(*value))))
    }

    #[test]
    fn browsers_ring_where_there_is_a_key_and_telephones_where_there_are_numbers() {
        let of = |fields: &[(&str, &str)]| Desk(&account(fields)).telephones();
        let number = ("phone_number", "+1 500 555 0006");
        assert!(of(&[number]).is_empty());
        let desk = Telephone::Client("desk_15005550006".into());
        assert_eq!(of(&[number, (API_KEY_SID, "SK1")]), vec![desk.clone()]);
        let phone = Telephone::Number("+4915100000001".into());
        let forward = (FORWARD, "+49 151 00000001, nonsense; ");
        assert_eq!(of(&[number, (API_KEY_SID, "SK1"), forward]), vec![desk, phone.clone()]);
        assert_eq!(of(&[number, (API_KEY_SID, "SK1"), forward, (RING, "No")]), vec![phone]);
        assert_eq!(Desk(&account(&[forward])).wrong_numbers(), vec!["nonsense"]);
    }

    #[test]
    fn identities_lead_back_to_members() {
        let id = "019b0000-0000-7000-8000-000000000001";
        assert_eq!(member_identity(id), "member_019b000000007000800000000000000 1".replace(' ', ""));
        assert_eq!(member(&member_identity(id)).as_deref(), Some(id));
        assert_eq!(member("desk_1500"), None);
    }
}
