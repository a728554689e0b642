//! Article X.c and interpretation 5: when a notice notifies, what a bounce undoes, and how a notice is
//! sent again or notified by registered letter.

mod kind;

pub use kind::{Addressee, Desk, LegalEffect, NoticeKind};

use crate::deadline::format_date_fr;
use crate::vocabulary;
use crate::{Refusal, Refusals};
use chrono::NaiveDate;
use std::fmt;
use std::str::FromStr;

/// Longest number that a registered letter is followed by, in characters.
const LONGEST_TRACKING_NUMBER: usize = 40;

vocabulary! {
    /// How far a notice has come (X.c).
    pub enum NoticeState {
        /// Still to leave, or being tried again.
        Sending => "SENDING",
        /// Notified: by mail, or by registered letter.
        Notified => "NOTIFIED",
        /// The mail server told that it did not arrive: it notifies nothing (interpretation 5).
        Bounced => "BOUNCED",
        /// It did not leave, and is not tried again.
        GivenUp => "GIVEN_UP",
        /// Sent again as another notice.
        Superseded => "SUPERSEDED",
    }
}

/// What is known of a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeFacts {
    /// The day on which it was written.
    pub composed_on: NaiveDate,
    /// The day on which the mail server accepted it.
    pub accepted_on: Option<NaiveDate>,
    /// The day on which a person acknowledged it.
    pub acknowledged_on: Option<NaiveDate>,
    /// The day of a bounce that voids it.
    pub bounced_on: Option<NaiveDate>,
    /// The day on which a registered letter brought it.
    pub letter_on: Option<NaiveDate>,
    /// Whether it was sent again as another notice.
    pub superseded: bool,
    /// Whether its sending was given up.
    pub given_up: bool,
}

impl NoticeFacts {
    /// X.c, interpretation 5: the day of the notification: the mail server's acceptance unless it bounced,
    /// or the registered letter; of both, the first.
    pub fn notified_on(&self) -> Option<NaiveDate> {
        let by_mail = self.accepted_on.filter(|_| self.bounced_on.is_none());
        by_mail.into_iter().chain(self.letter_on).min()
    }

    /// How far it has come.
    pub fn state(&self) -> NoticeState {
        if self.superseded {
            NoticeState::Superseded
        } else if self.notified_on().is_some() {
            NoticeState::Notified
        } else if self.bounced_on.is_some() {
            NoticeState::Bounced
        } else if self.given_up {
            NoticeState::GivenUp
        } else {
            NoticeState::Sending
        }
    }
}

/// What a mail server says of a failed delivery: an enhanced status code (RFC 3463), as `5.1.1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BounceStatus(String);

impl BounceStatus {
    /// What was done of the mail where the report does not say: a `5.…` was refused for good, and of a
    /// `4.…` the mail server goes on trying, but for `X.4.7`, by which it says that its time for that is
    /// over (RFC 3463 3.5).
    fn usual_action(&self) -> BounceAction {
        let over = self.0.split('.').skip(1).eq(["4", "7"]);
        if self.0.starts_with('5') || over { BounceAction::Failed } else { BounceAction::Delayed }
    }
}

impl fmt::Display for BounceStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for BounceStatus {
    type Err = Refusal;

    /// Reads `4.x.y` or `5.x.y`, x and y of one to three digits; a comment may follow, as in reports
    /// (`5.0.0 (undeliverable)`).
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let text = text.split_once('(').map_or(text, |(status, _)| status).trim();
        let parts: Vec<&str> = text.split('.').collect();
        let number =
            |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        match parts.as_slice() {
            ["4" | "5", rest @ ..] if rest.len() == 2 && rest.iter().all(number) => {
                Ok(Self(text.to_owned()))
            }
            _ => {
                let message = "Le statut d’un rebond s’écrit 5.x.y (définitif) ou 4.x.y (provisoire), par \
                               exemple 5.1.1.";
                Err(Refusal::new("BOUNCE_STATUS_INVALID", message).at(["status"]).under("X.c"))
            }
        }
    }
}

vocabulary! {
    /// What a mail server did of a mail that it could not deliver (RFC 3464 2.3.3).
    pub enum BounceAction {
        /// It gave it up.
        Failed => "FAILED",
        /// It goes on trying.
        Delayed => "DELAYED",
    }
}

