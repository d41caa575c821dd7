package oidctest

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"

	jose "github.com/go-jose/go-jose/v4"
)

// hostile lets the provider answer and puts a forged ID token into its answer.
func (p *Provider) hostile(honest http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		forge := p.forge
		p.mu.Unlock()
		if forge == nil {
			honest.ServeHTTP(w, r)
			return
		}
		said := httptest.NewRecorder()
		honest.ServeHTTP(said, r)
		var answer, claims map[string]any
		if json.Unmarshal(said.Body.Bytes(), &answer) == nil {
			if raw, ok := answer["id_token"].(string); ok && json.Unmarshal(payload(raw), &claims) == nil {
				answer["id_token"] = forge(claims)
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(said.Code)
		_ = json.NewEncoder(w).Encode(answer)
	})
}

func payload(jwt string) []byte {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return nil
	}
	b, _ := base64.RawURLEncoding.DecodeString(parts[1])
	return b
}

// Sign returns a token with these claims, signed by the provider's present key.
func (p *Provider) Sign(claims map[string]any) string {
	k := p.signingKey()
	return signed(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: k.private, KeyID: k.id}}, claims)
}

// SignAlien returns a token that a key of somebody else has signed, under the name
// of the provider's present key.
func (p *Provider) SignAlien(claims map[string]any) string {
	k := newKey()
	return signed(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: k.private, KeyID: p.signingKey().id}}, claims)
}

// SignHMAC returns a token with a symmetric signature, by what is known to all: the
// provider's public key.
func (p *Provider) SignHMAC(claims map[string]any) string {
	k := p.signingKey()
	return signed(jose.SigningKey{Algorithm: jose.HS256, Key: jose.JSONWebKey{Key: k.private.N.Bytes(), KeyID: k.id}}, claims)
}

// Unsigned returns a token of the algorithm none.
func Unsigned(claims map[string]any) string {
	body, err := json.Marshal(claims)
	if err != nil {
		panic(err) // only with claims that JSON cannot hold
	}
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + encode(body) + "."
}

func signed(by jose.SigningKey, claims map[string]any) string {
	signer, err := jose.NewSigner(by, nil)
	if err != nil {
		panic(err) // only with claims that JSON cannot hold
	}
	body, err := json.Marshal(claims)
	if err != nil {
		panic(err) // only with claims that JSON cannot hold
	}
	s, err := signer.Sign(body)
	if err != nil {
		panic(err) // only with claims that JSON cannot hold
	}
	raw, err := s.CompactSerialize()
	if err != nil {
		panic(err) // only with claims that JSON cannot hold
	}
	return raw
}
