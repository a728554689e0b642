//! Who may do what: the reviewed matrix role × act, and that no act is left out of it.

use entity::ids::{AccountId, AuthorityId, MachineCredentialId, OrganismId};
use entity::kind::{MachineScope, Role};
use service::account::{Client, SignIn};
use service::context::{Actor, Grant, Machine};
use service::policy::{Act, Place, allows};
use std::fmt::Write as _;

fn actor(role: Role, certif_pro: bool, authority: AuthorityId, organism: OrganismId) -> Actor {
    let in_authority = matches!(
        role,
        Role::Decider | Role::CaseOfficer | Role::Provider | Role::Finance | Role::AuthorityAdmin
    );
    let in_organism = matches!(role, Role::OrganismAdmin | Role::OrganismStaff | Role::Mandatary);
    let grant = Grant {
        role,
        authority: in_authority.then_some(authority),
        certif_pro: in_authority && certif_pro,
        organism: in_organism.then_some(organism),
        candidate: None,
    };
    Actor::Account { id: AccountId::new(), session: None, grants: [grant].into() }
}

/// I.e: `x` where the role may do the act in its own place at Certif Pro, `c` in a CPNE too, `.` where it
/// may not; nowhere but in its own place.
#[test]
fn the_matrix_is_reviewed() {
    let (authority, organism) = (AuthorityId::new(), OrganismId::new());
    let mut matrix = String::new();
    for role in Role::ALL {
        for act in Act::ALL {
            let certif_pro = actor(role, true, authority, organism);
            let cpne = actor(role, false, authority, organism);
            let here = Place {
                authority: Some(authority),
                organism: Some(organism),
                provider: certif_pro.account(),
            };
            let there = Place { provider: cpne.account(), ..here };
            let mark = match (allows(&certif_pro, *act, &here), allows(&cpne, *act, &there)) {
                (true, true) => 'c',
                (true, false) => 'x',
                (false, false) => '.',
                (false, true) => '!',
            };
            if mark != '.' {
                let _ = writeln!(matrix, "{} {} {mark}", role.as_str(), act.as_str());
            }
            let elsewhere = Place {
                authority: Some(AuthorityId::new()),
                organism: Some(OrganismId::new()),
                provider: Some(AccountId::new()),
            };
            let open = act.roles().is_empty() || role == Role::Operator;
            let certif_pro_wide = act.held() == service::policy::Held::InCertifPro;
            if !open && !certif_pro_wide {
                assert!(
                    !allows(&certif_pro, *act, &elsewhere),
                    "{} {}",
                    role.as_str(),
                    act.as_str()
                );
            }
            assert!(!allows(&Actor::Anonymous, *act, &here));
        }
    }
    insta::assert_snapshot!(matrix);
}

fn tool(scopes: &[MachineScope], organism: OrganismId) -> Actor {
    let id = MachineCredentialId::new();
    let answerable = AccountId::new();
    Actor::Machine(Machine { id, origin: id, organism, scopes: scopes.into(), answerable })
}

/// I.e: what each scope opens to an organism's tool, in its own organism alone. What is not listed asks
/// for a person, whatever the scopes.
#[test]
fn the_scopes_of_tools_are_reviewed() {
    let organism = OrganismId::new();
    let mut matrix = String::new();
    for act in Act::ALL {
        for scope in MachineScope::ALL {
            let one = tool(&[scope], organism);
            if allows(&one, *act, &Place::organism(organism)) {
                let _ = writeln!(matrix, "{} {}", scope.as_str(), act.as_str());
            }
        }
        let all = tool(&MachineScope::ALL, organism);
        let elsewhere = Place {
            authority: Some(AuthorityId::new()),
            organism: Some(OrganismId::new()),
            provider: Some(AccountId::new()),
        };
        assert!(!allows(&all, *act, &elsewhere), "{}", act.as_str());
        assert!(!allows(&all, *act, &Place::default()), "{}", act.as_str());
    }
    insta::assert_snapshot!(matrix);
}

/// Every act of the table is a mutation of the schema, and every mutation is in the table, signing in
/// and out apart.
#[test]
fn every_mutation_is_in_the_table() {
    let sdl = api::sdl();
    let mutation =
        sdl.split("type Mutation {").nth(1).and_then(|s| s.split("\n}").next()).expect("mutations");
    let names: Vec<&str> = mutation
        .lines()
        .filter_map(|line| line.trim_start().split_once(['(', ':']).map(|(name, _)| (line, name)))
        .filter(|(line, name)| line.starts_with('\t') && name.chars().all(char::is_alphanumeric))
        .map(|(_, name)| name.trim())
        .filter(|name| !name.is_empty())
        .collect();
    for act in Act::ALL {
        assert!(names.contains(&act.as_str()), "{} is no mutation", act.as_str());
    }
}

/// The demo accounts, whose password anyone knows, open nothing on a system become production.
#[tokio::test]
async fn demo_accounts_do_not_survive_in_production() {
    const PASSWORD: &str = "un mot de passe long";
    let app = e2e::TestApp::start().await;
    service::seed::demo(&app.app, PASSWORD).await.expect("the demo accounts");
    let email = "exploitant@demo.example";
    let input = || SignIn { email: email.to_owned(), password: PASSWORD.to_owned(), code: None };
    let client = Client::default();
    let signed_in = service::account::sign_in(&app.app, input(), &client).await.expect("a session");
    let mut production = app.app.clone();
    let mut settings = (*production.settings).clone();
    settings.production = true;
    production.settings = std::sync::Arc::new(settings);
    assert!(service::account::sign_in(&production, input(), &client).await.is_err());
    let actor = service::account::authenticate(&production, &production.db, &signed_in.token).await;
    assert!(actor.expect("readable").is_none());
    assert!(service::seed::demo(&production, PASSWORD).await.is_err());
}

/// Interpretation 27: an organism's administrator takes back the access to a candidate's record.
#[tokio::test]
async fn a_candidates_access_is_taken_back() {
    let app = e2e::TestApp::start().await;
    let organism = app.organism(3001).await;
    let candidate = app.candidate(&organism, "Vidal").await;
    let wrong = app.account("wrong@candidat.example").await;
    let input = serde_json::json!({
        "email": "wrong@candidat.example", "role": "CANDIDATE", "candidateId": candidate,
    });
    let grant = organism.admin.act("grantRole", input, "grant { id }").await.text("grant.id");
    assert_eq!(app.node(&wrong, &candidate, "").await["id"], candidate.as_str());
    let input = serde_json::json!({ "grantId": grant });
    organism.admin.act("revokeRole", input, "").await.done();
    assert!(app.node(&wrong, &candidate, "").await.is_null());
}
