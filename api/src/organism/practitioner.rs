//! Practitioners as objects.

use super::Organism;
use crate::load;
use crate::object::object;
use crate::scalar::{Date, PartialDate};
use async_graphql::{Context, ID, Object};

object! {
    /// A practitioner.
    Practitioner = seen practitioner by PractitionerId;
}

impl Practitioner {
    async fn person(&self, ctx: &Context<'_>) -> Option<entity::person::Model> {
        load::row(ctx, self.0.person_id).await
    }
}

/// A trainer, evaluator or jury member whom an organism declared (II.b).
#[Object]
impl Practitioner {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Who declared them.
    async fn organism(&self, ctx: &Context<'_>) -> Option<Organism> {
        load::get(ctx, self.0.organism_id).await
    }

    /// Family name; empty where they have first names alone.
    async fn family_name(&self, ctx: &Context<'_>) -> Option<String> {
        Some(self.person(ctx).await?.family_name)
    }

    /// First names, in their order; empty where they have a family name alone.
    async fn first_names(&self, ctx: &Context<'_>) -> Option<String> {
        Some(self.person(ctx).await?.first_names)
    }

    /// Date of birth; null where a part of it is unknown.
    #[graphql(deprecation = "Use `bornOn`, which says how much is known.")]
    async fn birth_date(&self, ctx: &Context<'_>) -> Option<Date> {
        let birth = self.person(ctx).await?.birth_date.0;
        birth.day().map(|_| birth.first_day().into())
    }

    /// Date of birth as far as it is known: with the names it tells whether two records are one person.
    async fn born_on(&self, ctx: &Context<'_>) -> Option<PartialDate> {
        Some(self.person(ctx).await?.birth_date.0.into())
    }

    /// Employee, contractor…
    async fn legal_status(&self) -> &str {
        &self.0.legal_status
    }

    /// Where the CV is kept.
    async fn cv_reference(&self) -> &str {
        &self.0.cv_reference
    }

    /// Whether they train.
    async fn trainer(&self) -> bool {
        self.0.is_trainer
    }

    /// Whether they evaluate.
    async fn evaluator(&self) -> bool {
        self.0.is_evaluator
    }

    /// Whether they sit on juries.
    async fn jury_member(&self) -> bool {
        self.0.is_jury_member
    }

    /// The domains that they may evaluate, from 1 to 3.
    async fn domains(&self) -> Vec<i32> {
        let row = &self.0;
        let may =
            [(1, row.evaluates_domain_1), (2, row.evaluates_domain_2), (3, row.evaluates_domain_3)];
        may.into_iter().filter(|(_, may)| *may).map(|(domain, _)| domain).collect()
    }

    /// Whether they are able in remote modes.
    async fn remote_capable(&self) -> bool {
        self.0.remote_capable
    }

    /// The day on which they were declared.
    async fn declared_on(&self) -> Date {
        self.0.declared_on.into()
    }

    /// The day on which the authority validated the evaluator (IV.1.c).
    async fn validated_on(&self) -> Option<Date> {
        self.0.validated_on.map(Date)
    }
}
