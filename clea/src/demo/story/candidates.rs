//! Candidates: evaluations, training, juries, certificates.

use super::cast::{Cast, Organism};
use crate::demo::client::{Session, text};
use crate::demo::film::{Film, of};
use domain::framework::COMPETENCE_CODES;
use serde_json::{Value, json};

/// What Louis has still to acquire after the prior evaluation.
const LACKING: [&str; 2] = ["2-3", "3-2"];

/// A candidate in training.
pub(super) struct Trainee {
    enrolment: String,
    path: String,
}

/// Nadia acquires everything at once; Louis needs training; the two other organisms begin too.
pub(super) async fn first_candidates(film: &Film, cast: &Cast) -> anyhow::Result<Trainee> {
    let a = &cast.a;
    one_more(film, a, "Benali").await?;
    let louis = enrol(film, a, ("Louis", "Mercier")).await?;
    prior(film, a, &louis, &LACKING).await?;
    film.tell(
        "A3.2.a",
        "Louis Mercier : 15 compétences sur 17 acquises, un parcours est recommandé",
    );
    let input = json!({
        "enrolmentId": louis, "startsOn": film.day(), "trainerIds": [a.trainer],
        "expectedVersion": film.version(&a.admin, &louis).await?,
    });
    let payload = a.admin.act("openTrainingPath", input, "trainingPath { id }").await?;
    film.tell("A3.2.a", "Louis Mercier entre en formation");
    one_more(film, &cast.c, "Lefèvre").await?;
    let unfinished = enrol(film, &cast.d, ("Inès", "Garnier")).await?;
    prior(film, &cast.d, &unfinished, &LACKING).await?;
    film.tell(
        "A3.2.a",
        &format!("{} évalue Inès Garnier : il lui reste deux compétences", cast.d.name),
    );
    Ok(Trainee { enrolment: louis, path: text(&payload, "/trainingPath/id")? })
}

/// The training is completed.
pub(super) async fn end_of_training(
    film: &Film,
    cast: &Cast,
    louis: &mut Trainee,
) -> anyhow::Result<()> {
    let input = json!({ "trainingPathId": louis.path, "completedOn": film.day() });
    cast.a.admin.act("completeTrainingPath", input, "").await?;
    film.tell("A3.2.a", "Louis Mercier achève son parcours");
    Ok(())
}

/// The trainer may not evaluate; the evaluator does, on what was missing; the jury awards.
pub(super) async fn final_evaluation(
    film: &Film,
    cast: &Cast,
    louis: &Trainee,
) -> anyhow::Result<()> {
    let a = &cast.a;
    // The trainer also evaluates other candidates, under a second record of the same person.
    let twin = twin_of_the_trainer(film, a).await?;
    let by_trainer = evaluation(film, a, &louis.enrolment, (&LACKING, &[], &twin)).await?;
    let what = "Le formateur évalue son propre candidat sous une seconde fiche";
    film.refused(&a.admin, ("recordFinalEvaluation", by_trainer), "TRAINER_IS_EVALUATOR", what)
        .await?;
    let input = evaluation(film, a, &louis.enrolment, (&LACKING, &[], &a.evaluator)).await?;
    a.admin.act("recordFinalEvaluation", input, "").await?;
    film.tell("A3.2.a", "Évaluation finale de Louis Mercier sur 2-3 et 3-2 : acquises");
    award(film, a, &louis.enrolment, ("Louis Mercier", "PAPER")).await
}

/// The same names, typed otherwise, and the same birth date: the same person.
async fn twin_of_the_trainer(film: &Film, a: &Organism) -> anyhow::Result<String> {
    let input = json!({
        "organismId": a.id, "familyName": "MARTIN", "firstNames": "Dominique-Nantes", "birthDate": "1979-04-11",
        "legalStatus": "Indépendant", "cvReference": "CV-Martin-2", "trainer": false, "evaluator": true,
        "juryMember": false, "domains": [1, 2, 3], "remoteCapable": false,
    });
    let payload = a.admin.act("declarePractitioner", input, "practitioner { id }").await?;
    let id = text(&payload, "/practitioner/id")?;
    let input = json!({ "practitionerId": id, "authorityId": film.authority });
    film.staff.officer.act("validateEvaluator", input, "").await?;
    Ok(id)
}

