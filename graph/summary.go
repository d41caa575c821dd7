package graph

import (
	"context"
	"fmt"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"techbiz/ent"
	"techbiz/ent/invitation"
	"techbiz/ent/predicate"
	"techbiz/graph/model"
	"techbiz/internal/clock"
)

// weeks is how many weeks a summary looks back, from the newest invitation.
const weeks = 12

var (
	techPassStatuses = []invitation.TechpassStatus{
		invitation.TechpassStatusNotOnboarded, invitation.TechpassStatusOnboarded, invitation.TechpassStatusUserNotFound,
	}
	seedStatuses = []invitation.SeedStatus{
		invitation.SeedStatusNotRequired, invitation.SeedStatusLicenseAssigned,
		invitation.SeedStatusFullyOnboarded, invitation.SeedStatusIneligible,
	}
)

// tally is one group of a summary.
type tally struct {
	Week     int                       `json:"week"`
	TechPass invitation.TechpassStatus `json:"techpass_status"`
	Seed     *invitation.SeedStatus    `json:"seed_status"`
	Count    int                       `json:"n"`
}

// summarise counts what matches, in two queries.
func (r *Resolver) summarise(ctx context.Context, where []predicate.Invitation) (*model.InvitationSummary, error) {
	newest, err := r.DB.Invitation.Query().Where(where...).Order(ent.Desc(invitation.FieldInvitedAt)).
		Select(invitation.FieldInvitedAt).First(ctx)
	if ent.IsNotFound(err) {
		return collect(nil, nil), nil
	}
	if err != nil {
		return nil, fmt.Errorf("summarise invitations: %w", err)
	}
	mondays := lastMondays(newest.InvitedAt)
	var tallies []tally
	err = r.DB.Invitation.Query().Where(where...).Modify(func(s *entsql.Selector) {
		s.Select(s.C(invitation.FieldTechpassStatus), s.C(invitation.FieldSeedStatus), entsql.As(entsql.Count("*"), "n")).
			AppendSelectExprAs(weekOf(s, mondays), "week").
			GroupBy(s.C(invitation.FieldTechpassStatus), s.C(invitation.FieldSeedStatus), "week")
	}).Scan(ctx, &tallies)
	if err != nil {
		return nil, fmt.Errorf("summarise invitations: %w", err)
	}
	return collect(tallies, mondays), nil
}

// lastMondays are the beginnings of the weeks up to that of at, in Singapore.
func lastMondays(at time.Time) []time.Time {
	d := at.In(clock.Singapore)
	monday := time.Date(d.Year(), d.Month(), d.Day()-(int(d.Weekday())+6)%7, 0, 0, 0, 0, clock.Singapore)
	out := make([]time.Time, weeks)
	for n := range out {
		out[n] = monday.AddDate(0, 0, 7*(n-weeks+1))
	}
	return out
}

// weekOf numbers the week of an invitation, from 1; what is older is in none, 0.
// The two databases have no word for a week in common, so they are compared.
func weekOf(s *entsql.Selector, mondays []time.Time) entsql.Querier {
	return entsql.ExprFunc(func(b *entsql.Builder) {
		b.WriteString("CASE")
		for n := len(mondays) - 1; n >= 0; n-- {
			b.WriteString(" WHEN ").Ident(s.C(invitation.FieldInvitedAt)).WriteString(" >= ").Arg(mondays[n].UTC())
			b.WriteString(fmt.Sprintf(" THEN %d", n+1))
		}
		b.WriteString(" ELSE 0 END")
	})
}

// collect shapes the groups: every status once, weeks without gaps from the first
// that has any.
func collect(tallies []tally, mondays []time.Time) *model.InvitationSummary {
	techPass := map[invitation.TechpassStatus]int{}
	seed := map[invitation.SeedStatus]int{}
	weekly := make([]map[invitation.TechpassStatus]int, len(mondays)+1)
	sum := &model.InvitationSummary{ByWeek: []*model.WeekCount{}}
	none := 0
	for _, t := range tallies {
		sum.Total += t.Count
		techPass[t.TechPass] += t.Count
		if t.Seed == nil {
			none += t.Count
		} else {
			seed[*t.Seed] += t.Count
		}
		if weekly[t.Week] == nil {
			weekly[t.Week] = map[invitation.TechpassStatus]int{}
		}
		weekly[t.Week][t.TechPass] += t.Count
	}
	sum.ByTechPassStatus = statusCounts(techPass)
	for _, s := range seedStatuses {
		sum.BySeedStatus = append(sum.BySeedStatus, &model.SeedCount{Status: &s, Count: seed[s]})
	}
	sum.BySeedStatus = append(sum.BySeedStatus, &model.SeedCount{Count: none})
	for n, monday := range mondays {
		counts := weekly[n+1]
		if counts == nil && len(sum.ByWeek) == 0 {
			continue
		}
		week := &model.WeekCount{WeekOf: monday.Format(time.DateOnly), ByTechPassStatus: statusCounts(counts)}
		for _, c := range counts {
			week.Count += c
		}
		sum.ByWeek = append(sum.ByWeek, week)
	}
	return sum
}

func statusCounts(of map[invitation.TechpassStatus]int) []*model.StatusCount {
	out := make([]*model.StatusCount, len(techPassStatuses))
	for n, s := range techPassStatuses {
		out[n] = &model.StatusCount{Status: s, Count: of[s]}
	}
	return out
}
