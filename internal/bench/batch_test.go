package bench

import (
	"bytes"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

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

// uploads is how often a batch's workbook is uploaded to one server.
const uploads = 4

// BenchmarkBatch measures the largest batch: reading, checking and storing the
// workbook, beside excelize's bare read of the same file, which takes turns with it;
// the answer to Confirm; and the accounts a second from Confirm to the last mail.
//
// The first upload to a program that has just been started finds no memory, no
// connection and no statement ready. It is told apart; the ratio is that of the
// others.
func BenchmarkBatch(b *testing.B) {
	const users = 10_000
	workbook := programtest.Workbook(b, 0, users)
	onEach(b, func(b *testing.B, place func() *programtest.Place) {
		var bare, first, upload, confirm, whole time.Duration
		for b.Loop() {
			p := place()
			s := p.ServeReady(p.Token())
			begin := time.Now()
			id := s.Upload(workbook)
			first += time.Since(begin)
			for range uploads - 1 {
				bare += bareRead(b, workbook)
				begin = time.Now()
				id = s.Upload(workbook)
				upload += time.Since(begin)
			}
			begin = time.Now()
			s.Submit(id)
			confirm += time.Since(begin)
			s.AwaitCompletion(id)
			whole += time.Since(begin)
			end(b, p, s)
		}
		perRun(b, bare/(uploads-1), "excelize-ms")
		perRun(b, first, "first-upload-ms")
		perRun(b, upload/(uploads-1), "upload-ms")
		b.ReportMetric(upload.Seconds()/bare.Seconds(), "upload/excelize")
		perRun(b, confirm, "confirm-ms")
		b.ReportMetric(users*float64(b.N)/whole.Seconds(), "accounts/s")
		b.ReportMetric(0, "ns/op") // what it would say is not the batch's time
	})
}

// BenchmarkGrowth measures how a batch's cost grows from 10,000 users to 50,000, each
// on an empty place, and the most memory that the larger one takes.
func BenchmarkGrowth(b *testing.B) {
	const small, large = 10_000, 50_000
	ten, fifty := programtest.Workbook(b, 0, small), programtest.Workbook(b, 0, large)
	onEach(b, func(b *testing.B, place func() *programtest.Place) {
		var upload, whole [2]time.Duration
		var peak float64
		for b.Loop() {
			for n, workbook := range [][]byte{ten, fifty} {
				p := place()
				p.Set("TECHBIZ_MAX_ROWS=50000")
				s := p.ServeReady(p.Token())
				begin := time.Now()
				id := s.Upload(workbook)
				upload[n] += time.Since(begin)
				begin = time.Now()
				s.Submit(id)
				s.AwaitCompletion(id)
				whole[n] += time.Since(begin)
				peak = max(peak, memory(b, s.Process(), "VmHWM:"))
				end(b, p, s)
			}
		}
		b.ReportMetric(upload[1].Seconds()/upload[0].Seconds(), "upload-50k/10k")
		b.ReportMetric(whole[1].Seconds()/whole[0].Seconds(), "accounts-50k/10k")
		b.ReportMetric(peak, "peak-MiB")
		b.ReportMetric(0, "ns/op")
	})
}

// end ends a run. What it has written and the disk has not taken yet would be written
// during the next ones.
func end(b *testing.B, p *programtest.Place, s *programtest.Server) {
	b.Helper()
	s.Kill()
	if err := os.RemoveAll(p.Folder()); err != nil {
		b.Fatal(err)
	}
}

// bareRead is how long excelize takes to go through the rows, doing nothing with
// them.
func bareRead(b *testing.B, workbook []byte) time.Duration {
	b.Helper()
	begin := time.Now()
	f, err := excelize.OpenReader(bytes.NewReader(workbook))
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := f.Rows(f.GetSheetName(0))
	if err != nil {
		b.Fatal(err)
	}
	for rows.Next() {
		if _, err := rows.Columns(excelize.Options{RawCellValue: true}); err != nil {
			b.Fatal(err)
		}
	}
	if err := errors.Join(rows.Error(), rows.Close()); err != nil {
		b.Fatal(err)
	}
	return time.Since(begin)
}

// perRun reports the mean of a time.
func perRun(b *testing.B, total time.Duration, unit string) {
	b.ReportMetric(float64(total.Milliseconds())/float64(b.N), unit)
}
