//! Opinions per criterion, then the meeting.

use super::cast::{Cast, Organism};
use super::registration::Campaign;
use crate::demo::client::{Session, text};
use crate::demo::film::{Film, french, of};
use serde_json::{Value, json};

/// The criterion that one of the organisms does not satisfy.
const LACKING: &str = "QUALITY_ASSURANCE";

/// A finding and its grounds for every criterion of part II (II.c).
fn findings(all_satisfied: bool) -> Value {
    let one = |code: &str| {
        let satisfied = all_satisfied || code != LACKING;
        let grounds = if satisfied {
            "Pièces probantes et cohérentes."
        } else {
            "Aucune démarche d’assurance qualité n’est formalisée."
        };
        json!({ "criterion": code, "satisfied": satisfied, "grounds": grounds })
    };
    domain::framework::BASE_CRITERIA.iter().map(|criterion| one(criterion.code)).collect()
}

/// Opinions, the provider's on the case given to it (III.4.b).
pub(super) async fn opinions(film: &Film, cast: &Cast) -> anyhow::Result<()> {
    for organism in cast.all() {
        let favourable = organism.id != cast.b.id;
        let provider = organism.id == cast.a.id;
        let who: &Session = if provider { &film.staff.provider } else { &film.staff.officer };
        let input = json!({
            "applicationId": organism.application, "findings": findings(favourable),
            "expectedVersion": film.version(who, &organism.application).await?,
        });
        who.act("settleOpinion", input, "").await?;
        let whose = if provider { "Le prestataire" } else { "L’instructrice" };
        let how = if favourable {
            "tous les critères satisfaits"
        } else {
            "l’assurance qualité fait défaut"
        };
        film.tell("III.4.b", &format!("{whose} arrête l’avis sur {} : {how}", organism.name));
    }
    Ok(())
}

/// The decisions, one act each; the officer may not take them (I.e).
pub(super) async fn meeting(
    film: &mut Film,
    cast: &mut Cast,
    campaign: &Campaign,
) -> anyhow::Result<()> {
    let early = decision(film, &cast.a, campaign, true).await?;
    film.refused(
        &film.staff.officer,
        ("decideApplication", early),
        "FORBIDDEN",
        "L’instructrice décide",
    )
    .await?;
    for organism in cast.all() {
        let accepted = organism.id != cast.b.id;
        let input = decision(film, organism, campaign, accepted).await?;
        film.staff.decider.act("decideApplication", input, "").await?;
        let outcome = if accepted { "acceptée pour trois ans" } else { "refusée" };
        film.tell(
            "III.5.a",
            &format!("En réunion, la demande {} est {outcome}", of(organism.name)),
        );
    }
    film.settle().await?;
    for organism in cast.all_mut() {
        notified(film, organism).await?;
    }
    Ok(())
}

async fn decision(
    film: &Film,
    organism: &Organism,
    campaign: &Campaign,
    accepted: bool,
) -> anyhow::Result<Value> {
    Ok(json!({
        "applicationId": organism.application, "meetingId": campaign.meeting,
        "outcome": if accepted { "ACCEPTED" } else { "REFUSED" }, "findings": findings(accepted),
        "expectedVersion": film.version(&film.staff.decider, &organism.application).await?,
    }))
}

/// What the notification led to: a term, or a last day to appeal.
async fn notified(film: &Film, organism: &mut Organism) -> anyhow::Result<()> {
    let query = "query($id: ID!) { node(id: $id) { ... on Application { \
                 habilitation { id notifiedOn validUntil } decision { appealUntil { dueOn } } } } }";
    let data = organism.admin.query(query, json!({ "id": organism.application })).await?;
    if data["node"]["habilitation"].is_null() {
        let day = french(&data, "/node/decision/appealUntil/dueOn")?;
        film.tell("III.8.a", &format!("{} peut former un recours jusqu’au {day}", organism.name));
    } else {
        organism.habilitation = text(&data, "/node/habilitation/id")?;
        let day = french(&data, "/node/habilitation/validUntil")?;
        film.tell("III.6.a", &format!("{} est habilité jusqu’au {day}", organism.name));
    }
    Ok(())
}
