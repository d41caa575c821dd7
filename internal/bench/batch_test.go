package bench

import (
	"testing"
	"time"

	"techbiz/cmd/techbiz/programtest"
)

func TestMain(m *testing.M) { programtest.Main(m) }

// onEach runs a benchmark on each database; place makes an empty place there.
func onEach(b *testing.B, bench func(b *testing.B, place func() *programtest.Place)) {
	for _, name := range []string{"SQLite", "PostgreSQL"} {
		b.Run(name, func(b *testing.B) {
			bench(b, func() *programtest.Place { return programtest.Databases[name](b) })
		})
	}
}

// BenchmarkBatch measures the largest batch: reading and checking the workbook,
// the answer to Confirm, and the accounts a second from Confirm to the last mail.
func BenchmarkBatch(b *testing.B) {
	const users = 10_000
	workbook := programtest.Workbook(b, 0, users)
	onEach(b, func(b *testing.B, place func() *programtest.Place) {
		var upload, confirm, whole time.Duration
		for b.Loop() {
			p := place()
			s := p.ServeReady(p.Token())
			begin := time.Now()
			id := s.Upload(workbook)
			upload += time.Since(begin)
			begin = time.Now()
			s.Submit(id)
			confirm += time.Since(begin)
			s.AwaitCompletion(id)
			whole += time.Since(begin)
			s.Kill()
		}
		perRun(b, upload, "upload-ms")
		perRun(b, confirm, "confirm-ms")
		b.ReportMetric(users*float64(b.N)/whole.Seconds(), "accounts/s")
		b.ReportMetric(0, "ns/op") // what it would say is not the batch's time
	})
}

// perRun reports the mean of a time.
func perRun(b *testing.B, total time.Duration, unit string) {
	b.ReportMetric(float64(total.Milliseconds())/float64(b.N), unit)
}
