//! `atrium user`: for the person who hosts.

use clap::Subcommand;
use platform::App;

use crate::serve::Failure;

#[derive(Subcommand, Debug)]
pub enum UserCommand {
    /// Create a user whose address counts as verified, and print the password
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
    },
    /// Make a user an administrator of the instance
    Promote { email: String },
    /// Set a new random password, end all sessions, and print it
    Reset { email: String },
    /// Take over a password from another system, as its bcrypt hash; the user's next sign-in replaces the hash
    ImportPassword {
        email: String,
        /// `$2b$12$…`
        #[arg(long)]
        bcrypt: String,
    },
}

pub async fn run(app: &App, command: &UserCommand) -> Result<(), Failure> {
    match command {
        UserCommand::Create { email, name, workspace, admin } => {
            let password = identity::admin::create_user(app, email, name, workspace.as_deref(), *admin).await?;
            println!("{email} can sign in with the password {}", password.as_str());
        }
        UserCommand::Promote { email } => {
            identity::admin::promote(app, email).await?;
            println!("{email} is an administrator of the instance.");
        }
        UserCommand::Reset { email } => {
            let password = identity::admin::reset_password(app, email).await?;
            println!("{email} can sign in with the password {}; all sessions have ended.", password.as_str());
        }
        UserCommand::ImportPassword { email, bcrypt } => {
            identity::admin::import_password(app, email, bcrypt).await?;
            println!("{email} can sign in with the password of old.");
        }
    }
    Ok(())
}
