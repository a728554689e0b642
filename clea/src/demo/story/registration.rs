//! A campaign opens, organisms register, declare their practitioners and file.

use super::cast::{Cast, Organism, with_check_digit};
use crate::demo::client::{Session, text};
use crate::demo::film::{Film, french, of};
use serde_json::json;

/// The meeting at which the applications are decided.
const MEETING: &str = "2026-03-10";

/// A campaign with its meeting.
pub(super) struct Campaign {
    pub(super) id: String,
    pub(super) meeting: String,
}

/// What tells an organism from another.
struct Part {
    name: &'static str,
    /// Of its addresses: `contact@….example`.
    host: &'static str,
    /// The first eight digits of its SIREN.
    siren: &'static str,
    city: (&'static str, &'static str),
    /// A second site: its town and postal code.
    second: Option<(&'static str, &'static str)>,
}

const PARTS: [Part; 4] = [
    Part {
        name: "Atlantique Compétences",
        host: "atlantique-competences",
        siren: "90010010",
        city: ("Nantes", "44000"),
        second: Some(("Rezé", "44400")),
    },
    Part {
        name: "Bocage Formation",
        host: "bocage-formation",
        siren: "90010020",
        city: ("Laval", "53000"),
        second: None,
    },
    Part {
        name: "Cap Métiers",
        host: "cap-metiers",
        siren: "90010030",
        city: ("Lille", "59000"),
        second: Some(("Roubaix", "59100")),
    },
    Part {
        name: "Dauphiné Évaluation",
        host: "dauphine-evaluation",
        siren: "90010040",
        city: ("Grenoble", "38000"),
        second: None,
    },
];

/// Certif Pro plans a meeting and opens a campaign (III.5.g, III.2.c).
pub(super) async fn campaign(film: &Film) -> anyhow::Result<Campaign> {
    let officer = &film.staff.officer;
    let input = json!({ "authorityId": film.authority, "heldOn": MEETING, "place": "Paris" });
    let payload =
        officer.act("scheduleMeeting", input, "meeting { id heldOn opinionsUntil }").await?;
    let meeting = text(&payload, "/meeting/id")?;
    let (held_on, until) =
        (french(&payload, "/meeting/heldOn")?, french(&payload, "/meeting/opinionsUntil")?);
    film.tell(
        "III.5.g",
        &format!(
            "Certif Pro réunira ses décideurs le {held_on} ; avis attendus le {until} au plus tard"
        ),
    );
    let input = json!({
        "authorityId": film.authority, "frameworkId": film.framework, "meetingId": meeting,
        "title": "Campagne de l’hiver 2026", "opensOn": film.day(), "closesOn": "2026-02-13",
    });
    let payload = officer.act("openCampaign", input, "campaign { id }").await?;
    film.tell("III.2.c", "Campagne ouverte jusqu’au 13 février 2026");
    Ok(Campaign { id: text(&payload, "/campaign/id")?, meeting })
}

/// The four organisms register with their sites and practitioners.
pub(super) async fn organisms(film: &Film, stranger: &Session) -> anyhow::Result<Cast> {
    let [a, b, c, d] = &PARTS;
    Ok(Cast {
        a: organism(film, stranger, a).await?,
        b: organism(film, stranger, b).await?,
        c: organism(film, stranger, c).await?,
        d: organism(film, stranger, d).await?,
    })
}

