//! Whom a refusal of the mail server is about: this mail, which no other try would bring to this recipient,
//! or this platform, whose mails all wait until something is mended.
//!
//! Final is only what was said of a recipient or of a content. Whatever was said before a recipient was
//! named, and what a code says of the sender, of the conversation or of a policy, is about us (RFC 5321
//! 4.2.1; the subjects and details of RFC 3463). `docs/operations.md` lists the classes.

use lettre::transport::smtp::Error;

use crate::{CheckError, SendError};

/// What the server had been told when it answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// `MAIL FROM`: who writes.
    Sender,
    /// `RCPT TO`: who is written to.
    Recipient,
    /// `DATA`: that the mail comes.
    Data,
    /// The whole mail.
    Content,
}

/// In an answer without a code that says more, the words of a policy rather than of a recipient.
const WORDS_OF_POLICY: [&str; 9] = [
    "administrativ",
    "authenti",
    "blacklist",
    "blocklist",
    "denied",
    "policy",
    "prohibit",
    "relay",
    "sender",
];

/// What becomes of a mail whose conversation ended with this error at this stage.
pub(crate) fn of_error(stage: Stage, error: &Error) -> SendError {
    let said = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    let told = format!("{}: {error}", stage.command());
    let code = error.status().map(u16::from);
    match code {
        Some(code) if error.is_permanent() && is_about_mail(stage, code, &said) => {
            SendError::Permanent(told)
        }
        Some(_) if error.is_permanent() => SendError::Broken(CheckError::Unfit(told)),
        // The server closes, or takes nothing from us for now.
        Some(421) => SendError::Broken(CheckError::Away(told)),
        Some(_) if stage == Stage::Sender => SendError::Broken(CheckError::Away(told)),
        _ => SendError::Temporary(told),
    }
}

impl Stage {
    fn command(self) -> &'static str {
        match self {
            Self::Sender => "MAIL FROM",
            Self::Recipient => "RCPT TO",
            Self::Data => "DATA",
            Self::Content => "after the mail",
        }
    }
}

/// Whether a `5xx` is about the recipient or the content of this mail alone.
fn is_about_mail(stage: Stage, code: u16, said: &str) -> bool {
    match enhanced(said) {
        // The mail is too long for the system or the mailbox, or of a form that is not taken.
        Some((3, 4) | (2, 3) | (6, _)) => true,
        _ if stage == Stage::Sender => false,
        // The address of the sender; the policy, but for a list, a mailbox or a domain that is another's.
        Some((1, 7 | 8)) => false,
        Some((7, detail)) => matches!(detail, 2 | 17 | 18),
        // The recipient's address, its mailbox, the way to it.
        Some((1 | 2 | 4, detail)) if detail != 0 => true,
        // The server itself; what it did not understand of the conversation.
        Some((3 | 5, detail)) if detail != 0 => false,
        // Nothing but the reply code, which the server may explain in words.
        _ => {
            let of_mail = match stage {
                Stage::Recipient | Stage::Data => matches!(code, 550..=554 | 556),
                _ => matches!(code, 550..=554),
            };
            of_mail && !speaks_of_policy(said)
        }
    }
}

/// The subject and the detail of the enhanced code that an answer begins with.
fn enhanced(said: &str) -> Option<(u16, u16)> {
    let mut numbers = said.split_whitespace().next()?.trim_start_matches('#').split('.');
    let class = numbers.next()?;
    let mut number = || {
        let digits = numbers.next()?;
        let sound = (1..=3).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        digits.parse().ok().filter(|_| sound)
    };
    let (subject, detail) = (number()?, number()?);
    (["4", "5"].contains(&class) && numbers.next().is_none()).then_some((subject, detail))
}

