package ui

import (
	"cmp"
	"context"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/Khan/genqlient/graphql"
	"github.com/a-h/templ"

	"techbiz/ui/component"
	"techbiz/ui/operation"
)

// How many failures and left-out rows the outcome lists; the rest is counted.
const outcomeRows = 50

// outcomeView is a submitted list: how far it is, and what came of it.
type outcomeView struct {
	component.Form // why a change was refused
	Batch          operation.BatchSummary
	Review         operation.BatchReview
	Now            time.Time
	Live           string // address that gives news of this very page
	Done           string // what was just done
	Failed         []operation.FailedRow
	FailedTotal    int
	LeftOut        []operation.BatchRowFields
	LeftTotal      int
}

// submitted is how many rows were sent off.
func submitted(b operation.BatchSummary) int {
	return b.Queued + b.Succeeded + b.Failed + b.Cancelled
}

// usersOf is how many users a list is about: those sent off, or all of a draft.
func usersOf(b operation.BatchSummary) int {
	if b.State == operation.BatchStateDraft {
		return b.TotalRows
	}
	return submitted(b)
}

// done is how many of them are settled.
func done(b operation.BatchSummary) int { return submitted(b) - b.Queued }

// corrected is how many rows that were left out could now be sent off.
func corrected(b operation.BatchSummary) int { return max(0, b.ValidRows-submitted(b)) }

// outcome shows a submitted list.
func (p *portal) outcome(w http.ResponseWriter, r *http.Request) error {
	return p.outcomeWith(w, r, http.StatusOK, nil)
}

// outcomeWith is outcome with why a change was refused.
func (p *portal) outcomeWith(w http.ResponseWriter, r *http.Request, status int, problems []component.Problem) error {
	answer, err := operation.BatchOutcome(r.Context(), p.gql, r.PathValue("id"), outcomeRows)
	if err != nil {
		return err
	}
	if answer.Batch == nil {
		return noBatch()
	}
	v := p.outcomeView(answer.Batch.BatchSummary)
	v.Problems, v.Review = onlyField(problems, ""), answer.Batch.BatchReview
	v.Done = justDone(r.URL.Query().Get("done"), v.Batch)
	v.Failed, v.FailedTotal = answer.Batch.Failures.Nodes, answer.Batch.Failures.TotalCount
	v.LeftOut, v.LeftTotal = answer.Batch.Rows.Nodes, answer.Batch.Rows.TotalCount
	title := "Creating accounts"
	switch {
	case v.Batch.State == operation.BatchStateStopped:
		title = "Creation stopped"
	case v.Batch.State == operation.BatchStateCompleted && v.Batch.Succeeded == 0:
		title = "No account created"
	case v.Batch.State == operation.BatchStateCompleted:
		title = "Accounts created"
	}
	f := p.batchFrame(r, title, outcomeActions(v.Batch))
	f.Heading = title
	return p.show(w, r, status, outcomePage(f, v), "progress")
}

