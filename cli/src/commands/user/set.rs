//! `kr user set`: salts a password here and gives the cluster the hash. A password never comes from argv.

use std::io::Read;
use std::num::NonZeroU32;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Args;
use kr_client::admin::{CredentialChange, ScramCredential, ScramMechanism};
use kr_client::safety::Operation;
use kr_client::{Client, ErrorCode};
use schemars::JsonSchema;
use serde::Serialize;

use super::Mechanism;
use crate::args::{ChangeArgs, OutputArgs};
use crate::change::{self, Decision, Plan, Risk};
use crate::context::Context;
use crate::error::{CliError, Exit, Kind};
use crate::output::{Cell, Failure, Item, Page, Report, Table};
use crate::schemas::published;

const EXAMPLES: &str = "\
Examples:
  kr user set alice --generate
  kr user set alice --mechanism scram-sha-256 --iterations 8192 --password-stdin < password.txt
  kr user set alice --dry-run --generate";

/// Bytes of a salt; Kafka's own tools take as many.
const SALT_BYTES: usize = 26;

/// Bytes of chance in a generated password.
const PASSWORD_BYTES: usize = 24;

/// Arguments of `kr user set`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SetArgs {
    /// Name of the user, without `User:`
    #[arg(value_name = "NAME")]
    name: String,
    /// How the password is hashed; may be repeated
    #[arg(long = "mechanism", value_enum, value_delimiter = ',', default_value = "scram-sha-512")]
    mechanisms: Vec<Mechanism>,
    /// How often it is hashed
    #[arg(long, value_name = "N", default_value = "4096")]
    #[arg(value_parser = clap::value_parser!(u32).range(4096..=16384))]
    iterations: u32,
    /// Read the password from standard input, up to the end of its line
    #[arg(long, conflicts_with = "generate")]
    password_stdin: bool,
    /// Make a password up and print it
    #[arg(long)]
    generate: bool,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Row {
    name: String,
    mechanism: &'static str,
    iterations: u32,
    /// Whether it replaced a password.
    replaced: bool,
    /// The password, if it was made up here.
    password: Option<String>,
    #[serde(skip)]
    is_dry_run: bool,
}

impl Item for Row {
    const KIND: &'static str = "kr.user.set/v1";

