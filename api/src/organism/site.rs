//! Sites as objects.

use super::Organism;
use crate::load;
use crate::object::object;
use crate::scalar::{Date, Siret};
use async_graphql::{Context, ID, Object};

object! {
    /// A site.
    Site = seen site by SiteId;
}

/// A place where an organism trains and evaluates.
#[Object]
impl Site {
    /// Global id.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Whose it is.
    async fn organism(&self, ctx: &Context<'_>) -> Option<Organism> {
        load::get(ctx, self.0.organism_id).await
    }

    /// How the organism calls it.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Its establishment number, when it has one of its own.
    async fn siret(&self) -> Option<Siret> {
        self.0.siret.clone().map(Siret)
    }

    /// Number and street.
    async fn address(&self) -> &str {
        &self.0.address
    }

    /// Postal code.
    async fn postal_code(&self) -> &str {
        &self.0.postal_code
    }

    /// Town.
    async fn city(&self) -> &str {
        &self.0.city
    }

    /// Whether it is the registered office.
    async fn is_seat(&self) -> bool {
        self.0.is_seat
    }

    /// The day on which it was declared.
    async fn registered_on(&self) -> Date {
        self.0.registered_on.into()
    }

    /// The first day without it.
    async fn closed_on(&self) -> Option<Date> {
        self.0.closed_on.map(Date)
    }
}
