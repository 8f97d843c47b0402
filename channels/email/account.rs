//! The fields of a mailbox: how letters come in and go out. Either a mailbox that is listened to (IMAP) with the server that takes
//! letters (SMTP), or a provider that calls the hub and is called.

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};

use super::address;
use crate::{Account, Choice, Field, Form, Refusal, account::YES_NO, error::NextStep};

const SECURITY: &[Choice] = &[
    Choice::of("tls", "TLS"),
    Choice::of("starttls", "STARTTLS"),
    Choice::of("none", "None: everything is sent in the clear"),
];

pub(super) const ADDRESS: &str = "address";
pub(super) const NAME: &str = "sender_name";
/// What stands below every letter.
pub(super) const SIGNATURE: &str = "signature";
pub(super) const PROVIDER: &str = "provider";
pub(super) const PROVIDER_SECRET: &str = "provider_secret";
pub(super) const CALLBACK_SECRET: &str = "callback_secret";
/// Whether copies of what is sent are kept in the mailbox.
pub(super) const SENT_COPIES: &str = "sent_copies";
/// Where letters that were sent with other programs are found.
pub(super) const SENT_FOLDER: &str = "sent_folder";
/// Microsoft's directory.
pub(super) const TENANT: &str = "oauth_tenant";
/// The topic of Amazon SNS.
pub(super) const TOPIC: &str = "topic_arn";
/// SendGrid's public keys.
pub(super) const VERIFICATION_KEYS: &str = "verification_keys";
/// Amazon's key, beside its secret, and where it is good.
pub(super) const ACCESS_KEY: &str = "access_key_id";
pub(super) const REGION: &str = "aws_region";
/// The name of the server whose word on senders counts.
pub(super) const CHECKING_SERVER: &str = "checking_server";
pub(super) const OAUTH: [&str; 6] = [
    "oauth_provider",
    "oauth_client_id",
    "oauth_client_secret",
    "oauth_refresh_token",
    "oauth_access_token",
    "oauth_expires_at",
];

/// The user name in the callback's address, beside the secret.
pub(super) const CALLBACK_USER: &str = "switchboard";

