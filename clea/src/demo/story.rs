//! The script, in the order of the dates: a file per part.

mod alerts;
mod candidates;
mod cast;
mod decisions;
mod money;
mod registration;

use super::client::Session;
use super::film::Film;

/// Plays it from the first day to the end of the sixth year.
pub(super) async fn play(film: &mut Film, stranger: &Session) -> anyhow::Result<()> {
    film.title("Quatre organismes, une campagne").await?;
    let campaign = registration::campaign(film).await?;
    film.until("2026-01-12").await?;
    let mut cast = registration::organisms(film, stranger).await?;
    film.until("2026-01-20").await?;
    registration::applications(film, &mut cast, &campaign).await?;
    film.until("2026-02-24").await?;
    decisions::opinions(film, &cast).await?;
    film.until("2026-03-10").await?;
    decisions::meeting(film, &mut cast, &campaign).await?;

    film.title("Les candidats, la première facture").await?;
    film.until("2026-04-16").await?;
    money::pay(film, &[&cast.a, &cast.c, &cast.d]).await?;
    film.until("2026-05-04").await?;
    let mut louis = candidates::first_candidates(film, &cast).await?;
    film.until("2026-06-05").await?;
    money::pay(film, &[&cast.b]).await?;
    film.until("2026-06-29").await?;
    candidates::end_of_training(film, &cast, &mut louis).await?;
    film.until("2026-07-06").await?;
    candidates::final_evaluation(film, &cast, &louis).await?;
    film.until("2026-07-20").await?;
    money::pay(film, &[&cast.a, &cast.c]).await?;

    film.title("Les alertes EDOF").await?;
    film.until("2026-09-07").await?;
    alerts::closed(film, &cast).await?;
    film.until("2026-10-05").await?;
    money::pay(film, &[&cast.a]).await?;
    alerts::confirmed(film, &cast.c, "CDC-2026-0413").await?;
    film.until("2027-02-08").await?;
    alerts::confirmed(film, &cast.c, "CDC-2027-0029").await?;
    film.until("2027-03-15").await?;
    alerts::withdrawn(film, &cast.d, "CDC-2027-0055").await?;
    film.until("2027-04-12").await?;
    money::pay(film, &[&cast.a, &cast.c, &cast.d]).await?;
    film.until("2027-06-07").await?;
    alerts::confirmed(film, &cast.c, "FC-2027-0007").await?;
    candidates::none_under_suspension(film, &cast).await?;

    film.title("Trois ans, puis trois ans encore").await?;
    film.until("2028-04-20").await?;
    money::pay(film, &[&cast.a]).await?;
    candidates::one_more(film, &cast.a, "Rousseau").await?;
    film.until("2028-07-17").await?;
    money::pay(film, &[&cast.a]).await?;
    film.until("2029-04-20").await?;
    money::pay(film, &[&cast.a]).await?;
    film.until("2030-04-22").await?;
    money::pay(film, &[&cast.a]).await?;
    candidates::one_more(film, &cast.a, "Fournier").await?;
    film.until("2030-07-22").await?;
    money::pay(film, &[&cast.a]).await?;
    film.until("2031-04-21").await?;
    money::pay(film, &[&cast.a]).await?;
    film.until("2032-03-11").await?;
    money::balances(film).await
}
