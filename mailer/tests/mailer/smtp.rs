//! P4 on a real conversation: what a mail server may answer, and what becomes of
//! the mail.

use std::time::Duration;

use crate::support::mail;
use crate::support::server::{Act, Server};
use mailer::{
    CheckError, Outgoing, Security, SendError, SmtpSettings, SmtpTransport, Transport as _, Watched,
};
use std::sync::Arc;

fn transport(server: &Server) -> SmtpTransport {
    SmtpTransport::new(server.settings()).expect("settings")
}

fn is_temporary<T>(result: &Result<T, SendError>) -> bool {
    matches!(result, Err(SendError::Temporary(_)))
}

fn is_broken<T>(result: &Result<T, SendError>) -> bool {
    matches!(result, Err(SendError::Broken(_)))
}

fn is_permanent<T>(result: &Result<T, SendError>) -> bool {
    matches!(result, Err(SendError::Permanent(_)))
}

#[tokio::test]
async fn p4_accepted_mail_arrives_whole_and_the_connection_serves_again() {
    let server = Server::start(&[]).await;
    let smtp = transport(&server);
    let accepted = smtp.send(&mail("n-1@clea.example")).await.expect("accepted");
    assert_eq!(accepted.response, "250 2.0.0 Ok: queued as 1");
    smtp.send(&mail("n-2@clea.example")).await.expect("accepted");

    let heard = server.heard();
    assert!(heard[0].contains("Message-ID: <n-1@clea.example>\r\n"));
    assert!(heard[0].contains("\r\n.une ligne"), "dot-stuffing is undone");
    let sent = mail("n-1@clea.example").to_mime().expect("a mail").formatted();
    assert_eq!(heard[0].trim_end(), String::from_utf8(sent).expect("ASCII").trim_end());
    assert_eq!((heard.len(), server.connections()), (2, 1));
}

#[tokio::test]
async fn p4_4xx_is_temporary_and_the_repeat_carries_the_same_message_id() {
    let acts =
        [Act::Recipient("451 4.7.1 greylisted"), Act::Final("452 4.3.1 disk full"), Act::Accept];
    let server = Server::start(&acts).await;
    let smtp = transport(&server);
    let mail = mail("n-1@clea.example");
    assert!(is_temporary(&smtp.send(&mail).await));
    assert!(is_temporary(&smtp.send(&mail).await));
    smtp.send(&mail).await.expect("accepted at last");
    let heard = server.heard();
    assert_eq!(heard.len(), 2, "the mail refused after DATA, then the one taken");
    assert_eq!(heard[0], heard[1]);
}

#[tokio::test]
async fn p4_5xx_about_the_mail_is_permanent_and_the_next_mail_leaves() {
    let acts = [Act::Recipient("550 5.1.1 no such user"), Act::Final("554 5.6.0 malformed")];
    let server = Server::start(&acts).await;
    let smtp = transport(&server);
    let error = smtp.send(&mail("n-1@clea.example")).await.expect_err("refused");
    assert!(matches!(error, SendError::Permanent(_)) && error.to_string().contains("no such user"));
    assert!(is_permanent(&smtp.send(&mail("n-2@clea.example")).await));
    smtp.send(&mail("n-3@clea.example")).await.expect("accepted");
}

#[tokio::test]
async fn p4_only_2xx_says_that_the_mail_was_taken() {
    let server = Server::start(&[Act::Final("354 go ahead"), Act::Final("hello")]).await;
    let smtp = transport(&server);
    assert!(is_temporary(&smtp.send(&mail("n-1@clea.example")).await));
    assert!(is_temporary(&smtp.send(&mail("n-1@clea.example")).await));
    smtp.send(&mail("n-1@clea.example")).await.expect("accepted");
    assert_eq!(server.connections(), 3, "a conversation gone wrong is not resumed");
}

#[tokio::test]
async fn p4_a_cut_after_data_is_temporary() {
    let server = Server::start(&[Act::Cut]).await;
    let smtp = transport(&server);
    assert!(is_temporary(&smtp.send(&mail("n-1@clea.example")).await));
    smtp.send(&mail("n-1@clea.example")).await.expect("accepted");
}

#[tokio::test]
async fn p4_a_server_away_or_refusing_to_talk_is_temporary() {
    let server = Server::start(&[Act::Greet("554 5.3.2 no service"), Act::Greet("421 busy")]).await;
    let smtp = transport(&server);
    assert!(is_broken(&smtp.send(&mail("n-1@clea.example")).await));
    assert!(is_broken(&smtp.send(&mail("n-1@clea.example")).await));
    smtp.send(&mail("n-1@clea.example")).await.expect("accepted");

    let nobody =
        SmtpTransport::new(SmtpSettings { port: 1, ..server.settings() }).expect("settings");
    assert!(is_broken(&nobody.send(&mail("n-1@clea.example")).await));
}