pub(super) fn form() -> Form {
    let letters = [
        Field::text(
            ADDRESS,
            "E-mail address",
            "The address that customers write to, for instance support@example.com.",
        ),
        Field::text(NAME, "Sender name", "What customers see beside the address, for instance Acme Support.")
            .optional(),
        Field::lines(
            SIGNATURE,
            "Signature",
            "Stands below every letter, for instance the team's name and telephone number.",
        )
        .optional(),
    ];
    let reading = Field::section(
        "Reading: a mail server of your own (IMAP)",
        [
            Field::text(
                "imap_host",
                "IMAP server",
                "Where letters are read, for instance imap.example.com. Empty if a provider calls the hub.",
            )
            .optional(),
            Field::number("imap_port", "IMAP port", "993 with tls, 143 otherwise, if you leave it empty.")
                .optional(),
            Field::text("imap_user", "IMAP user", "The e-mail address, if you leave it empty.").optional(),
            Field::secret(
                "imap_password",
                "IMAP password",
                "An app password where the mailbox has a second factor. Empty with OAuth.",
            )
            .optional(),
            Field::text("imap_security", "IMAP security", "TLS when not set.").optional().one_of(SECURITY),
        ],
    );
    let sending = Field::section(
        "Sending: a mail server of your own (SMTP)",
        [
            Field::text("smtp_host", "SMTP server", "Where letters are handed in, for instance smtp.example.com.").optional(),
            Field::number("smtp_port", "SMTP port", "465 with tls, 587 otherwise, if you leave it empty.").optional(),
            Field::text("smtp_user", "SMTP user", "The IMAP user, if you leave it empty.").optional(),
            Field::secret("smtp_password", "SMTP password", "The IMAP password, if you leave it empty.").optional(),
            Field::text("smtp_security", "SMTP security", "STARTTLS when not set.").optional().one_of(SECURITY),
            Field::text(
                SENT_COPIES,
                "Sent copies",
                "Whether a copy of every letter is put into the mailbox's folder for sent ones. Not needed with Google and Microsoft, which do that themselves. Not set: no.",
            )
            .optional()
            .one_of(YES_NO),
            Field::text(
                SENT_FOLDER,
                "Sent folder",
                "Letters that colleagues send with other programs are shown from here, for instance Sent Items. Found by itself if you leave it empty; none shows no such letters.",
            )
            .optional(),
        ],
    );
    let provider = Field::section(
        "A mail provider instead",
        [
            Field::text(PROVIDER, "Provider", "Calls the hub for every letter, instead of a mail server of your own.").optional().one_of(const { &[
                Choice::of("sendgrid", "SendGrid"),
                Choice::of("mailgun", "Mailgun"),
                Choice::of("postmark", "Postmark"),
                Choice::of("ses", "Amazon SES"),
            ] }),
            Field::secret(
                PROVIDER_SECRET,
                "Provider key",
                "Postmark's server token, the API key of SendGrid or Mailgun, or the secret access key of Amazon. Used for sending.",
            )
            .optional(),
            Field::secret(
                CALLBACK_SECRET,
                "Callback secret",
                "Mailgun's HTTP webhook signing key. With SendGrid and Postmark a long password of your choice, which stands in the callback's address.",
            )
            .optional(),
            Field::text(
                VERIFICATION_KEYS,
                "Verification keys",
                "SendGrid's public keys, of the signed Event Webhook and of the signed Inbound Parse; a comma between them.",
            )
            .optional(),
            Field::text(TOPIC, "SNS topic", "With Amazon SES: the ARN of the topic to which Amazon SES tells what came in and what became of it.")
                .optional(),
            Field::text(ACCESS_KEY, "AWS access key", "With Amazon SES: the access key's id, to send over Amazon's API instead of an SMTP server. Its secret is the provider key.")
                .optional(),
            Field::text(REGION, "AWS region", "With Amazon SES, for instance eu-west-1; the topic's, if you leave it empty.").optional(),
        ],
    );
    let checks = Field::section(
        "Trust in senders",
        [
            Field::text(
                CHECKING_SERVER,
                "Checking server",
                "The name that your mail server gives itself in Authentication-Results, for instance mx.google.com. Any server's topmost word counts if you leave it empty.",
            )
            .optional(),
        ],
    );
    let consent = Field::section(
        "Consent of Google or Microsoft",
        [
            Field::text(OAUTH[0], "OAuth provider", "For mailboxes that take no password.")
                .optional()
                .one_of(const { &[Choice::of("google", "Google"), Choice::of("microsoft", "Microsoft")] }),
            Field::text(OAUTH[1], "OAuth client id", "Of the app that you registered there.").optional(),
            Field::secret(OAUTH[2], "OAuth client secret", "Of the same app.").optional(),
            Field::text(
                TENANT,
                "OAuth tenant",
                "With Microsoft, for an app of one directory: the directory's id.",
            )
            .optional(),
            Field::secret(OAUTH[3], "OAuth refresh token", "From the mailbox owner's consent.").optional(),
            Field::secret(OAUTH[4], "OAuth access token", "Kept fresh by the hub; leave it empty.")
                .optional(),
            Field::text(OAUTH[5], "OAuth token expires at", "Kept by the hub; leave it empty.").optional(),
        ],
    );
    Form::new(
        letters
            .into_iter()
            .chain(reading)
            .chain(sending)
            .chain(provider)
            .chain(consent)
            .chain(checks)
            .collect(),
    )
}

/// Who calls the hub for this mailbox, and takes its letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Provider {
    Sendgrid,
    Mailgun,
    Postmark,
    /// Tells through Amazon SNS; takes letters at its SMTP server, or by calls with an access key.
    Ses,
}

