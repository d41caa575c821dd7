package ui

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"techbiz/internal/directory/sandbox"
	"techbiz/internal/fault"
	"techbiz/ui/component"
)

// How many mails a script gets: absent, and at most.
const (
	defaultMails = 50
	maxMails     = 10000
)

// linkPage is the page of a link in a mail.
type linkPage func(component.Frame, linkView) templ.Component

type mailAnswer struct {
	ID      string    `json:"id"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	SentAt  time.Time `json:"sentAt"`
	Text    string    `json:"text"`
	Links   []string  `json:"links"`
}

type personAnswer struct {
	Email         string     `json:"email"`
	Username      string     `json:"username"`
	FirstName     string     `json:"firstName"`
	LastName      string     `json:"lastName"`
	ContactNumber string     `json:"contactNumber"`
	State         string     `json:"state"`
	Seed          string     `json:"seed"`
	CreatedAt     time.Time  `json:"createdAt"`
	ExpiresAt     *time.Time `json:"expiresAt"`
	ActivatedAt   *time.Time `json:"activatedAt"`
}

// mailJSON gives the mailbox to scripts, newest first.
func (p *portal) mailJSON(w http.ResponseWriter, r *http.Request) error {
	to, limit, err := readMailQuery(r)
	if err != nil {
		return p.json(w, r, nil, err)
	}
	mails, total, err := p.Sandbox.Mails(r.Context(), to, limit)
	answer := struct {
		Total int          `json:"total"`
		Mails []mailAnswer `json:"mails"`
	}{total, make([]mailAnswer, len(mails))}
	for i, m := range mails {
		answer.Mails[i] = mailAnswer{m.ID, m.To, m.Subject, m.SentAt, m.Text, append([]string{}, m.Links...)}
	}
	return p.json(w, r, answer, err)
}

func readMailQuery(r *http.Request) (to string, limit int, err error) {
	q := r.URL.Query()
	to, limit = q.Get("to"), defaultMails
	if to != "" {
		if strings.Count(to, "@") != 1 || strings.ContainsAny(to, " ,;<>\"") {
			return "", 0, fault.New(fault.BadRequest, "to must be one plain address.")
		}
	}
	if s := q.Get("limit"); s != "" {
		if limit, err = strconv.Atoi(s); err != nil || limit < 1 || limit > maxMails {
			return "", 0, fault.New(fault.BadRequest, "limit must be a number from 1 to %d.", maxMails)
		}
	}
	return to, limit, nil
}

func personJSON(p sandbox.Person) personAnswer {
	return personAnswer{p.Email, p.Username, p.FirstName, p.LastName, p.ContactNumber, p.State, p.Seed, p.CreatedAt, p.ExpiresAt, p.ActivatedAt}
}

// readDetails reads what a person registers with, from JSON or a form; what is
// absent the sandbox makes up.
func readDetails(r *http.Request) (sandbox.Details, error) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		f := r.PostForm
		return sandbox.Details{FirstName: f.Get("firstName"), LastName: f.Get("lastName"), ContactNumber: f.Get("contactNumber")}, nil
	}
	var d struct{ FirstName, LastName, ContactNumber string }
	if err := json.NewDecoder(r.Body).Decode(&d); err != nil && !errors.Is(err, io.EOF) {
		return sandbox.Details{}, fault.Wrap(err, fault.BadRequest, "The body must be JSON such as {\"firstName\": \"Mei Ling\"}.")
	}
	return sandbox.Details(d), nil
}

func readDays(r *http.Request) (int, error) {
	s := r.FormValue("days")
	if s == "" {
		return 1, nil
	}
	days, err := strconv.Atoi(s)
	if err != nil {
		return 0, fault.New(fault.BadRequest, "days must be a number from 1 to 366.")
	}
	return days, nil
}

// wantsPage tells a button from a script.
func wantsPage(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

// json answers a script: with the status of the fault and its sentence, or with
// the answer.
func (p *portal) json(w http.ResponseWriter, r *http.Request, answer any, err error) error {
	status := http.StatusOK
	if err != nil {
		f, ok := failures[fault.CodeOf(err)]
		if !ok || f.status == http.StatusInternalServerError {
			f = failures[fault.Internal]
			p.Log.ErrorContext(r.Context(), "sandbox failed", "route", r.Pattern, "error", err)
		}
		status = f.status
		body := map[string]any{"code": fault.CodeOf(err), "message": f.title}
		if l := fault.Of(err); len(l) > 0 {
			body["message"] = l[0].Message
		}
		answer = map[string]any{"error": body}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	return json.NewEncoder(w).Encode(answer)
}
