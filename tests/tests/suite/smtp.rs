//! P4 on a real conversation: what the transport makes of a mail server that goes wrong, protects its
//! connections, or asks who one is. The server is the one that the other tests stand on.

use chrono::{TimeZone as _, Utc};
use e2e::{Fault, Offer, Protection, Received, SmtpServer, Stage};
use mailer::{
    Attachment, CheckError, Outgoing, SendError, SmtpSettings, SmtpTransport, Transport as _,
};
use std::time::Duration;

fn mail(id: &str, to: &str) -> Outgoing {
    Outgoing {
        message_id: format!("{id}@clea.test"),
        from: "Certif Pro, pôle habilitations <habilitations@certif-pro.example>".to_owned(),
        reply_to: None,
        to: to.to_owned(),
        subject: "Décision d’habilitation — dossier nᵒ 1".to_owned(),
        text: "Bonjour,\n\n.une ligne qui commence par un point\nÀ bientôt\n".to_owned(),
        html: "<!DOCTYPE html><html lang=\"fr\"><p>Bonjour, l’été</p></html>".to_owned(),
        attachments: vec![Attachment {
            file_name: "décision.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            bytes: (0..=255).cycle().take(5_000).collect(),
        }],
        date: Utc.with_ymd_and_hms(2026, 3, 20, 9, 30, 0).single().expect("a date"),
    }
}

fn transport(server: &SmtpServer) -> SmtpTransport {
    SmtpTransport::new(server.settings()).expect("settings that hold")
}

fn impatient(server: &SmtpServer) -> SmtpTransport {
    let settings = SmtpSettings { timeout: Duration::from_millis(400), ..server.settings() };
    SmtpTransport::new(settings).expect("settings that hold")
}

fn kind<T>(result: &Result<T, SendError>) -> &'static str {
    match result {
        Ok(_) => "accepted",
        Err(SendError::Temporary(_)) => "temporary",
        Err(SendError::Broken(CheckError::Away(_))) => "away",
        Err(SendError::Broken(CheckError::Unfit(_))) => "refused",
        Err(SendError::Permanent(_)) => "permanent",
    }
}

/// P4: what arrives is what left, and the same as what the memory transport shows.
#[tokio::test]
async fn a_mail_arrives_whole() {
    let server = SmtpServer::start().await;
    let mail = mail("n-1", "zoë@organisme.example");
    let accepted = transport(&server).send(&mail).await.expect("accepted");
    assert_eq!(accepted.response, "250 2.0.0 Ok: queued as 1");
    let sent = server.sent();
    let kept = Received::of(&mail);
    assert_eq!(sent[0].raw.trim_ascii_end(), kept.raw.trim_ascii_end());
    assert_eq!(sent, vec![Received { raw: sent[0].raw.clone(), ..kept }]);
    assert_eq!(sent[0].message_id, "n-1@clea.test");
    assert_eq!(sent[0].subject, mail.subject);
    assert_eq!((sent[0].text.as_str(), sent[0].html.as_str()), (&*mail.text, &*mail.html));
    assert_eq!(sent[0].attachments[0].file_name, "décision.pdf");
    assert_eq!(sent[0].attachments[0].bytes, mail.attachments[0].bytes);
    assert_eq!(sent[0].envelope.to, ["zoë@organisme.example"]);
    assert_eq!(sent[0].envelope.from, "habilitations@certif-pro.example");
}

