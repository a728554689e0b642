use super::*;

fn day(y: i32, m: u32, d: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(y, m, d).expect("a date")
}

fn codes(refusals: &Refusals) -> Vec<&str> {
    refusals.iter().map(|r| r.code.as_ref()).collect()
}

fn delegation() -> DelegationFacts {
    DelegationFacts {
        starts_on: day(2025, 1, 1),
        ends_on: Some(day(2026, 12, 31)),
        suspended_on: None,
        withdrawn_on: None,
        professional_field: Some("Bâtiment".into()),
        geographic_field: None,
    }
}

fn cpne(id: u8, delegations: Vec<DelegationFacts>) -> AuthorityFacts<u8> {
    AuthorityFacts { id, kind: AuthorityKind::Cpne, delegations }
}

fn certif_pro() -> AuthorityFacts<u8> {
    AuthorityFacts { id: 0, kind: AuthorityKind::CertifPro, delegations: vec![] }
}

// I.b
#[test]
fn a_delegation_holds_from_its_first_to_its_last_day() {
    let d = delegation();
    assert!(!delegation_in_force(&d, day(2024, 12, 31)));
    assert!(delegation_in_force(&d, day(2025, 1, 1)));
    assert!(delegation_in_force(&d, day(2026, 12, 31)));
    assert!(!delegation_in_force(&d, day(2027, 1, 1)));
    let endless = DelegationFacts { ends_on: None, ..d };
    assert!(delegation_in_force(&endless, day(2050, 1, 1)));
}

// I.b
#[test]
fn suspension_and_withdrawal_stop_a_delegation_from_their_day() {
    let at = day(2026, 3, 1);
    for d in [
        DelegationFacts { suspended_on: Some(at), ..delegation() },
        DelegationFacts { withdrawn_on: Some(at), ..delegation() },
    ] {
        assert!(delegation_in_force(&d, day(2026, 2, 28)));
        assert!(!delegation_in_force(&d, at));
    }
}

// I.b
#[test]
fn a_delegation_needs_a_field_and_ordered_dates() {
    assert!(delegation_refusals(&delegation()).is_empty());
    let region = Some("Bretagne".to_owned());
    let regional =
        DelegationFacts { professional_field: None, geographic_field: region, ..delegation() };
    assert!(delegation_refusals(&regional).is_empty());
    let wrong = DelegationFacts {
        professional_field: Some("  ".into()),
        ends_on: Some(day(2024, 12, 31)),
        ..delegation()
    };
    assert_eq!(
        codes(&delegation_refusals(&wrong)),
        ["DELEGATION_FIELD_REQUIRED", "DATES_REVERSED"]
    );
}

// I.a
#[test]
fn the_base_framework_is_certif_pros_and_the_delegated_cpnes() {
    let on = day(2026, 3, 1);
    assert!(competence_refusals(&certif_pro(), None, on).is_empty());
    assert!(competence_refusals(&cpne(1, vec![delegation()]), None, on).is_empty());
    let refusals = competence_refusals(&cpne(1, vec![]), None, on);
    assert_eq!(codes(&refusals), ["DELEGATION_NOT_IN_FORCE"]);
    assert_eq!(refusals[0].article.as_deref(), Some("I.b"));
}

// I.a, I.d
#[test]
fn a_contextualised_framework_is_only_its_cpnes() {
    let on = day(2026, 3, 1);
    assert!(competence_refusals(&cpne(1, vec![delegation()]), Some(&1), on).is_empty());
    let other = competence_refusals(&cpne(2, vec![delegation()]), Some(&1), on);
    assert_eq!(codes(&other), ["AUTHORITY_NOT_COMPETENT"]);
    assert_eq!(other[0].article.as_deref(), Some("I.a"));
    assert_eq!(
        codes(&competence_refusals(&certif_pro(), Some(&1), on)),
        ["AUTHORITY_NOT_COMPETENT"]
    );
    assert_eq!(
        codes(&competence_refusals(&cpne(2, vec![]), Some(&1), on)),
        ["AUTHORITY_NOT_COMPETENT", "DELEGATION_NOT_IN_FORCE"]
    );
}

// I.b
#[test]
fn the_owner_of_a_framework_still_needs_a_delegation_in_force() {
    let suspended = DelegationFacts { suspended_on: Some(day(2026, 2, 1)), ..delegation() };
    let refusals =
        competence_refusals(&cpne(1, vec![suspended.clone()]), Some(&1), day(2026, 3, 1));
    assert_eq!(codes(&refusals), ["DELEGATION_NOT_IN_FORCE"]);
    assert!(refusals[0].message.contains("suspendue"), "{}", refusals[0].message);
    // Another delegation in force is enough.
    let both = cpne(1, vec![suspended, delegation()]);
    assert!(competence_refusals(&both, Some(&1), day(2026, 3, 1)).is_empty());
}

// I.d
#[test]
fn a_habilitation_covers_its_own_framework_only() {
    assert!(coverage_refusals(&"base", &"base").is_empty());
    for (held, asked) in [("base", "contextualised"), ("contextualised", "base")] {
        let refusals = coverage_refusals(&held, &asked);
        assert_eq!(codes(&refusals), ["FRAMEWORK_NOT_COVERED"]);
        assert_eq!(refusals[0].article.as_deref(), Some("I.d"));
    }
}
