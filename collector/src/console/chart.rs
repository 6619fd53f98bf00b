//! A small chart of weekly figures: columns, and a step line for what they are measured against.
//!
//! In: whole numbers. Out: coordinates for SVG, which the page draws without scripts or styles of its own. The table behind the
//! chart is the page's.

use std::fmt::Write as _;

/// Width and height in the chart's own units; the page scales them.
pub(super) const SIZE: (u64, u64) = (600, 120);

/// One column's figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Point {
    /// What the column is called.
    pub(super) label: String,
    /// How high it is.
    pub(super) value: u64,
    /// Where the line runs above it.
    pub(super) limit: Option<u64>,
}

/// A chart that can be drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chart {
    /// Columns from left to right.
    pub(super) columns: Vec<Column>,
    /// The line as the data of a path; empty without one.
    pub(super) line: String,
    /// The figure at the upper edge.
    pub(super) top: u64,
}

/// A rectangle with what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    /// Left edge.
    pub(super) x: u64,
    /// Upper edge.
    pub(super) y: u64,
    /// Width.
    pub(super) width: u64,
    /// Height.
    pub(super) height: u64,
    /// What it says.
    pub(super) title: String,
    /// Whether it reaches the line.
    pub(super) full: bool,
}

impl Chart {
    /// Over points from left to right; none for fewer than two, which show no course.
    pub(super) fn of(points: &[Point]) -> Option<Self> {
        let (width, height) = SIZE;
        let count = u64::try_from(points.len()).ok().filter(|count| (2..=width / 4).contains(count))?;
        let top = points.iter().flat_map(|point| [Some(point.value), point.limit]).flatten().max().filter(|top| *top > 0)?;
        // In 128 bits: the figures may be anything.
        let scaled = |value: u64| u64::try_from(u128::from(value) * u128::from(height) / u128::from(top)).unwrap_or(height);
        let edge = |index: u64| index * width / count;
        let (mut columns, mut line) = (Vec::new(), String::new());
        let mut drawing = false;
        for (index, point) in (0..count).zip(points) {
            let (left, right) = (edge(index), edge(index + 1));
            // A figure that is not nothing can be seen.
            let tall = scaled(point.value).max(u64::from(point.value > 0));
            let limit = point.limit.map_or_else(String::new, |limit| format!(" of {limit}"));
            columns.push(Column {
                x: left,
                y: height - tall,
                width: (right - left) * 4 / 5,
                height: tall,
                title: format!("{}: {}{limit}", point.label, point.value),
                full: point.limit.is_some_and(|limit| point.value >= limit && point.value > 0),
            });
            if let Some(limit) = point.limit {
                let y = height - scaled(limit);
                let _ = if drawing { write!(line, "V{y}H{right}") } else { write!(line, "M{left} {y}H{right}") };
            }
            drawing = point.limit.is_some();
        }
        Some(Self { columns, line, top })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(value: u64, limit: Option<u64>) -> Point {
        Point { label: "w".to_owned(), value, limit }
    }

    #[test]
    fn columns_stand_on_the_ground_and_the_line_follows_its_figure() {
        let chart = Chart::of(&[point(0, None), point(5, Some(10)), point(20, Some(10)), point(1, None)]).unwrap();
        let shape: Vec<_> = chart.columns.iter().map(|column| (column.x, column.y, column.height, column.full)).collect();
        assert_eq!(shape, [(0, 120, 0, false), (150, 90, 30, false), (300, 0, 120, true), (450, 114, 6, false)]);
        assert_eq!((chart.line.as_str(), chart.top), ("M150 60H300V60H450", 20));
        assert_eq!(chart.columns[2].title, "w: 20 of 10");
        for column in &chart.columns {
            assert!(column.x + column.width <= SIZE.0 && column.y + column.height == SIZE.1, "{column:?}");
        }
    }

    #[test]
    fn there_is_no_chart_without_a_course() {
        let check = |points: &[Point], expected: bool| assert_eq!(Chart::of(points).is_some(), expected, "{points:?}");
        check(&[], false);
        check(&[point(3, None)], false);
        check(&[point(0, None), point(0, Some(0))], false);
        check(&[point(0, None), point(0, Some(1))], true);
        check(&[point(u64::MAX, None), point(u64::MAX, Some(u64::MAX))], true);
        check(&vec![point(1, None); 1000], false);
    }
}