/// P4: every way in which a server may fail, and whether another try makes sense.
#[tokio::test]
async fn every_failure_says_whether_to_try_again() {
    let to = "contact@organisme.example";
    let reply = |stage, code| Fault::Reply(stage, code, "4.0.0 as planned".to_owned());
    let relay = Fault::Reply(Stage::Recipient, 554, "5.7.1 Relay access denied".to_owned());
    let cases = [
        (reply(Stage::Greeting, 421), "away", false),
        (reply(Stage::Greeting, 554), "away", false),
        (reply(Stage::Hello, 451), "away", false),
        (reply(Stage::Hello, 504), "refused", false),
        (reply(Stage::Mail, 451), "away", false),
        (reply(Stage::Mail, 530), "refused", false),
        (reply(Stage::Mail, 550), "refused", false),
        (reply(Stage::Recipient, 421), "away", false),
        (reply(Stage::Recipient, 450), "temporary", false),
        (Fault::permanent(), "permanent", false),
        (relay, "refused", false),
        (reply(Stage::Data, 451), "temporary", false),
        (Fault::temporary(), "temporary", false),
        (reply(Stage::Body, 554), "permanent", false),
        (Fault::Drop(Stage::Greeting), "away", false),
        (Fault::Drop(Stage::Hello), "away", false),
        (Fault::Drop(Stage::Recipient), "temporary", false),
        (Fault::Drop(Stage::Body), "temporary", false),
        (Fault::DropMidData, "temporary", false),
        (Fault::DropAfterData, "temporary", true),
        (Fault::AcceptAndLeave, "accepted", true),
        (Fault::Slow(Duration::from_millis(20)), "accepted", true),
        (Fault::None, "accepted", true),
    ];
    for (fault, expected, arrived) in cases {
        let server = SmtpServer::start().await;
        server.plan([fault.clone()]);
        let smtp = transport(&server);
        let mail = mail("n-1", to);
        assert_eq!(kind(&smtp.send(&mail).await), expected, "{fault:?}");
        assert_eq!(server.sent().len(), usize::from(arrived), "{fault:?}");
        // The repeat is the same mail, and the fault was used up.
        assert_eq!(kind(&smtp.send(&mail).await), "accepted", "after {fault:?}");
        let sent = server.sent();
        assert!(sent.iter().all(|m| m.message_id == "n-1@clea.test" && m.raw == sent[0].raw));
    }
}

/// P4: a server that says nothing does not hold the worker for ever.
#[tokio::test]
async fn silence_is_temporary() {
    for stage in [Stage::Greeting, Stage::Hello, Stage::Mail, Stage::Recipient, Stage::Body] {
        let server = SmtpServer::start().await;
        server.plan([Fault::Silence(stage)]);
        let smtp = impatient(&server);
        let mail = mail("n-1", "contact@organisme.example");
        let opening = matches!(stage, Stage::Greeting | Stage::Hello);
        let expected = if opening { "away" } else { "temporary" };
        assert_eq!(kind(&smtp.send(&mail).await), expected, "{stage:?}");
        assert_eq!(server.sent().len(), 0, "{stage:?}");
        assert_eq!(kind(&smtp.send(&mail).await), "accepted", "after {stage:?}");
    }
}

/// P4: a server that goes away is temporary; when it is back on its port, the mail leaves.
#[tokio::test]
async fn a_server_may_go_and_come_back() {
    let server = SmtpServer::start().await;
    let smtp = transport(&server);
    let mail = mail("n-1", "contact@organisme.example");
    assert_eq!(kind(&smtp.send(&mail).await), "accepted");
    server.stop().await;
    assert_eq!(kind(&smtp.send(&mail).await), "away");
    server.resume();
    assert_eq!(kind(&smtp.send(&mail).await), "accepted");
    server.refuse("contact@organisme.example", 550, "5.1.1 no such user");
    assert_eq!(kind(&smtp.send(&mail).await), "permanent");
    server.take_again("contact@organisme.example");
    assert_eq!(kind(&smtp.send(&mail).await), "accepted");
    assert_eq!(server.sent().len(), 3);
}

