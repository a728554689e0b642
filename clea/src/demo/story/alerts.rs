//! EDOF alerts: closed by themselves, or confirmed by a decider, one level above the other (V.3.d).

use super::cast::{Cast, Organism, with_check_digit};
use crate::demo::client::text;
use crate::demo::film::Film;
use serde_json::{Value, json};

/// An alert as it is posted.
fn alert(film: &Film, siren: &str, reference: &str) -> Value {
    let source = if reference.starts_with("FC") { "FRANCE_COMPETENCES" } else { "CDC" };
    json!({
        "source": source, "reference": reference, "allegation": "NON_CONFORMING_OFFER", "siren": siren,
        "offerTitle": "Devenez manager en trois jours", "certificationCode": "RS0000", "offerOn": film.day(),
        "details": "L’intitulé et le code de l’offre ne sont pas ceux de la certification.",
        "receivedOn": film.day(),
    })
}

/// Posts an alert and reads what the worker made of it.
async fn post(film: &Film, input: Value) -> anyhow::Result<Value> {
    let payload = film.staff.officer.act("postEdofAlert", input, "alert { id }").await?;
    let id = text(&payload, "/alert/id")?;
    film.settle().await?;
    let query = "query($id: ID!) { node(id: $id) { ... on EdofAlert { id status closeReason proposedLevel version } } }";
    let mut data = film.staff.officer.query(query, json!({ "id": id })).await?;
    Ok(data["node"].take())
}

/// One alert that names nobody known, one that the facts disprove.
pub(super) async fn closed(film: &Film, cast: &Cast) -> anyhow::Result<()> {
    let unknown = post(film, alert(film, &with_check_digit("90099990"), "CDC-2026-0371")).await?;
    film.tell(
        "V.3.d",
        &format!(
            "Alerte CDC-2026-0371 classée ({}) : {}",
            status(&unknown)?,
            text(&unknown, "/closeReason")?
        ),
    );
    let mut sound = alert(film, &cast.c.siren, "CDC-2026-0372");
    sound["allegation"] = json!("NOT_HABILITATED");
    sound["offerTitle"] = json!("Préparer le CléA management");
    sound["certificationCode"] = json!(film.certification_code);
    let unfounded = post(film, sound).await?;
    film.tell(
        "V.3.d",
        &format!(
            "Alerte CDC-2026-0372 classée ({}) : {}",
            status(&unfounded)?,
            text(&unfounded, "/closeReason")?
        ),
    );
    Ok(())
}

fn status(alert: &Value) -> anyhow::Result<String> {
    Ok(match text(alert, "/status")?.as_str() {
        "UNMATCHED" => "organisme inconnu".to_owned(),
        "UNFOUNDED" => "non fondée".to_owned(),
        other => anyhow::bail!("the alert should be closed, it is {other}"),
    })
}

/// An alert whose proposed level the decider confirms.
pub(super) async fn confirmed(
    film: &mut Film,
    organism: &Organism,
    reference: &str,
) -> anyhow::Result<()> {
    let found = post(film, alert(film, &organism.siren, reference)).await?;
    let level = text(&found, "/proposedLevel")?;
    decide(film, organism, &found, (&level, None)).await
}

/// An alert whose proposed level the decider replaces by a withdrawal, with a reason.
pub(super) async fn withdrawn(
    film: &mut Film,
    organism: &Organism,
    reference: &str,
) -> anyhow::Result<()> {
    let found = post(film, alert(film, &organism.siren, reference)).await?;
    let reason = "Offres trompeuses répétées et refus de les retirer.";
    decide(film, organism, &found, ("WITHDRAWAL", Some(reason))).await
}

async fn decide(
    film: &mut Film,
    organism: &Organism,
    alert: &Value,
    (level, reason): (&str, Option<&str>),
) -> anyhow::Result<()> {
    let proposed = french(&text(alert, "/proposedLevel")?);
    let input = json!({
        "alertId": alert["id"], "level": level, "reason": reason, "enrolledMayFinish": false,
        "expectedVersion": alert["version"],
    });
    film.staff.decider.act("decideEdofAlert", input, "").await?;
    film.settle().await?;
    let decided = french(level);
    let how = if reason.is_some() {
        format!("remplacé par : {decided}")
    } else {
        "confirmé".to_owned()
    };
    film.tell(
        "V.3.d",
        &format!("Alerte contre {} : niveau proposé « {proposed} », {how}", organism.name),
    );
    Ok(())
}

fn french(level: &str) -> String {
    let level: Option<domain::edof::SanctionLevel> = level.parse().ok();
    level.map_or("inconnu", domain::edof::SanctionLevel::label).to_owned()
}
