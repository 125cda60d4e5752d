//! The program's words about itself: examples, pages, completions.

mod examples;
mod pages;

pub(crate) use self::pages::PagesCommand;

use std::{io, process::ExitCode};

use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;

use self::examples::{EXAMPLES, TOP};
use crate::Cli;

/// No line of help is longer.
const WIDTH: usize = 100;

/// All commands, each with its example.
pub(crate) fn tree() -> Command {
    dressed(Cli::command().max_term_width(WIDTH), "").help_template(TOP)
}

fn dressed(command: Command, path: &str) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let command = match EXAMPLES.iter().find(|example| example.path == path) {
        Some(example) => {
            let command =
                if example.long.is_empty() { command } else { command.long_about(long(example.long)) };
            command.after_help(format!("Example:\n{}", example.lines))
        }
        None => command,
    };
    names.into_iter().fold(command, |command, name| {
        let path = if path.is_empty() { name.clone() } else { format!("{path} {name}") };
        command.mut_subcommand(name, |sub| dressed(sub, &path))
    })
}

/// Lines of the source are no lines of the page.
fn long(text: &str) -> String {
    text.split("\n\n")
        .map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect::<Vec<_>>()
        .join("\n\n")
}

/// For which shell.
#[derive(Args)]
pub(crate) struct CompletionsCommand {
    /// The shell that completes.
    #[arg(value_enum)]
    shell: Shell,
}

impl CompletionsCommand {
    /// Prints the script.
    pub(crate) fn run(&self) -> ExitCode {
        clap_complete::generate(self.shell, &mut tree(), "stelala", &mut io::stdout());
        ExitCode::SUCCESS
    }
}
