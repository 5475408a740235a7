//! The reference of the command line, from the command line itself.

use std::fmt::Write;

use clap::Command;

/// Every command with its usage and arguments, as Markdown.
pub fn markdown(root: &Command) -> String {
    let mut text = String::from("# The command line\n\nMade by `make derived` from the program's own help.\n");
    let mut root = root.clone().term_width(100);
    root.build();
    describe(&root, &mut text);
    text
}

fn describe(command: &Command, text: &mut String) {
    // The values of this machine's environment do not belong here, and global options are told once, at the root.
    let is_root = command.get_name() == "atrium";
    let mut shown = command.clone().mut_args(|argument| {
        let is_repeated = argument.is_global_set() && !is_root;
        argument.hide_env_values(true).hide(is_repeated)
    });
    let name = command.get_display_name().unwrap_or(command.get_name()).replace('-', " ");
    let help: String = shown.render_long_help().to_string().lines().map(|line| line.trim_end().to_owned() + "\n").collect();
    let _ = write!(text, "\n## {name}\n\n```text\n{}\n```\n", help.trim_end());
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help") {
        describe(sub, text);
    }
}
