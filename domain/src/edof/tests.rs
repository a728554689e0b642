use super::*;
use proptest::prelude::*;
use std::str::FromStr;

fn day(y: i32, m: u32, d: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(y, m, d).expect("a date")
}

fn facts(allegation: Allegation) -> AlertFacts {
    AlertFacts {
        allegation,
        habilitated_on_offer_date: true,
        qualiopi: Some(true),
        offer_matches_certification: true,
        received_on: day(2026, 6, 15),
        past: vec![],
    }
}

fn level(f: &AlertFacts) -> Option<SanctionLevel> {
    match assess(f) {
        Finding::Unfounded { .. } => None,
        Finding::Proposed { level, .. } => Some(level),
    }
}

// V.3.d
#[test]
fn an_alert_that_the_facts_disprove_is_unfounded() {
    for allegation in Allegation::ALL {
        assert_eq!(level(&facts(allegation)), None);
    }
    let Finding::Unfounded { reason } = assess(&facts(Allegation::NotQualiopi)) else {
        panic!("unfounded");
    };
    assert!(reason.contains("Il est certifié Qualiopi."), "{reason}");
}

// V.3.d
#[test]
fn an_unknown_qualiopi_status_disproves_only_other_allegations() {
    let unknown = |allegation| AlertFacts { qualiopi: None, ..facts(allegation) };
    assert_eq!(level(&unknown(Allegation::NotQualiopi)), Some(SanctionLevel::Warning));
    assert_eq!(level(&unknown(Allegation::NonConformingOffer)), None);
}

// V.3.d
#[test]
fn something_else_wrong_keeps_an_alert_founded() {
    let f = AlertFacts { offer_matches_certification: false, ..facts(Allegation::NotHabilitated) };
    assert_eq!(level(&f), Some(SanctionLevel::Warning));
    let f = AlertFacts { qualiopi: Some(false), ..facts(Allegation::NonConformingOffer) };
    assert_eq!(level(&f), Some(SanctionLevel::FormalNotice));
}

// V.3.d, IV.2.a
#[test]
fn no_habilitation_or_no_qualiopi_is_at_least_a_formal_notice() {
    let f = AlertFacts { habilitated_on_offer_date: false, ..facts(Allegation::NotHabilitated) };
    assert_eq!(level(&f), Some(SanctionLevel::FormalNotice));
    let f = AlertFacts { qualiopi: Some(false), ..facts(Allegation::NotQualiopi) };
    assert_eq!(level(&f), Some(SanctionLevel::FormalNotice));
    // The floor does not lower what the past leads to, nor adds to it.
    let f = AlertFacts { past: vec![(SanctionLevel::Warning, day(2026, 1, 5))], ..f };
    assert_eq!(level(&f), Some(SanctionLevel::FormalNotice));
    let f = AlertFacts { past: vec![(SanctionLevel::Suspension, day(2026, 1, 5))], ..f };
    assert_eq!(level(&f), Some(SanctionLevel::Withdrawal));
}

// V.3.d
#[test]
fn the_level_is_one_above_the_highest_of_twelve_months() {
    let wrong =
        AlertFacts { offer_matches_certification: false, ..facts(Allegation::NonConformingOffer) };
    let after = |past| level(&AlertFacts { past, ..wrong.clone() }).expect("proposed");
    assert_eq!(after(vec![]), SanctionLevel::Warning);
    for past in SanctionLevel::ALL {
        assert_eq!(after(vec![(past, day(2026, 2, 1))]), past.next());
    }
    assert_eq!(
        after(vec![
            (SanctionLevel::FormalNotice, day(2025, 9, 1)),
            (SanctionLevel::Warning, day(2026, 2, 1))
        ]),
        SanctionLevel::Suspension
    );
    // Included: the same day twelve months before; not the day before it, nor one still to come.
    assert_eq!(
        after(vec![(SanctionLevel::Warning, day(2025, 6, 15))]),
        SanctionLevel::FormalNotice
    );
    assert_eq!(after(vec![(SanctionLevel::Warning, day(2025, 6, 14))]), SanctionLevel::Warning);
    assert_eq!(after(vec![(SanctionLevel::Warning, day(2026, 6, 16))]), SanctionLevel::Warning);
}

// V.3.d
#[test]
fn the_grounds_state_the_facts_and_the_arithmetic() {
    let f = AlertFacts {
        offer_matches_certification: false,
        past: vec![(SanctionLevel::Warning, day(2026, 2, 1))],
        ..facts(Allegation::NonConformingOffer)
    };
    let Finding::Proposed { grounds, .. } = assess(&f) else { panic!("proposed") };
    for part in ["ne correspond pas à la certification", "« avertissement »", "« mise en demeure »"]
    {
        assert!(grounds.contains(part), "{part}: {grounds}");
    }
    let grave =
        AlertFacts { habilitated_on_offer_date: false, ..facts(Allegation::NotHabilitated) };
    let Finding::Proposed { grounds, .. } = assess(&grave) else { panic!("proposed") };
    assert!(grounds.contains("Aucune sanction") && grounds.contains("porté à"), "{grounds}");
}

#[test]
fn levels_are_ordered_and_named() {
    assert!(SanctionLevel::ALL.is_sorted());
    for level in SanctionLevel::ALL {
        assert_eq!(SanctionLevel::from_str(level.as_str()), Ok(level));
    }
    assert_eq!(AlertSource::FranceCompetences.as_str(), "FRANCE_COMPETENCES");
}

proptest! {
    // V.3.d
    #[test]
    fn a_heavier_past_never_leads_to_a_lighter_level(
        past in prop::collection::vec((0usize..4, 0u64..500), 0..6),
        extra in (0usize..4, 0u64..500),
        grave in any::<bool>(),
    ) {
        let at = |(level, ago): (usize, u64)| {
            (SanctionLevel::ALL[level], day(2026, 6, 15) - chrono::Days::new(ago))
        };
        let mut f = AlertFacts { offer_matches_certification: false, ..facts(Allegation::NonConformingOffer) };
        f.habilitated_on_offer_date = !grave;
        f.past = past.into_iter().map(at).collect();
        let before = level(&f);
        f.past.push(at(extra));
        prop_assert!(level(&f) >= before);
        prop_assert!(!grave || before >= Some(SanctionLevel::FormalNotice));
    }
}
