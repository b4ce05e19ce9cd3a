//! Sets of whole numbers.

/// Sorted, disjoint, inclusive ranges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Set(Vec<(i128, i128)>);

impl Set {
    /// `low..=high`; empty where `low` is above `high`.
    pub(super) fn range(low: i128, high: i128) -> Set {
        Set(if low <= high { vec![(low, high)] } else { Vec::new() })
    }

    pub(super) fn points(points: impl IntoIterator<Item = i128>) -> Set {
        Set::of(points.into_iter().map(|p| (p, p)).collect())
    }

    fn of(mut ranges: Vec<(i128, i128)>) -> Set {
        ranges.sort_unstable();
        let mut list: Vec<(i128, i128)> = Vec::new();
        for (low, high) in ranges {
            match list.last_mut() {
                Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
                _ => list.push((low, high)),
            }
        }
        Set(list)
    }

    pub(super) fn union(&self, other: &Set) -> Set {
        Set::of(self.0.iter().chain(&other.0).copied().collect())
    }

    pub(super) fn intersect(&self, other: &Set) -> Set {
        let both = |a: &(i128, i128), b: &(i128, i128)| (a.0.max(b.0), a.1.min(b.1));
        let pairs = self.0.iter().flat_map(|a| other.0.iter().map(move |b| both(a, b)));
        Set::of(pairs.filter(|(low, high)| low <= high).collect())
    }

    /// What is in this set and not in the other.
    pub(super) fn minus(&self, other: &Set) -> Set {
        let mut left = self.0.clone();
        for (low, high) in &other.0 {
            left = left
                .into_iter()
                .flat_map(|(a, b)| [(a, b.min(low.saturating_sub(1))), (a.max(high.saturating_add(1)), b)])
                .filter(|(a, b)| a <= b)
                .collect();
        }
        // Cutting never makes ranges touch, and a cut-out range leaves each side once.
        Set::of(left)
    }

    pub(super) fn contains(&self, point: i128) -> bool {
        self.0.iter().any(|(low, high)| (*low..=*high).contains(&point))
    }

    pub(super) fn min(&self) -> Option<i128> {
        self.0.first().map(|r| r.0)
    }

    pub(super) fn max(&self) -> Option<i128> {
        self.0.last().map(|r| r.1)
    }

    /// The first and the last member of every range.
    pub(super) fn ends(&self) -> impl Iterator<Item = i128> {
        self.0.iter().flat_map(|(low, high)| [*low, *high])
    }

    /// Every member, one by one.
    pub(super) fn members(&self) -> impl Iterator<Item = i128> {
        self.0.iter().flat_map(|(low, high)| *low..=*high)
    }

    /// How many members there are.
    pub(super) fn count(&self) -> i128 {
        self.0
            .iter()
            .map(|(low, high)| high.saturating_sub(*low).saturating_add(1))
            .fold(0, i128::saturating_add)
    }

    /// The member nearest to zero: the plainest example.
    pub(super) fn example(&self) -> Option<i128> {
        self.0.iter().map(|(low, high)| 0.clamp(*low, *high)).min_by_key(|p| (p.unsigned_abs(), *p < 0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set() -> impl Strategy<Value = Set> {
        proptest::collection::vec((-8i128..8, 0i128..4), 0..5)
            .prop_map(|list| Set::of(list.into_iter().map(|(low, more)| (low, low + more)).collect()))
    }

    proptest! {
        #[test]
        fn operations_are_those_of_sets(a in set(), b in set()) {
            for p in -20..20 {
                let (x, y) = (a.contains(p), b.contains(p));
                prop_assert_eq!(a.union(&b).contains(p), x || y);
                prop_assert_eq!(a.intersect(&b).contains(p), x && y);
                prop_assert_eq!(a.minus(&b).contains(p), x && !y);
            }
            prop_assert_eq!(a.example().is_none(), a.min().is_none());
            prop_assert!(a.example().is_none_or(|p| a.contains(p)));
        }
    }
}