#[tokio::test]
async fn p4_what_is_refused_of_us_condemns_no_mail_and_is_remembered_until_one_leaves() {
    let acts = [
        Act::Sender("530 5.7.0 Authentication required"),
        Act::Sender("550 5.1.8 the domain of the sender does not exist"),
        Act::Recipient("554 5.7.1 Relay access denied"),
        Act::Sender("452 4.3.1 no room"),
        Act::Recipient("550 5.1.1 no such user"),
        Act::Accept,
    ];
    let server = Server::start(&acts).await;
    let smtp = Watched::new(Arc::new(transport(&server)));
    let sent = async |mail: &Outgoing| smtp.send(mail).await;
    let mail = mail("n-1@clea.example");
    assert_eq!(smtp.trouble(), None);
    for code in ["530", "550", "554"] {
        let Err(SendError::Broken(CheckError::Unfit(told))) = sent(&mail).await else {
            panic!("{code} is about us");
        };
        assert!(told.contains(code), "{told}");
        assert_eq!(smtp.trouble(), Some(CheckError::Unfit(told)));
    }
    assert!(matches!(sent(&mail).await, Err(SendError::Broken(CheckError::Away(_)))));
    assert!(matches!(smtp.trouble(), Some(CheckError::Away(_))));
    assert!(is_permanent(&sent(&mail).await), "nobody is there");
    assert!(smtp.trouble().is_some(), "what is said of one mail says nothing of the others");
    sent(&mail).await.expect("accepted");
    assert_eq!(smtp.trouble(), None);
    assert_eq!(server.heard().len(), 1);
}

#[tokio::test]
async fn p4_a_late_answer_is_never_read_as_the_next_mails() {
    let late = Act::Late(Duration::from_millis(900));
    let server = Server::start(&[late, Act::Final("451 later"), Act::Accept]).await;
    let smtp = transport(&server);
    assert!(is_temporary(&smtp.send(&mail("n-1@clea.example")).await), "timed out");
    assert!(is_temporary(&smtp.send(&mail("n-2@clea.example")).await), "its own 451");
    let accepted = smtp.send(&mail("n-3@clea.example")).await.expect("accepted");
    assert_eq!(accepted.response, "250 2.0.0 Ok: queued as 3");
}

#[tokio::test]
async fn p4_a_send_that_was_given_up_leaves_no_answer_behind() {
    let late = Act::Late(Duration::from_millis(300));
    let server = Server::start(&[late, Act::Final("451 later")]).await;
    let smtp = transport(&server);
    let cut =
        tokio::time::timeout(Duration::from_millis(150), smtp.send(&mail("n-1@clea.example")))
            .await;
    assert!(cut.is_err(), "the caller went away during the conversation");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(is_temporary(&smtp.send(&mail("n-2@clea.example")).await), "its own 451");
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_replaced() {
    let server = Server::start(&[Act::AcceptAndLeave]).await;
    let smtp = transport(&server);
    smtp.send(&mail("n-1@clea.example")).await.expect("accepted");
    smtp.send(&mail("n-2@clea.example")).await.expect("accepted");
    assert_eq!((server.heard().len(), server.connections()), (2, 2));
}

#[tokio::test]
async fn mails_sent_at_once_share_the_pool() {
    let server = Server::start(&[]).await;
    let smtp =
        SmtpTransport::new(SmtpSettings { pool_size: 2, ..server.settings() }).expect("settings");
    let mails: Vec<_> = (0..4).map(|n| mail(&format!("n-{n}@clea.example"))).collect();
    let (first, second, third, fourth) = tokio::join!(
        smtp.send(&mails[0]),
        smtp.send(&mails[1]),
        smtp.send(&mails[2]),
        smtp.send(&mails[3]),
    );
    assert!([first, second, third, fourth].iter().all(Result::is_ok));
    assert_eq!(server.heard().len(), 4);
    assert!(server.connections() <= 2);
}

#[tokio::test]
async fn what_cannot_be_right_is_refused_at_once() {
    let server = Server::start(&[]).await;
    let mut hostile = mail("n-1@clea.example");
    hostile.to = "a@b.example>\r\nRCPT TO:<victim@b.example".to_owned();
    assert!(is_permanent(&transport(&server).send(&hostile).await));
    let mut foreign = mail("n-1@clea.example");
    foreign.to = "é@b.example".to_owned();
    assert!(is_permanent(&transport(&server).send(&foreign).await), "the server has no SMTPUTF8");
    assert!(server.heard().is_empty());

    let settings = server.settings();
    let lone = SmtpSettings { username: Some("u".to_owned()), ..settings.clone() };
    assert!(SmtpTransport::new(lone).is_err());
    for pem in ["", "-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n"] {
        let tls = Security::StartTls;
        let bad =
            SmtpSettings { security: tls, extra_root_pem: Some(pem.into()), ..settings.clone() };
        assert!(is_permanent(&SmtpTransport::new(bad)));
    }
}

#[tokio::test]
async fn tls_is_never_given_up_and_secrets_are_not_shown() {
    let server = Server::start(&[]).await;
    for security in [Security::StartTls, Security::Tls] {
        let settings = SmtpSettings {
            security,
            username: Some("compte".to_owned()),
            password: Some("canari-secret".to_owned()),
            ..server.settings()
        };
        assert!(!format!("{settings:?}").contains("canari"));
        let smtp = SmtpTransport::new(settings).expect("settings");
        assert!(is_broken(&smtp.send(&mail("n-1@clea.example")).await), "the server has no TLS");
        assert!(!format!("{smtp:?} {}", smtp.describe()).contains("canari"));
    }
    assert!(server.heard().is_empty());
}
