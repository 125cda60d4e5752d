//! `device call`: one request as it is.

use clap::Args;
use def_client::Answer;
use def_protocol::Addressed;
use verify_cli::Lang;

use super::{
    connection::ConnectionArgs,
    failure::{Failure, Trouble},
    input,
    progress::Progress,
    speech::{print_answer, say},
};

/// A request of protocol version 1.
#[derive(Args)]
pub(crate) struct CallCommand {
    #[command(flatten)]
    pub(super) connection: ConnectionArgs,
    /// The request, as docs/protocol.md writes it; @FILE reads it from a file, - from standard input.
    request: String,
}

impl CallCommand {
    /// Asks once, and prints the answer as it came.
    pub(super) fn run(&self) -> Result<(), Failure> {
        let content = input::text(&self.request)?;
        let read = Addressed::read(content.as_bytes());
        let request = read.map_err(|fault| no_request(self.connection.speech.lang, &fault))?.request;
        let mut device = self.connection.connect()?;
        match device.ask(request, &mut Progress::of_signs()) {
            Ok(Answer::Done(json)) => Ok(print_answer(&json)?),
            Ok(Answer::Refused(refusal)) => Err(refusal.into()),
            Err(lost) => Err(device.lost(&lost, request).into()),
        }
    }
}

fn no_request(lang: Lang, fault: &def_protocol::RequestFault) -> Trouble {
    let advice = say!(
        lang,
        "rien n'a été envoyé, ce n'est pas une demande du protocole ({}) : {}",
        "nothing was sent, this is no request of the protocol ({}): {}",
        fault.code,
        fault.detail
    );
    Trouble { code: fault.code.to_string(), detail: fault.detail.to_owned(), advice }
}
