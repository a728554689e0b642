//! Certificates as objects.

use super::DeliveryChoice;
use super::{Candidate, Enrolment, Jury};
use crate::authority::Framework;
use crate::caller;
use crate::habilitation::Habilitation;
use crate::load;
use crate::notice::{Document, DocumentOf};
use crate::object::object;
use crate::ops::{Timeline, TimelineConnection};
use crate::organism::Organism;
use crate::page::Asked;
use crate::scalar::{Date, Siren};
use api_derive::paged;
use async_graphql::{Context, ID, Object, SimpleObject};
use entity::kind::DocumentKind;
use service::evaluation::Verification;

object! {
    /// A certificate.
    Certificate = seen certificate by CertificateId;
}

/// An award that anyone can verify (A3.5.b).
#[paged]
#[Object]
impl Certificate {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Printed on the parchment.
    async fn number(&self) -> &str {
        &self.0.number
    }

    /// The day of the jury's decision.
    async fn awarded_on(&self) -> Date {
        self.0.awarded_on.into()
    }

    /// What `verifyCertificate` asks for.
    async fn verification_code(&self) -> &str {
        &self.0.verification_code
    }

    /// Public page to verify it.
    async fn verification_url(&self, ctx: &Context<'_>) -> String {
        let settings = &caller::caller(ctx).app().settings;
        settings.link(&format!("/certificates/{}", self.0.verification_code))
    }

    /// How the candidate wants the parchment.
    async fn delivery(&self) -> DeliveryChoice {
        self.0.delivery.0.into()
    }

    /// The parchment, once produced.
    async fn parchment(&self, ctx: &Context<'_>) -> Option<Document> {
        load::one(ctx, DocumentOf::new(DocumentKind::Parchment, self.0.id)).await
    }

    /// The enrolment that it ends.
    async fn enrolment(&self, ctx: &Context<'_>) -> Option<Enrolment> {
        load::get_opt(ctx, self.0.enrolment_id).await
    }

    /// Who holds it.
    async fn candidate(&self, ctx: &Context<'_>) -> Option<Candidate> {
        load::get(ctx, self.0.candidate_id).await
    }

    /// Who trained and evaluated.
    async fn organism(&self, ctx: &Context<'_>) -> Option<Organism> {
        load::get(ctx, self.0.organism_id).await
    }

    /// Under which habilitation.
    async fn habilitation(&self, ctx: &Context<'_>) -> Option<Habilitation> {
        load::get(ctx, self.0.habilitation_id).await
    }

    /// For which framework.
    async fn framework(&self, ctx: &Context<'_>) -> Option<Framework> {
        load::get(ctx, self.0.framework_id).await
    }

    /// The sitting that awarded it, for who may see its minutes.
    async fn jury(&self, ctx: &Context<'_>) -> Option<Jury> {
        load::get_opt(ctx, self.0.jury_id).await
    }

    /// Its history, newest first (X.b).
    async fn timeline(&self, ctx: &Context<'_>, asked: Asked) -> Option<TimelineConnection> {
        load::page(ctx, Timeline {}, self.0.id.into(), asked).await
    }
}

/// What anyone who holds the code learns of a certificate, to compare with the parchment (A3.5.b).
#[derive(SimpleObject)]
pub(crate) struct VerifiedCertificate {
    /// The authority under which it was awarded.
    pub(crate) authority_name: String,
    /// The day of the jury's decision.
    pub(crate) awarded_on: Date,
    /// Who holds it.
    pub(crate) holder: String,
    /// Printed on the parchment.
    pub(crate) number: String,
    /// Who trained and evaluated.
    pub(crate) organism_name: String,
    /// Its company number.
    pub(crate) organism_siren: Siren,
    /// The certification's title.
    pub(crate) title: String,
}

impl From<Verification> for VerifiedCertificate {
    fn from(found: Verification) -> Self {
        Self {
            authority_name: found.authority_name,
            awarded_on: found.awarded_on.into(),
            holder: found.holder,
            number: found.number,
            organism_name: found.organism_name,
            organism_siren: found.organism_siren.into(),
            title: found.title,
        }
    }
}