/// TLS, with and without a certificate that one can verify, and accounts.
#[tokio::test]
async fn protection_and_accounts() {
    let account = Some(("clea".to_owned(), "canari-secret".to_owned()));
    for protection in [Protection::None, Protection::StartTls, Protection::Tls] {
        let server = SmtpServer::offering(Offer {
            protection,
            account: account.clone(),
            ..Offer::default()
        })
        .await;
        let mail = mail("n-1", "contact@organisme.example");
        assert_eq!(kind(&transport(&server).send(&mail).await), "accepted", "{protection:?}");

        let stranger =
            SmtpSettings { password: Some("canari-autre".to_owned()), ..server.settings() };
        let refused = SmtpTransport::new(stranger).expect("settings").send(&mail).await;
        assert_eq!(kind(&refused), "refused", "{protection:?}");
        // Under its own name, before TLS and after it.
        let greetings = 2 * if protection == Protection::StartTls { 2 } else { 1 };
        assert_eq!(server.hellos(), vec!["clea.test"; greetings], "{protection:?}");
        assert!(!format!("{refused:?}").contains("canari"), "{refused:?}");

        if protection != Protection::None {
            let trusting_none = SmtpSettings { extra_root_pem: None, ..server.settings() };
            let refused = SmtpTransport::new(trusting_none).expect("settings").send(&mail).await;
            let text = format!("{refused:?}");
            assert!(text.contains("certificate") || text.contains("UnknownIssuer"), "{text}");
            let elsewhere = SmtpSettings { host: "localhost".to_owned(), ..server.settings() };
            assert_eq!(
                kind(&SmtpTransport::new(elsewhere).expect("settings").send(&mail).await),
                "accepted"
            );
        }
        assert!(server.sent().iter().all(|m| m.message_id == mail.message_id));
    }
}

/// An address outside ASCII is not sent to a server that does not take such.
#[tokio::test]
async fn international_addresses_need_a_server_that_takes_them() {
    let server = SmtpServer::offering(Offer { ascii_only: true, ..Offer::default() }).await;
    let smtp = transport(&server);
    assert_eq!(kind(&smtp.send(&mail("n-1", "zoë@organisme.example")).await), "permanent");
    assert_eq!(kind(&smtp.send(&mail("n-2", "zoe@organisme.example")).await), "accepted");
    // A domain has an ASCII form: of whom it is sent to, of who sends it and of who is answered.
    let mail = Outgoing {
        from: "habilitations@pôle.example".to_owned(),
        reply_to: Some("reponses@pôle.example".to_owned()),
        ..mail("n-3", "contact@Académie.example")
    };
    assert_eq!(kind(&smtp.send(&mail).await), "accepted");
    let sent = &server.sent()[1];
    assert_eq!(sent.envelope.to, ["contact@xn--acadmie-eya.example"]);
    assert_eq!(sent.envelope.from, "habilitations@xn--ple-kna.example");
    let raw = String::from_utf8_lossy(&sent.raw);
    assert!(raw.contains("reponses@xn--ple-kna.example"), "{raw}");
}

/// A server that does not take the greeting says so at the start, in a line, with the name it was greeted by.
#[tokio::test]
async fn a_refused_greeting_is_told_with_its_name() {
    let server = SmtpServer::start().await;
    let text = "5.5.2 <clea.test>: Helo command rejected: need fully-qualified hostname".to_owned();
    server.plan([Fault::Reply(Stage::Hello, 504, text)]);
    let Err(CheckError::Unfit(told)) = transport(&server).check(Duration::from_secs(5)).await
    else {
        panic!("it refuses the greeting");
    };
    assert!(told.contains("EHLO clea.test") && told.contains("need fully-qualified"), "{told}");
    assert!(!told.contains('\n'), "{told}");
    assert_eq!(transport(&server).check(Duration::from_secs(5)).await, Ok(()));
}

/// P4: a silent mail server is away, not unfit, and does not hold the start for longer than asked.
#[tokio::test]
async fn a_silent_server_is_away() {
    let server = SmtpServer::start().await;
    server.plan([Fault::Silence(Stage::Greeting), Fault::Silence(Stage::Hello)]);
    let smtp = transport(&server);
    for _ in 0..2 {
        let checked = smtp.check(Duration::from_millis(200)).await;
        assert!(matches!(checked, Err(CheckError::Away(_))), "{checked:?}");
    }
    assert_eq!(smtp.check(Duration::from_secs(5)).await, Ok(()));
    assert_eq!(server.begun(), 0);
}
