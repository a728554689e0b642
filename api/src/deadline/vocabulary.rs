//! The enumerations of the schema that belong here.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// The state of a deadline.
    DeadlineStatus = "entity::kind::DeadlineStatus" as entity::kind::DeadlineStatus {
        /// No longer applies.
        Cancelled,
        /// Met in time.
        Met,
        /// Passed without the act.
        Missed,
        /// Still running.
        Open,
    }
    /// How a deadline is counted.
    DeadlineUnit = "domain::deadline::Unit" as domain::deadline::Unit {
        /// Every day counts.
        CalendarDay,
        /// Same day number, or the month's last day.
        Month,
        /// Monday to Friday, except public holidays and closures.
        WorkingDay,
        /// Same date, or 28 February.
        Year,
    }
    /// The legal time limits that the platform keeps.
    DeadlineKind = "domain::deadline::DeadlineKind" as domain::deadline::DeadlineKind {
        /// The opinion is settled, 5 working days before the meeting (III.4.b).
        OpinionSettled,
        /// The decision is notified, 20 working days after the meeting (III.5.d).
        DecisionNotified,
        /// The appeal is lodged, 30 working days after the refusal's notification (III.8.a).
        AppealLodged,
        /// The invoice is paid, 45 calendar days after its issue (A2.f).
        InvoicePaid,
    }
}
