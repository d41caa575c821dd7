package bench

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"techbiz/cmd/techbiz/programtest"
)

// BenchmarkStart measures the time from the start of the process until /readyz
// says yes, on an empty place and on one that was used.
func BenchmarkStart(b *testing.B) {
	onEach(b, func(b *testing.B, place func() *programtest.Place) {
		var empty, existing time.Duration
		for b.Loop() {
			p := place()
			empty += start(p)
			existing += start(p)
		}
		perRun(b, empty, "empty-ms")
		perRun(b, existing, "existing-ms")
		b.ReportMetric(0, "ns/op")
	})
}

func start(p *programtest.Place) time.Duration {
	begin := time.Now()
	s := p.ServeReady("")
	took := time.Since(begin)
	s.Kill()
	return took
}

// idle is how long a process is left alone before its memory is read.
const idle = time.Minute

// BenchmarkIdle reads the memory of a process that has nothing to do, a minute
// after its start, and a minute after a batch.
func BenchmarkIdle(b *testing.B) {
	workbook := programtest.Workbook(b, 0, 3_000)
	onEach(b, func(b *testing.B, place func() *programtest.Place) {
		var fresh, used float64
		for b.Loop() {
			p := place()
			s := p.ServeReady(p.Token())
			time.Sleep(idle)
			fresh += memory(b, s.Process(), "VmRSS:")
			id := s.Upload(workbook)
			s.Submit(id)
			s.AwaitCompletion(id)
			time.Sleep(idle)
			used += memory(b, s.Process(), "VmRSS:")
			s.Kill()
		}
		b.ReportMetric(fresh/float64(b.N), "idle-MiB")
		b.ReportMetric(used/float64(b.N), "after-batch-MiB")
		b.ReportMetric(0, "ns/op")
	})
}

// memory is what a process holds in memory, in MiB, as Linux counts it: now (VmRSS:)
// or at the most so far (VmHWM:).
func memory(b *testing.B, process int, what string) float64 {
	b.Helper()
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", process))
	if err != nil {
		b.Skip(err)
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), what); ok {
			var kib float64
			if _, err := fmt.Sscanf(rest, "%f kB", &kib); err != nil {
				b.Fatal(err)
			}
			return kib / 1024
		}
	}
	b.Fatal("no " + what)
	return 0
}
