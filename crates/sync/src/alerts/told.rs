use std::{fmt, str::FromStr};

use fiscal::Timestamp;

use crate::At;

/// When an alert was told last, as `2026-03-14T07:32:11.123Z`. Each telling has another one, so who closes an alert says by
/// it what he has read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ToldAt(pub At);

impl fmt::Display for ToldAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let At(time) = self.0;
        let second = Timestamp::from_unix(time / 1_000).unwrap_or(Timestamp::LATEST);
        write!(f, "{second}.{:03}Z", time % 1_000)
    }
}

/// It is no such time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the time at which an alert was told is written 2026-03-14T07:32:11.123Z: copy it from the list")]
pub struct ToldAtFault;

impl FromStr for ToldAt {
    type Err = ToldAtFault;

    fn from_str(text: &str) -> Result<Self, ToldAtFault> {
        let read = || {
            let (second, rest) = text.split_once('.')?;
            let millis = rest.strip_suffix('Z')?;
            let is_three = millis.len() == 3 && millis.bytes().all(|byte| byte.is_ascii_digit());
            let second: Timestamp = second.parse().ok()?;
            Some(Self(At(second.unix() * 1_000 + millis.parse::<u64>().ok().filter(|_| is_three)?)))
        };
        read().ok_or(ToldAtFault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let told = ToldAt(At(1_773_475_200_007));
        assert_eq!(told.to_string(), "2026-03-14T08:00:00.007Z");
        assert_eq!(told.to_string().parse(), Ok(told));
        for text in ["", "2026-03-14T08:00:00Z", "2026-03-14T08:00:00.7Z", "2026-03-14T08:00:00.+07Z"] {
            assert_eq!(text.parse::<ToldAt>(), Err(ToldAtFault), "{text}");
        }
    }
}
