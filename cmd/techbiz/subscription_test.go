package main

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// An integrator is told of changes over server-sent events and over a websocket.
func TestSubscriptions(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	base := start(t, "--data="+data).String()
	token := strings.TrimSpace(runProgram(t, []string{"TECHBIZ_DATA=" + data}, "token", "create", "--officer=tan@tech.gov.sg", "--name=test").stdout)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()

	events := overSSE(ctx, t, base, token, `subscription { invitationUpdated { email mail } }`)
	messages := overWebsocket(ctx, t, base, token, `subscription { invitationUpdated { email mail } }`)
	postGraphQL(ctx, t, base, token, `mutation { inviteByEmail(input: {email: "lee@lta.gov.sg", reason: "x"}) { errors { code } } }`)
	for name, told := range map[string]<-chan string{"server-sent events": events, "websocket": messages} {
		for sent := false; !sent; {
			select {
			case <-ctx.Done():
				t.Fatalf("%s: nothing said that the mail is out", name)
			case text := <-told:
				sent = strings.Contains(text, "lee@lta.gov.sg") && strings.Contains(text, "ACCEPTED")
			}
		}
	}
}

// The progress of a batch tells of everything that a person does with it.
func TestSubscriptions_BatchIsStoppedContinuedAndUndone(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	base := start(t, "--data="+data, "--recall=15m").String()
	token := strings.TrimSpace(runProgram(t, []string{"TECHBIZ_DATA=" + data}, "token", "create", "--officer=tan@tech.gov.sg", "--name=test").stdout)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var made struct {
		Data struct {
			CreateBatch struct{ Batch struct{ ID string } }
		}
	}
	answer := postGraphQL(ctx, t, base, token, `mutation { createBatch(accounts: [{email: "a@lta.gov.sg", firstName: "A", lastName: "B", contactNumber: "81234567", organisation: "LTA", reason: "x"}]) { batch { id } } }`)
	if err := json.Unmarshal([]byte(answer), &made); err != nil {
		t.Fatalf("%s: %v", answer, err)
	}
	id := made.Data.CreateBatch.Batch.ID
	told := overSSE(ctx, t, base, token, `subscription { batchProgress(id: "`+id+`") { state scheduled cancelled } }`)
	invitations := overSSE(ctx, t, base, token, `subscription { invitationUpdated { provisioning } }`)
	for _, step := range []struct{ mutation, want, invitation string }{
		{"", `"state":"DRAFT","scheduled":0,"cancelled":0`, ""},
		{"submitBatch", `"state":"SUBMITTED","scheduled":1,"cancelled":0`, "SCHEDULED"},
		{"stopBatch", `"state":"STOPPED","scheduled":1,"cancelled":0`, ""},
		{"continueBatch", `"state":"SUBMITTED","scheduled":1,"cancelled":0`, ""},
		{"undoBatch", `"state":"DRAFT","scheduled":0,"cancelled":1`, "CANCELLED"},
	} {
		if step.mutation != "" {
			postGraphQL(ctx, t, base, token, `mutation { `+step.mutation+`(id: "`+id+`") { errors { code } } }`)
		}
		for text := ""; !strings.Contains(text, step.want); {
			var open bool
			if text, open = <-told; !open {
				t.Fatalf("nobody was told of %q", step.mutation)
			}
		}
		for text := ""; !strings.Contains(text, step.invitation); {
			var open bool
			if text, open = <-invitations; !open {
				t.Fatalf("nobody was told that the invitation is %s", step.invitation)
			}
		}
	}
}

// The progress of a batch ends when it is completed, and is somebody's own.
func TestSubscriptions_BatchProgress(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	base := start(t, "--data="+data).String()
	tokenOf := func(officer string) string {
		return strings.TrimSpace(runProgram(t, []string{"TECHBIZ_DATA=" + data}, "token", "create", "--officer="+officer, "--name=test").stdout)
	}
	tan, lim := tokenOf("tan@tech.gov.sg"), tokenOf("lim@tech.gov.sg")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var made struct {
		Data struct {
			CreateBatch struct{ Batch struct{ ID string } }
		}
	}
	answer := postGraphQL(ctx, t, base, tan, `mutation { createBatch(accounts: [{email: "a@lta.gov.sg", firstName: "A", lastName: "B", contactNumber: "81234567", organisation: "LTA", reason: "x"}]) { batch { id } } }`)
	if err := json.Unmarshal([]byte(answer), &made); err != nil || made.Data.CreateBatch.Batch.ID == "" {
		t.Fatalf("%s: %v", answer, err)
	}
	progress := `subscription { batchProgress(id: "` + made.Data.CreateBatch.Batch.ID + `") { state succeeded } }`
	if text := <-overSSE(ctx, t, base, lim, progress); strings.Contains(text, "DRAFT") {
		t.Errorf("somebody else is told: %s", text)
	}
	told := overSSE(ctx, t, base, tan, progress)
	if text := <-told; !strings.Contains(text, "DRAFT") {
		t.Errorf("first: %s", text)
	}
	postGraphQL(ctx, t, base, tan, `mutation { submitBatch(id: "`+made.Data.CreateBatch.Batch.ID+`") { errors { code } } }`)
	last := ""
	for text := range told {
		last = text
	}
	if !strings.Contains(last, `"state":"COMPLETED","succeeded":1`) {
		t.Errorf("last: %s", last)
	}
}

func request(ctx context.Context, t *testing.T, base, token, query string) *http.Request {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/graphql", strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	return r
}

func postGraphQL(ctx context.Context, t *testing.T, base, token, query string) string {
	t.Helper()
	resp, err := http.DefaultClient.Do(request(ctx, t, base, token, query))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var b strings.Builder
	if _, err := bufio.NewReader(resp.Body).WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// overSSE subscribes and returns the data of each event.
func overSSE(ctx context.Context, t *testing.T, base, token, query string) <-chan string {
	t.Helper()
	r := request(ctx, t, base, token, query)
	r.Header.Set("Accept", "text/event-stream")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	told := make(chan string, 100)
	go func() {
		defer close(told)
		for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && strings.HasPrefix(data, "{") {
				told <- data
			}
		}
	}()
	return told
}

// overWebsocket subscribes by graphql-transport-ws and returns the messages.
func overWebsocket(ctx context.Context, t *testing.T, base, token, query string) <-chan string {
	t.Helper()
	conn, _, err := websocket.Dial(ctx, strings.Replace(base, "http", "ws", 1)+"/graphql", &websocket.DialOptions{
		Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{"Authorization": {"Bearer " + token}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	type message struct {
		ID      string          `json:"id,omitempty"`
		Type    string          `json:"type"`
		Payload json.RawMessage `json:"payload,omitempty"`
	}
	payload, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	var ack message
	if err := wsjson.Write(ctx, conn, message{Type: "connection_init"}); err != nil {
		t.Fatal(err)
	}
	if err := wsjson.Read(ctx, conn, &ack); err != nil || ack.Type != "connection_ack" {
		t.Fatalf("%+v, %v", ack, err)
	}
	if err := wsjson.Write(ctx, conn, message{ID: "1", Type: "subscribe", Payload: payload}); err != nil {
		t.Fatal(err)
	}
	told := make(chan string, 100)
	go func() {
		defer close(told)
		for {
			var m message
			if err := wsjson.Read(ctx, conn, &m); err != nil {
				return
			}
			if m.Type == "next" {
				told <- string(m.Payload)
			}
		}
	}()
	return told
}
