package ui

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"techbiz/ui/operation"
)

// list answers as a schema with these invitations and the operations besides.
func list(more answers, nodes ...map[string]any) answers {
	a := answers{
		"Invitations": func(map[string]any) any {
			page := emptyList()
			page["nodes"], page["totalCount"] = append([]map[string]any{}, nodes...), len(nodes)
			return map[string]any{"invitations": page}
		},
		"InvitationSummary": func(map[string]any) any {
			return map[string]any{"invitationSummary": map[string]any{
				"byTechPassStatus": []any{map[string]any{"status": "ONBOARDED", "count": len(nodes)}},
				"bySeedStatus":     []any{map[string]any{"status": nil, "count": 0}},
				"byWeek":           []any{map[string]any{"weekOf": "2026-11-23", "count": 1, "byTechPassStatus": []any{}}},
			}}
		},
		"InvitationInFull": func(v map[string]any) any {
			for _, n := range nodes {
				if n["id"] == v["id"] {
					return map[string]any{"invitation": n}
				}
			}
			return map[string]any{"invitation": nil}
		},
	}
	maps.Copy(a, more)
	return a
}

// invited is an invitation as the schema answers, and what is else about it.
func invited(id string, more map[string]any) map[string]any {
	i := map[string]any{
		"id": id, "method": "SINGLE_ACCOUNT", "userType": "VENDOR", "email": id + "@vendor.com", "techPassUsername": id,
		"firstName": "Mei", "lastName": "Tan", "contactNumber": "+6591234567", "organisation": "Vendor", "department": nil,
		"seedRequired": true, "reason": "Operates it", "invitedAt": "2026-11-20T17:00:00Z", "updatedAt": "2026-11-20T17:00:00Z",
		"sendCount": 1, "mail": "ACCEPTED", "techPassStatus": "NOT_ONBOARDED", "seedStatus": "NOT_REQUIRED", "provisioning": "SUCCEEDED",
		"canResend": true, "canCancel": true, "inviter": map[string]any{"email": "tan@tech.gov.sg"}, "history": []any{},
	}
	maps.Copy(i, more)
	return i
}

func TestStatus_Search(t *testing.T) {
	t.Parallel()
	var first any
	a := list(nil)
	inner := a["Invitations"]
	a["Invitations"] = func(v map[string]any) any { first = v["first"]; return inner(v) }
	h := setup(t, a)
	r := byHTMX(get("/status?q=tan&techpass=&seed="), "results")
	r.Header.Set("HX-Current-URL", "http://example.com/status?q=ta")
	w := serve(h, signedIn(r))
	if got := w.Header().Get("HX-Replace-Url"); got != "/status?q=tan" {
		t.Errorf("typing: the address becomes %q", got)
	}
	if strings.Contains(w.Body.String(), "<main") || element(t, w, "results") == nil {
		t.Error("more or less than the results came back")
	}
	if !strings.Contains(w.Body.String(), "No invitation matches.") {
		t.Error("the number of matches is not said aloud")
	}
	if first != json.Number("10") && first != int64(10) {
		t.Errorf("asked for %v rows", first)
	}
	r = byHTMX(get("/status?q=tan&techpass=ONBOARDED"), "results")
	r.Header.Set("HX-Current-URL", "http://example.com/status?q=tan")
	if got := serve(h, signedIn(r)).Header().Get("HX-Push-Url"); got != "/status?q=tan&techpass=ONBOARDED" {
		t.Errorf("a filter: the address becomes %q", got)
	}
}

func TestStatus_CleanAddress(t *testing.T) {
	t.Parallel()
	w := serve(setup(t, list(nil)), signedIn(get("/status?q=&techpass=ONBOARDED&sort=")))
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/status?techpass=ONBOARDED" {
		t.Errorf("got %d to %q", w.Code, w.Header().Get("Location"))
	}
}