impl BounceAction {
    /// What the `Action` of a report tells (RFC 3464 2.3.3): nothing went wrong where the mail was
    /// `delivered`, `relayed` or `expanded`.
    ///
    /// # Errors
    /// `BOUNCE_ACTION_INVALID` at `action`, for any other word.
    pub fn reported(text: &str) -> Result<Option<Self>, Refusal> {
        let word = text.split_once('(').map_or(text, |(word, _)| word).trim();
        match word.to_ascii_lowercase().as_str() {
            "failed" => Ok(Some(Self::Failed)),
            "delayed" => Ok(Some(Self::Delayed)),
            "delivered" | "relayed" | "expanded" => Ok(None),
            _ => {
                let message = "L’action d’un rapport de remise s’écrit failed, delayed, delivered, relayed \
                               ou expanded.";
                Err(Refusal::new("BOUNCE_ACTION_INVALID", message).at(["action"]).under("X.c"))
            }
        }
    }
}

/// A mail that its server could not deliver: why, and what it did of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounce {
    /// Why.
    pub status: BounceStatus,
    /// What was done.
    pub action: BounceAction,
}

impl Bounce {
    /// A bounce of this status, with the action that was told of it, else the usual one.
    ///
    /// # Errors
    /// `BOUNCE_STATUS_INVALID` at `status`.
    pub fn told(status: &str, action: Option<BounceAction>) -> Result<Self, Refusal> {
        let status: BounceStatus = status.parse()?;
        let action = action.unwrap_or_else(|| status.usual_action());
        Ok(Self { status, action })
    }

    /// Whether the mail server gave the mail up, whatever the class of its status (RFC 3464 2.3.3).
    pub fn is_final(&self) -> bool {
        self.action == BounceAction::Failed
    }
}

/// Interpretation 5: whether a bounce voids the notification: a final one does, unless a person
/// acknowledged the notice (it arrived, whatever the mail server says) or a registered letter brought it.
pub fn bounce_voids(f: &NoticeFacts, bounce: &Bounce) -> bool {
    bounce.is_final() && f.acknowledged_on.is_none() && f.letter_on.is_none()
}

/// X.c: why an officer cannot record this bounce of the day `bounced_on`, `today`.
pub fn bounce_refusals(
    f: &NoticeFacts,
    bounce: &Bounce,
    bounced_on: NaiveDate,
    today: NaiveDate,
) -> Refusals {
    let mut refusals = Refusals::new();
    let mut add = |code, field, message: String| {
        refusals.push(Refusal::new(code, message).at([field]).under("X.c"));
    };
    match f.accepted_on {
        None => {
            let message =
                "Aucun serveur de messagerie n’a accepté cet envoi : il n’a pas pu rebondir.";
            add("NOT_DELIVERED", "noticeId", message.to_owned());
        }
        Some(accepted) if bounced_on < accepted => {
            let message = format!(
                "Le rebond serait antérieur à la remise du courriel, le {}.",
                format_date_fr(accepted)
            );
            add("BOUNCE_BEFORE_DELIVERY", "bouncedOn", message);
        }
        Some(_) => {}
    }
    if bounced_on > today {
        add("DATE_FUTURE", "bouncedOn", "La date du rebond ne peut pas être future.".to_owned());
    }
    if let Some(read) = f.acknowledged_on.filter(|_| bounce.is_final()) {
        let message = format!(
            "Une personne a accusé réception de cet envoi le {} : il est arrivé.",
            format_date_fr(read)
        );
        add("ALREADY_ACKNOWLEDGED", "noticeId", message);
    }
    refusals
}

/// Interpretation 5: why recording a bounce, although accepted, would change nothing: it is not offered on
/// a notice that bounced, was sent again or was brought by a registered letter.
pub fn bounce_pointless(f: &NoticeFacts) -> Refusals {
    if f.superseded {
        vec![already_resent()]
    } else if f.letter_on.is_some() {
        vec![already_notified(f)]
    } else if f.bounced_on.is_some() {
        let message = "Un rebond définitif de cet envoi est déjà enregistré.";
        vec![Refusal::new("ALREADY_BOUNCED", message).at(["noticeId"]).under("X.c")]
    } else {
        Vec::new()
    }
}

/// Interpretation 5: why the notice cannot be sent again: only what bounced or was given up is, once, and only
/// while its content is `kept` (IV.7.a: it may be erased).
pub fn resend_refusals(f: &NoticeFacts, kept: bool) -> Refusals {
    let mut refusals = match f.state() {
        NoticeState::Bounced | NoticeState::GivenUp => Vec::new(),
        NoticeState::Sending => {
            let message = "Cet envoi est encore tenté : rien n’est à renvoyer.";
            vec![Refusal::new("STILL_SENDING", message).at(["noticeId"]).under("X.c")]
        }
        NoticeState::Notified => vec![already_notified(f)],
        NoticeState::Superseded => vec![already_resent()],
    };
    if !kept {
        let message = "Le contenu de cet envoi a été effacé : il ne peut plus être renvoyé.";
        refusals.push(Refusal::new("BODY_ERASED", message).at(["noticeId"]).under("X.c"));
    }
    refusals
}