// progressLive answers with the progress as it now stands; when the last row is
// done, with the whole page.
func (p *portal) progressLive(w http.ResponseWriter, r *http.Request, b operation.BatchSummary) error {
	if b.State == operation.BatchStateCompleted {
		r.URL = &url.URL{Path: batchAddress(b.Id)}
		r.Header.Set("HX-Target", "div#shell")
		return p.outcome(w, r)
	}
	v := p.outcomeView(b)
	if v.Live == r.URL.RequestURI() {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return p.write(w, r, http.StatusOK, progress(v))
}

// batchEvents streams the progress of a submitted list.
func (p *portal) batchEvents(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	id := r.PathValue("id")
	source := subscribe[operation.BatchProgressResponse](ctx, p.gql, &graphql.Request{
		OpName: "BatchProgress", Query: operation.BatchProgress_Operation, Variables: map[string]any{"id": id},
	})
	answer, err := operation.Batch(ctx, p.gql, id)
	if err != nil {
		return err
	}
	if b := answer.Batch; b == nil || b.State == operation.BatchStateDraft || b.State == operation.BatchStateCompleted {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return stream(p, w, r, source, func(_ context.Context, news *operation.BatchProgressResponse) (templ.Component, error) {
		switch {
		case news == nil:
			return progress(p.outcomeView(*answer.Batch)), nil
		case news.BatchProgress.State == operation.BatchStateCompleted:
			return nil, nil // the stream ends now, and the page becomes the confirmation
		}
		return progress(p.outcomeView(news.BatchProgress)), nil
	})
}

func (p *portal) outcomeView(b operation.BatchSummary) outcomeView {
	return outcomeView{Batch: b, Now: p.Clock(), Live: liveAddress(batchAddress(b.Id)+"/live", url.Values{}, b, recallLeft(b, p.Clock()) > 0)}
}

// recallLeft is how much of the recall window is left, 0 without one.
func recallLeft(b operation.BatchSummary, now time.Time) time.Duration {
	if b.RecallUntil == nil || b.Queued == 0 {
		return 0
	}
	return max(0, b.RecallUntil.Sub(now))
}

// canCallBack says that nothing of a list has run, and nobody holds it.
func canCallBack(v outcomeView) bool {
	return v.Batch.State == operation.BatchStateSubmitted && recallLeft(v.Batch, v.Now) > 0
}

// seconds is a time in whole seconds, for the script that counts it down.
func seconds(d time.Duration) string { return strconv.Itoa(int(math.Ceil(d.Seconds()))) }

// inWords is a short time as people say it.
func inWords(d time.Duration) string {
	if n := int(math.Ceil(d.Seconds())); n <= 90 {
		return component.Plural(n, "second", "seconds")
	}
	return component.Plural(int(math.Round(d.Minutes())), "minute", "minutes")
}

// starting is how many submitted users wait for their start date.
func starting(v outcomeView) int {
	if recallLeft(v.Batch, v.Now) > 0 {
		return 0 // they wait for the end of the window, too
	}
	return v.Batch.Scheduled
}

// whyFailed is the reason as far as it is known to who looks: after a hand-over
// the invitation is that of who made it.
func whyFailed(row operation.FailedRow) string {
	if row.Invitation == nil {
		return "The account could not be created."
	}
	return cmp.Or(text(row.Invitation.Failure), "The account could not be created.")
}

// batchFrame is the frame of a page of one list.
func (p *portal) batchFrame(r *http.Request, crumb string, actions templ.Component) component.Frame {
	way := crumbs("Create multiple accounts", crumb)
	way[1].Path = "/invite/multiple"
	return p.frame(r, component.Frame{
		Title:   crumb + " – Create multiple accounts",
		Heading: "Create multiple accounts",
		Nav:     "/invite/multiple",
		Crumbs:  way,
		Actions: actions,
	})
}

// rate is how many accounts a minute come about, by the estimate; "" where there
// is none.
func rate(b operation.BatchSummary, now time.Time) string {
	if b.EstimatedCompletionAt == nil || b.Queued == 0 {
		return ""
	}
	left := b.EstimatedCompletionAt.Sub(now)
	if left < time.Second {
		return ""
	}
	return component.Count(max(1, int(math.Round(float64(b.Queued)/left.Minutes()))))
}

// percent is how much of the work is done.
func percent(b operation.BatchSummary) string {
	return strconv.Itoa(100*done(b)/max(1, submitted(b))) + " %"
}

// timeLeft says about how long it still takes.
func timeLeft(until, now time.Time) string {
	left := until.Sub(now)
	switch {
	case left < 10*time.Second:
		return "A few seconds left."
	case left < 2*time.Minute:
		return "About " + component.Count(int(left.Seconds())/10*10) + " seconds left."
	case left < 2*time.Hour:
		return "About " + component.Count(int(left.Minutes())) + " minutes left."
	}
	return "About " + component.Count(int(left.Hours())) + " hours left."
}
