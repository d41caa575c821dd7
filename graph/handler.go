package graph

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/transport"

	"techbiz/internal/access"
	"techbiz/internal/fault"
)

const (
	// streamPing is how often a quiet stream shows that it lives, so that no proxy
	// ends it.
	streamPing = 15 * time.Second
	// helloTimeout is how long a websocket may stay silent at first, and streamLife
	// how long it lives at most.
	helloTimeout = 10 * time.Second
	streamLife   = time.Hour
)

// Bounds are the most that a request may bring, in bytes.
type Bounds struct {
	// Operation is for an operation with its variables, over whatever transport.
	Operation int64
	// Upload is for a multipart body, and what is above Memory of it goes to a file.
	Upload, Memory int64
}

// Handler serves the API over HTTP. Operations come by POST, as JSON or, with a
// file, as a multipart form, and over a websocket; nothing comes by GET, and no
// body of another type is looked at, so that a page of another site cannot send one
// without asking first (multipart: see the server's sameOrigin). Every request
// counts, also one that is refused, and every operation over a websocket.
func Handler(schema graphql.ExecutableSchema, r *Resolver, o Options, b Bounds) http.Handler {
	api := handler.New(schema)
	api.AddTransport(transport.Websocket{
		KeepAlivePingInterval: streamPing, InitTimeout: helloTimeout, PayloadReadLimit: &b.Operation,
		InitFunc: func(ctx context.Context, _ transport.InitPayload) (context.Context, *transport.InitPayload, error) {
			ctx, cancel := context.WithTimeout(ctx, streamLife)
			context.AfterFunc(ctx, cancel)
			return ctx, nil, nil
		},
	})
	api.AddTransport(Events{SSE: transport.SSE{KeepAlivePingInterval: streamPing}}) // before POST, which would take its requests
	api.AddTransport(transport.POST{})
	api.AddTransport(Uploads{transport.MultipartForm{MaxUploadSize: b.Upload, MaxMemory: b.Memory}, b.Operation})
	Configure(api, r, o)
	served := new(streams).limit(api)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		ctx, err := o.countRequest(r)
		if err != nil {
			refuse(w, http.StatusTooManyRequests, err)
			return
		}
		status, err := misfit(r)
		if err == nil {
			served.ServeHTTP(w, r.WithContext(ctx))
			return
		}
		switch status {
		case http.StatusMethodNotAllowed:
			w.Header().Set("Allow", http.MethodPost)
		case http.StatusUnauthorized:
			w.Header().Set("WWW-Authenticate", "Bearer")
		}
		refuse(w, status, err)
	})
}

// Streams says of a request whether it is answered over one of the transports that
// stay open.
func Streams(r *http.Request) bool {
	return transport.Websocket{}.Supports(r) || transport.SSE{}.Supports(r)
}

// misfit says what is wrong with a request before anything of its body is read, and
// by what status; nil where nothing is.
func misfit(r *http.Request) (status int, err error) {
	if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		if _, err := access.Require(r.Context()); err != nil {
			return http.StatusUnauthorized, fault.New(fault.Unauthenticated, "Sign in, or send a valid token.")
		}
		return 0, nil
	}
	if r.Method != http.MethodPost {
		return http.StatusMethodNotAllowed, fault.New(fault.BadRequest, "Operations are sent by POST.")
	}
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/json" && mediaType != "multipart/form-data" || r.Header.Get("Upgrade") != "" {
		return http.StatusUnsupportedMediaType, fault.New(fault.BadRequest, "Operations are sent as application/json, with a file as multipart/form-data.")
	}
	return 0, nil
}

// refuse answers with a fault, in the shape of every other answer of the API.
func refuse(w http.ResponseWriter, status int, err error) {
	f := fault.Of(err)[0]
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{ // the caller went away
		"data": nil, "errors": []any{map[string]any{"message": f.Message, "extensions": withRetry(map[string]any{"code": f.Code}, err)}},
	})
}
