//! Someone who sees everything, and does once more what the world did once.

use crate::world::World;
use e2e::{Client, at};
use entity::kind::Role;
use serde_json::json;

/// Those who see everything.
pub(super) struct Joined {
    /// With every role everywhere.
    pub(super) everyone: Client,
    /// With every role at two places only.
    pub(super) someone: Client,
    /// Where the changes of candidates stood before `everyone` acted.
    pub(super) before: String,
}

/// They join, and `everyone` acts.
pub(super) async fn join(world: &World) -> Joined {
    let everyone = member(world, "everyone@example.com", usize::MAX).await;
    let someone = member(world, "someone@example.com", 2).await;
    let data = everyone.query("{ candidateChanges { pageInfo { endCursor } } }", json!({})).await;
    let before = at(&data, "candidateChanges.pageInfo.endCursor").as_str().expect("a place");
    for number in 0..2 {
        act(world, &everyone, number).await;
    }
    world.app.settle().await;
    Joined { everyone, someone, before: before.to_owned() }
}

/// With every role at so many places.
async fn member(world: &World, email: &str, places: usize) -> Client {
    let mut member = world.app.with_role(email, Role::Operator, "").await;
    let roles = [
        ("Authority", Role::AuthorityAdmin),
        ("Organism", Role::OrganismAdmin),
        ("Candidate", Role::Candidate),
    ];
    for (kind, role) in roles {
        for id in world.ids[kind].iter().take(places) {
            member = world.app.with_role(email, role, id).await;
        }
    }
    member
}

/// In the authority, the organism and on the candidate of this rank.
async fn act(world: &World, everyone: &Client, number: usize) {
    let place = |kind: &str| world.ids[kind][number].as_str();
    let (authority, organism) = (place("Authority"), place("Organism"));
    let offered = [
        json!({ "role": "FINANCE", "authorityId": authority }),
        json!({ "role": "ORGANISM_STAFF", "organismId": organism }),
        json!({ "role": "CANDIDATE", "candidateId": place("Candidate") }),
    ];
    for mut input in offered {
        input["email"] = json!(format!("offered-{number}@example.com"));
        everyone.act("grantRole", input, "invitation { id }").await.text("invitation.id");
    }
    let input = json!({
        "organismId": organism, "name": "Logiciel", "scopes": ["BILLING_READ"],
        "expiresOn": "2027-01-01",
    });
    let made = everyone.act("createMachineCredential", input, "credential { id }").await;
    let input = json!({ "credentialId": made.text("credential.id") });
    everyone.act("rotateMachineCredential", input, "").await.done();
    let input = json!({
        "organismId": organism, "birthName": format!("Nouveau{number}"), "firstNames": "Claude",
        "birthDate": "1992-05-04", "sex": "F", "birthPlaceCode": "44109", "birthPlaceName": "Nantes",
        "birthCountry": "France",
    });
    everyone.act("registerCandidate", input, "").await.done();
}
