//! EDOF alerts (V.3.d, interpretation 25): assessed, proposed to the deciders, and the sanction notified.

use super::shared::{certif_pro, one, typographic};
use crate::error::{TaskError, TaskResult};
use crate::job::Job;
use crate::notify::{Draft, finish, notice_link, notify};
use domain::edof::{AlertSource, SanctionLevel};
use entity::ids::EdofAlertId;
use entity::sanction::{self, Cause};
use entity::{authority, edof_alert, habilitation, organism, suspension};
use mailer::Message;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

/// Matches the alert, gathers the facts and proposes a level, or closes it.
pub(crate) async fn assess(job: &Job<'_>, id: EdofAlertId) -> TaskResult<()> {
    Ok(service::edof::assess(&job.ctx.completing(), id).await?)
}

/// Tells the competent authority of a proposal, unless it was decided meanwhile.
pub(crate) async fn propose(job: &Job<'_>, id: EdofAlertId) -> TaskResult<()> {
    let case = load(job, id).await?;
    if !service::edof::awaits_decision(*case.alert.status) {
        return finish(job.ctx).await;
    }
    let level =
        case.alert.proposed_level.ok_or_else(|| TaskError::missing("the proposed level"))?;
    let message = Message::EdofProposal {
        alert: reference(&case.alert),
        organism: case.organism.name,
        level: level.label().to_owned(),
        grounds: typographic(&case.alert.proposed_grounds.unwrap_or_default()),
    };
    let draft = Draft {
        subject: id.into(),
        to: case.authority.email.clone(),
        authority: &case.authority,
        organism: None,
        candidate: None,
        message,
        attachments: Vec::new(),
    };
    notify(job, draft).await
}

/// Notifies the sanction to the organism; its acceptance by the mail server starts its effects.
pub(crate) async fn notify_sanction(job: &Job<'_>, id: EdofAlertId) -> TaskResult<()> {
    let case = load(job, id).await?;
    let cause = Cause::EdofAlert(id);
    let sanction = service::sanction::of_causes(job.db(), &[cause]).await?.remove(&cause);
    let sanction = sanction.ok_or_else(|| TaskError::missing("the sanction decided"))?;
    let suspension = suspension::Entity::find()
        .filter(suspension::Column::SanctionId.eq(sanction.id))
        .one(job.db())
        .await?;
    let message = Message::EdofSanction {
        organism: case.organism.name,
        authority: case.authority.name.clone(),
        alert: reference(&case.alert),
        level: sanction.level.label().to_owned(),
        grounds: grounds(&case.alert, &sanction),
        effect: effect(*sanction.level, suspension.as_ref()),
        link: notice_link(&job.ctx.app.settings),
    };
    let draft = Draft {
        subject: id.into(),
        to: case.organism.email,
        authority: &case.authority,
        organism: Some(case.organism.id),
        candidate: None,
        message,
        attachments: Vec::new(),
    };
    notify(job, draft).await
}

/// An alert that was matched.
struct Case {
    alert: edof_alert::Model,
    organism: organism::Model,
    /// The authority of the habilitation concerned, else Certif Pro.
    authority: authority::Model,
}

async fn load(job: &Job<'_>, id: EdofAlertId) -> TaskResult<Case> {
    let db = job.db();
    let alert = one::<edof_alert::Entity, _>(db, id, "the alert").await?;
    let organism = alert.organism_id.ok_or_else(|| TaskError::missing("the alert's organism"))?;
    let organism = one::<organism::Entity, _>(db, organism, "the alert's organism").await?;
    let authority = match alert.habilitation_id {
        Some(habilitation) => {
            let row = one::<habilitation::Entity, _>(db, habilitation, "the habilitation").await?;
            one::<authority::Entity, _>(db, row.authority_id, "its authority").await?
        }
        None => certif_pro(db).await?,
    };
    Ok(Case { alert, organism, authority })
}

