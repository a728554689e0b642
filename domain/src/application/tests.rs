use super::*;
use proptest::prelude::*;

fn day(y: i32, m: u32, d: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(y, m, d).expect("a date")
}

fn codes(refusals: &Refusals) -> Vec<&str> {
    refusals.iter().map(|r| r.code.as_ref()).collect()
}

fn filing() -> FilingFacts<'static> {
    FilingFacts {
        organism_siren: "552100554",
        sites: vec![
            FilingSite { siret: Some("55210055400013"), owner_is_organism: true },
            FilingSite { siret: None, owner_is_organism: true },
        ],
        campaign: CampaignFacts { opens_on: day(2026, 3, 1), closes_on: day(2026, 4, 30) },
        today: day(2026, 3, 15),
        last_meeting_on: Some(day(2026, 6, 10)),
        pending_application: false,
    }
}

fn finding(criterion: &str, satisfied: bool, grounds: &str) -> Finding {
    Finding { criterion: criterion.into(), satisfied, grounds: grounds.into() }
}

fn findings(satisfied: [bool; 2]) -> Vec<Finding> {
    vec![finding("PRACTITIONERS", satisfied[0], "CV"), finding("SUPPORT", satisfied[1], "Schéma")]
}

// III.2.a
#[test]
fn an_application_lists_sites_of_one_siren() {
    assert!(filing_refusals(&filing()).is_empty());
    let none = FilingFacts { sites: vec![], ..filing() };
    assert_eq!(codes(&filing_refusals(&none)), ["SITES_REQUIRED"]);
    let mut mixed = filing();
    mixed.sites.push(FilingSite { siret: Some("73282932000074"), owner_is_organism: true });
    mixed.sites.push(FilingSite { siret: None, owner_is_organism: false });
    let refusals = filing_refusals(&mixed);
    assert_eq!(codes(&refusals), ["SITE_OF_OTHER_SIREN", "SITE_OF_OTHER_SIREN"]);
    assert_eq!(refusals[0].field, ["siteIds", "2"]);
    assert_eq!(refusals[1].field, ["siteIds", "3"]);
    assert_eq!(refusals[0].article.as_deref(), Some("III.2.a"));
}

// III.2.c
#[test]
fn filing_only_within_the_campaign() {
    let on = |today| filing_refusals(&FilingFacts { today, ..filing() });
    assert!(on(day(2026, 3, 1)).is_empty());
    assert!(on(day(2026, 4, 30)).is_empty());
    for closed in [day(2026, 2, 28), day(2026, 5, 1)] {
        let refusals = on(closed);
        assert_eq!(codes(&refusals), ["CAMPAIGN_NOT_OPEN"]);
        assert_eq!(refusals[0].field, ["campaignId"]);
        assert_eq!(refusals[0].article.as_deref(), Some("III.2.c"));
    }
    let held = |last_meeting_on| FilingFacts { last_meeting_on, ..filing() };
    assert!(filing_refusals(&held(None)).is_empty());
    assert!(filing_refusals(&held(Some(day(2026, 3, 15)))).is_empty());
    assert_eq!(codes(&filing_refusals(&held(Some(day(2026, 3, 14))))), ["CAMPAIGN_NOT_OPEN"]);
}

// III.2.a, III.2.c
#[test]
fn every_problem_of_a_filing_is_reported() {
    let all = FilingFacts {
        sites: vec![],
        today: day(2026, 1, 1),
        pending_application: true,
        ..filing()
    };
    let refusals = filing_refusals(&all);
    assert_eq!(codes(&refusals), ["SITES_REQUIRED", "CAMPAIGN_NOT_OPEN", "ALREADY_FILED"]);
}

// II.c
#[test]
fn each_criterion_has_one_grounded_finding() {
    let expected = ["PRACTITIONERS".to_owned(), "SUPPORT".to_owned()];
    assert!(findings_refusals(&expected, &findings([true, false])).is_empty());
    let wrong = [
        finding("SUPPORT", true, "Oui"),
        finding("SUPPORT", true, " \n"),
        finding("PRICE", false, "Cher"),
    ];
    let refusals = findings_refusals(&expected, &wrong);
    assert_eq!(
        codes(&refusals),
        ["FINDING_MISSING", "FINDING_TWICE", "GROUNDS_REQUIRED", "FINDING_UNKNOWN"]
    );
    assert_eq!(refusals[2].field, ["findings", "1", "grounds"]);
    assert!(refusals.iter().all(|r| r.article.as_deref() == Some("II.c")));
}

// III.4.b: the meeting of Friday 10 July 2026; five working days before is Friday 3 July.
#[test]
fn the_opinion_is_settled_five_working_days_before_the_meeting() {
    let calendar = Calendar::metropolitan();
    let meeting = day(2026, 7, 10);
    let last = opinion_last_day(&calendar, meeting);
    assert_eq!(last, day(2026, 7, 3));
    // Bastille Day is no working day.
    assert_eq!(opinion_last_day(&calendar, day(2026, 7, 15)), day(2026, 7, 7));
    assert!(opinion_refusals(ApplicationStatus::Filed, &calendar, meeting, last).is_empty());
    let late = opinion_refusals(ApplicationStatus::Filed, &calendar, meeting, day(2026, 7, 4));
    assert_eq!(codes(&late), ["OPINION_TOO_LATE"]);
    assert_eq!(late[0].article.as_deref(), Some("III.4.b"));
    assert!(late[0].message.contains(&format_date_fr(last)), "{}", late[0].message);
}