func TestStatus_LiveIsSilentWithoutNews(t *testing.T) {
	t.Parallel()
	total := 0
	a := list(nil)
	a["Invitations"] = func(map[string]any) any {
		page := emptyList()
		page["totalCount"] = total
		return map[string]any{"invitations": page}
	}
	h := setup(t, a)
	live := attribute(element(t, serve(h, signedIn(get("/status?q=tan"))), "news"), "hx-get")
	if w := serve(h, signedIn(byHTMX(get(live), "results"))); w.Code != http.StatusNoContent {
		t.Errorf("without news: %d", w.Code)
	}
	total = 1
	if w := serve(h, signedIn(byHTMX(get(live), "results"))); w.Code != http.StatusOK || element(t, w, "results") == nil {
		t.Errorf("with news: %d", w.Code)
	}
}

func TestStatus_ManyInvitationsWaitForTheOverview(t *testing.T) {
	t.Parallel()
	a := list(nil)
	a["Invitations"] = func(map[string]any) any {
		page := emptyList()
		page["totalCount"] = overviewWithList + 1
		return map[string]any{"invitations": page}
	}
	h := setup(t, a)
	chart := element(t, serve(h, signedIn(get("/status?techpass=ONBOARDED"))), "chart")
	if got := attribute(chart, "hx-get"); got != "/status/overview?techpass=ONBOARDED" {
		t.Errorf("the chart is fetched from %q", got)
	}
	w := serve(h, signedIn(byHTMX(get("/status/overview"), "chart")))
	if !strings.Contains(w.Body.String(), `hx-target="#chart"`) {
		t.Error("no chart came")
	}
	w = serve(h, signedIn(get("/status/overview?techpass=ONBOARDED")))
	if got := w.Header().Get("Location"); got != "/status?overview=yes&techpass=ONBOARDED" {
		t.Errorf("without a script it leads to %q", got)
	}
	w = serve(h, signedIn(get(w.Header().Get("Location"))))
	if attribute(element(t, w, "chart"), "hx-get") != "" {
		t.Error("asked for, the overview is still fetched later")
	}
}

func TestDetails(t *testing.T) {
	t.Parallel()
	h := setup(t, list(nil,
		invited("open", map[string]any{"history": []any{
			map[string]any{"at": "2026-11-20T17:00:00Z", "what": "INVITED", "by": map[string]any{"email": "tan@tech.gov.sg", "name": "Tan Wei Ling"}},
			map[string]any{"at": "2026-11-20T17:01:00Z", "what": "SOMETHING_NEW"},
		}}),
		invited("gone", map[string]any{"techPassStatus": "USER_NOT_FOUND", "canResend": false, "canCancel": false, "method": "EMAIL_INVITATION", "mail": "REFUSED", "mailFailure": "550 <no>"}),
	))
	for name, tt := range map[string]struct {
		request   *http.Request
		has, lack []string
	}{
		"an open invitation can be resent, corrected and cancelled": {
			get("/status/open?back=q%3Dmei"),
			[]string{"<h1", "21-11-2026, 01:00", " by Tan Wei Ling", "Something new", ">Resend<", "/status/open/correct?back=q%3Dmei", "/status/open/cancel", `href="/status?q=mei"`, "open@techpass.gov.sg"},
			[]string{"Invite again", "drawer"},
		},
		"one that ended can only be invited again": {
			get("/status/gone"),
			[]string{"/invite/email?from=gone", "Refused by the mail relay", "550 &lt;no&gt;"},
			[]string{">Resend<", "/status/gone/correct"},
		},
		"over the list it is a drawer": {
			byHTMX(get("/status/open"), "dialog"),
			[]string{`<dialog class="drawer"`, `hx-target="#dialog"`},
			[]string{"<h1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := serve(h, signedIn(tt.request)).Body.String()
			for _, want := range tt.has {
				if !strings.Contains(body, want) {
					t.Errorf("no %s", want)
				}
			}
			for _, no := range tt.lack {
				if strings.Contains(body, no) {
					t.Errorf("there is %s", no)
				}
			}
		})
	}
	if w := serve(h, signedIn(get("/status/other"))); w.Code != http.StatusNotFound {
		t.Errorf("an invitation that is not there: %d", w.Code)
	}
}

