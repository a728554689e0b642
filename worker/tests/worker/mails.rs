//! Every kind of mail and document once, over an organism's story.

use crate::story::{CERTIF_PRO, ORGANISM, Story};
use crate::support::{Bench, day};
use domain::application::Outcome;
use entity::certificate;
use entity::kind::TaskStatus;
use mailer::Outgoing;
use sea_orm::EntityTrait;

fn pdf(mail: &Outgoing) {
    assert_eq!(mail.attachments.len(), 1, "{}", mail.subject);
    let attachment = &mail.attachments[0];
    assert_eq!(attachment.media_type, "application/pdf");
    assert!(attachment.bytes.starts_with(b"%PDF"), "{}", attachment.file_name);
}

// III.2.e, III.5.b to III.5.d, A2.d, A2.f, A3.5.b, V.3.d, III.6.c, X.c
#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_mail_leaves_once() {
    let bench = Bench::embedded().await;
    let worker = bench.start();
    let story = Story::begin(&bench).await;

    let refused = story.apply("2026-02-02", Outcome::Refused).await;
    let letter = story.mail(ORGANISM, "décision de refus");
    pdf(&letter);
    assert!(letter.text.contains("https://clea.example/notices/"), "{}", letter.text);
    assert!(!letter.text.contains(service::notice::TOKEN_MASK), "each mail has a link of its own");
    let accepted = story.apply("2026-03-02", Outcome::Accepted).await;
    pdf(&story.mail(ORGANISM, "décision d’acceptation"));
    let habilitation = story.habilitation(accepted).await;
    assert_eq!(habilitation.notified_on, Some(day("2026-03-02")), "it starts when notified");
    let sent = bench.mails.sent();
    assert_eq!(sent.iter().filter(|m| m.subject.contains("Récépissé")).count(), 2);
    assert!(story.version(refused).await > 1);

    story.certify(habilitation.id).await;
    let award = story.mail("ada@candidat.example", "certificat");
    pdf(&award);
    let row =
        certificate::Entity::find().one(&bench.app.db).await.expect("readable").expect("awarded");
    assert!(award.text.contains(&row.verification_code));

    story.suspend().await;
    story.mail(CERTIF_PRO, "à décider");
    let sanction = story.mail(ORGANISM, "suspension");
    assert!(
        sanction.text.contains("Retirer l’offre.") && sanction.text.contains("Offre déjà signalée"),
        "{}",
        sanction.text
    );

    bench.jump_to("2026-04-01").await;
    pdf(&story.mail(ORGANISM, "Facture F2026-000001"));
    for overdue in ["2026-05-17", "2026-05-31", "2026-06-15", "2026-06-16"] {
        bench.jump_to(overdue).await;
    }
    let reminders = bench.mails.sent().into_iter().filter(|m| m.subject.contains("Relance"));
    assert_eq!(reminders.count(), 3);
    story.mail(CERTIF_PRO, "Impayé après relances");

    bench.jump_to("2028-09-03").await;
    let reminder = story.mail(ORGANISM, "Échéance de votre habilitation");
    assert!(reminder.text.contains("n’est pas renouvelable"), "{}", reminder.text);
    bench.jump_to("2029-03-03").await;
    let end = story.mail(ORGANISM, "Fin de votre habilitation");
    assert!(end.text.contains("suspension a été décidée"), "{}", end.text);

    worker.stop().await;
    assert_eq!(bench.count(TaskStatus::GivenUp).await, 0);
}