/// Enrols a candidate who acquires everything at the prior evaluation, and awards the certificate.
pub(super) async fn one_more(film: &Film, organism: &Organism, name: &str) -> anyhow::Result<()> {
    let enrolment = enrol(film, organism, ("Nadia", name)).await?;
    prior(film, organism, &enrolment, &[]).await?;
    film.tell(
        "A3.2.a",
        &format!("{} évalue Nadia {name} : les 17 compétences sont acquises", organism.name),
    );
    award(film, organism, &enrolment, (&format!("Nadia {name}"), "PDF")).await
}

/// Under suspension nobody enrols; after a withdrawal neither.
pub(super) async fn none_under_suspension(film: &Film, cast: &Cast) -> anyhow::Result<()> {
    for (organism, code, state) in [
        (&cast.c, "HABILITATION_SUSPENDED", "suspendu"),
        (&cast.d, "HABILITATION_WITHDRAWN", "retiré"),
    ] {
        let candidate = register(organism, ("Hugo", "Blanc")).await?;
        let input = enrolment(film, organism, &candidate);
        let what = format!("{}, {state}, inscrit un candidat", organism.name);
        film.refused(&organism.admin, ("enrolCandidate", input), code, &what).await?;
    }
    Ok(())
}

async fn register(
    organism: &Organism,
    (first_names, name): (&str, &str),
) -> anyhow::Result<String> {
    let input = json!({
        "organismId": organism.id, "birthName": name, "firstNames": first_names, "birthDate": "1993-08-30",
        "sex": if first_names == "Louis" || first_names == "Hugo" { "M" } else { "F" },
        "birthPlaceCode": "44109", "birthPlaceName": "Nantes", "birthCountry": "France",
        "email": format!("{}@candidat.example", name.to_lowercase().replace('è', "e")),
    });
    text(
        &organism.admin.act("registerCandidate", input, "candidate { id }").await?,
        "/candidate/id",
    )
}

fn enrolment(film: &Film, organism: &Organism, candidate: &str) -> Value {
    json!({
        "candidateId": candidate, "habilitationId": organism.habilitation, "frameworkId": film.framework,
        "siteId": organism.sites[0], "purposeTold": true, "disabilityContactTold": true,
    })
}

async fn enrol(film: &Film, organism: &Organism, name: (&str, &str)) -> anyhow::Result<String> {
    let candidate = register(organism, name).await?;
    let input = enrolment(film, organism, &candidate);
    let payload = organism.admin.act("enrolCandidate", input, "enrolment { id }").await?;
    film.tell("A3.1.a", &format!("{} inscrit {} {}", organism.name, name.0, name.1));
    text(&payload, "/enrolment/id")
}

async fn prior(
    film: &Film,
    organism: &Organism,
    enrolment: &str,
    missing: &[&str],
) -> anyhow::Result<()> {
    let input =
        evaluation(film, organism, enrolment, (&COMPETENCE_CODES, missing, &organism.evaluator))
            .await?;
    organism.admin.act("recordPriorEvaluation", input, "").await?;
    Ok(())
}

async fn evaluation(
    film: &Film,
    organism: &Organism,
    enrolment: &str,
    (codes, missing, evaluator): (&[&str], &[&str], &str),
) -> anyhow::Result<Value> {
    let result = |code: &&str| json!({ "competence": code, "acquired": !missing.contains(code), "evaluatorId": evaluator });
    let who: &Session = &organism.admin;
    Ok(json!({
        "enrolmentId": enrolment, "heldOn": film.day(), "remote": false,
        "results": codes.iter().map(result).collect::<Vec<_>>(),
        "expectedVersion": film.version(who, enrolment).await?,
    }))
}

async fn award(
    film: &Film,
    organism: &Organism,
    enrolment: &str,
    (name, delivery): (&str, &str),
) -> anyhow::Result<()> {
    let input = json!({
        "organismId": organism.id, "heldOn": film.day(), "memberIds": [organism.juror],
        "minutes": "Le jury, après en avoir délibéré, constate que les trois domaines sont validés.",
        "decisions": [{
            "enrolmentId": enrolment, "favourable": true, "grounds": "Les trois domaines sont validés.",
            "delivery": delivery,
        }],
    });
    organism.admin.act("recordJury", input, "").await?;
    let query = "query($id: ID!) { node(id: $id) { ... on Enrolment { certificate { number } } } }";
    let data = organism.admin.query(query, json!({ "id": enrolment })).await?;
    let number = text(&data, "/node/certificate/number")?;
    film.tell(
        "A3.5.a",
        &format!(
            "Le jury {} attribue le certificat {number} à {name} ; redevance : 11,00 € (A2.c)",
            of(organism.name)
        ),
    );
    Ok(())
}
