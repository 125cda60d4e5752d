use std::{convert::Infallible, fmt, path::PathBuf, str::FromStr};

/// Where a device is: `/dev/ttyACM0`, or `tcp://host:port` behind a serial server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// The path of a serial port.
    Serial(PathBuf),
    /// `host:port`
    Tcp(String),
}

const TCP: &str = "tcp://";

impl FromStr for Address {
    type Err = Infallible;

    /// What does not begin with `tcp://` is a path.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.strip_prefix(TCP) {
            Some(host) => Self::Tcp(host.to_owned()),
            None => Self::Serial(text.into()),
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serial(path) => write!(f, "{}", path.display()),
            Self::Tcp(host) => write!(f, "{TCP}{host}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_as_it_was_read() {
        for text in ["/dev/ttyACM0", "tcp://192.168.1.20:4001", "target/def-port"] {
            let Ok(address) = text.parse::<Address>();
            assert_eq!(address.to_string(), text);
        }
        assert_eq!("tcp://localhost:4001".parse(), Ok(Address::Tcp("localhost:4001".into())));
    }
}
