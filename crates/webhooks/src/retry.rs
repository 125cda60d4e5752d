use std::time::Duration;

/// How long after each failure an event is sent again: a receiver that is down for two days loses nothing.
const DELAYS: [u64; 9] = [5, 30, 120, 600, 3_600, 10_800, 21_600, 43_200, 86_400];

/// How long to wait after so many failures in a row; none when it is not tried again. Up to a fifth more or less, by
/// `random`, so that what failed together is not sent again together.
pub fn retry_after(failures: u64, random: u32) -> Option<Duration> {
    let index = usize::try_from(failures.checked_sub(1)?).ok()?;
    let seconds = *DELAYS.get(index)?;
    let thousandths = 800 + u64::from(random % 401);
    Some(Duration::from_millis(seconds * thousandths))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_waits_longer_up_to_a_day_and_the_tenth_is_the_last() {
        let without_jitter = |failures| retry_after(failures, 200).map(|delay| delay.as_secs());
        let all: Vec<_> = (1..=9).map(|failures| without_jitter(failures).unwrap()).collect();
        assert_eq!(all, [5, 30, 120, 600, 3_600, 10_800, 21_600, 43_200, 86_400]);
        assert_eq!((without_jitter(0), without_jitter(10), without_jitter(u64::MAX)), (None, None, None));
    }

    #[test]
    fn chance_adds_or_takes_a_fifth_at_most() {
        let all: Vec<_> = (0..1_000).map(|random| retry_after(1, random).unwrap()).collect();
        assert_eq!(all.iter().min(), Some(&Duration::from_secs(4)));
        assert_eq!(all.iter().max(), Some(&Duration::from_secs(6)));
    }
}
