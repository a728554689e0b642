//! The wire form: structure, stable bytes, and no header of a stranger's making
//! (refusal 13).

use crate::support::mail;
use mailer::{Attachment, Outgoing, SendError};

fn wire(mail: &Outgoing) -> String {
    String::from_utf8(mail.to_mime().expect("a mail").formatted()).expect("ASCII")
}

/// The names of the top headers, in order.
fn headers(wire: &str) -> Vec<&str> {
    let (head, _) = wire.split_once("\r\n\r\n").expect("a body");
    head.split("\r\n")
        .filter(|line| !line.starts_with([' ', '\t']))
        .map(|line| line.split_once(':').expect("a header").0)
        .collect()
}

fn pdf(file_name: &str) -> Attachment {
    let bytes = b"%PDF-1.7 --=_clea-habilitations-mixed".to_vec();
    Attachment { file_name: file_name.to_owned(), media_type: "application/pdf".to_owned(), bytes }
}

const EXPECTED: [&str; 10] = [
    "Message-ID",
    "Date",
    "From",
    "To",
    "Subject",
    "Auto-Submitted",
    "Content-Language",
    "Reply-To",
    "MIME-Version",
    "Content-Type",
];

#[test]
fn the_parts_and_headers_are_those_expected() {
    let mut mail = mail("n-1@clea.example");
    mail.attachments = vec![pdf("Décision n° 1.pdf"), pdf("annexe.pdf")];
    let wire = wire(&mail);
    assert_eq!(headers(&wire), EXPECTED);
    assert!(wire.contains("Message-ID: <n-1@clea.example>\r\n"));
    assert!(wire.contains("Date: Fri, 20 Mar 2026 09:30:00 +0000\r\n"));
    assert!(wire.contains("Auto-Submitted: auto-generated\r\n"));
    assert!(wire.contains("<habilitations@certif-pro.example>\r\n"));
    let order =
        ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "application/pdf"];
    let places: Vec<_> = order.iter().map(|part| wire.find(part).expect("a part")).collect();
    assert!(places.is_sorted());
    assert_eq!(wire.matches("Content-Type: application/pdf").count(), 2);
    assert_eq!(wire.matches("filename").count(), 2);
    assert!(wire.is_ascii() && wire.split("\r\n").all(|line| line.len() <= 200));
}

#[test]
fn the_same_mail_always_has_the_same_bytes_and_no_content_forges_a_boundary() {
    let mut mail = mail("n-1@clea.example");
    mail.attachments = vec![pdf("a.pdf")];
    assert_eq!(wire(&mail), wire(&mail.clone()));
    // Two parts and an end; the copies in the text and in the file do not count.
    assert_eq!(wire(&mail).matches("\r\n--=_clea-habilitations-mixed").count(), 3);
}

#[test]
fn line_ends_in_subject_and_names_start_no_header() {
    for hostile in [
        "\r\nBcc: victim@b.example\r\n",
        "\nBcc: v@b.example",
        "\rBcc: v@b.example",
        "\u{2028}\u{85}Bcc: v",
    ] {
        let mut mail = mail("n-1@clea.example");
        mail.subject = format!("Décision{hostile}");
        mail.from = format!("Certif{hostile} Pro <habilitations@certif-pro.example>");
        mail.to = format!("\"Zoé{hostile}\" <contact@organisme.example>");
        mail.attachments = vec![pdf(&format!("a{hostile}\"/../b.pdf"))];
        let wire = wire(&mail);
        assert_eq!(headers(&wire), EXPECTED);
        assert!(!wire.contains("\nBcc") && !wire.contains("\rBcc"));
        let message = mail.to_mime().expect("a mail");
        assert_eq!(message.envelope().to().len(), 1);
        assert_eq!(message.envelope().to()[0].to_string(), "contact@organisme.example");
        assert!(
            !message.headers().get_raw("Subject").expect("a subject").contains(char::is_control)
        );
    }
}

#[test]
fn a_domain_in_other_letters_is_written_in_its_ascii_form_everywhere() {
    let mail = Outgoing {
        from: "Pôle <habilitations@Institut-Métiers.example>".to_owned(),
        reply_to: Some("réponses aux mails <reponses@école.example>".to_owned()),
        to: "Zoé <contact@Pâtisserie.example>".to_owned(),
        ..mail("n-1@clea.example")
    };
    let message = mail.to_mime().expect("a mail");
    assert_eq!(message.envelope().to()[0].to_string(), "contact@xn--ptisserie-b2a.example");
    let from = message.envelope().from().map(ToString::to_string);
    assert_eq!(from.as_deref(), Some("habilitations@xn--institut-mtiers-knb.example"));
    let wire = wire(&mail);
    for header in ["<contact@xn--ptisserie-b2a.example>", "<reponses@xn--cole-9oa.example>"] {
        assert!(wire.contains(header), "{wire}");
    }
    assert!(wire.is_ascii());
    // The domain that is no domain, and the name that needs SMTPUTF8.
    let wrong = Outgoing { to: "a@xn--é.example".to_owned(), ..mail.clone() };
    assert!(matches!(wrong.to_mime(), Err(SendError::Permanent(_))));
    assert!(mailer::is_mailbox(&mail.from));
    for unfit in ["zoë@exemple.example", "Zoé <zoë@école.example>", "a@xn--é.example", "nobody"]
    {
        assert!(!mailer::is_mailbox(unfit), "{unfit}");
    }
}

#[test]
fn what_is_not_one_address_is_refused() {
    let addresses = [
        "",
        "nobody",
        "a@b.example, c@d.example",
        "a@b.example\r\nBcc: c@d.example",
        "<a@b.example> c@d.example",
        "A <a@b.example, c@d.example>",
    ];
    for address in addresses {
        let mail = Outgoing { to: address.to_owned(), ..mail("n-1@clea.example") };
        assert!(matches!(mail.to_mime(), Err(SendError::Permanent(_))), "{address:?}");
    }
}

#[test]
fn ids_dates_and_media_types_are_checked() {
    let long = format!("{}@b", "a".repeat(300));
    for id in
        ["", "n-1", "@b", "a@", "a@b@c", "a b@c", "<a@b>", "a@b\r\nBcc: c", "é@b", long.as_str()]
    {
        assert!(matches!(mail(id).to_mime(), Err(SendError::Permanent(_))), "{id:?}");
    }
    for date in [
        chrono::DateTime::UNIX_EPOCH - chrono::TimeDelta::days(1),
        chrono::DateTime::<chrono::Utc>::MAX_UTC,
    ] {
        let mail = Outgoing { date, ..mail("n-1@clea.example") };
        assert!(matches!(mail.to_mime(), Err(SendError::Permanent(_))));
    }
    let mut mail = mail("n-1@clea.example");
    mail.attachments = vec![Attachment { media_type: "pdf\r\nX: y".to_owned(), ..pdf("a.pdf") }];
    assert!(matches!(mail.to_mime(), Err(SendError::Permanent(_))));
}
