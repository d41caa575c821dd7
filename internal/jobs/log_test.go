package jobs

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestQuiet(t *testing.T) {
	t.Parallel()
	log := func(least slog.Level) string {
		var out bytes.Buffer
		l := slog.New(quiet{slog.NewTextHandler(&out, &slog.HandlerOptions{
			Level:       least,
			ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr { return withoutTime(a) },
		})}).With("queue", "bulk").WithGroup("job")
		l.Debug("fetched")
		l.Info("counted", "n", 1)
		l.Warn("slow")
		l.Error("failed")
		return out.String()
	}
	const warnings = "level=WARN msg=slow queue=bulk\nlevel=ERROR msg=failed queue=bulk\n"
	if diff := cmp.Diff(warnings, log(slog.LevelInfo)); diff != "" {
		t.Error(diff)
	}
	all := "level=DEBUG msg=fetched queue=bulk\nlevel=DEBUG msg=counted queue=bulk job.n=1\n" + warnings
	if diff := cmp.Diff(all, log(slog.LevelDebug)); diff != "" {
		t.Error(diff)
	}
}

func withoutTime(a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}
