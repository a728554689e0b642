//! The notification of a decision (III.5.b, III.5.c, III.5.d): its letter, and the mail that carries it.
//!
//! The letter prints delays, not last days: these depend on the notification, which the letter precedes
//! (interpretation 5).

use super::shared::{authority_party, document, one, organism_party, typographic};
use crate::error::{TaskError, TaskResult};
use crate::job::Job;
use crate::notify::{Draft, notice_link, notify as notify_by_mail};
use chrono::NaiveDate;
use documents::{CriterionRow, Letter};
use domain::application::Outcome;
use domain::authority::AuthorityKind;
use domain::deadline::{DeadlineKind, format_date_fr};
use entity::ids::DecisionId;
use entity::kind::DocumentKind;
use entity::{
    application, authority, criterion, decision, decision_finding, framework, meeting, organism,
};
use mailer::{Ground, Message};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

/// What a decision is told from.
struct Case {
    application: application::Model,
    decision: decision::Model,
    organism: organism::Model,
    authority: authority::Model,
    meeting: meeting::Model,
    framework: framework::Model,
    findings: Vec<CriterionRow>,
}

/// Writes the letter and notifies the decision by mail with acknowledgement.
pub(crate) async fn notify(job: &Job<'_>, id: DecisionId) -> TaskResult<()> {
    let case = load(job, id).await?;
    let letter = letter(&case, job.ctx.today().await?)?;
    let file_name = format!("decision-{}.pdf", case.application.number);
    let attachment = document(
        job.ctx,
        DocumentKind::DecisionLetter,
        case.application.id,
        file_name,
        move || documents::letter(&letter),
    )
    .await?;
    let message = message(&case, notice_link(&job.ctx.app.settings))?;
    let draft = Draft {
        subject: case.application.id.into(),
        to: case.application.contact_email,
        authority: &case.authority,
        organism: Some(case.organism.id),
        candidate: None,
        message,
        attachments: vec![attachment],
    };
    notify_by_mail(job, draft).await
}

async fn load(job: &Job<'_>, id: DecisionId) -> TaskResult<Case> {
    let db = job.db();
    let decision = one::<decision::Entity, _>(db, id, "the decision").await?;
    let application =
        one::<application::Entity, _>(db, decision.application_id, "its application").await?;
    let findings = decision_finding::Entity::find()
        .filter(decision_finding::Column::DecisionId.eq(id))
        .find_also_related(criterion::Entity)
        .order_by_asc(criterion::Column::Position)
        .all(db)
        .await?;
    Ok(Case {
        organism: one::<organism::Entity, _>(db, application.organism_id, "its organism").await?,
        authority: one::<authority::Entity, _>(db, application.authority_id, "its authority")
            .await?,
        meeting: one::<meeting::Entity, _>(db, decision.meeting_id, "its meeting").await?,
        framework: one::<framework::Entity, _>(db, application.framework_id, "its framework")
            .await?,
        findings: findings.into_iter().filter_map(|(f, c)| Some(row(f, &c?))).collect(),
        application,
        decision,
    })
}

fn row(finding: decision_finding::Model, criterion: &criterion::Model) -> CriterionRow {
    CriterionRow {
        label: typographic(&criterion.label),
        satisfied: finding.satisfied,
        grounds: finding.grounds,
    }
}

fn message(case: &Case, link: String) -> TaskResult<Message> {
    let organism = case.organism.name.clone();
    let application_number = case.application.number.clone();
    let authority = case.authority.name.clone();
    let decided_on = format_date_fr(case.decision.decided_on);
    Ok(match *case.decision.outcome {
        Outcome::Accepted => Message::DecisionAccepted {
            organism,
            application_number,
            authority,
            decided_on,
            duration: duration(&case.decision)?,
            professional_field: case.decision.professional_field.clone(),
            link,
        },
        Outcome::Refused => Message::DecisionRefused {
            organism,
            application_number,
            authority,
            decided_on,
            grounds: grounds(&case.findings),
            appeal_delay: appeal_delay(),
            appeal_contact: case.authority.appeal_contact.clone(),
            link,
        },
    })
}

/// III.5.c: the grounds of a refusal, criterion by criterion.
fn grounds(findings: &[CriterionRow]) -> Vec<Ground> {
    let unmet = findings.iter().filter(|f| !f.satisfied);
    unmet.map(|f| Ground { label: f.label.clone(), text: f.grounds.clone() }).collect()
}

