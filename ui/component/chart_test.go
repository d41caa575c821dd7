package component

import "testing"

func TestBar_Rects(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		parts   []Part
		highest int
		drawn   int
	}{
		"a part of nothing is not drawn":           {[]Part{{Tone: "ok", Count: 4}, {Tone: "warn"}}, 4, 1},
		"a small part beside a large one is seen":  {[]Part{{Tone: "ok", Count: 9998}, {Tone: "warn", Count: 1}, {Tone: "bad", Count: 1}}, 10000, 3},
		"an empty chart has no height to go by":    {[]Part{{Tone: "ok"}}, 0, 0},
		"a bar may be lower than the highest one":  {[]Part{{Tone: "ok", Count: 1}}, 100, 1},
		"three parts fill the bar from the bottom": {[]Part{{Count: 2}, {Count: 2}, {Count: 2}}, 6, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Bar{Parts: tt.parts}.rects(tt.highest)
			if len(got) != tt.drawn {
				t.Fatalf("%d parts drawn, want %d", len(got), tt.drawn)
			}
			below := baseline
			for _, r := range got {
				if r.H < leastPart-partGap || r.Y < 0 || r.Y+r.H > below {
					t.Errorf("%+v does not stand on what is below it, at %v", r, below)
				}
				below = r.Y
			}
		})
	}
}
