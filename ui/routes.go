package ui

import (
	"net/http"

	"techbiz/internal/fault"
	"techbiz/ui/static"
)

// routes is the list of all addresses.
func (p *portal) routes() http.Handler {
	m := http.NewServeMux()

	m.HandleFunc("GET /{$}", p.officer(p.landing))

	m.HandleFunc("GET /sign-in", p.open(p.signInForm))
	m.HandleFunc("POST /sign-in", p.open(p.sendCode))
	m.HandleFunc("GET /sign-in/code", p.open(p.codeForm))
	m.HandleFunc("POST /sign-in/code", p.open(p.signIn))
	m.HandleFunc("GET "+providerPath, p.open(p.toProvider))
	m.HandleFunc("GET "+CallbackPath, p.open(p.fromProvider))
	m.HandleFunc("GET "+donePath, p.officer(p.doneAtProvider))
	m.HandleFunc("POST /sign-out", p.open(p.signOut))
	m.HandleFunc("GET "+SignedOutPath, p.open(p.signedOut))
	m.HandleFunc("GET /sessions", p.officer(p.sessions))
	m.HandleFunc("POST /sessions/end", p.officer(p.endSessions))
	m.HandleFunc("POST /sessions/{id}/end", p.officer(p.endSession))
	m.HandleFunc("GET /session/live", p.officer(p.sessionLive))
	m.HandleFunc("POST /session/keep", p.officer(p.keepSession))

	m.HandleFunc("GET /invite/email", p.officer(p.emailForm))
	m.HandleFunc("POST /invite/email", p.officer(p.inviteByEmail))
	m.HandleFunc("POST /invite/email/check", p.officer(p.checkEmailField))
	m.HandleFunc("GET /invite/single", p.officer(p.singleForm))
	m.HandleFunc("POST /invite/single", p.officer(p.createAccount))
	m.HandleFunc("POST /invite/single/check", p.officer(p.checkAccountField))
	p.lists(m)
	p.access(m)

	m.HandleFunc("GET /status", p.officer(p.status))
	m.HandleFunc("GET /status/live", p.officer(p.statusLive))
	m.HandleFunc("GET /status/events", p.officer(p.statusEvents))
	m.HandleFunc("GET /status/overview", p.officer(p.overview))
	m.HandleFunc("GET /status/export.xlsx", p.officer(p.exportXLSX))
	m.HandleFunc("GET /status/export.csv", p.officer(p.exportCSV))
	m.HandleFunc("GET /status/resend", p.officer(p.confirmResendAll))
	m.HandleFunc("POST /status/resend", p.officer(p.resendAll))
	m.HandleFunc("GET /status/resend/done", p.officer(p.resentAll))
	m.HandleFunc("GET /status/{id}", p.officer(p.details))
	m.HandleFunc("GET /status/{id}/live", p.officer(p.detailsLive))
	m.HandleFunc("POST /status/{id}/resend", p.officer(p.resend))
	m.HandleFunc("GET /status/{id}/cancel", p.officer(p.confirmCancel))
	m.HandleFunc("POST /status/{id}/cancel", p.officer(p.cancelInvitation))
	m.HandleFunc("GET /status/{id}/correct", p.officer(p.correctForm))
	m.HandleFunc("POST /status/{id}/correct", p.officer(p.correct))
	m.HandleFunc("POST /status/{id}/correct/check", p.officer(p.checkCorrect))

	m.HandleFunc("GET /activity", p.officer(p.activity))
	m.HandleFunc("GET /activity/export.csv", p.officer(p.exportActivity))

	if p.Explorer {
		m.HandleFunc("GET /explorer", p.officer(p.explorer))
	}
	if p.Sandbox != nil {
		m.HandleFunc("GET /sandbox", p.open(p.sandbox))
		m.HandleFunc("GET /sandbox/live", p.open(p.sandboxLive))
		m.HandleFunc("GET /sandbox/mail.json", p.open(p.mailJSON))
		m.HandleFunc("GET /sandbox/mail/{id}", p.open(p.sandboxMail))
		m.HandleFunc("POST /sandbox/people/{email}/{act}", p.open(p.sandboxAct))
		m.HandleFunc("POST /sandbox/clock/advance", p.open(p.sandboxAdvance))
		m.HandleFunc("GET /sandbox/register/{token}", p.open(p.registerForm))
		m.HandleFunc("POST /sandbox/register/{token}", p.open(p.register))
		m.HandleFunc("GET /sandbox/activate/{token}", p.open(p.activateForm))
		m.HandleFunc("POST /sandbox/activate/{token}", p.open(p.activate))
	}

	sameOrigin := http.NewCrossOriginProtection()
	sameOrigin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.RecordRefused != nil {
			p.RecordRefused(r.Context(), "A form from another site")
		}
		p.fail(w, r, fault.New(fault.Forbidden, "The form was sent from another site, so we did not take it."))
	}))
	pages := headers(sameOrigin.Handler(p.limited(p.whole(m))))
	all := http.NewServeMux()
	all.Handle("GET /static/", static.Handler())
	all.Handle("/", pages)
	return all
}

