//! How many tasks of each lane a worker carries out at once.

use entity::kind::Lane;

/// How many tasks of each lane run at once: one at least, so that no lane waits for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concurrency {
    person: usize,
    legal: usize,
    bulk: usize,
    outside: usize,
}

/// What each lane weighs when a total is shared out. Notifications and what goes to many have the most to do;
/// who waits for a mail waits for one, and what waits for a third party takes little else.
const fn weight(lane: Lane) -> usize {
    match lane {
        Lane::Person | Lane::Outside => 1,
        Lane::Legal | Lane::Bulk => 3,
    }
}

impl Concurrency {
    /// Shares `total` out. A lane for which `of` has a number takes that; each of the others takes one, then
    /// what is left goes, one by one, to the lane that has the least for its weight, the first of equals. Less
    /// than one for each lane is not possible: the sum may then be above the total.
    pub fn shared(total: usize, of: impl Fn(Lane) -> Option<usize>) -> Self {
        let mut shared = Self { person: 1, legal: 1, bulk: 1, outside: 1 };
        let (mut open, mut left) = (Vec::new(), total);
        for lane in Lane::ALL {
            let given = of(lane).map(|count| count.max(1));
            *shared.lane(lane) = given.unwrap_or(1);
            left = left.saturating_sub(given.unwrap_or(1));
            if given.is_none() {
                open.push(lane);
            }
        }
        for _ in 0..left {
            // `min_by` keeps the first of equals.
            let poorest = open.iter().copied().min_by(|a, b| {
                let (a, b) = ((*a, shared.of(*a) + 1), (*b, shared.of(*b) + 1));
                (a.1 * weight(b.0)).cmp(&(b.1 * weight(a.0)))
            });
            let Some(lane) = poorest else { break };
            *shared.lane(lane) += 1;
        }
        shared
    }

    /// How many tasks of this lane.
    pub const fn of(self, lane: Lane) -> usize {
        match lane {
            Lane::Person => self.person,
            Lane::Legal => self.legal,
            Lane::Bulk => self.bulk,
            Lane::Outside => self.outside,
        }
    }

    /// How many tasks altogether.
    pub const fn total(self) -> usize {
        self.person + self.legal + self.bulk + self.outside
    }

    fn lane(&mut self, lane: Lane) -> &mut usize {
        match lane {
            Lane::Person => &mut self.person,
            Lane::Legal => &mut self.legal,
            Lane::Bulk => &mut self.bulk,
            Lane::Outside => &mut self.outside,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(total: usize, given: &[(Lane, usize)]) -> [usize; 4] {
        let of = |lane| given.iter().find(|(given, _)| *given == lane).map(|(_, count)| *count);
        let shared = Concurrency::shared(total, of);
        [Lane::Person, Lane::Legal, Lane::Bulk, Lane::Outside].map(|lane| shared.of(lane))
    }

    #[test]
    fn a_total_is_shared_out_with_one_at_least_for_each() {
        for (total, expected) in [
            (1, [1, 1, 1, 1]),
            (4, [1, 1, 1, 1]),
            (5, [1, 2, 1, 1]),
            (6, [1, 2, 2, 1]),
            (8, [1, 3, 3, 1]),
            (9, [1, 4, 3, 1]),
            (16, [2, 6, 6, 2]),
            (64, [8, 24, 24, 8]),
        ] {
            assert_eq!(shares(total, &[]), expected, "{total}");
        }
    }

    #[test]
    fn from_one_for_each_lane_on_the_sum_is_the_total() {
        for total in 4..=256 {
            let shared = Concurrency::shared(total, |_| None);
            assert_eq!(shared.total(), total);
            assert!(Lane::ALL.iter().all(|lane| shared.of(*lane) >= 1));
        }
    }

    #[test]
    fn what_is_given_to_a_lane_is_taken_from_the_total() {
        assert_eq!(shares(8, &[(Lane::Outside, 4)]), [1, 2, 1, 4]);
        assert_eq!(shares(8, &[(Lane::Bulk, 20)]), [1, 1, 20, 1]);
        assert_eq!(shares(16, &[(Lane::Bulk, 1), (Lane::Legal, 1)]), [7, 1, 1, 7]);
        let all = [(Lane::Person, 1), (Lane::Legal, 2), (Lane::Bulk, 3), (Lane::Outside, 4)];
        assert_eq!(shares(256, &all), [1, 2, 3, 4]);
        assert_eq!(shares(8, &[(Lane::Person, 0)]), [1, 3, 3, 1]);
    }
}
