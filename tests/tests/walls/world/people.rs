//! Someone in every role.

use super::Making;
use e2e::{Client, Organism};
use entity::kind::Role;
use serde_json::json;
use std::collections::BTreeMap;

impl Making {
    /// A tool of the organism with a credential of its own for this scope.
    async fn tool(&self, organism: &Organism, scope: &str) -> Client {
        let input = json!({
            "organismId": organism.id, "name": "Logiciel", "scopes": [scope],
            "expiresOn": "2027-01-01",
        });
        let answer = organism.admin.act("createMachineCredential", input, "token").await;
        let tool = self.signed_in(answer.text("token"));
        tool.query("{ viewerMachine { id } }", json!({})).await;
        tool
    }

    fn signed_in(&self, token: String) -> Client {
        Client::new(self.app.stranger().base(), Some(token))
    }

    pub(super) async fn people(
        &self,
        a: &Organism,
        b: &Organism,
        refused: &Organism,
    ) -> BTreeMap<&'static str, Client> {
        let app = &self.app;
        let within = |email: &'static str, role, place| app.with_role(email, role, place);
        let (certif_pro, cpne) = (&self.certif_pro, &self.cpne);
        BTreeMap::from([
            ("stranger", app.stranger()),
            ("nobody", app.account("nobody@example.com").await),
            ("candidate A", self.signed_in(app.token("candidate@1.example").await)),
            ("candidate B", self.signed_in(app.token("candidate@2.example").await)),
            ("organism A: tool for candidates", self.tool(a, "CANDIDATES_WRITE").await),
            ("organism B: tool for billing", self.tool(b, "BILLING_READ").await),
            ("organism A: admin", a.admin.clone()),
            ("organism A: staff", within("staff@a.example", Role::OrganismStaff, &a.id).await),
            ("organism A: mandatary", within("m@a.example", Role::Mandatary, &a.id).await),
            ("organism B: admin", b.admin.clone()),
            ("organism B: staff", within("staff@b.example", Role::OrganismStaff, &b.id).await),
            ("organism B: mandatary", within("m@b.example", Role::Mandatary, &b.id).await),
            ("organism refused: admin", refused.admin.clone()),
            ("Certif Pro: admin", certif_pro.admin.clone()),
            ("Certif Pro: decider", certif_pro.decider.clone()),
            ("Certif Pro: finance", certif_pro.finance.clone()),
            ("Certif Pro: officer", certif_pro.officer.clone()),
            (
                "Certif Pro: provider",
                within("provider@certif-pro.example", Role::Provider, &certif_pro.authority).await,
            ),
            ("CPNE: admin", cpne.admin.clone()),
            ("CPNE: decider", cpne.decider.clone()),
            ("CPNE: finance", cpne.finance.clone()),
            ("CPNE: officer", cpne.officer.clone()),
            (
                "CPNE: provider",
                within("provider@cpne.example", Role::Provider, &cpne.authority).await,
            ),
            ("operator", certif_pro.operator.clone()),
        ])
    }
}
