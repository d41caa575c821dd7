package pocketbase

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"

	_ "github.com/pocketbase/pocketbase/migrations" // its tables

	"techbiz/cmd/techbiz/programtest"
)

const users = 10_000

// mode is how PocketBase runs.
type mode struct {
	name  string
	batch int // records that one request creates
}

var (
	// asItComes has every setting as PocketBase comes with, but that its batch API
	// is on.
	asItComes = mode{name: "as-it-comes", batch: 50}
	// favoured takes 20 times as many records a request, for fewer round trips, and
	// keeps no log of requests.
	favoured = mode{name: "favoured", batch: 1_000}
)

// These tell the test's own binary to serve PocketBase: in which folder, on which
// address, and in which mode.
const (
	dataVariable    = "POCKETBASE_DATA"
	addressVariable = "POCKETBASE_ADDRESS"
	modeVariable    = "POCKETBASE_MODE"
)

func TestMain(m *testing.M) {
	if data := os.Getenv(dataVariable); data != "" {
		m := asItComes
		if os.Getenv(modeVariable) == favoured.name {
			m = favoured
		}
		if err := serve(data, os.Getenv(addressVariable), m); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	programtest.Main(m)
}

// BenchmarkUsers creates the same 10,000 users with either program, a process of
// its own on SQLite, asked over HTTP: with TechBiz, with PocketBase as it comes and
// with PocketBase favoured, in turns. PocketBase stores one bare record for each
// and answers. TechBiz runs from Confirm to the last mail: it stores an invitation
// with its history, creates an account in the sandbox's directory, asks for its
// licence, renders and stores a mail, and keeps every step so that a crash loses
// and doubles nothing. A ratio is how many times as fast TechBiz is.
func BenchmarkUsers(b *testing.B) {
	workbook := programtest.Workbook(b, 0, users)
	var ours, plain, fast time.Duration
	for b.Loop() {
		plain += pocketBase(b, asItComes)
		ours += techBiz(b, workbook)
		fast += pocketBase(b, favoured)
	}
	n := float64(users * b.N)
	b.ReportMetric(n/ours.Seconds(), "techbiz/s")
	b.ReportMetric(n/plain.Seconds(), "pocketbase/s")
	b.ReportMetric(n/fast.Seconds(), "favoured/s")
	b.ReportMetric(plain.Seconds()/ours.Seconds(), "ratio")
	b.ReportMetric(fast.Seconds()/ours.Seconds(), "favoured-ratio")
	b.ReportMetric(0, "ns/op")
}

func techBiz(b *testing.B, workbook []byte) time.Duration {
	p := programtest.New(b)
	s := p.ServeReady(p.Token())
	defer s.Kill()
	id := s.Upload(workbook)
	begin := time.Now()
	s.Submit(id)
	s.AwaitCompletion(id)
	return time.Since(begin)
}

func pocketBase(b *testing.B, m mode) time.Duration {
	address := freeAddress(b)
	cmd := exec.CommandContext(b.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), dataVariable+"="+b.TempDir(), addressVariable+"="+address, modeVariable+"="+m.name)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	}()
	awaitHealth(b, "http://"+address+"/api/health")
	requests := make([][]byte, 0, users/m.batch)
	for first := 0; first < users; first += m.batch {
		requests = append(requests, records(b, first, m.batch))
	}
	begin := time.Now()
	for _, body := range requests {
		res, err := http.Post("http://"+address+"/api/batch", "application/json", bytes.NewReader(body))
		if err != nil {
			b.Fatal(err)
		}
		answer, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK {
			b.Fatalf("%s: %.300s, %v", res.Status, answer, err)
		}
	}
	return time.Since(begin)
}

// records is a request that creates n users from first on.
func records(b *testing.B, first, n int) []byte {
	b.Helper()
	requests := make([]map[string]any, n)
	for i := range requests {
		user := first + i
		requests[i] = map[string]any{
			"method": http.MethodPost, "url": "/api/collections/people/records",
			"body": map[string]any{
				"email": fmt.Sprintf("user.%d@vendor.com", user), "username": fmt.Sprintf("user.%d", user),
				"first_name": "Mei Ling", "last_name": fmt.Sprintf("Tan %d", user), "number": fmt.Sprintf("+65%d", 80_000_000+user),
				"organisation": "Vendor Pte Ltd", "department": "Engineering", "seed": user%2 == 0, "reason": "Works on the project",
			},
		}
	}
	body, err := json.Marshal(map[string]any{"requests": requests})
	if err != nil {
		b.Fatal(err)
	}
	return body
}

// serve runs PocketBase with one collection that has the fields and unique values
// of our users, and that anybody may add to, which spares it the look at a token.
func serve(data, address string, m mode) error {
	app := core.NewBaseApp(core.BaseAppConfig{DataDir: data})
	if err := app.Bootstrap(); err != nil {
		return err
	}
	if err := app.RunAllMigrations(); err != nil {
		return err
	}
	settings := app.Settings()
	settings.Batch.Enabled = true
	if m == favoured {
		settings.Batch.MaxRequests, settings.Batch.Timeout = m.batch, 60
		settings.Logs.MaxDays = 0 // it would store a line a request
	}
	if err := app.Save(settings); err != nil {
		return err
	}
	people, anybody := core.NewBaseCollection("people"), ""
	people.CreateRule = &anybody
	people.Fields.Add(&core.EmailField{Name: "email", Required: true}, &core.BoolField{Name: "seed"})
	for _, name := range []string{"username", "first_name", "last_name", "number", "organisation", "department", "reason"} {
		people.Fields.Add(&core.TextField{Name: name})
	}
	for _, name := range []string{"email", "username", "number"} {
		people.AddIndex("people_"+name, true, name, "")
	}
	if err := app.Save(people); err != nil {
		return err
	}
	return apis.Serve(app, apis.ServeConfig{HttpAddr: address})
}

func freeAddress(b *testing.B) string {
	b.Helper()
	var c net.ListenConfig
	l, err := c.Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func awaitHealth(b *testing.B, url string) {
	b.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		res, err := http.Get(url)
		if err != nil {
			continue // it does not listen yet
		}
		_ = res.Body.Close()
		if res.StatusCode == http.StatusOK {
			return
		}
	}
	b.Fatal("PocketBase did not start")
}