func TestDetails_Changes(t *testing.T) {
	t.Parallel()
	payload := func(name, id string, errs ...any) func(map[string]any) any {
		return func(map[string]any) any {
			var i any
			if len(errs) == 0 {
				i = invited(id, nil)
			}
			return map[string]any{name: map[string]any{"invitation": i, "errors": append([]any{}, errs...)}}
		}
	}
	h := setup(t, list(answers{
		"ResendInvitation": payload("resendInvitation", "a"),
		"CancelInvitation": payload("cancelInvitation", "a", problem("NOT_CANCELLABLE", "", "It has ended already.")),
		"CorrectAddress": func(v map[string]any) any {
			if v["email"] == "" {
				return payload("correctAddress", "", problem("REQUIRED", "email", "Enter the address."), problem("REQUIRED", "techPassUsername", "Enter a username."))(v)
			}
			return payload("correctAddress", "b")(v)
		},
	}, invited("a", nil)))
	form := func(values ...string) url.Values {
		q := url.Values{"back": {"q=mei"}}
		for i := 0; i < len(values); i += 2 {
			q.Set(values[i], values[i+1])
		}
		return q
	}
	for name, tt := range map[string]struct {
		request  *http.Request
		status   int
		location string
		says     string
	}{
		"a resend from the details leads back to them":   {post("/status/a/resend", form("details", "yes")), http.StatusSeeOther, "/status/a?back=q%3Dmei&done=resent", ""},
		"a resend from the list leads back to it":        {post("/status/a/resend", form()), http.StatusSeeOther, "/status?q=mei&resent=a", ""},
		"a cancellation that came too late says so":      {post("/status/a/cancel", form()), http.StatusUnprocessableEntity, "", "It has ended already."},
		"a correction leads to the new invitation":       {post("/status/a/correct", form("email", "b@vendor.com")), http.StatusSeeOther, "/status/b?back=q%3Dmei&done=corrected", ""},
		"a wrong correction keeps the form":              {post("/status/a/correct", form("email", "")), http.StatusUnprocessableEntity, "", `href="#email"`},
		"what has no field here stands without a link":   {post("/status/a/correct", form("email", "")), http.StatusUnprocessableEntity, "", "<li>Enter a username.</li>"},
		"a field that is left is checked by the service": {post("/status/none/correct/check?field=email", form("email", "")), http.StatusNotFound, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := serve(h, signedIn(tt.request))
			if w.Code != tt.status || w.Header().Get("Location") != tt.location {
				t.Errorf("got %d to %q, want %d to %q", w.Code, w.Header().Get("Location"), tt.status, tt.location)
			}
			if body := strings.Join(strings.Fields(w.Body.String()), " "); !strings.Contains(body, tt.says) {
				t.Errorf("the page does not say %s", tt.says)
			}
		})
	}
}

func TestResendAll(t *testing.T) {
	t.Parallel()
	var asked []any
	h := setup(t, list(answers{"ResendInvitations": func(v map[string]any) any {
		asked = append(asked, v["dryRun"])
		return map[string]any{"resendInvitations": map[string]any{
			"resent": 3, "errors": []any{},
			"leftOut": []any{map[string]any{"code": "RESEND_TOO_SOON", "count": 2, "message": "x"}},
		}}
	}}))
	w := serve(h, signedIn(get("/status/resend?techpass=NOT_ONBOARDED")))
	for _, want := range []string{"Resend to 3 people?", "TechPass Status: Not Onboarded", "2 people are left out", "2 resent in the last 24 hours", `name="techpass" value="NOT_ONBOARDED"`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the question does not say %q", want)
		}
	}
	w = serve(h, signedIn(post("/status/resend", url.Values{"techpass": {"NOT_ONBOARDED"}})))
	if w.Code != http.StatusSeeOther {
		t.Fatalf("got %d", w.Code)
	}
	w = serve(h, signedIn(get(w.Header().Get("Location"))))
	for _, want := range []string{"Sent again to 3 people", "2 resent in the last 24 hours", `href="/status?techpass=NOT_ONBOARDED"`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the receipt does not say %q", want)
		}
	}
	if diff := cmp.Diff([]any{true, false}, asked); diff != "" {
		t.Errorf("asked with dryRun: %s", diff)
	}
}

