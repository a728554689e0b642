//! Candidates as objects.

use super::Sex;
use super::{EnrolmentCertificate, EnrolmentConnection, EnrolmentEvaluations};
use crate::load::{self, Of, PageOf, To, list};
use crate::notice::NoticeConnection;
use crate::object::object;
use crate::ops::{Timeline, TimelineConnection};
use crate::organism::Organism;
use crate::page::Asked;
use crate::scalar::{Date, PartialDate};
use api_derive::paged;
use async_graphql::{Context, ID, Object};
use domain::person::{another_name, full_name};
use entity::ids::{CandidateId, EnrolmentId, NoticeId};
use service::sight::Visible;

list! {
    /// The enrolments of a candidate.
    CandidateEnrolments {} = "candidate.enrolments", enrolment by EnrolmentId(Id, id), newest first,
    under CandidateId(CandidateId, candidate_id),
    with [Of {
        field: "certificate",
        column: entity::enrolment::Column::Id,
        id: |row: &entity::enrolment::Model| row.id,
        list: EnrolmentCertificate {},
        several: false,
    }, Of {
        field: "evaluations",
        column: entity::enrolment::Column::Id,
        id: |row: &entity::enrolment::Model| row.id,
        list: EnrolmentEvaluations {},
        several: true,
    }];
    |self, sight| entity::enrolment::Entity::visible(sight)
}

list! {
    /// The notices to a candidate.
    CandidateNotices {} = "candidate.notices", notice by NoticeId(Id, id), newest first,
    under CandidateId(CandidateId, candidate_id);
    |self, sight| entity::notice::Entity::visible(sight)
}

object! {
    /// A candidate.
    Candidate = seen candidate by CandidateId with [To {
        field: "organism",
        column: entity::candidate::Column::OrganismId,
        id: |row: &entity::candidate::Model| row.organism_id,
    }, PageOf {
        field: "enrolments",
        column: entity::candidate::Column::Id,
        id: |row: &entity::candidate::Model| row.id,
        list: CandidateEnrolments {},
    }];
    /// A page of candidates.
    CandidateConnection,
    /// A candidate in a page.
    CandidateEdge,
    /// The candidate.
    node
}

/// A person who seeks the certificate.
#[paged]
#[Object]
impl Candidate {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Who registered them.
    async fn organism(&self, ctx: &Context<'_>) -> Option<Organism> {
        load::get(ctx, self.0.organism_id).await
    }

    /// Display name.
    async fn full_name(&self) -> String {
        let used = another_name(&self.0.birth_name, self.0.used_name.as_deref());
        full_name(&self.0.first_names, used.unwrap_or(&self.0.birth_name))
    }

    /// Family name at birth; empty where they have first names alone.
    async fn birth_name(&self) -> &str {
        &self.0.birth_name
    }

    /// Family name used, when it is another.
    async fn used_name(&self) -> Option<&str> {
        self.0.used_name.as_deref()
    }

    /// First names, in their order; empty where they have a family name alone.
    async fn first_names(&self) -> &str {
        &self.0.first_names
    }

    /// Date of birth; where a part of it is unknown, the first day on which it can be.
    #[graphql(deprecation = "Use `bornOn`, which says how much is known.")]
    async fn birth_date(&self) -> Date {
        self.0.birth_date.first_day().into()
    }

    /// Date of birth as far as it is known.
    async fn born_on(&self) -> PartialDate {
        self.0.birth_date.0.into()
    }

    /// As the Caisse des Dépôts asks for it.
    async fn sex(&self) -> Sex {
        self.0.sex.0.into()
    }

    /// INSEE code of the town of birth; null abroad.
    async fn birth_place_code(&self) -> Option<&str> {
        self.0.birth_place_code.as_deref()
    }

    /// Town of birth.
    async fn birth_place_name(&self) -> &str {
        &self.0.birth_place_name
    }

    /// Country of birth.
    async fn birth_country(&self) -> &str {
        &self.0.birth_country
    }

    /// Where they are written to.
    async fn email(&self) -> Option<&str> {
        self.0.email.as_deref()
    }

    /// The day on which they were registered.
    async fn registered_on(&self) -> Date {
        self.0.registered_on.into()
    }

    /// The whole record, as the viewer may see it, newest first.
    async fn enrolments(&self, ctx: &Context<'_>, asked: Asked) -> Option<EnrolmentConnection> {
        load::page(ctx, CandidateEnrolments {}, self.0.id, asked).await
    }

    /// The notices sent to them that the viewer may see, newest first (X.c).
    async fn notices(&self, ctx: &Context<'_>, asked: Asked) -> Option<NoticeConnection> {
        load::page(ctx, CandidateNotices {}, self.0.id, asked).await
    }

    /// Their history, newest first (X.b).
    async fn timeline(&self, ctx: &Context<'_>, asked: Asked) -> Option<TimelineConnection> {
        load::page(ctx, Timeline {}, self.0.id.into(), asked).await
    }

    /// Changes with each act on it.
    async fn version(&self) -> i32 {
        self.0.version
    }
}