pub(super) fn provider(account: &Account) -> Option<Provider> {
    match account.text(PROVIDER).to_ascii_lowercase().as_str() {
        "sendgrid" => Some(Provider::Sendgrid),
        "mailgun" => Some(Provider::Mailgun),
        "postmark" => Some(Provider::Postmark),
        "ses" => Some(Provider::Ses),
        _ => None,
    }
}

/// The provider that takes letters by calls, where no SMTP server is entered.
pub(super) fn takes_letters(account: &Account) -> Option<Provider> {
    let by_key = account.has(ACCESS_KEY);
    provider(account).filter(|provider| (*provider != Provider::Ses || by_key) && !account.has("smtp_host"))
}

/// What would prove the provider's callbacks, if it is not there.
pub(super) fn missing_proof(account: &Account, provider: Provider) -> Option<&'static str> {
    let proves = |field| account.has(field);
    match provider {
        Provider::Ses => (!proves(TOPIC)).then_some("SNS topic"),
        Provider::Sendgrid if proves(VERIFICATION_KEYS) => None,
        _ => (!proves(CALLBACK_SECRET)).then_some("callback secret"),
    }
}

/// Our own address, compared.
pub(super) fn own(account: &Account) -> String {
    address::key(account.text(ADDRESS)).unwrap_or_else(|| account.text(ADDRESS).to_lowercase())
}

/// The domain of our Message-IDs.
pub(super) fn domain(account: &Account) -> String {
    own(account).rsplit_once('@').map_or_else(|| "localhost".to_owned(), |(_, domain)| domain.to_owned())
}

/// A server to log in to.
pub(super) struct Server {
    pub host: String,
    pub port: u16,
    pub tls: net::Tls,
    pub user: String,
    pub password: SecretString,
    /// Logs in by token instead of by password.
    pub token: Option<SecretString>,
}

pub(super) fn imap(account: &Account) -> Result<Server, Refusal> {
    server(account, "imap", "tls", (993, 143))
}

pub(super) fn smtp(account: &Account) -> Result<Server, Refusal> {
    server(account, "smtp", "starttls", (465, 587))
}

fn server(account: &Account, kind: &str, usual: &str, ports: (u16, u16)) -> Result<Server, Refusal> {
    let field = |name: &str| account.text(&format!("{kind}_{name}"));
    let wrong = |detail: String| Refusal::new("account_incomplete", detail, NextStep::Reconnect);
    let host = field("host").to_owned();
    if host.is_empty() {
        return Err(wrong(format!("The {} server is missing.", kind.to_uppercase())));
    }
    let security = Some(field("security")).filter(|text| !text.is_empty()).unwrap_or(usual);
    let tls = match security.to_ascii_lowercase().as_str() {
        "tls" | "ssl" => net::Tls::Implicit,
        "starttls" => net::Tls::StartTls,
        "none" => net::Tls::None,
        other => return Err(wrong(format!("The security is tls, starttls or none, not {other}."))),
    };
    let port = match field("port") {
        "" if tls == net::Tls::Implicit => ports.0,
        "" => ports.1,
        port => port.parse().map_err(|_| wrong(format!("{port} is no port.")))?,
    };
    let first = |what: &str| {
        [format!("{kind}_{what}"), format!("imap_{what}")].into_iter().find(|name| account.has(name))
    };
    let user = first("user").unwrap_or_else(|| ADDRESS.to_owned());
    let password = account.secret(&first("password").unwrap_or_default());
    // One that has expired is refused as a wrong one would be; it is about to be renewed.
    let fresh = account.text(OAUTH[5]).parse::<DateTime<Utc>>().map_or(true, |at| at > Utc::now());
    let token =
        account.has(OAUTH[0]).then(|| if fresh { account.secret(OAUTH[4]) } else { SecretString::from("") });
    Ok(Server { host, port, tls, user: account.text(&user).to_owned(), password, token })
}

impl Server {
    /// What SASL XOAUTH2 says first.
    pub fn xoauth2(&self, token: &SecretString) -> String {
        format!("user={}\x01auth=Bearer {}\x01\x01", self.user, token.expose_secret())
    }
}
