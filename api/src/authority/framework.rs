//! Frameworks with their domains, competences and criteria as objects (A1.a).

use super::Authority;
use crate::load::{self, list};
use crate::object::object;
use crate::scalar::Date;
use async_graphql::{Context, ID, Object};
use entity::ids::{CompetenceId, CriterionId, FrameworkDomainId, FrameworkId};
use sea_orm::EntityTrait;

list! {
    /// The domains of a framework.
    FrameworkDomains {} = "framework.domains", framework_domain by FrameworkDomainId(Id, id), oldest first,
    sorted by Number, under FrameworkId(FrameworkId, framework_id);
    |self, _sight| entity::framework_domain::Entity::find()
}

list! {
    /// The competences of a framework.
    FrameworkCompetences {} = "framework.competences", competence by CompetenceId(Id, id), oldest first,
    sorted by Code, under FrameworkId(FrameworkId, framework_id);
    |self, _sight| entity::competence::Entity::find()
}

list! {
    /// The criteria of a framework.
    FrameworkCriteria {} = "framework.criteria", criterion by CriterionId(Id, id), oldest first,
    sorted by Position, under FrameworkId(FrameworkId, framework_id);
    |self, _sight| entity::criterion::Entity::find()
}

object! {
    /// A framework.
    Framework = seen framework by FrameworkId;
    /// A page of frameworks.
    FrameworkConnection,
    /// A framework in a page.
    FrameworkEdge,
    /// The framework.
    node
}

/// What is evaluated: the base framework, or one contextualised by a CPNE (A1.a, A1.b).
#[Object]
impl Framework {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Its title.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// Its version.
    async fn version(&self) -> &str {
        &self.0.version
    }

    /// Its code on EDOF and at France compétences.
    async fn certification_code(&self) -> &str {
        &self.0.certification_code
    }

    /// Its first day.
    async fn starts_on(&self) -> Date {
        self.0.starts_on.into()
    }

    /// The CPNE that contextualised it; null for the base framework.
    async fn authority(&self, ctx: &Context<'_>) -> Option<Authority> {
        load::get_opt(ctx, self.0.authority_id).await
    }

    /// Its three domains.
    async fn domains(&self, ctx: &Context<'_>) -> Option<Vec<FrameworkDomain>> {
        load::all(ctx, FrameworkDomains {}, self.0.id).await
    }

    /// Its seventeen competences.
    async fn competences(&self, ctx: &Context<'_>) -> Option<Vec<Competence>> {
        load::all(ctx, FrameworkCompetences {}, self.0.id).await
    }

    /// What applicants must satisfy: the five of chapter II, and a CPNE's own (I.c).
    async fn criteria(&self, ctx: &Context<'_>) -> Option<Vec<Criterion>> {
        load::all(ctx, FrameworkCriteria {}, self.0.id).await
    }
}

/// A domain.
pub(crate) struct FrameworkDomain(pub(crate) entity::framework_domain::Model);

impl From<entity::framework_domain::Model> for FrameworkDomain {
    fn from(row: entity::framework_domain::Model) -> Self {
        Self(row)
    }
}

/// One of a framework's three domains.
#[Object]
impl FrameworkDomain {
    /// From 1 to 3.
    async fn number(&self) -> i32 {
        self.0.number
    }

    /// Its title.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// Its competences.
    async fn competences(&self, ctx: &Context<'_>) -> Option<Vec<Competence>> {
        let all: Vec<Competence> =
            load::all(ctx, FrameworkCompetences {}, self.0.framework_id).await?;
        Some(all.into_iter().filter(|c| c.0.domain_number == self.0.number).collect())
    }
}

/// A competence.
pub(crate) struct Competence(pub(crate) entity::competence::Model);

impl From<entity::competence::Model> for Competence {
    fn from(row: entity::competence::Model) -> Self {
        Self(row)
    }
}

/// One of a framework's seventeen competences.
#[Object]
impl Competence {
    /// Domain and rank, e.g. `2-5`.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// The number of its domain.
    async fn domain(&self) -> i32 {
        self.0.domain_number
    }

    /// Its wording.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// What certifies it, a sentence each.
    async fn criteria(&self) -> Vec<String> {
        let texts = self.0.criteria.as_array().map(Vec::as_slice).unwrap_or_default();
        texts.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect()
    }

    /// Whether it belongs to the transversal dimension too.
    async fn transversal(&self) -> bool {
        self.0.transversal
    }
}

object! {
    /// A criterion.
    Criterion = reached criterion by CriterionId;
}

/// What an applicant must satisfy (II.a, I.c).
#[Object]
impl Criterion {
    /// Its stable name, as findings cite it.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Its wording, in French.
    async fn label(&self) -> &str {
        &self.0.label
    }

    /// Whether a CPNE added it.
    async fn contextual(&self) -> bool {
        self.0.contextual
    }
}
