//! A certificate awarded (A3.5.b): its parchment is always kept; it is mailed to the candidate who chose
//! the PDF, and handed over by the organism otherwise.

use super::shared::{document, one};
use crate::error::TaskResult;
use crate::job::Job;
use crate::notify::{Draft, finish, notify};
use documents::Parchment;
use domain::birthplace::is_france;
use domain::deadline::format_date_fr;
use domain::person::holder_name;
use entity::ids::CertificateId;
use entity::kind::{DeliveryChoice, DocumentKind, Sex};
use entity::{
    authority, candidate, certificate, framework, framework_domain, habilitation, organism,
};
use mailer::Message;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use service::context::Settings;

/// What the base framework leads to.
const CERTIFICATE: &str = "Certificat CléA management";

/// What a certificate is told from.
struct Award {
    certificate: certificate::Model,
    candidate: candidate::Model,
    organism: organism::Model,
    authority: authority::Model,
    framework: framework::Model,
    domains: Vec<String>,
}

/// Keeps the parchment and, where the candidate chose so, mails it.
pub(crate) async fn deliver(job: &Job<'_>, id: CertificateId) -> TaskResult<()> {
    let award = load(job, id).await?;
    let parchment = parchment(&award, &job.ctx.app.settings);
    let file_name = format!("parchemin-{}.pdf", award.certificate.number);
    let attachment = document(job.ctx, DocumentKind::Parchment, id, file_name, move || {
        documents::parchment(&parchment)
    })
    .await?;
    let Some(to) = address(&award) else { return finish(job.ctx).await };
    let message = Message::CertificateAwarded {
        candidate: holder(&award.candidate),
        organism: award.organism.name,
        certificate_number: award.certificate.number.clone(),
        awarded_on: format_date_fr(award.certificate.awarded_on),
        verification_url: verification_url(&award.certificate, &job.ctx.app.settings),
        pdf_attached: true,
    };
    let draft = Draft {
        subject: id.into(),
        to,
        authority: &award.authority,
        organism: None,
        candidate: Some(award.candidate.id),
        message,
        attachments: vec![attachment],
    };
    notify(job, draft).await
}

async fn load(job: &Job<'_>, id: CertificateId) -> TaskResult<Award> {
    let db = job.db();
    let certificate = one::<certificate::Entity, _>(db, id, "the certificate").await?;
    let habilitation = certificate.habilitation_id;
    let habilitation = one::<habilitation::Entity, _>(db, habilitation, "its habilitation").await?;
    let domains = framework_domain::Entity::find()
        .filter(framework_domain::Column::FrameworkId.eq(certificate.framework_id))
        .order_by_asc(framework_domain::Column::Number)
        .all(db)
        .await?;
    Ok(Award {
        candidate: one::<candidate::Entity, _>(db, certificate.candidate_id, "its candidate")
            .await?,
        organism: one::<organism::Entity, _>(db, certificate.organism_id, "its organism").await?,
        authority: one::<authority::Entity, _>(db, habilitation.authority_id, "its authority")
            .await?,
        framework: one::<framework::Entity, _>(db, certificate.framework_id, "its framework")
            .await?,
        domains: domains.into_iter().map(|domain| domain.title).collect(),
        certificate,
    })
}

/// Where the parchment is mailed: to the candidate who chose the PDF and gave an address.
fn address(award: &Award) -> Option<String> {
    let chosen = *award.certificate.delivery == DeliveryChoice::Pdf;
    award.candidate.email.clone().filter(|_| chosen)
}

fn parchment(award: &Award, settings: &Settings) -> Parchment {
    Parchment {
        number: award.certificate.number.clone(),
        holder_name: holder(&award.candidate),
        birth_text: birth(&award.candidate),
        title: title(&award.framework),
        awarded_on: award.certificate.awarded_on,
        awarded_on_text: format_date_fr(award.certificate.awarded_on),
        organism_name: award.organism.name.clone(),
        organism_siren: award.organism.siren.clone(),
        authority_name: award.authority.name.clone(),
        verification_url: verification_url(&award.certificate, settings),
        domains: award.domains.clone(),
    }
}

