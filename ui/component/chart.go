package component

import "strconv"

// Part is one colour of a chart: tone is ok, warn, bad, info or none.
type Part struct {
	Tone, Name string
	Count      int
}

// Bar is one column of a chart, from the baseline upwards. Label stands below
// it, Name in the table.
type Bar struct {
	Label, Name string
	Total       int
	Parts       []Part
}

// Chart is a chart of stacked bars with the totals as its legend. The same
// numbers stand in tables below it.
type Chart struct {
	Totals []Part
	Bars   []Bar
	Others []Part // totals of another kind, for the tables alone
}

// What a bar is drawn in: 100 units high, the highest one 90 of them. A part has
// at least so many, that it is seen, and a gap to the next one.
const (
	barHeight = 90.0
	leastPart = 3.0
	partGap   = 1.5
	baseline  = 98.5
)

// rect is one part of a bar as it is drawn.
type rect struct {
	Tone string
	Y, H float64
}

// empty says that nothing was counted.
func (c Chart) empty() bool {
	for _, t := range c.Totals {
		if t.Count > 0 {
			return false
		}
	}
	return true
}

// highest is the total of the highest bar.
func (c Chart) highest() int {
	most := 0
	for _, b := range c.Bars {
		most = max(most, b.Total)
	}
	return most
}

// rects places the parts of a bar, where the highest bar has so many.
func (b Bar) rects(highest int) []rect {
	var drawn []rect
	y := baseline
	for _, p := range b.Parts {
		if p.Count == 0 || highest == 0 {
			continue
		}
		h := max(leastPart, float64(p.Count)/float64(highest)*barHeight)
		y -= h
		drawn = append(drawn, rect{p.Tone, y, h - partGap})
	}
	return drawn
}

func units(f float64) string { return strconv.FormatFloat(f, 'f', 1, 64) }
