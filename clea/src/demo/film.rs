//! The film's hands and voice: who acts, how time passes, and a line for each act.

use super::FIRST_DAY;
use super::client::{Session, nodes, number, text};
use anyhow::{Context as _, bail};
use chrono::NaiveDate;
use domain::date;
use domain::deadline::format_date_fr;
use domain::notification::NoticeKind;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How long nothing may happen before the film is given up.
const PATIENCE: Duration = Duration::from_mins(3);
/// How often the system is asked whether it is done.
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// The people of Certif Pro and of the platform.
pub(super) struct Staff {
    pub(super) officer: Session,
    pub(super) decider: Session,
    pub(super) provider: Session,
    pub(super) finance: Session,
    pub(super) operator: Session,
}

/// A film being played.
pub(super) struct Film {
    /// Who acts for Certif Pro.
    pub(super) staff: Staff,
    /// Certif Pro, `aut_…`.
    pub(super) authority: String,
    /// The base framework, `fwk_…`.
    pub(super) framework: String,
    /// Its code on EDOF.
    pub(super) certification_code: String,
    /// The legal date.
    pub(super) today: NaiveDate,
    /// The demo accounts' password, and that of the accounts that the film opens.
    pub(super) password: String,
    /// The last mail told.
    last_notice: Option<String>,
    /// Lines go to standard error.
    aside: bool,
}

impl Film {
    /// Signs everyone in and finds the reference data; the clock must stand at the first day or before.
    pub(super) async fn open(
        stranger: &Session,
        password: &str,
        aside: bool,
    ) -> anyhow::Result<Self> {
        let demo = |name: &'static str| stranger.sign_in_demo(name, password);
        let staff = Staff {
            officer: demo("instructeur").await?,
            decider: demo("decideur").await?,
            provider: demo("prestataire").await?,
            finance: demo("finance").await?,
            operator: demo("exploitant").await?,
        };
        let query = "{ authorities { edges { node { id kind } } } \
                     frameworks { edges { node { id certificationCode authority { id } } } } }";
        let data = stranger.query(query, json!({})).await?;
        let certif_pro =
            nodes(&data, "/authorities").into_iter().find(|a| a["kind"] == "CERTIF_PRO");
        let base = nodes(&data, "/frameworks").into_iter().find(|f| f["authority"].is_null());
        let base = base.context("the base framework is missing")?;
        let mut film = Self {
            staff,
            authority: text(certif_pro.context("Certif Pro is missing")?, "/id")?,
            framework: text(base, "/id")?,
            certification_code: text(base, "/certificationCode")?,
            today: date::parse(FIRST_DAY)?,
            password: password.to_owned(),
            last_notice: None,
            aside,
        };
        film.begin().await?;
        Ok(film)
    }

    /// Brings the clock to the first day.
    async fn begin(&mut self) -> anyhow::Result<()> {
        let clock = self.staff.operator.query("{ clock { simulated today } }", json!({})).await?;
        let today = date::parse(&text(&clock, "/clock/today")?)?;
        if clock["clock"]["simulated"] != true {
            bail!("the system's clock is not simulated: start it with CLEA_CLOCK=simulated");
        }
        if today > self.today {
            bail!(
                "the clock stands at {today}; the film begins on {FIRST_DAY}: start with CLEA_CLOCK_START={FIRST_DAY}"
            );
        }
        if today < self.today {
            self.advance(self.today).await?;
        }
        self.settle().await
    }

    /// A line: today, the article, what happens.
    pub(super) fn tell(&self, article: &str, what: &str) {
        self.tell_on(self.today, article, what);
    }

    fn tell_on(&self, on: NaiveDate, article: &str, what: &str) {
        self.say(&format!("{on}  {article:<8} {what}"));
    }

    fn say(&self, line: &str) {
        if self.aside { eprintln!("{line}") } else { println!("{line}") }
    }

    /// A title between the chapters, after what the one before led to.
    pub(super) async fn title(&mut self, what: &str) -> anyhow::Result<()> {
        self.settle().await?;
        self.tell_mails().await?;
        self.say(&format!("\n{what}"));
        Ok(())
    }

    /// Lets time pass until this day, and tells the mails that left meanwhile.
    pub(super) async fn until(&mut self, date: &str) -> anyhow::Result<()> {
        let date = date::parse(date)?;
        self.settle().await?;
        self.tell_mails().await?;
        self.advance(date).await?;
        self.settle().await?;
        self.today = date;
        self.tell_mails().await
    }

    async fn advance(&self, to: NaiveDate) -> anyhow::Result<()> {
        self.staff
            .operator
            .act("advanceClock", json!({ "to": to.to_string() }), "clock { target }")
            .await?;
        Ok(())
    }

