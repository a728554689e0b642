//! III.2: what a filing needs: sites under one SIREN, an open campaign, no other pending application.

use crate::deadline::format_date_fr;
use crate::{Refusal, Refusals};
use chrono::NaiveDate;

/// What is known when an application is filed (III.2).
#[derive(Debug, Clone)]
pub struct FilingFacts<'a> {
    /// The organism's SIREN.
    pub organism_siren: &'a str,
    /// The sites that the application lists, in its order.
    pub sites: Vec<FilingSite<'a>>,
    /// The campaign in which it is filed.
    pub campaign: CampaignFacts,
    /// The current day.
    pub today: NaiveDate,
    /// The day of the campaign's last planned meeting; none while none is planned.
    pub last_meeting_on: Option<NaiveDate>,
    /// Whether the organism already has an undecided application in this campaign.
    pub pending_application: bool,
}

/// A site that an application lists (III.2.a).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilingSite<'a> {
    /// Its SIRET; none for a site known by its address alone.
    pub siret: Option<&'a str>,
    /// Whether the site is registered under the applying organism.
    pub owner_is_organism: bool,
}

/// The filing window of a campaign, both days included (III.2.c).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CampaignFacts {
    /// First day of filing.
    pub opens_on: NaiveDate,
    /// Last day of filing.
    pub closes_on: NaiveDate,
}

/// III.2: everything that stands against filing an application.
pub fn filing_refusals(f: &FilingFacts<'_>) -> Refusals {
    let mut refusals = site_refusals(f.organism_siren, &f.sites);
    refusals.extend(campaign_refusals(&f.campaign, f.last_meeting_on, f.today));
    refusals.extend(pending_refusals(f.pending_application));
    refusals
}

/// III.2.a: why these `sites` cannot be listed: there is none, or one is not under the organism's SIREN.
pub fn site_refusals(organism_siren: &str, sites: &[FilingSite<'_>]) -> Refusals {
    if sites.is_empty() {
        let message = "La demande doit indiquer au moins un site ; la liste en est exhaustive.";
        return vec![Refusal::new("SITES_REQUIRED", message).at(["siteIds"]).under("III.2.a")];
    }
    let strangers = sites.iter().enumerate().filter_map(|(i, site)| {
        let foreign = site.siret.filter(|siret| !siret.starts_with(organism_siren));
        let message = match foreign {
            Some(siret) => format!(
                "Le SIRET {siret} ne relève pas du SIREN {organism_siren} : une demande ne concerne \
                 qu'un seul organisme."
            ),
            None if !site.owner_is_organism => format!(
                "Ce site n'est pas un site de l'organisme au SIREN {organism_siren} : une demande ne \
                 concerne qu'un seul organisme."
            ),
            None => return None,
        };
        let path = ["siteIds".to_owned(), i.to_string()];
        Some(Refusal::new("SITE_OF_OTHER_SIREN", message).at(path).under("III.2.a"))
    });
    strangers.collect()
}

/// III.2.c: why nothing can be filed in `campaign` `today`: its window is not open, or its last planned
/// meeting (if one is planned) is over, so that no application filed now could be decided in it.
pub fn campaign_refusals(
    campaign: &CampaignFacts,
    last_meeting_on: Option<NaiveDate>,
    today: NaiveDate,
) -> Refusals {
    let message = if today < campaign.opens_on {
        format!("La campagne n'ouvre que le {}.", format_date_fr(campaign.opens_on))
    } else if today > campaign.closes_on {
        format!("La campagne est close depuis le {}.", format_date_fr(campaign.closes_on))
    } else if let Some(last) = last_meeting_on.filter(|last| *last < today) {
        format!("La dernière réunion de la campagne s'est tenue le {}.", format_date_fr(last))
    } else {
        return Vec::new();
    };
    vec![Refusal::new("CAMPAIGN_NOT_OPEN", message).at(["campaignId"]).under("III.2.c")]
}

/// III.2.a: why a second application is refused while the organism's first one in the campaign is
/// `pending`: one application covers the organism and all its sites.
pub fn pending_refusals(pending: bool) -> Refusals {
    if !pending {
        return Vec::new();
    }
    let message =
        "L'organisme a déjà, dans cette campagne, une demande qui n'a pas reçu de décision.";
    vec![Refusal::new("ALREADY_FILED", message).at(["campaignId"]).under("III.2.a")]
}
