//! `atrium user`: for the person who hosts.

use clap::{Args, Subcommand};
use platform::App;

use crate::config::public_url;
use crate::serve::Failure;

#[derive(Subcommand, Debug)]
pub enum UserCommand {
    /// Create a user whose address counts as verified, and print the link to set a password: it counts once, for 24 hours
    Create {
        email: String,
        #[arg(long)]
        name: String,
        /// Found a workspace of this name, owned by the user
        #[arg(long)]
        workspace: Option<String>,
        /// Make the user an administrator of the instance
        #[arg(long)]
        admin: bool,
        #[command(flatten)]
        link: LinkArgs,
    },
    /// Make a user an administrator of the instance
    Promote { email: String },
    /// End all sessions, take the password away, and print the link to set a new one: it counts once, for 24 hours
    Reset {
        email: String,
        /// Remove authenticator app, passkeys and recovery codes too
        #[arg(long)]
        remove_second_factors: bool,
        #[command(flatten)]
        link: LinkArgs,
    },
    /// Take over a password from another system, as its bcrypt hash; the user's next sign-in replaces the hash
    ImportPassword {
        email: String,
        /// `$2b$12$…`
        #[arg(long)]
        bcrypt: String,
    },
}

/// Where the printed link leads.
#[derive(Args, Debug)]
pub struct LinkArgs {
    /// The address that people use, as `serve` has it
    #[arg(long, env = "ATRIUM_PUBLIC_URL", default_value = "http://localhost:8080")]
    public_url: String,
}

impl LinkArgs {
    fn print(&self, email: &str, what: &str, token: &str) -> Result<(), Failure> {
        println!("{email} {what}. Within 24 hours, once: {}/reset-password?token={token}", public_url(&self.public_url)?);
        Ok(())
    }
}

pub async fn run(app: &App, command: &UserCommand) -> Result<(), Failure> {
    match command {
        UserCommand::Create { email, name, workspace, admin, link } => {
            let token = identity::admin::create_user(app, email, name, workspace.as_deref(), *admin).await?;
            link.print(email, "can set a password", &token)?;
        }
        UserCommand::Promote { email } => {
            identity::admin::promote(app, email).await?;
            println!("{email} is an administrator of the instance.");
        }
        UserCommand::Reset { email, remove_second_factors, link } => {
            let token = identity::admin::reset(app, email, *remove_second_factors).await?;
            link.print(email, "is signed out everywhere and can set a new password", &token)?;
        }
        UserCommand::ImportPassword { email, bcrypt } => {
            identity::admin::import_password(app, email, bcrypt).await?;
            println!("{email} can sign in with the password of old.");
        }
    }
    Ok(())
}