/// Interpretation 5: why a registered letter received on `received_on` under this number cannot take the
/// place of the mail, `today`.
pub fn letter_refusals(
    f: &NoticeFacts,
    received_on: NaiveDate,
    tracking_number: &str,
    today: NaiveDate,
) -> Refusals {
    let mut refusals = Refusals::new();
    if f.superseded {
        refusals.push(already_resent());
    } else if f.notified_on().is_some() {
        refusals.push(already_notified(f));
    }
    let mut add = |code, field, message: String| {
        refusals.push(Refusal::new(code, message).at([field]).under("X.c"));
    };
    if received_on > today {
        add(
            "DATE_FUTURE",
            "receivedOn",
            "La date de réception ne peut pas être future.".to_owned(),
        );
    }
    if received_on < f.composed_on {
        let message = format!(
            "La lettre aurait été reçue avant d’être écrite, le {}.",
            format_date_fr(f.composed_on)
        );
        add("LETTER_BEFORE_NOTICE", "receivedOn", message);
    }
    let number = tracking_number.trim();
    let plain = number.chars().all(|c| c.is_ascii_alphanumeric() || " -".contains(c));
    if number.is_empty() || number.len() > LONGEST_TRACKING_NUMBER || !plain {
        let message = "Le numéro de suivi compte de 1 à 40 lettres et chiffres.";
        add("TRACKING_NUMBER_INVALID", "trackingNumber", message.to_owned());
    }
    refusals
}

fn already_notified(f: &NoticeFacts) -> Refusal {
    let on = f.notified_on().map(|on| format!(" le {}", format_date_fr(on))).unwrap_or_default();
    Refusal::new("ALREADY_NOTIFIED", format!("Cet envoi est déjà notifié{on}."))
        .at(["noticeId"])
        .under("X.c")
}