    /// Waits until the clock stands still and no task is unfinished.
    pub(super) async fn settle(&self) -> anyhow::Result<()> {
        // One after the other: what a day's slot opens is not seen by whoever counts tasks before the clock stands.
        let queries =
            ["{ clock { today target } }", "{ tasks(status: PENDING, first: 1) { totalCount } }"];
        let (mut since, mut last, mut pause) = (Instant::now(), Value::Null, FIRST_PAUSE);
        loop {
            let clock = self.staff.operator.query(queries[0], json!({})).await?;
            let tasks = self.staff.operator.query(queries[1], json!({})).await?;
            if clock["clock"]["target"].is_null() && number(&tasks, "/tasks/totalCount")? == 0 {
                return Ok(());
            }
            let state = json!([clock, tasks]);
            if state != last {
                (since, last) = (Instant::now(), state);
            }
            if since.elapsed() > PATIENCE {
                bail!("nothing happens any more: {last}");
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Tells the mails that left since the last time, oldest first.
    async fn tell_mails(&mut self) -> anyhow::Result<()> {
        let query = "query($after: String) { notices(first: 100, after: $after) { pageInfo { endCursor hasNextPage } \
                     edges { node { id kind composedOn recipientEmail mailSubject } } } }";
        let (mut fresh, mut after) = (Vec::new(), Value::Null);
        'pages: loop {
            let data = self.staff.officer.query(query, json!({ "after": after })).await?;
            for notice in nodes(&data, "/notices") {
                if notice["id"].as_str() == self.last_notice.as_deref() {
                    break 'pages;
                }
                fresh.push(notice.clone());
            }
            if data["notices"]["pageInfo"]["hasNextPage"] != true {
                break;
            }
            after = data["notices"]["pageInfo"]["endCursor"].clone();
        }
        for notice in fresh.iter().rev() {
            let on = date::parse(&text(notice, "/composedOn")?)?;
            let (subject, to) = (text(notice, "/mailSubject")?, text(notice, "/recipientEmail")?);
            self.tell_on(on, article_of(&text(notice, "/kind")?), &format!("  ✉ {subject} → {to}"));
        }
        if let Some(newest) = fresh.first() {
            self.last_notice = Some(text(newest, "/id")?);
        }
        Ok(())
    }

    /// An act that must be refused with this code: told with its article and its reason.
    pub(super) async fn refused(
        &self,
        who: &Session,
        (mutation, input): (&str, Value),
        code: &str,
        what: &str,
    ) -> anyhow::Result<()> {
        match who.attempt(mutation, input, "").await? {
            Ok(_) => bail!("{mutation} should have been refused with {code}"),
            Err(refusals) => {
                let found = refusals.iter().find(|r| r.code == code);
                let found =
                    found.with_context(|| format!("{code} was expected, got {refusals:?}"))?;
                self.tell(&found.article, &format!("{what} : refusé. {}", found.message));
                Ok(())
            }
        }
    }

    /// The version of an object that several may edit.
    pub(super) async fn version(&self, who: &Session, id: &str) -> anyhow::Result<i64> {
        let query = "query($id: ID!) { node(id: $id) { ... on Application { version } \
                     ... on Enrolment { version } ... on EdofAlert { version } } }";
        number(&who.query(query, json!({ "id": id })).await?, "/node/version")
    }

    /// Today as GraphQL takes it.
    pub(super) fn day(&self) -> String {
        self.today.to_string()
    }
}

impl Session {
    /// Signs a demo account in.
    async fn sign_in_demo(&self, name: &str, password: &str) -> anyhow::Result<Self> {
        let email = format!("{name}@demo.example");
        self.sign_in(&email, password).await.with_context(|| {
            format!(
                "{email} cannot sign in: the system needs its demo accounts, with this password"
            )
        })
    }
}

/// The rule that a kind of mail rests on; that of every mail where it serves the platform alone.
fn article_of(kind: &str) -> &'static str {
    kind.parse::<NoticeKind>().ok().and_then(NoticeKind::article).unwrap_or("X.c")
}

/// An amount in euros.
pub(super) fn euros(cents: i64) -> String {
    format!("{},{:02} €", cents / 100, (cents % 100).abs())
}

/// `de` before a name, as it is said.
pub(super) fn of(name: &str) -> String {
    let vowel = name.chars().next().is_some_and(|c| "AEIOUYÉÈÊ".contains(c));
    if vowel { format!("d’{name}") } else { format!("de {name}") }
}

/// A date of the API in French.
pub(super) fn french(value: &Value, pointer: &str) -> anyhow::Result<String> {
    Ok(format_date_fr(date::parse(&text(value, pointer)?)?))
}