// access are the addresses of tokens, domains and roles.
func (p *portal) access(m *http.ServeMux) {
	m.HandleFunc("GET /tokens", p.officer(p.tokens))
	m.HandleFunc("POST /tokens", p.officer(p.createToken))
	m.HandleFunc("GET /tokens/{id}/revoke", p.officer(p.confirmRevoke))
	m.HandleFunc("POST /tokens/{id}/revoke", p.officer(p.revokeToken))

	m.HandleFunc("GET /domains/request", p.officer(p.requestForm))
	m.HandleFunc("POST /domains/request", p.officer(p.requestDomain))

	m.HandleFunc("GET /admin", p.administrator(p.admin))
	m.HandleFunc("POST /admin/domains", p.administrator(p.allowDomain))
	m.HandleFunc("GET /admin/domains/remove", p.administrator(p.confirmRemoval))
	m.HandleFunc("POST /admin/domains/remove", p.administrator(p.removeDomain))
	m.HandleFunc("GET /admin/requests/{id}", p.administrator(p.decisionForm))
	m.HandleFunc("POST /admin/requests/{id}", p.administrator(p.decide))
	m.HandleFunc("GET /admin/officers/{id}/role", p.administrator(p.roleForm))
	m.HandleFunc("POST /admin/officers/{id}/role", p.administrator(p.setRole))
}

// lists are the addresses of Create multiple accounts.
func (p *portal) lists(m *http.ServeMux) {
	m.HandleFunc("GET /invite/multiple", p.officer(p.uploadForm))
	m.HandleFunc("POST /invite/multiple", p.officerFile(p.upload))
	m.HandleFunc("GET /invite/multiple/template.xlsx", p.officer(p.template))
	m.HandleFunc("GET /invite/multiple/{id}", p.officer(p.batch))
	m.HandleFunc("GET /invite/multiple/{id}/live", p.officer(p.batchLive))
	m.HandleFunc("GET /invite/multiple/{id}/events", p.officer(p.batchEvents))
	m.HandleFunc("POST /invite/multiple/{id}/upload", p.officerFile(p.upload))
	m.HandleFunc("GET /invite/multiple/{id}/upload", p.officer(p.fileForm))
	m.HandleFunc("GET /invite/multiple/{id}/corrections.xlsx", p.officer(p.downloadCorrections))
	m.HandleFunc("GET /invite/multiple/{id}/report.xlsx", p.officer(p.downloadReport))
	m.HandleFunc("GET /invite/multiple/{id}/rows/new", p.officer(p.newRow))
	m.HandleFunc("POST /invite/multiple/{id}/rows/new", p.officer(p.addRow))
	m.HandleFunc("GET /invite/multiple/{id}/rows/{row}", p.officer(p.row))
	m.HandleFunc("POST /invite/multiple/{id}/rows/{row}", p.officer(p.updateRow))
	m.HandleFunc("POST /invite/multiple/{id}/rows/{row}/check", p.officer(p.checkRowField))
	m.HandleFunc("POST /invite/multiple/{id}/remove", p.officer(p.removeRows))
	m.HandleFunc("POST /invite/multiple/{id}/suggestions", p.officer(p.applySuggestions))
	m.HandleFunc("GET /invite/multiple/{id}/hand-over", p.officer(p.handOverForm))
	m.HandleFunc("POST /invite/multiple/{id}/hand-over", p.officer(p.handOver))
	m.HandleFunc("GET /invite/multiple/{id}/reset", p.officer(p.confirmReset))
	m.HandleFunc("POST /invite/multiple/{id}/reset", p.officer(p.reset))
	m.HandleFunc("GET /invite/multiple/{id}/submit", p.officer(p.confirmSubmit))
	m.HandleFunc("POST /invite/multiple/{id}/submit", p.officer(p.submit))
	m.HandleFunc("POST /invite/multiple/{id}/stop", p.officer(p.stop))
	m.HandleFunc("POST /invite/multiple/{id}/continue", p.officer(p.goOn))
	m.HandleFunc("POST /invite/multiple/{id}/retry", p.officer(p.retry))
	m.HandleFunc("GET /invite/multiple/{id}/undo", p.officer(p.confirmUndo))
	m.HandleFunc("POST /invite/multiple/{id}/undo", p.officer(p.undo))
}

// whole answers what no route matches with a page, too.
func (p *portal) whole(m *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, pattern := m.Handler(r)
		if pattern != "" {
			m.ServeHTTP(w, r)
			return
		}
		// Only the mux knows whether another method would have matched.
		probe := &statusOnly{header: http.Header{}}
		h.ServeHTTP(probe, r)
		switch {
		case probe.status == http.StatusMethodNotAllowed:
			w.Header().Set("Allow", probe.header.Get("Allow"))
			p.fail(w, r, fault.New(methodNotAllowed, "This address does not take %s.", r.Method))
		case probe.status >= 300 && probe.status < 400:
			http.Redirect(w, r, probe.header.Get("Location"), probe.status)
		default:
			p.fail(w, r, fault.New(fault.NotFound, "No page has this address."))
		}
	})
}

// statusOnly keeps a handler's verdict and drops its text.
type statusOnly struct {
	header http.Header
	status int
}

// Header returns the header to set.
func (s *statusOnly) Header() http.Header { return s.header }

// WriteHeader keeps the status.
func (s *statusOnly) WriteHeader(status int) { s.status = status }

// Write drops the text.
func (s *statusOnly) Write(b []byte) (int, error) { return len(b), nil }