fn already_resent() -> Refusal {
    let message = "Cet envoi a déjà été remplacé par un nouveau : agissez sur celui-ci.";
    Refusal::new("ALREADY_RESENT", message).at(["noticeId"]).under("X.c")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, d).expect("a date")
    }

    fn delivered() -> NoticeFacts {
        NoticeFacts {
            composed_on: day(2),
            accepted_on: Some(day(3)),
            acknowledged_on: None,
            bounced_on: None,
            letter_on: None,
            superseded: false,
            given_up: false,
        }
    }

    fn codes(refusals: &[Refusal]) -> Vec<&str> {
        refusals.iter().map(|r| r.code.as_ref()).collect()
    }

    fn bounce(status: &str) -> Bounce {
        Bounce::told(status, None).expect("a status")
    }

    // Interpretation 5: a bounce voids, a registered letter notifies, of both ways the first counts.
    #[test]
    fn the_notification_is_the_first_that_is_not_void() {
        let sent = delivered();
        assert_eq!((sent.notified_on(), sent.state()), (Some(day(3)), NoticeState::Notified));
        let bounced = NoticeFacts { bounced_on: Some(day(4)), ..sent.clone() };
        assert_eq!((bounced.notified_on(), bounced.state()), (None, NoticeState::Bounced));
        let letter = NoticeFacts { letter_on: Some(day(9)), ..bounced.clone() };
        assert_eq!((letter.notified_on(), letter.state()), (Some(day(9)), NoticeState::Notified));
        let both = NoticeFacts { letter_on: Some(day(9)), ..sent.clone() };
        assert_eq!(both.notified_on(), Some(day(3)));
        let waiting = NoticeFacts { accepted_on: None, ..sent };
        assert_eq!(waiting.state(), NoticeState::Sending);
        let given_up = NoticeFacts { given_up: true, ..waiting };
        assert_eq!(given_up.state(), NoticeState::GivenUp);
        assert_eq!(NoticeFacts { superseded: true, ..bounced }.state(), NoticeState::Superseded);
    }

    #[test]
    fn a_status_is_final_or_not_or_none() {
        assert!(bounce(" 5.1.1 ").is_final() && bounce("5.0.0 (undeliverable)").is_final());
        assert!(!bounce("4.4.1").is_final() && !bounce("4.2.2").is_final());
        assert!(bounce("4.4.7").is_final(), "delivery time expired");
        assert!(!bounce("4.4.77").is_final() && !bounce("4.7.4").is_final());
        for wrong in ["", "5", "5.1", "2.0.0", "5.1.1.1", "5.1.x", "5..1", "5.1111.1", "550 5.1.1"]
        {
            assert_eq!(
                wrong.parse::<BounceStatus>().expect_err(wrong).code,
                "BOUNCE_STATUS_INVALID"
            );
        }
    }

    // RFC 3464 2.3.3: what was done of the mail decides, not the class of its status.
    #[test]
    fn the_action_decides_whatever_the_status() {
        for (action, status, final_) in [
            ("failed", "4.4.7", true),
            (" Failed ", "4.4.1", true),
            ("FAILED (expired)", "5.2.2", true),
            ("delayed", "4.4.1", false),
            ("Delayed", "4.4.7", false),
            ("delayed", "5.2.2", false),
        ] {
            let action = BounceAction::reported(action).expect("an action");
            let told = Bounce::told(status, action).expect("a bounce");
            assert_eq!(told.is_final(), final_, "{action:?} {status}");
        }
        for nothing_wrong in ["delivered", "relayed", "Expanded"] {
            assert_eq!(BounceAction::reported(nothing_wrong), Ok(None));
        }
        for wrong in ["", "bounced", "failed delayed"] {
            let refusal = BounceAction::reported(wrong).expect_err(wrong);
            assert_eq!(
                (refusal.code.as_ref(), refusal.article.as_deref()),
                ("BOUNCE_ACTION_INVALID", Some("X.c"))
            );
        }
    }

    // X.c: a bounce that nothing shows to be wrong.
    #[test]
    fn a_bounce_follows_the_delivery_and_contradicts_no_reader() {
        let (sent, hard) = (delivered(), bounce("5.1.1"));
        assert!(bounce_refusals(&sent, &hard, day(3), day(3)).is_empty());
        assert!(bounce_voids(&sent, &hard) && !bounce_voids(&sent, &bounce("4.4.1")));
        assert_eq!(
            codes(&bounce_refusals(&sent, &hard, day(2), day(3))),
            ["BOUNCE_BEFORE_DELIVERY"]
        );
        assert_eq!(codes(&bounce_refusals(&sent, &hard, day(4), day(3))), ["DATE_FUTURE"]);
        let waiting = NoticeFacts { accepted_on: None, ..sent.clone() };
        assert_eq!(codes(&bounce_refusals(&waiting, &hard, day(3), day(3))), ["NOT_DELIVERED"]);
        let read = NoticeFacts { acknowledged_on: Some(day(5)), ..sent.clone() };
        assert_eq!(codes(&bounce_refusals(&read, &hard, day(4), day(6))), ["ALREADY_ACKNOWLEDGED"]);
        assert!(bounce_refusals(&read, &bounce("4.2.2"), day(4), day(6)).is_empty());
        assert!(!bounce_voids(&read, &hard));
        assert!(!bounce_voids(&NoticeFacts { letter_on: Some(day(9)), ..sent }, &hard));
    }

    // Interpretation 5: only what did not arrive is sent again, once.
    #[test]
    fn only_what_did_not_arrive_is_sent_again() {
        let sent = delivered();
        assert_eq!(codes(&resend_refusals(&sent, true)), ["ALREADY_NOTIFIED"]);
        let bounced = NoticeFacts { bounced_on: Some(day(4)), ..sent.clone() };
        assert!(resend_refusals(&bounced, true).is_empty());
        assert_eq!(codes(&resend_refusals(&bounced, false)), ["BODY_ERASED"]);
        let waiting = NoticeFacts { accepted_on: None, ..sent };
        assert_eq!(codes(&resend_refusals(&waiting, true)), ["STILL_SENDING"]);
        assert!(resend_refusals(&NoticeFacts { given_up: true, ..waiting }, true).is_empty());
        let again = NoticeFacts { superseded: true, ..bounced };
        assert_eq!(codes(&resend_refusals(&again, true)), ["ALREADY_RESENT"]);
    }

    // Interpretation 5: a registered letter instead of a mail that did not arrive.
    #[test]
    fn a_letter_comes_after_it_was_written_and_not_tomorrow() {
        let waiting = NoticeFacts { accepted_on: None, ..delivered() };
        assert!(letter_refusals(&waiting, day(2), "1A 234 567 8901 2", day(9)).is_empty());
        let late = letter_refusals(&waiting, day(10), "x", day(9));
        assert_eq!(codes(&late), ["DATE_FUTURE"]);
        let early = letter_refusals(&waiting, day(1), " ", day(9));
        assert_eq!(codes(&early), ["LETTER_BEFORE_NOTICE", "TRACKING_NUMBER_INVALID"]);
        assert_eq!(
            codes(&letter_refusals(&delivered(), day(4), "x", day(9))),
            ["ALREADY_NOTIFIED"]
        );
        let again = NoticeFacts { superseded: true, ..waiting };
        assert_eq!(codes(&letter_refusals(&again, day(4), "x", day(9))), ["ALREADY_RESENT"]);
    }
}