    fn write(items: &[Self], page: &mut Page) {
        let mut table = Table::new(["NAME", "MECHANISM", "ITERATIONS", "OUTCOME"]);
        for row in items {
            let outcome = match (row.is_dry_run, row.replaced) {
                (true, true) => "would be replaced",
                (true, false) => "would be created",
                (false, true) => "replaced",
                (false, false) => "created",
            };
            table.row([
                Cell::text(&row.name),
                Cell::text(row.mechanism),
                Cell::number(row.iterations),
                Cell::text(outcome),
            ]);
        }
        page.table(&table);
        if let Some(password) = items.iter().find_map(|row| row.password.as_ref()) {
            page.gap();
            page.fields([("Password", password.clone())]);
        }
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

published!(Row, "user set");

/// Runs `kr user set`.
pub async fn run(args: &SetArgs, context: &mut Context) -> Result<Exit, CliError> {
    let password = if args.change.dry_run { String::new() } else { password(args, context)? };
    let client = context.client().await?;
    let known = known(&client, &args.name).await?;
    let mut mechanisms: Vec<ScramMechanism> = args.mechanisms.iter().map(|m| (*m).into()).collect();
    mechanisms.sort();
    mechanisms.dedup();
    let row = |mechanism: &ScramMechanism| Row {
        name: args.name.clone(),
        mechanism: mechanism.name(),
        iterations: args.iterations,
        replaced: known.iter().any(|credential| credential.mechanism == *mechanism),
        password: (args.generate && !args.change.dry_run).then(|| password.clone()),
        is_dry_run: args.change.dry_run,
    };
    let rows: Vec<Row> = mechanisms.iter().map(row).collect();
    let mut report = Report { applied: Some(!args.change.dry_run), ..Report::default() };
    match change::begin(context, &plan(&args.name, &rows), &args.change).await? {
        Decision::DryRun => report.items = rows,
        Decision::Go(ticket) => {
            let changes = changes(args, &mechanisms, &password)?;
            let (ticket, results) = ticket.sent(context, client.alter_users(&changes).await)?;
            for (name, result) in results {
                if let Err(error) = result {
                    report.failures.push(Failure::of(name, &error));
                }
            }
            if report.failures.is_empty() {
                report.items = rows;
            }
            ticket.end(context, &report, None);
        }
    }
    let exit = context.show(args.output.output, &report)?;
    if let Some(made) = report.items.iter().find_map(|row| row.password.as_ref())
        && !context.view.holds("password")
    {
        // Nobody can ask for it later, so it is said even with --quiet.
        context.warn(&format!("the password of user \"{}\" is {made}", args.name));
    }
    Ok(exit)
}

/// The user's credentials; none for a user that has none.
async fn known(client: &Client, name: &str) -> Result<Vec<ScramCredential>, CliError> {
    let users = client.describe_users(Some(&[name.to_owned()])).await?;
    match users.into_iter().find(|(user, _)| user == name) {
        Some((_, Err(error))) if error.code() != Some(ErrorCode::RESOURCE_NOT_FOUND) => Err(error.into()),
        Some((_, Ok(credentials))) => Ok(credentials),
        _ => Ok(Vec::new()),
    }
}

fn plan(name: &str, rows: &[Row]) -> Plan<'static> {
    let effect = |row: &Row| match row.replaced {
        true => format!("{}: the password is replaced; clients with the old one are refused", row.mechanism),
        false => format!("{}: a new credential", row.mechanism),
    };
    Plan {
        action: format!("set the password of user \"{name}\""),
        operations: &[Operation::USER_SET],
        // What a password was, nobody can tell afterwards.
        risk: if rows.iter().any(|row| row.replaced) { Risk::Lossy } else { Risk::Routine },
        effects: rows.iter().map(effect).collect(),
        targets: vec![name.to_owned()],
    }
}

/// The password from where it was said to come from.
fn password(args: &SetArgs, context: &mut Context) -> Result<String, CliError> {
    let password = if args.generate {
        URL_SAFE_NO_PAD.encode(rand::random::<[u8; PASSWORD_BYTES]>())
    } else if args.password_stdin {
        let mut text = String::new();
        let stdin = context.io.stdin.take();
        let mut stdin = stdin.ok_or_else(|| CliError::usage("standard input can be read only once"))?;
        stdin
            .read_to_string(&mut text)
            .map_err(|error| CliError::failed("cannot read the password").caused_by(error))?;
        text.lines().next().unwrap_or_default().to_owned()
    } else if context.io.has_person() {
        let failed = |error| CliError::failed("cannot read the password").caused_by(error);
        let first = context.io.ask.secret(&format!("password of {}", args.name)).map_err(failed)?;
        if context.io.ask.secret("the same again").map_err(failed)? != first {
            return Err(CliError::new(Kind::Refused, "the two passwords differ"));
        }
        first
    } else {
        return Err(CliError::usage("there is no password")
            .hint("give it with --password-stdin, or let one be made up with --generate"));
    };
    if password.is_empty() {
        return Err(CliError::usage("the password is empty"));
    }
    Ok(password)
}

fn changes(
    args: &SetArgs,
    mechanisms: &[ScramMechanism],
    password: &str,
) -> Result<Vec<(String, CredentialChange)>, CliError> {
    let iterations = NonZeroU32::new(args.iterations).ok_or_else(|| CliError::usage("no iterations"))?;
    let change = |mechanism: &ScramMechanism| {
        let salt = rand::random::<[u8; SALT_BYTES]>().to_vec();
        let salted_password = mechanism.salted(password, &salt, iterations)?;
        let change = CredentialChange::Set { mechanism: *mechanism, iterations, salt, salted_password };
        Some((args.name.clone(), change))
    };
    Ok(mechanisms.iter().filter_map(change).collect())
}
