//! EDOF alerts as objects.

use super::{AlertSource, AlertStatus, Allegation, SanctionLevel};
use crate::habilitation::Habilitation;
use crate::load::{self, Failure, Reader};
use crate::notice::{NoticeConnection, SubjectNotices};
use crate::object::object;
use crate::ops::{Timeline, TimelineConnection};
use crate::organism::Organism;
use crate::page::Asked;
use crate::scalar::Date;
use api_derive::paged;
use async_graphql::dataloader::Loader;
use async_graphql::{Context, ID, Object};
use entity::ids::EdofAlertId;
use entity::sanction::{self, Cause};
use std::collections::HashMap;

object! {
    /// An alert.
    EdofAlert = seen edof_alert by EdofAlertId;
    /// A page of alerts.
    EdofAlertConnection,
    /// An alert in a page.
    EdofAlertEdge,
    /// The alert.
    node
}

/// The sanction that an alert led to.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct SanctionOf(EdofAlertId);

impl Loader<SanctionOf> for Reader {
    type Value = sanction::Model;
    type Error = Failure;

    async fn load(
        &self,
        keys: &[SanctionOf],
    ) -> Result<HashMap<SanctionOf, sanction::Model>, Failure> {
        let causes: Vec<_> = keys.iter().map(|key| Cause::EdofAlert(key.0)).collect();
        let found = service::sanction::of_causes(self.db(), &causes).await?;
        let of_alert = |(cause, sanction)| match cause {
            Cause::EdofAlert(alert) => (SanctionOf(alert), sanction),
        };
        Ok(found.into_iter().map(of_alert).collect())
    }
}

impl EdofAlert {
    async fn sanction(&self, ctx: &Context<'_>) -> Option<sanction::Model> {
        load::one(ctx, SanctionOf(self.0.id)).await
    }
}

/// An alert of the CDC or of France compétences on an EDOF offer: matched, weighed, decided (V.3.d).
#[paged]
#[Object]
impl EdofAlert {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Who sent it.
    async fn source(&self) -> AlertSource {
        self.0.source.0.into()
    }

    /// The sender's own reference.
    async fn reference(&self) -> &str {
        &self.0.reference
    }

    /// What it alleges.
    async fn allegation(&self) -> Allegation {
        self.0.allegation.0.into()
    }

    /// The day of its receipt.
    async fn received_on(&self) -> Date {
        self.0.received_on.into()
    }

    /// The establishment number that it names, as received.
    async fn siret(&self) -> Option<&str> {
        self.0.siret.as_deref()
    }

    /// The company number that it names, as received.
    async fn siren(&self) -> Option<&str> {
        self.0.siren.as_deref()
    }

    /// The title of the offer.
    async fn offer_title(&self) -> &str {
        &self.0.offer_title
    }

    /// The certification code of the offer.
    async fn certification_code(&self) -> &str {
        &self.0.certification_code
    }

    /// The day of the offer.
    async fn offer_on(&self) -> Date {
        self.0.offer_on.into()
    }

    /// What the sender tells.
    async fn details(&self) -> &str {
        &self.0.details
    }

    /// Where its processing stands.
    async fn status(&self) -> AlertStatus {
        self.0.status.0.into()
    }

    /// The organism recognised.
    async fn organism(&self, ctx: &Context<'_>) -> Option<Organism> {
        load::get_opt(ctx, self.0.organism_id).await
    }

    /// The habilitation concerned.
    async fn habilitation(&self, ctx: &Context<'_>) -> Option<Habilitation> {
        load::get_opt(ctx, self.0.habilitation_id).await
    }

    /// Whether the organism was habilitated on the offer's day; null before it was looked at.
    async fn habilitated(&self) -> Option<bool> {
        self.0.habilitated
    }

    /// Whether the organism is certified Qualiopi; null when the public list does not say.
    async fn qualiopi(&self) -> Option<bool> {
        self.0.qualiopi
    }

    /// Why it was closed as unmatched or unfounded, in French.
    async fn close_reason(&self) -> Option<&str> {
        self.0.close_reason.as_deref()
    }

    /// The level proposed.
    async fn proposed_level(&self) -> Option<SanctionLevel> {
        self.0.proposed_level.map(|level| level.0.into())
    }

    /// The facts and how the level follows from them, in French.
    async fn proposed_grounds(&self) -> Option<&str> {
        self.0.proposed_grounds.as_deref()
    }

    /// The level decided.
    async fn decided_level(&self, ctx: &Context<'_>) -> Option<SanctionLevel> {
        self.sanction(ctx).await.map(|sanction| sanction.level.0.into())
    }

    /// Why the decider chose it, when it is not the one proposed.
    async fn decision_reason(&self, ctx: &Context<'_>) -> Option<String> {
        self.sanction(ctx).await?.reason
    }

    /// The day of the decision.
    async fn decided_on(&self, ctx: &Context<'_>) -> Option<Date> {
        self.sanction(ctx).await.map(|sanction| sanction.decided_on.into())
    }

    /// The day on which the decision was notified, and took effect (V.3.c).
    async fn notified_on(&self, ctx: &Context<'_>) -> Option<Date> {
        self.sanction(ctx).await?.notified_on.map(Date)
    }

    /// The notices sent about it, newest first (X.c).
    async fn notices(&self, ctx: &Context<'_>, asked: Asked) -> Option<NoticeConnection> {
        load::page(ctx, SubjectNotices {}, self.0.id.into(), asked).await
    }

    /// Its history, newest first (X.b).
    async fn timeline(&self, ctx: &Context<'_>, asked: Asked) -> Option<TimelineConnection> {
        load::page(ctx, Timeline {}, self.0.id.into(), asked).await
    }

    /// To be given back by the decision.
    async fn version(&self) -> i32 {
        self.0.version
    }
}
