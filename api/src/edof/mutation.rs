//! Acts on EDOF alerts.

use super::EdofAlert;
use super::{AlertSource, Allegation, SanctionLevel};
use crate::caller::act;
use crate::input::{Convert, input};
use crate::refusal::{answer, payload};
use crate::scalar::Date;
use async_graphql::{Context, ID, Object, Result};
use service::edof;

input! {
    /// The alert received.
    PostEdofAlertInput => edof::PostEdofAlert {
        /// Who sent it.
        source: AlertSource,
        /// The sender's own reference.
        reference: String,
        /// What it alleges.
        allegation: Allegation,
        /// The establishment number that it names.
        siret: Option<String>,
        /// The company number that it names.
        siren: Option<String>,
        /// The title of the offer.
        offer_title: String,
        /// The certification code of the offer.
        certification_code: String,
        /// The day of the offer.
        offer_on: Date,
        /// What the sender tells.
        details: String,
        /// The day of its receipt.
        received_on: Date,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
    /// The decision on an alert.
    DecideEdofAlertInput => edof::DecideEdofAlert {
        /// The alert.
        alert_id: ID,
        /// The level: the one proposed, or another with a reason.
        level: SanctionLevel,
        /// Why, when it is not the one proposed.
        reason: Option<String>,
        /// What must be done for a suspension to be lifted.
        conditions: Option<String>,
        /// Whether candidates enrolled before a suspension may finish.
        enrolled_may_finish: bool,
        /// The alert's version that the decision was taken on.
        expected_version: i32,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
}

payload! {
    /// The alert posted, or why not.
    PostEdofAlertPayload {
        /// Null when refused.
        alert: EdofAlert
    }
    /// The alert decided, or why not.
    DecideEdofAlertPayload {
        /// Null when refused.
        alert: EdofAlert
    }
}

/// Acts on EDOF alerts.
#[derive(Default)]
pub(crate) struct EdofMutation;

#[Object]
impl EdofMutation {
    /// Posts an alert received; it is matched and weighed by itself (V.3.d).
    async fn post_edof_alert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: PostEdofAlertInput,
    ) -> Result<PostEdofAlertPayload> {
        answer(ctx, edof::post(&act(ctx), input.convert()).await).await
    }

    /// Confirms the level proposed, or replaces it with a reason; the notification follows (V.3.d).
    async fn decide_edof_alert(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: DecideEdofAlertInput,
    ) -> Result<DecideEdofAlertPayload> {
        answer(ctx, edof::decide(&act(ctx), input.convert()).await).await
    }
}
