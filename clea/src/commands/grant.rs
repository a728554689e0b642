//! `clea grant`: the first roles of a production system, which nobody could give otherwise.

use crate::cli::{FirstRole, GrantArgs};
use crate::config::Config;
use crate::failure::Failure;
use crate::{database, running};
use entity::kind::Role;
use service::account::{self, Granted};
use service::context::{Actor, Context};

/// Gives or offers the role; the mail of an invitation leaves by the worker.
pub(crate) async fn run(config: &Config, args: &GrantArgs) -> Result<(), Failure> {
    let db = database::open(config, database::Purpose::Command).await?;
    database::require_up_to_date(&db).await?;
    let app = running::application(config, db).await?;
    let role = match args.role {
        FirstRole::AuthorityAdmin => Role::AuthorityAdmin,
        FirstRole::Operator => Role::Operator,
    };
    let settings = app.settings.clone();
    let ctx = Context::new(app, Actor::System, "grant");
    let (granted, token) = account::grant_by_hand(&ctx, &args.email, role, args.print_link).await?;
    match granted {
        Granted::Role(_) => println!("{} holds: {}", role.as_str(), args.email),
        Granted::Invitation(_) => {
            println!("{} is offered: {} is sent an invitation", role.as_str(), args.email);
        }
    }
    if let Some(link) = token.map(|token| settings.link(&format!("/invitations/{token}"))) {
        println!("{link}");
    }
    Ok(())
}
