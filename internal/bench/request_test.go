package bench

import (
	"sync/atomic"
	"testing"

	"entgo.io/ent/dialect"

	"techbiz/cmd/techbiz/programtest"
)

// clients call at the same time where a benchmark speaks of many.
const clients = 16

// BenchmarkCreateAccount measures single accounts, accepted with their work
// queued, by many clients at once.
func BenchmarkCreateAccount(b *testing.B) {
	onEach(b, func(b *testing.B, place func() *programtest.Place) {
		p := place()
		s := p.ServeReady(p.Token())
		var n atomic.Int64
		many(b, func() { s.CreateAccount(int(n.Add(1))) })
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "accepted/s")
	})
}

// many runs b.N calls from all clients.
func many(b *testing.B, call func()) {
	b.Helper()
	left := atomic.Int64{}
	left.Store(int64(b.N))
	done := make(chan struct{})
	b.ResetTimer()
	for range clients {
		go func() {
			defer func() { done <- struct{}{} }()
			for left.Add(-1) >= 0 {
				call()
			}
		}()
	}
	for range clients {
		<-done
	}
	b.StopTimer()
}

// BenchmarkStatus measures pages of User creation status, of 50 rows with inviter
// and batch, where one officer has 100,000 invitations.
func BenchmarkStatus(b *testing.B) {
	const batches, users = 10, 10_000
	onEach(b, func(b *testing.B, place func() *programtest.Place) {
		p := place()
		s := p.ServeReady(p.Token())
		for n := range batches {
			id := s.Upload(programtest.Workbook(b, n*users, users))
			s.Submit(id)
			s.AwaitCompletion(id)
		}
		learn(b, p)
		b.Run("page-of-50-in-the-portal", func(b *testing.B) { benchPage(b, s, "/status?size=50") })
		for _, list := range []struct{ name, arguments string }{
			{"newest", `first: 50`},
			{"by-address", `first: 50, orderBy: {field: EMAIL, direction: ASC}`},
			{"search-of-one", `first: 50, filter: {search: "user.77777@"}`},
			{"search-of-111", `first: 50, filter: {search: "user.777"}`},
			{"search-of-all", `first: 50, filter: {search: "mei"}`},
		} {
			query := `{ invitations(` + list.arguments + `) { totalCount totalIsExact pageInfo { hasNextPage endCursor }
				nodes { id email firstName lastName organisation department invitedAt techPassStatus seedStatus canResend
					inviter { email } batch { fileName } } } }`
			b.Run(list.name, func(b *testing.B) {
				for b.Loop() {
					s.Query(&struct{}{}, query, nil)
				}
			})
		}
	})
}

// learn does at once what both databases do within minutes: it looks at how the
// tables have grown.
func learn(b *testing.B, p *programtest.Place) {
	b.Helper()
	db := p.Database()
	err := db.Learn(b.Context())
	if err == nil && db.Dialect() == dialect.Postgres {
		_, err = db.Writer().ExecContext(b.Context(), "ANALYZE")
	}
	if err != nil {
		b.Fatal(err)
	}
}
