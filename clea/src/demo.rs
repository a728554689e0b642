//! `clea demo`: the film. Six years of four organisms on a simulated clock, acting through GraphQL over
//! HTTP alone, so that it can drive a system of its own or one that runs elsewhere.

mod client;
mod film;
mod folder;
mod papers;
mod stage;
mod story;
mod summary;

use crate::cli::DemoArgs;
use crate::failure::Failure;
use client::Session;
use film::Film;
use stage::Stage;

/// The first day of the film, a Monday.
const FIRST_DAY: &str = "2026-01-05";

/// Plays it, and tells what the database holds at the end.
pub(crate) async fn run(args: &DemoArgs) -> Result<(), Failure> {
    folder::prepare(&args.dir)?;
    let stage = match &args.url {
        Some(url) => Stage::elsewhere(url, args.password.as_deref()),
        None => Stage::here(&args.dir).await?,
    };
    let played = play(args, &stage).await;
    stage.close().await;
    played
}

async fn play(args: &DemoArgs, stage: &Stage) -> Result<(), Failure> {
    let stranger = Session::new(&stage.base)?;
    let mut film = Film::open(&stranger, &stage.password, args.json).await?;
    Box::pin(story::play(&mut film, &stranger)).await?;
    let found = summary::read(&film).await?;
    let papers = papers::save(&film, &args.dir.join("documents")).await?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&found).map_err(anyhow::Error::from)?);
    } else {
        println!("\n{found}");
        println!("Documents : {papers} PDF dans {}", args.dir.join("documents").display());
        if args.url.is_none() {
            println!("Courriels : {}", args.dir.join("mails").display());
            println!("Base :      {}", args.dir.join("clea.db").display());
        }
    }
    if found.tasks_given_up == 0 { Ok(()) } else { Err(Failure::Answered) }
}
