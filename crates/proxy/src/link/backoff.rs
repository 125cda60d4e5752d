use std::time::Duration;

/// How long to wait before the next try: any time up to a bound that doubles from 0.5 s to 60 s, so that proxies that
/// were cut off together do not come back together.
#[derive(Debug)]
pub(super) struct Backoff {
    tries: u32,
    entropy: fn(&mut [u8]),
}

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(60);

impl Backoff {
    pub(super) const fn new(entropy: fn(&mut [u8])) -> Self {
        Self { tries: 0, entropy }
    }

    pub(super) fn reset(&mut self) {
        self.tries = 0;
    }

    pub(super) fn next(&mut self) -> Duration {
        let bound = FIRST.saturating_mul(1 << self.tries.min(7)).min(LONGEST);
        self.tries = self.tries.saturating_add(1);
        let mut random = [0; 4];
        (self.entropy)(&mut random);
        let millis = u64::try_from(bound.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(u64::from(u32::from_le_bytes(random)) % (millis + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_doubles_up_to_a_minute_and_begins_anew_after_a_session() {
        let most = |bytes: &mut [u8]| bytes.fill(0xff);
        let mut backoff = Backoff::new(most);
        for tries in 0..40 {
            let bound = FIRST.saturating_mul(1 << tries.min(7)).min(LONGEST);
            assert!(backoff.next() <= bound, "try {tries}");
        }
        backoff.reset();
        assert!(backoff.next() <= FIRST);
    }

    #[test]
    fn chance_decides_over_the_whole_of_it() {
        let least = |bytes: &mut [u8]| bytes.fill(0);
        assert_eq!(Backoff::new(least).next(), Duration::ZERO);
    }
}