async fn organism(film: &Film, stranger: &Session, part: &Part) -> anyhow::Result<Organism> {
    let email = format!("direction@{}.example", part.host);
    let input = json!({ "email": email, "displayName": format!("Direction de {}", part.name), "password": film.password });
    stranger.act("openAccount", input, "").await?;
    let admin = stranger.sign_in(&email, &film.password).await?;
    let siren = with_check_digit(part.siren);
    let (city, postal_code) = part.city;
    let input = json!({
        "siren": siren, "name": part.name, "kind": "LEGAL_PERSON",
        "email": format!("contact@{}.example", part.host), "address": "12 rue des Métiers",
        "postalCode": postal_code, "city": city, "seatSiret": with_check_digit(&format!("{siren}0001")),
    });
    let payload = admin.act("registerOrganism", input, "organism { id sites { id } }").await?;
    let id = text(&payload, "/organism/id")?;
    let mut sites = vec![text(&payload, "/organism/sites/0/id")?];
    if let Some((city, postal_code)) = part.second {
        let input = json!({
            "organismId": id, "name": city, "siret": with_check_digit(&format!("{siren}0002")),
            "address": "3 place du Marché", "postalCode": postal_code, "city": city,
        });
        sites.push(text(&admin.act("addSite", input, "site { id }").await?, "/site/id")?);
    }
    film.tell(
        "III.2.a",
        &format!("{} s’enregistre (SIREN {siren}, {} site(s))", part.name, sites.len()),
    );
    let trainer = practitioner(&admin, &id, (part, "Martin", "1979-04-11"), "trainer").await?;
    let evaluator = practitioner(&admin, &id, (part, "Petit", "1984-09-23"), "evaluator").await?;
    let juror = practitioner(&admin, &id, (part, "Girard", "1971-12-02"), "juryMember").await?;
    film.tell(
        "II.b",
        &format!("{} déclare un formateur, une évaluatrice et un membre de jury", part.name),
    );
    let (application, habilitation) = (String::new(), String::new());
    Ok(Organism {
        name: part.name,
        siren,
        admin,
        id,
        sites,
        trainer,
        evaluator,
        juror,
        application,
        habilitation,
    })
}

async fn practitioner(
    admin: &Session,
    organism: &str,
    (part, name, birth_date): (&Part, &str, &str),
    role: &str,
) -> anyhow::Result<String> {
    // First names of their own: the same names and birth date would be the same person everywhere.
    let first_names = format!("Dominique {}", part.city.0);
    let input = json!({
        "organismId": organism, "familyName": name, "firstNames": first_names, "birthDate": birth_date,
        "legalStatus": "Salariat", "cvReference": format!("CV-{name}"), "trainer": role == "trainer",
        "evaluator": role == "evaluator", "juryMember": role == "juryMember", "domains": [1, 2, 3],
        "remoteCapable": true,
    });
    text(&admin.act("declarePractitioner", input, "practitioner { id }").await?, "/practitioner/id")
}

/// Everyone files; a second filing is refused; the case of the first is given to a provider.
pub(super) async fn applications(
    film: &Film,
    cast: &mut Cast,
    campaign: &Campaign,
) -> anyhow::Result<()> {
    for organism in cast.all_mut() {
        let fields = "application { id number meeting { heldOn } }";
        let payload =
            organism.admin.act("fileApplication", filing(organism, campaign), fields).await?;
        organism.application = text(&payload, "/application/id")?;
        let number = text(&payload, "/application/number")?;
        film.tell(
            "III.2.d",
            &format!(
                "{} dépose la demande {number} ; frais d’instruction : 330,00 € (A2.a)",
                organism.name
            ),
        );
    }
    let again = ("fileApplication", filing(&cast.a, campaign));
    film.refused(
        &cast.a.admin,
        again,
        "ALREADY_FILED",
        &format!("{} dépose une seconde fois", cast.a.name),
    )
    .await?;
    let officer = &film.staff.officer;
    let input =
        json!({ "applicationId": cast.a.application, "providerEmail": "prestataire@demo.example" });
    officer.act("assignProvider", input, "").await?;
    film.tell("I.e", &format!("L’instruction {} est confiée à un prestataire", of(cast.a.name)));
    for organism in cast.all() {
        let input = json!({ "practitionerId": organism.evaluator, "authorityId": film.authority });
        officer.act("validateEvaluator", input, "").await?;
    }
    film.tell("IV.1.c", "Certif Pro valide les évaluateurs déclarés");
    Ok(())
}

fn filing(organism: &Organism, campaign: &Campaign) -> serde_json::Value {
    json!({
        "organismId": organism.id, "campaignId": campaign.id, "siteIds": organism.sites,
        "contactEmail": format!("dossier-{}@demo.example", organism.siren), "acceptsConvention": true,
    })
}
