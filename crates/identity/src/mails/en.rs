//! English texts.

use super::{Catalogue, Texts};

pub const CATALOGUE: Catalogue = Catalogue {
    lang: "en",
    hello: "Hello {name},",
    hello_nobody: "Hello,",
    verification: Texts {
        subject: "Confirm your e-mail address",
        paragraphs: &[
            "You signed up for Atrium with this address. Confirm it with the password that you chose, and your workspace is ready.",
            "The link works for 24 hours.",
        ],
        button: "Confirm address",
        footer: "If you did not sign up, ignore this mail. Without your confirmation no account is made.",
    },
    account_exists: Texts {
        subject: "You already have an account",
        paragraphs: &[
            "Somebody signed up for Atrium with this address, perhaps you. You already have an account, so nothing was changed.",
            "Sign in as usual. If you forgot your password, you can set a new one there.",
        ],
        button: "Sign in",
        footer: "If it was not you, there is nothing to do: nobody got into your account.",
    },
    registration_unfinished: Texts {
        subject: "Your sign-up is not finished",
        paragraphs: &[
            "You asked for a new password, but your sign-up with this address was never confirmed, so there is no account yet.",
            "Sign up again and choose a password. The newer sign-up counts.",
        ],
        button: "Sign up",
        footer: "If you did not ask for this, ignore this mail.",
    },
    sign_in_link: Texts {
        subject: "Your link to sign in",
        paragraphs: &[
            "You asked for a link to sign in to Atrium. Open it in the browser in which you asked.",
            "In another browser it takes the code that is shown where you asked. The link works once, for ten minutes.",
        ],
        button: "Sign in",
        footer: "If you did not ask for this, ignore this mail, and give the link to nobody.",
    },
    password_reset: Texts {
        subject: "Set a new password",
        paragraphs: &[
            "You asked for a new password for your Atrium account.",
            "The link works once, for 30 minutes. Setting a new password signs you out everywhere.",
        ],
        button: "Set new password",
        footer: "If you did not ask for this, ignore this mail. Your password stays as it is.",
    },
    password_changed: Texts {
        subject: "Your password was changed",
        paragraphs: &[
            "The password of your Atrium account was changed just now, and your other devices were signed out.",
            "If this was you, there is nothing to do. If not, set a new password at once.",
        ],
        button: "It was not me",
        footer: "You get this mail whenever your password changes.",
    },
    security_notice: Texts {
        subject: "{what}",
        paragraphs: &[
            "{what}. It happened just now, in your Atrium account.",
            "If this was you, there is nothing to do. If not, look at your account at once and change your password.",
        ],
        button: "See account security",
        footer: "You get this mail whenever the way you sign in changes.",
    },
    notices: [
        ("totp_added", "An authenticator app was added"),
        ("totp_removed", "The authenticator app was removed"),
        ("passkey_added", "A passkey was added"),
        ("passkey_removed", "A passkey was removed"),
        ("recovery_codes_replaced", "New recovery codes were made"),
        ("access_token_created", "An access token was made"),
        ("identity_linked", "An account of another company was linked"),
        ("identity_unlinked", "An account of another company was unlinked"),
    ],
    invitation: Texts {
        subject: "{inviter} invites you to {workspace}",
        paragraphs: &["{inviter} invites you to work together in {workspace} on Atrium.", "The link works for 7 days."],
        button: "See the invitation",
        footer: "If you do not know the sender, ignore this mail.",
    },
    workspace: "Workspace",
    role: "Your role",
    invited_by: "Invited by",
    message: "Message",
    roles: [
        ("owner", "Owner"),
        ("admin", "Administrator"),
        ("editor", "Editor"),
        ("salesperson", "Salesperson"),
        ("contributor", "Contributor"),
        ("viewer", "Viewer"),
        ("guest", "Guest"),
    ],
};