/// Whether a server's words are of a policy; the addresses that it quotes say nothing.
fn speaks_of_policy(said: &str) -> bool {
    let words = said.split_whitespace().filter(|word| !word.contains('@'));
    let said = words.collect::<Vec<_>>().join(" ").to_lowercase();
    WORDS_OF_POLICY.iter().any(|word| said.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECIPIENT: Stage = Stage::Recipient;

    #[test]
    fn nothing_said_before_a_recipient_was_named_is_about_the_mail() {
        for (code, said) in [
            (530, "5.7.0 Authentication required"),
            (550, "5.1.8 <habilitations@clea.example>: Sender address rejected: Domain not found"),
            (550, "no such user"),
            (552, "quota exceeded"),
            (553, "5.1.7 sender"),
            (554, "5.7.1 Relay access denied"),
            (555, "5.5.4 parameters"),
        ] {
            assert!(!is_about_mail(Stage::Sender, code, said), "{code} {said}");
        }
        assert!(is_about_mail(Stage::Sender, 552, "5.3.4 Message size exceeds fixed limit"));
    }

    #[test]
    fn a_recipient_is_refused_for_good_by_what_is_said_of_it() {
        for (code, said) in [
            (550, "5.1.1 <x@organisme.example>: Recipient address rejected: User unknown"),
            (550, "5.1.10 the domain takes no mail (null MX)"),
            (550, "5.2.1 mailbox disabled"),
            (552, "5.2.2 mailbox full"),
            (550, "5.4.1 Recipient address rejected: Access denied"),
            (550, "5.5.0 Requested action not taken: mailbox unavailable"),
            (550, "5.7.17 the mailbox has another owner"),
            (550, "No such person at this address"),
            (550, "<relay@organisme.example>: unknown"),
            (551, "user not local"),
            (553, "mailbox name not allowed"),
            (556, "5.0.0 the domain takes no mail"),
        ] {
            assert!(is_about_mail(RECIPIENT, code, said), "{code} {said}");
        }
    }

    #[test]
    fn a_policy_told_of_a_recipient_is_about_us() {
        for (code, said) in [
            (504, "5.5.2 <clea>: Helo command rejected: need fully-qualified hostname"),
            (503, "5.5.1 send MAIL first"),
            (530, "authentication required"),
            (550, "5.1.8 <habilitations@clea.example>: Sender address rejected"),
            (550, "5.7.1 Client host rejected: cannot find your hostname"),
            (550, "5.7.25 the sending address has no PTR record"),
            (550, "5.3.2 system not accepting network messages"),
            (550, "Administrative prohibition"),
            (550, "Sender verify failed"),
            (550, "relay not permitted"),
            (553, "5.7.1 <habilitations@clea.example>: Sender address rejected: not owned by user"),
            (554, "5.7.1 <x@organisme.example>: Relay access denied"),
            (521, "this host takes no mail"),
        ] {
            assert!(!is_about_mail(RECIPIENT, code, said), "{code} {said}");
        }
    }

    #[test]
    fn a_content_is_refused_for_good_and_a_policy_is_not() {
        for (code, said, final_) in [
            (552, "5.3.4 message too big", true),
            (552, "too much mail data", true),
            (554, "5.6.0 the mail is malformed", true),
            (554, "4.0.0 transaction failed", true),
            (550, "5.1.1 user unknown", true),
            (554, "5.7.1 refused", false),
            (550, "5.7.26 unauthenticated mail is not accepted: DMARC", false),
            (554, "Message rejected by policy", false),
            (500, "line too long", false),
        ] {
            assert_eq!(is_about_mail(Stage::Content, code, said), final_, "{code} {said}");
        }
    }

    #[test]
    fn only_a_whole_enhanced_code_is_read() {
        assert_eq!(enhanced("5.1.10 x"), Some((1, 10)));
        assert_eq!(enhanced("4.7.1 x"), Some((7, 1)));
        assert_eq!(enhanced("#5.1.0 x"), Some((1, 0)));
        for none in ["", "5.1", "2.1.5 Ok", "5.1.1.1 x", "5.1.1000 x", "10.1.2.3 x", "5.x.1"] {
            assert_eq!(enhanced(none), None, "{none}");
        }
    }
}