/// What is awarded: the certificate, with its framework's title where a CPNE made that its own.
fn title(framework: &framework::Model) -> String {
    match framework.authority_id {
        None => CERTIFICATE.to_owned(),
        Some(_) => format!("{CERTIFICATE} – {}", framework.title),
    }
}

/// Where anyone can verify the certificate.
fn verification_url(certificate: &certificate::Model, settings: &Settings) -> String {
    settings.link(&format!("/certificates/{}", certificate.verification_code))
}

fn holder(candidate: &candidate::Model) -> String {
    holder_name(&candidate.first_names, &candidate.birth_name, candidate.used_name.as_deref())
}

/// « née le 1er février 1990 à Bordeaux », « né en 1990 à Fès (Maroc) »: what is known of the date, with the country
/// where it is not plainly France.
fn birth(candidate: &candidate::Model) -> String {
    let born = match *candidate.sex {
        Sex::F => "née",
        Sex::M => "né",
    };
    let abroad = match candidate.birth_country.trim() {
        "" => String::new(),
        country if is_france(country) => String::new(),
        country => format!(" ({country})"),
    };
    format!("{born} {} à {}{abroad}", candidate.birth_date.french(), candidate.birth_place_name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;
    use domain::birth::BirthDate;
    use entity::ids::{CandidateId, OrganismId};

    fn a_candidate(used_name: Option<&str>, country: &str) -> candidate::Model {
        candidate::Model {
            id: CandidateId::new(),
            organism_id: OrganismId::new(),
            birth_name: "Durand".to_owned(),
            used_name: used_name.map(str::to_owned),
            first_names: "Ada Marie".to_owned(),
            birth_date: "1990-02-01".parse::<BirthDate>().expect("a date").into(),
            sex: Sex::F.into(),
            birth_place_code: None,
            birth_place_name: "Bordeaux".to_owned(),
            birth_country: country.to_owned(),
            email: None,
            person_key: String::new(),
            registered_on: NaiveDate::MIN,
            version: 1,
        }
    }

    #[test]
    fn what_is_taken_at_entry_is_drawn_by_the_fonts() {
        let scripts = [
            (0, 0x3400),
            (0xa400, 0xac00),
            (0xf900, 0x11000),
            (0x1_d000, 0x1_d200),
            (0x1_f300, 0x1_f700),
        ];
        let chars =
            scripts.into_iter().flat_map(|(first, end)| (first..end).filter_map(char::from_u32));
        for c in chars.filter(|c| !['\u{25a1}', '\u{fffd}'].contains(c)) {
            let text = c.to_string();
            let (taken, drawn) = (domain::print::unprintable(&text), documents::unprintable(&text));
            assert!(taken.is_some() || drawn.is_none(), "U+{:04X} {c}", u32::from(c));
        }
        for lost in ["□", "\u{fffd}"] {
            assert!(domain::print::unprintable(lost).is_some(), "{lost}");
        }
    }

    // A3.5.b
    #[test]
    fn a_holder_is_told_apart_by_their_birth() {
        let married = a_candidate(Some("Martin"), "FRANCE");
        assert_eq!(holder(&married), "Ada Marie Durand (nom d’usage : Martin)");
        assert_eq!(holder(&a_candidate(Some("DURAND"), "France")), "Ada Marie Durand");
        assert_eq!(birth(&married), "née le 1er février 1990 à Bordeaux");
        assert_eq!(
            birth(&a_candidate(None, "Belgique")),
            "née le 1er février 1990 à Bordeaux (Belgique)"
        );
        for (known, born) in
            [("1990", "née en 1990 à Bordeaux"), ("1990-02", "née en février 1990 à Bordeaux")]
        {
            let birth_date = known.parse::<BirthDate>().expect("a date").into();
            let partly =
                candidate::Model { birth_date, ..a_candidate(None, "République française") };
            assert_eq!(birth(&partly), born);
        }
        let overseas = a_candidate(None, "La Réunion");
        assert_eq!(birth(&overseas), "née le 1er février 1990 à Bordeaux (La Réunion)");
    }
}
