package requestid

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestChoose(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		outside string
		keep    bool
	}{
		{"a well-formed id is kept", "gateway-7f3a.01_x", true},
		{"no id gives a new one", "", false},
		{"a short id is refused", "abc", false},
		{"a long id is refused", strings.Repeat("a", 65), false},
		{"a line break is refused", "abcdefgh\nlevel=ERROR", false},
		{"an address is refused", "tan.ah.kow@agency.gov.sg", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := Choose(c.outside)
			if (got == c.outside) != c.keep {
				t.Errorf("Choose(%q) = %q, kept should be %v", c.outside, got, c.keep)
			}
			if !wellFormed(got) {
				t.Errorf("Choose(%q) = %q is not well-formed", c.outside, got)
			}
		})
	}
}

func TestLogHandler(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(LogHandler(slog.NewTextHandler(&out, nil))).With("part", "test")
	log.InfoContext(With(t.Context(), "id-in-context"), "inside")
	log.InfoContext(t.Context(), "outside")
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 2 || !strings.HasSuffix(lines[0], "part=test request_id=id-in-context") || strings.Contains(lines[1], "request_id") {
		t.Errorf("logged:\n%s", out.String())
	}
}
