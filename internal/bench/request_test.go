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
		benchLists(b, s, "", []list{
			{"newest", `first: 50`},
			{"by-address", `first: 50, orderBy: {field: EMAIL, direction: ASC}`},
			{"search-of-one", `first: 50, filter: {search: "user.77777@"}`},
			{"search-of-111", `first: 50, filter: {search: "user.777"}`},
			{"search-of-all", `first: 50, filter: {search: "mei"}`},
		})
		benchColleagues(b, p, s)
	})
}

// list is a list of invitations, by the arguments of the query.
type list struct{ name, arguments string }

// benchLists measures lists in the API.
func benchLists(b *testing.B, s *programtest.Server, whose string, lists []list) {
	for _, list := range lists {
		query := `{ invitations(` + list.arguments + `) { totalCount totalIsExact pageInfo { hasNextPage endCursor }
			nodes { id email firstName lastName organisation department invitedAt techPassStatus seedStatus canResend
				inviter { email } batch { fileName } } } }`
		b.Run(whose+list.name, func(b *testing.B) {
			for b.Loop() {
				s.Query(&struct{}{}, query, nil)
			}
		})
	}
}

// benchColleagues measures the lists of an agency administrator who has a large
// agency, of one who has 111 of the 100,000 invitations, and of an administrator.
func benchColleagues(b *testing.B, p *programtest.Place, s *programtest.Server) {
	const small = "siti.aminah@small.gov.sg"
	lists := []list{
		{"newest", `first: 50, filter: {allOfficers: true}`},
		{"by-address", `first: 50, filter: {allOfficers: true}, orderBy: {field: EMAIL, direction: ASC}`},
		{"by-status", `first: 50, filter: {allOfficers: true}, orderBy: {field: TECHPASS_STATUS, direction: ASC}`},
		{"last-changed", `first: 50, filter: {allOfficers: true}, orderBy: {field: UPDATED_AT}`},
		{"search-of-one", `first: 50, filter: {allOfficers: true, search: "user.77777@"}`},
		{"search-of-all", `first: 50, filter: {allOfficers: true, search: "mei"}`},
	}
	own, other := s.Token, p.Command("token", "create", "--officer="+small, "--name=test")
	db := p.Database().Writer()
	for _, statement := range []string{
		`UPDATE invitations SET inviter_id = (SELECT id FROM officers WHERE email = '` + small + `') WHERE email_key LIKE 'user.777%'`,
		`UPDATE officers SET role = 'AGENCY_ADMIN'`,
	} {
		if _, err := db.ExecContext(b.Context(), statement); err != nil {
			b.Fatal(err)
		}
	}
	learn(b, p)
	benchLists(b, s, "large-agency/", lists)
	s.Token = other
	benchLists(b, s, "small-agency/", lists)
	s.Token = own
	if _, err := db.ExecContext(b.Context(), `UPDATE officers SET role = 'ADMIN'`); err != nil {
		b.Fatal(err)
	}
	benchLists(b, s, "everybody/", lists)
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
