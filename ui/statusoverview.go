package ui

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"techbiz/ui/component"
	"techbiz/ui/operation"
)

// overviewWithList is up to how many invitations the overview goes out with the
// list. Where more match, the list goes first and the page fetches the overview.
const overviewWithList = 2000

// order in which the parts of a bar stand, from the baseline.
var overviewOrder = []operation.TechPassStatus{
	operation.TechPassStatusOnboarded, operation.TechPassStatusNotOnboarded, operation.TechPassStatusUserNotFound,
}

// overview answers with the numbers of all that match, for a page whose list is
// long; to a browser without JavaScript with the whole page.
func (p *portal) overview(w http.ResponseWriter, r *http.Request) error {
	if !isHTMX(r) {
		q := r.URL.Query()
		q.Set("overview", "yes")
		return seeOther(w, r, address("/status", q))
	}
	chart, err := p.chart(r.Context(), r.URL.Query())
	if err != nil {
		return err
	}
	return p.write(w, r, http.StatusOK, overviewNews(chart))
}

// chart counts what matches the filters.
func (p *portal) chart(ctx context.Context, q url.Values) (component.Chart, error) {
	answer, err := operation.InvitationSummary(ctx, p.gql, invitationFilter(q))
	if err != nil {
		return component.Chart{}, err
	}
	sum := answer.InvitationSummary
	c := component.Chart{Totals: statusParts(sum.ByTechPassStatus)}
	for _, week := range sum.ByWeek {
		bar := component.Bar{Label: week.WeekOf, Name: week.WeekOf, Total: week.Count, Parts: statusParts(week.ByTechPassStatus)}
		if monday, err := time.Parse(time.DateOnly, week.WeekOf); err == nil {
			bar.Label, bar.Name = monday.Format("02-01"), monday.Format("02-01-2006")
		}
		c.Bars = append(c.Bars, bar)
	}
	for _, s := range sum.BySeedStatus {
		part := component.Part{Name: "No account", Count: s.Count}
		if s.Status != nil {
			part.Name = seedStatuses[*s.Status].text
		}
		c.Others = append(c.Others, part)
	}
	return c, nil
}

// statusParts puts counts into the order of a bar.
func statusParts(counts []operation.StatusCount) []component.Part {
	parts := make([]component.Part, len(overviewOrder))
	for i, s := range overviewOrder {
		word := techPassStatuses[s]
		parts[i] = component.Part{Tone: word.tone, Name: word.text}
		if at := slices.IndexFunc(counts, func(c operation.StatusCount) bool { return c.Status == s }); at >= 0 {
			parts[i].Count = counts[at].Count
		}
	}
	return parts
}

// overviewPeriod says from when on the bars stand.
func overviewPeriod(c component.Chart) string {
	if len(c.Bars) == 0 {
		return ""
	}
	return "Invitations by week, from " + c.Bars[0].Name
}
