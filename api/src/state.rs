//! What every request shares.

use crate::door::Door;
use crate::explorer::Explorer;
use crate::gate::Documents;
use crate::lane::{Lanes, Watch};
use crate::oidc::Oidc;
use crate::schema::{Schema, schema};
use crate::webhooks::secret::BounceSecret;
use service::context::App;
use std::sync::Arc;

/// What every request shares.
#[derive(Clone)]
pub struct ApiState {
    /// The application.
    pub app: App,
    /// The connections that requests read on.
    pub(crate) lanes: Lanes,
    /// The schema.
    pub schema: Schema,
    /// Queries parsed before.
    pub(crate) documents: Arc<Documents>,
    /// Whether the explorer is served.
    pub explorer: Explorer,
    /// What the mail server shows to report bounces; none: it cannot.
    pub bounce_secret: Option<BounceSecret>,
    /// Who is let in.
    pub door: Arc<Door>,
    /// The issuer that people may sign in with; none: local accounts alone.
    pub oidc: Option<Arc<Oidc>>,
}

impl ApiState {
    /// With a schema of its own.
    pub fn new(app: App, explorer: Explorer) -> Self {
        let (lanes, door) = (Lanes::of(&app.db), Arc::default());
        let (schema, documents) = (schema(), Arc::default());
        Self { app, lanes, schema, documents, explorer, bounce_secret: None, door, oidc: None }
    }

    /// With bounces taken from a mail server that shows this secret.
    #[must_use]
    pub fn with_bounce_secret(self, secret: Option<BounceSecret>) -> Self {
        Self { bounce_secret: secret, ..self }
    }

    /// With other sites, rates and persisted queries.
    #[must_use]
    pub fn with_door(self, door: Door) -> Self {
        Self { door: Arc::new(door), ..self }
    }

    /// With someone told of the statements that run on connections which requests keep; of others, the pool tells.
    #[must_use]
    pub fn with_watch(self, watch: Watch) -> Self {
        Self { lanes: self.lanes.watched(watch), ..self }
    }

    /// With sign-in by this issuer.
    #[must_use]
    pub fn with_oidc(self, oidc: Option<Oidc>) -> Self {
        Self { oidc: oidc.map(Arc::new), ..self }
    }
}
