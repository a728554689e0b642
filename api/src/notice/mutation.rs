//! Acts on notices that did not arrive (interpretation 5).

use super::BounceAction;
use super::Notice;
use crate::caller::act;
use crate::input::{Convert, input};
use crate::refusal::{answer, payload};
use crate::scalar::Date;
use async_graphql::{Context, ID, Object, Result};
use service::notice;

input! {
    /// A bounce that an officer read in a mailbox.
    RecordBounceInput => notice::RecordBounce {
        /// The notice that did not arrive.
        notice_id: ID,
        /// The day of the bounce: neither before the delivery nor later than today.
        bounced_on: Date,
        /// The enhanced status code, as `5.1.1` or `4.4.7`.
        status: String,
        /// What the mail server did of the mail, the `Action` of its report: given up, it voids the
        /// notification, whatever the status. When left out, `5.x.y` and `4.4.7` (its time was over) are
        /// given up, any other `4.x.y` is still tried.
        action: Option<BounceAction>,
        /// What the mail server said.
        diagnostic: Option<String>,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
    /// A notice to send again.
    ResendNoticeInput => notice::ResendNotice {
        /// The notice that did not arrive.
        notice_id: ID,
        /// To whom; the same address when left out.
        email: Option<String>,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
    /// A registered letter that brought what a mail could not.
    RecordRegisteredLetterInput => notice::RecordRegisteredLetter {
        /// The notice.
        notice_id: ID,
        /// The day on which it was handed over or, left uncollected, first presented: the notification.
        received_on: Date,
        /// The number that the post follows it by.
        tracking_number: String,
        /// Same key, same effect: safe to send again.
        idempotency_key: Option<String>,
    }
}

payload! {
    /// The notice that bounced, or why the bounce is not recorded.
    RecordBouncePayload {
        /// Null when refused.
        notice: Notice
    }
    /// The new notice, or why it is not sent.
    ResendNoticePayload {
        /// Null when refused.
        notice: Notice
    }
    /// The notice notified, or why it is not.
    RecordRegisteredLetterPayload {
        /// Null when refused.
        notice: Notice
    }
}

/// Acts on notices.
#[derive(Default)]
pub(crate) struct NoticeMutation;

#[Object]
impl NoticeMutation {
    /// Records that a notice bounced: a final bounce voids the notification until the notice is sent again
    /// or brought by registered letter (interpretation 5). The same bounce twice is one.
    async fn record_bounce(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RecordBounceInput,
    ) -> Result<RecordBouncePayload> {
        answer(ctx, notice::record_bounce(&act(ctx), input.convert()).await).await
    }

    /// Sends again a notice that bounced or was given up, to a corrected address if need be: a new notice,
    /// whose acceptance is the notification (interpretation 5).
    async fn resend_notice(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: ResendNoticeInput,
    ) -> Result<ResendNoticePayload> {
        answer(ctx, notice::resend(&act(ctx), input.convert()).await).await
    }

    /// Records that a registered letter notified what no mail did (interpretation 5).
    async fn record_registered_letter(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to do.")] input: RecordRegisteredLetterInput,
    ) -> Result<RecordRegisteredLetterPayload> {
        answer(ctx, notice::record_registered_letter(&act(ctx), input.convert()).await).await
    }
}
