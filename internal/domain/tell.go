package domain

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"techbiz/ent"
	"techbiz/ent/domainrequest"
	"techbiz/internal/mail"
)

// Decided is the job that tells an officer what became of a request.
type Decided struct {
	Request uuid.UUID `json:"request"`
}

// Kind names the job.
func (Decided) Kind() string { return "domain_request_decided" }

// tell sends the mail, once a request.
func (s *Service) tell(ctx context.Context, d Decided) error {
	r, err := s.DB.DomainRequest.Query().Where(domainrequest.ID(d.Request), domainrequest.DecidedAtNotNil()).WithOfficer().Only(ctx)
	if ent.IsNotFound(err) {
		return nil // it was erased
	}
	if err != nil {
		return fmt.Errorf("load domain request: %w", err)
	}
	facts := mail.DomainDecisionFacts{
		To: r.Edges.Officer.Email, Domain: r.Domain, AskedOn: r.RequestedAt,
		Approved: r.State == domainrequest.StateApproved,
		Link:     strings.TrimSuffix(s.BaseURL, "/") + "/domains/request",
	}
	if r.Note != nil {
		facts.Note = *r.Note
	}
	m, err := mail.DomainDecision(facts)
	if err != nil {
		return fmt.Errorf("compose the mail about domain request %s: %w", r.ID, err)
	}
	m.ID = fmt.Sprintf("%s.decision@%s", r.ID, s.Host)
	return s.Post(ctx, m)
}
