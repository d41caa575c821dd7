package ui

import (
	"net/http"
	"strconv"
	"time"

	"techbiz/internal/clock"
	"techbiz/internal/fault"
	"techbiz/ui/component"
	"techbiz/ui/operation"
)

// tokensView is the list of the officer's API tokens, and the form for a new one.
type tokensView struct {
	component.Form
	Tokens []operation.TokenRow
	Now    time.Time
	Made   *operation.TokenRow // the one that was just made
	Secret string              // its secret, shown this once
	Done   string
}

// tokenLives are how long a token can last, in days; the second is the usual one.
var tokenLives = []choice{{"30", "30 days"}, {"90", "90 days"}, {"180", "180 days"}, {"365", "1 year"}}

// tokens lists the officer's tokens.
func (p *portal) tokens(w http.ResponseWriter, r *http.Request) error {
	v := tokensView{Form: component.Form{Values: map[string]string{"write": "no", "life": tokenLives[1].value}}}
	if r.URL.Query().Has("revoked") {
		v.Done = "The token is revoked."
	}
	return p.showTokens(w, r, http.StatusOK, v)
}

// createToken makes a token and shows its secret, once: it never stands in an
// address, and nobody can ask for it again.
func (p *portal) createToken(w http.ResponseWriter, r *http.Request) error {
	v := tokensView{Form: component.Form{Values: readValues(r, "name", "write", "life")}}
	var expires *time.Time
	if days, err := strconv.Atoi(v.Value("life")); err == nil && textOf(tokenLives, v.Value("life")) != "" {
		expires = pointer(clock.Machine().Add(time.Duration(days) * 24 * time.Hour).UTC())
	}
	answer, err := operation.CreateToken(r.Context(), p.gql, v.Value("name"), v.Value("write") == "yes", expires)
	if err != nil {
		return err
	}
	made := answer.CreateToken
	if len(made.Errors) > 0 {
		v.Problems = onlyField(problemsOf(made.Errors), "name")
		return p.showTokens(w, r, http.StatusUnprocessableEntity, v)
	}
	v.Made, v.Secret = made.Token, text(made.Secret)
	v.Values = map[string]string{"write": "no", "life": tokenLives[1].value}
	w.Header().Set("HX-Replace-Url", "/tokens")
	return p.showTokens(w, r, http.StatusOK, v)
}

func (p *portal) showTokens(w http.ResponseWriter, r *http.Request, status int, v tokensView) error {
	answer, err := operation.Tokens(r.Context(), p.gql)
	if err != nil {
		return err
	}
	v.Tokens, v.Now = answer.Tokens, clock.Machine()
	f := p.frame(r, component.Frame{Title: "API tokens", Nav: "/tokens", Crumbs: crumbs("API tokens")})
	return p.show(w, r, status, tokensPage(f, v))
}

// confirmRevoke asks before a token ends.
func (p *portal) confirmRevoke(w http.ResponseWriter, r *http.Request) error {
	answer, err := operation.Tokens(r.Context(), p.gql)
	if err != nil {
		return err
	}
	for _, t := range answer.Tokens {
		if t.Id == r.PathValue("id") {
			f := p.frame(r, component.Frame{Title: "Revoke – API tokens", Heading: "API tokens", Nav: "/tokens", Crumbs: crumbs("API tokens")})
			return p.show(w, r, http.StatusOK, revokePage(f, t), "dialog")
		}
	}
	return fault.New(fault.NotFound, "There is no such token among yours.")
}

// revokeToken ends a token.
func (p *portal) revokeToken(w http.ResponseWriter, r *http.Request) error {
	answer, err := operation.RevokeToken(r.Context(), p.gql, r.PathValue("id"))
	if err != nil {
		return err
	}
	if e := answer.RevokeToken.Errors; len(e) > 0 {
		return fault.New(fault.Code(e[0].Code), "%s", e[0].Message)
	}
	return seeOther(w, r, "/tokens?revoked=1")
}

// tokenState says whether a token works.
func tokenState(t operation.TokenRow, now time.Time) word {
	switch {
	case t.RevokedAt != nil:
		return word{text: "Revoked", tone: "none"}
	case !t.ExpiresAt.After(now):
		return word{text: "Expired", tone: "none"}
	}
	return word{text: "Active", tone: "ok"}
}

// works says whether a token can be used.
func works(t operation.TokenRow, now time.Time) bool { return tokenState(t, now).tone == "ok" }

// tokenAccess says what a token may do.
func tokenAccess(t operation.TokenRow) string {
	if t.Write {
		return "Read and write"
	}
	return "Read"
}