func TestInvitationFilter(t *testing.T) {
	t.Parallel()
	q := url.Values{
		"q": {" tan "}, "techpass": {"ONBOARDED"}, "seed": {"NONSENSE"}, "stuck": {"yes"}, "type": {"VENDOR"},
		"method": {"SINGLE_ACCOUNT"}, "from": {"2026-11-01"}, "to": {"2026-11-30"},
	}
	got, err := json.Marshal(invitationFilter(q))
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(got, &m); err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(m, func(_ string, v any) bool { return v == nil })
	want := map[string]any{
		"search": " tan ", "techPassStatus": []any{"ONBOARDED"}, "stuck": true, "userType": "VENDOR", "method": "SINGLE_ACCOUNT",
		"invitedFrom": "2026-10-31T16:00:00Z", "invitedTo": "2026-11-30T16:00:00Z",
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Error(diff)
	}
	if got, want := strings.Join(filterWords(filters(q)), "; "), "Search:  tan ; TechPass Status: Onboarded; Stuck; Method: Single account; User type: Vendor; Invited from: 01-11-2026; Invited to: 30-11-2026"; got != want {
		t.Errorf("in words: %s", got)
	}
}

func TestHeading_SortsBothWays(t *testing.T) {
	t.Parallel()
	h := setup(t, list(nil, invited("a", nil)))
	for name, tt := range map[string]struct{ address, id, aria, next string }{
		"the list begins with the newest":          {"/status", "sort-invited", "descending", "/status?sort=oldest"},
		"a second click turns it round":            {"/status?sort=oldest", "sort-invited", "ascending", "/status"},
		"another column begins its own way":        {"/status?q=mei", "sort-email", "", "/status?q=mei&sort=email"},
		"it keeps how many rows are shown":         {"/status?size=20&sort=email", "sort-email", "ascending", "/status?size=20&sort=email-z"},
		"an order that is none is the usual order": {"/status?sort=nonsense", "sort-status", "", "/status?sort=status"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			link := element(t, serve(h, signedIn(get(tt.address))), tt.id)
			if link == nil {
				t.Fatal("no heading")
			}
			if got := attribute(link, "href"); got != tt.next {
				t.Errorf("leads to %s, want %s", got, tt.next)
			}
			if got := attribute(link.Parent, "aria-sort"); got != tt.aria {
				t.Errorf("aria-sort %q, want %q", got, tt.aria)
			}
		})
	}
	var sorts []*html.Node
	if e := element(t, serve(h, signedIn(get("/status"))), "sort"); e != nil {
		for n := range e.ChildNodes() {
			if n.Type == html.ElementNode {
				sorts = append(sorts, n)
			}
		}
	}
	if len(sorts) != len(sortings) {
		t.Errorf("%d orders on offer", len(sorts))
	}
}

func TestWords_EveryValueHasOne(t *testing.T) {
	t.Parallel()
	for _, s := range operation.AllMailState {
		if mailWords[s] == "" {
			t.Errorf("no word for %s", s)
		}
	}
	for _, s := range operation.AllProvisioningState {
		if progressWords[s] == "" {
			t.Errorf("no word for %s", s)
		}
	}
	for _, s := range operation.AllInvitationMethod {
		if textOf(methods, string(s)) == "" {
			t.Errorf("no word for %s", s)
		}
	}
	for _, s := range operation.AllUserType {
		if textOf(userTypes, string(s)) == "" {
			t.Errorf("no word for %s", s)
		}
	}
}
