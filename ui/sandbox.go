package ui

import (
	"net/http"
	"net/url"
	"time"

	"techbiz/internal/directory/sandbox"
	"techbiz/internal/fault"
	"techbiz/ui/component"
)

// How many mails and people the sandbox's page lists.
const sandboxRows = 50

// sandboxView is the other side: the mailbox, the people, the clock.
type sandboxView struct {
	To, Search  string
	Mails       []sandbox.Mail
	MailTotal   int
	People      []sandbox.Person
	PeopleTotal int
	Now         time.Time
	Live        string
	Problem     string // why an act was refused
}

// sandboxPage shows the other side.
func (p *portal) sandbox(w http.ResponseWriter, r *http.Request) error {
	return p.showSandbox(w, r, http.StatusOK, "")
}

// sandboxLive answers with the other side as it now stands, or with nothing when
// it stands as the page shows it.
func (p *portal) sandboxLive(w http.ResponseWriter, r *http.Request) error {
	v, err := p.sandboxView(r)
	if err != nil {
		return err
	}
	if v.Live == r.URL.RequestURI() {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return p.write(w, r, http.StatusOK, sandboxResults(v))
}

func (p *portal) showSandbox(w http.ResponseWriter, r *http.Request, status int, problem string) error {
	v, err := p.sandboxView(r)
	if err != nil {
		return err
	}
	v.Problem = problem
	f := p.frame(r, component.Frame{Title: "Sandbox", Actions: sandboxActions(v)})
	f.Officer = ""
	return p.show(w, r, status, sandboxPage(f, v), "results")
}

func (p *portal) sandboxView(r *http.Request) (sandboxView, error) {
	q := r.URL.Query()
	v := sandboxView{To: q.Get("to"), Search: q.Get("q"), Now: p.Sandbox.Now()}
	var err error
	if v.Mails, v.MailTotal, err = p.Sandbox.Mails(r.Context(), v.To, sandboxRows); err != nil {
		return v, err
	}
	if v.People, v.PeopleTotal, err = p.Sandbox.People(r.Context(), v.Search, sandboxRows); err != nil {
		return v, err
	}
	clean(q)
	v.Live = liveAddress("/sandbox/live", q, v.Mails, v.MailTotal, v.People, v.PeopleTotal)
	return v, nil
}

// sandboxMail shows one mail: its text and its links, never its HTML.
func (p *portal) sandboxMail(w http.ResponseWriter, r *http.Request) error {
	m, err := p.Sandbox.Mail(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	f := p.frame(r, component.Frame{Title: m.Subject, Crumbs: []component.Crumb{{Path: "/sandbox", Text: "Sandbox"}, {Text: "Mail"}}})
	f.Officer = ""
	return p.show(w, r, http.StatusOK, mailPage(f, m))
}

// sandboxAct does what a button does to a person; scripts get JSON.
func (p *portal) sandboxAct(w http.ResponseWriter, r *http.Request) error {
	details, err := readDetails(r)
	if err != nil {
		return p.sandboxAnswer(w, r, nil, err)
	}
	person, err := p.Sandbox.Act(r.Context(), r.PathValue("email"), sandbox.Act(r.PathValue("act")), details)
	return p.sandboxAnswer(w, r, personJSON(person), err)
}

// sandboxAdvance moves the clock forward.
func (p *portal) sandboxAdvance(w http.ResponseWriter, r *http.Request) error {
	days, err := readDays(r)
	if err != nil {
		return p.sandboxAnswer(w, r, nil, err)
	}
	now, err := p.Sandbox.Advance(r.Context(), days)
	return p.sandboxAnswer(w, r, map[string]time.Time{"now": now}, err)
}

// sandboxAnswer goes back to the sandbox's page after a button, and answers a
// script with JSON.
func (p *portal) sandboxAnswer(w http.ResponseWriter, r *http.Request, answer any, err error) error {
	if !wantsPage(r) {
		return p.json(w, r, answer, err)
	}
	if err == nil {
		return seeOther(w, r, "/sandbox")
	}
	f, ok := failures[fault.CodeOf(err)]
	if !ok || f.status >= http.StatusInternalServerError {
		return err
	}
	r.URL = &url.URL{Path: "/sandbox"}
	return p.showSandbox(w, r, f.status, fault.Of(err)[0].Message)
}

// linkView is the page that a link in a mail leads to.
type linkView struct {
	component.Form
	Person sandbox.Person
	Action string
	Done   bool
}

// registerForm shows what a registration link leads to; nothing changes, for
// mail scanners follow links.
func (p *portal) registerForm(w http.ResponseWriter, r *http.Request) error {
	return p.showLink(w, r, http.StatusOK, linkView{}, registerPage)
}

// register completes the registration.
func (p *portal) register(w http.ResponseWriter, r *http.Request) error {
	return p.followLink(w, r, sandbox.CompleteRegistration, registerPage)
}

// activateForm shows what an activation link leads to; nothing changes.
func (p *portal) activateForm(w http.ResponseWriter, r *http.Request) error {
	return p.showLink(w, r, http.StatusOK, linkView{}, activatePage)
}

// activate activates the account.
func (p *portal) activate(w http.ResponseWriter, r *http.Request) error {
	return p.followLink(w, r, sandbox.Activate, activatePage)
}

// followLink does what a link's page asks for.
func (p *portal) followLink(w http.ResponseWriter, r *http.Request, act sandbox.Act, page linkPage) error {
	details, err := readDetails(r)
	if err != nil {
		return err
	}
	person, err := p.Sandbox.ActByLink(r.Context(), r.PathValue("token"), act, details)
	if err == nil {
		return p.writeLink(w, r, http.StatusOK, linkView{Person: person, Done: true}, page)
	}
	f, ok := failures[fault.CodeOf(err)]
	if !ok || f.status == http.StatusNotFound || f.status >= http.StatusInternalServerError {
		return err
	}
	var v linkView
	for _, e := range fault.Of(err) {
		problem := component.Problem{Message: e.Message}
		if len(e.Field) > 0 {
			problem.Field = e.Field[len(e.Field)-1]
		}
		v.Problems = append(v.Problems, problem)
	}
	return p.showLink(w, r, f.status, v, page)
}

// showLink shows a link's page for the person whose link it is.
func (p *portal) showLink(w http.ResponseWriter, r *http.Request, status int, v linkView, page linkPage) error {
	person, err := p.Sandbox.PersonByLink(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	v.Person = person
	return p.writeLink(w, r, status, v, page)
}

func (p *portal) writeLink(w http.ResponseWriter, r *http.Request, status int, v linkView, page linkPage) error {
	v.Action = r.URL.Path
	v.Values = readValues(r, "firstName", "lastName", "contactNumber")
	f := p.frame(r, component.Frame{Title: "TechPass (sandbox)"})
	f.Officer = ""
	return p.show(w, r, status, page(f, v))
}