/// III.5.b: how long an accepted habilitation runs.
fn duration(decision: &decision::Model) -> TaskResult<String> {
    let years =
        decision.duration_years.ok_or_else(|| TaskError::missing("the habilitation's duration"))?;
    Ok(format!("{years} ans à compter de la notification"))
}

/// III.8.a: the time to appeal, as a delay.
fn appeal_delay() -> String {
    format!(
        "{} à compter de la notification de la décision",
        DeadlineKind::AppealLodged.rule().span
    )
}

fn letter(case: &Case, today: NaiveDate) -> TaskResult<Letter> {
    let (told, closing) = match *case.decision.outcome {
        Outcome::Accepted => ("d'acceptation", acceptance(case)?),
        Outcome::Refused => ("de refus", refusal(case)),
    };
    Ok(Letter {
        reference: case.application.number.clone(),
        subject: format!("Décision {told} de votre demande d'habilitation CléA management"),
        issued_on: today,
        issued_on_text: format!("{}, le {}", case.authority.city, format_date_fr(today)),
        sender: authority_party(&case.authority),
        recipient: organism_party(&case.organism),
        paragraphs: opening(case),
        criteria: case.findings.clone(),
        closing,
        signatory: format!("Pour {}", case.authority.name),
    })
}

fn opening(case: &Case) -> Vec<String> {
    let body = match *case.authority.kind {
        AuthorityKind::CertifPro => "le conseil d'administration de Certif Pro".to_owned(),
        AuthorityKind::Cpne => case.authority.name.clone(),
    };
    let decided = match *case.decision.outcome {
        Outcome::Accepted => "de vous habiliter",
        Outcome::Refused => "de ne pas vous habiliter",
    };
    let (filed, held) =
        (format_date_fr(case.application.filed_on), format_date_fr(case.meeting.held_on));
    vec![
        "Madame, Monsieur,".to_owned(),
        format!(
            "Vous avez déposé le {filed}, sous le numéro {}, une demande d'habilitation à dispenser les \
             parcours de formation et les évaluations de la certification CléA management (« {} »).",
            case.application.number, case.framework.title
        ),
        format!(
            "Lors de sa réunion du {held}, {body} a examiné votre dossier au regard des critères de la \
             convention et a décidé {decided}. Les constats sur lesquels cette décision se fonde sont \
             exposés critère par critère dans le tableau qui suit."
        ),
    ]
}

/// III.5.b: what an acceptance states, the field included where a CPNE gave one.
fn acceptance(case: &Case) -> TaskResult<Vec<String>> {
    let duration = duration(&case.decision)?;
    let field = case.decision.professional_field.as_ref();
    let field = field
        .map_or_else(String::new, |f| format!(" Elle vaut pour le champ professionnel : {f}."));
    Ok(vec![
        format!(
            "L'habilitation vous est accordée pour {duration} de la présente décision ; elle porte sur tous \
             les domaines du référentiel.{field}"
        ),
        "Elle vous est personnelle et ne peut être transmise à un autre organisme. La convention fixe les \
         conditions de son renouvellement et les engagements que vous avez acceptés en déposant votre \
         demande."
            .to_owned(),
        courtesy(),
    ])
}

/// III.5.c: what a refusal states of the appeal (III.8.a) and of a new application (III.5.f).
fn refusal(case: &Case) -> Vec<String> {
    vec![
        format!(
            "Vous pouvez former un recours dans un délai de {}, par une note argumentée qui explique, au \
             regard des critères, pourquoi l'habilitation aurait dû vous être accordée, accompagnée de ses \
             justificatifs. Aucun nouveau dossier n'est à déposer. Le recours est adressé à : {}. La page \
             de la décision, dont le lien figure dans le courriel qui porte cette lettre, indique le \
             dernier jour de ce délai.",
            appeal_delay(),
            case.authority.appeal_contact
        ),
        "Vous pourrez aussi présenter une nouvelle demande à partir de la prochaine campagne, en précisant \
         ce qui a changé sur chacun des motifs du refus."
            .to_owned(),
        courtesy(),
    ]
}

fn courtesy() -> String {
    "Nous vous prions d'agréer, Madame, Monsieur, l'expression de nos salutations distinguées."
        .to_owned()
}

#[cfg(test)]
mod tests;
