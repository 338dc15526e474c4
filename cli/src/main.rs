//! The `kr` program: hands the process's arguments, environment and streams to the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    kr::run(std::env::args_os(), kr::Environment::of_process(), kr::Io::of_process()).into()
}
