package signin

import (
	"context"
	"log/slog"
	"net/http"

	"techbiz/internal/access"
	"techbiz/internal/fault"
	"techbiz/internal/oidc"
	"techbiz/internal/origin"
)

// Guard lets nobody act from a network that is not allowed: whatever such a
// request brings with it, its context is one of [access.Refuse].
func (s *Service) Guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if why := s.refusesNetwork(r.Context()); why != nil {
			s.log.LogAttrs(r.Context(), slog.LevelInfo, "refused by the network rule")
			r = r.WithContext(access.Refuse(r.Context(), why))
		}
		next.ServeHTTP(w, r)
	})
}

// refusesNetwork returns FORBIDDEN where the request comes from no allowed
// network, and nil where it may go on.
func (s *Service) refusesNetwork(ctx context.Context) *fault.Error {
	from := origin.From(ctx)
	if len(s.networks) == 0 {
		return nil
	}
	for _, n := range s.networks {
		if n.Contains(from) {
			return nil
		}
	}
	if !from.IsValid() {
		return fault.New(fault.Forbidden, "Network rule: this service can only be used from the networks it is meant for, and where your request came from is not known.")
	}
	return fault.New(fault.Forbidden, "Network rule: this service can only be used from the networks it is meant for. Your request came from %s, which is in none of them.", from)
}

// offersCodes returns FORBIDDEN where no one-time codes are sent, or not from here.
func (s *Service) offersCodes(ctx context.Context) error {
	if why := s.refusesNetwork(ctx); why != nil {
		return why
	}
	if s.noCodes {
		return fault.New(fault.Forbidden, "No one-time codes are sent here. Sign in with %s.", s.ProviderName())
	}
	return nil
}

// OffersCodes says whether one-time codes are sent.
func (s *Service) OffersCodes() bool { return !s.noCodes }

// ProviderSignOut is how a browser signs out at the OpenID provider.
type ProviderSignOut = oidc.SignOut

// ProviderName is what people call the OpenID provider, "" where there is none.
func (s *Service) ProviderName() string {
	if s.provider == nil {
		return ""
	}
	return s.provider.Name()
}

// ProviderDown says whether the OpenID provider does not answer at the moment. It
// waits a moment for it.
func (s *Service) ProviderDown(ctx context.Context) bool {
	if s.provider == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	err := s.provider.Ready(ctx)
	if err != nil {
		s.log.LogAttrs(ctx, slog.LevelWarn, "the OpenID provider does not answer", slog.String("cause", cause(err)))
	}
	return err != nil
}