// III.4.b
#[test]
fn an_opinion_is_settled_once() {
    let calendar = Calendar::metropolitan();
    for status in ApplicationStatus::ALL {
        let refusals = opinion_refusals(status, &calendar, day(2026, 7, 10), day(2026, 6, 1));
        let expected: &[&str] =
            if status == ApplicationStatus::Filed { &[] } else { &["OPINION_ALREADY_SETTLED"] };
        assert_eq!(codes(&refusals), expected);
    }
}

// III.4.b
#[test]
fn an_undecided_application_moves_to_a_later_meeting_ahead() {
    let (meeting, later, today) = (day(2026, 7, 10), day(2026, 10, 9), day(2026, 7, 8));
    for status in [ApplicationStatus::Filed, ApplicationStatus::Instructed] {
        assert!(move_refusals(status, meeting, later, today).is_empty());
    }
    let filed = ApplicationStatus::Filed;
    for (new, now) in [(meeting, today), (day(2026, 7, 1), day(2026, 6, 1)), (later, later)] {
        let refusals = move_refusals(filed, meeting, new, now);
        assert_eq!(codes(&refusals), ["MEETING_NOT_LATER"]);
        assert_eq!(refusals[0].field, ["meetingId"]);
    }
    assert_eq!(
        codes(&move_refusals(ApplicationStatus::Refused, meeting, meeting, today)),
        ["ALREADY_DECIDED", "MEETING_NOT_LATER"]
    );
}

fn decision(findings: &[Finding]) -> DecisionFacts<'_> {
    DecisionFacts {
        status: ApplicationStatus::Instructed,
        meeting_on: day(2026, 7, 10),
        meeting_is_applications: true,
        today: day(2026, 7, 10),
        outcome: Outcome::Accepted,
        findings,
    }
}

// III.5.a
#[test]
fn a_decision_is_taken_at_the_applications_meeting_after_the_opinion() {
    let all = findings([true, true]);
    assert!(decision_refusals(&decision(&all)).is_empty());
    let early = DecisionFacts { today: day(2026, 7, 9), ..decision(&all) };
    assert_eq!(codes(&decision_refusals(&early)), ["MEETING_NOT_HELD"]);
    let elsewhere = DecisionFacts { meeting_is_applications: false, ..decision(&all) };
    assert_eq!(codes(&decision_refusals(&elsewhere)), ["NOT_ON_THE_AGENDA"]);
    let uninstructed = DecisionFacts { status: ApplicationStatus::Filed, ..decision(&all) };
    assert_eq!(codes(&decision_refusals(&uninstructed)), ["OPINION_MISSING"]);
    let twice = DecisionFacts { status: ApplicationStatus::Accepted, ..decision(&all) };
    assert_eq!(codes(&decision_refusals(&twice)), ["ALREADY_DECIDED"]);
    let some = findings([true, false]);
    let everything = DecisionFacts {
        status: ApplicationStatus::Filed,
        meeting_is_applications: false,
        today: day(2026, 7, 1),
        ..decision(&some)
    };
    assert_eq!(
        codes(&decision_refusals(&everything)),
        ["OPINION_MISSING", "NOT_ON_THE_AGENDA", "MEETING_NOT_HELD", "CRITERION_NOT_SATISFIED"]
    );
}

// II.a, III.5.a
#[test]
fn the_outcome_follows_from_the_findings() {
    assert!(outcome_refusals(Outcome::Accepted, &findings([true, true])).is_empty());
    assert!(outcome_refusals(Outcome::Refused, &findings([true, false])).is_empty());
    let lenient = outcome_refusals(Outcome::Accepted, &findings([false, false]));
    assert_eq!(codes(&lenient), ["CRITERION_NOT_SATISFIED"; 2]);
    assert_eq!(lenient[1].field, ["findings", "1", "satisfied"]);
    let harsh = outcome_refusals(Outcome::Refused, &findings([true, true]));
    assert_eq!(codes(&harsh), ["ALL_CRITERIA_SATISFIED"]);
    for outcome in Outcome::ALL {
        assert_eq!(codes(&outcome_refusals(outcome, &[])), ["FINDING_MISSING"]);
    }
}

proptest! {
    // II.a, III.5.a
    #[test]
    fn exactly_one_outcome_is_open(satisfied in prop::collection::vec(any::<bool>(), 1..8)) {
        let all: Vec<_> = satisfied.iter().map(|s| finding("C", *s, "motif")).collect();
        let open = |outcome| outcome_refusals(outcome, &all).is_empty();
        prop_assert_eq!(open(Outcome::Accepted), satisfied.iter().all(|s| *s));
        prop_assert_ne!(open(Outcome::Accepted), open(Outcome::Refused));
    }
}