/// The alert as both sides call it: its sender and the sender's reference.
fn reference(alert: &edof_alert::Model) -> String {
    let sender = match *alert.source {
        AlertSource::Cdc => "Caisse des Dépôts",
        AlertSource::FranceCompetences => "France compétences",
    };
    format!("{sender} {}", alert.reference)
}

/// The facts of the assessment, then the decider's own reason where one was given.
fn grounds(alert: &edof_alert::Model, sanction: &sanction::Model) -> String {
    let facts = alert.proposed_grounds.as_deref().map(typographic);
    let reason = sanction.reason.as_ref().map(|reason| format!("Motif de la décision : {reason}"));
    facts.into_iter().chain(reason).collect::<Vec<_>>().join("\n")
}

/// What a sanction changes for the organism, in French.
fn effect(level: SanctionLevel, suspension: Option<&suspension::Model>) -> String {
    match level {
        SanctionLevel::Warning => "Votre habilitation n’est pas modifiée. Cet avertissement est conservé : une \
             nouvelle alerte établie dans les douze mois peut conduire à une sanction plus lourde."
            .to_owned(),
        SanctionLevel::FormalNotice => "Vous êtes mis en demeure de faire cesser le manquement constaté. Votre \
             habilitation n’est pas modifiée à ce jour ; une nouvelle alerte établie dans les douze mois peut \
             conduire à sa suspension."
            .to_owned(),
        SanctionLevel::Suspension => suspended(suspension),
        SanctionLevel::Withdrawal => "Votre habilitation est retirée à compter de la présente notification : \
             toute activité à ce titre cesse, y compris pour les candidats déjà inscrits."
            .to_owned(),
    }
}

/// V.3.a: what a suspension forbids, and its own conditions.
fn suspended(suspension: Option<&suspension::Model>) -> String {
    let mut told = vec![
        "Votre habilitation est suspendue à compter de la présente notification : aucune inscription n’est \
         possible au titre de cette habilitation."
            .to_owned(),
    ];
    let Some(suspension) = suspension else { return told.concat() };
    told.push(if suspension.enrolled_may_finish {
        "Les candidats déjà inscrits peuvent mener à leur terme leur parcours, leurs évaluations et leur \
         certification."
            .to_owned()
    } else {
        "Aucune évaluation ni certification n’est possible non plus, y compris pour les candidats déjà \
         inscrits."
            .to_owned()
    });
    if !suspension.conditions.trim().is_empty() {
        told.push(format!("Conditions fixées : {}", suspension.conditions));
    }
    told.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use entity::ids::{HabilitationId, SanctionId, SuspensionId};

    fn a_suspension(enrolled_may_finish: bool, conditions: &str) -> suspension::Model {
        suspension::Model {
            id: SuspensionId::new(),
            habilitation_id: HabilitationId::new(),
            sanction_id: SanctionId::new(),
            conditions: conditions.to_owned(),
            enrolled_may_finish,
            starts_on: None,
            ends_on: None,
        }
    }

    // V.3.d: each level says what it changes.
    #[test]
    fn each_level_says_what_it_changes() {
        let told = |level| effect(level, None);
        assert!(told(SanctionLevel::Warning).contains("n’est pas modifiée"));
        assert!(told(SanctionLevel::FormalNotice).contains("mis en demeure"));
        assert!(told(SanctionLevel::Suspension).contains("suspendue"));
        assert!(told(SanctionLevel::Withdrawal).contains("retirée"));
    }

    // V.3.a: a suspension goes by its own conditions.
    #[test]
    fn a_suspension_tells_who_may_finish_and_its_conditions() {
        let strict = effect(SanctionLevel::Suspension, Some(&a_suspension(false, " ")));
        assert!(
            strict.contains("y compris pour les candidats déjà") && !strict.contains("Conditions")
        );
        let mild = effect(SanctionLevel::Suspension, Some(&a_suspension(true, "Retirer l’offre.")));
        assert!(mild.contains("peuvent mener à leur terme"));
        assert!(mild.ends_with("Conditions fixées : Retirer l’offre."));
    }
}
