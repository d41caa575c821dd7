package hostile_test

import (
	"slices"
	"testing"

	"techbiz/cmd/techbiz/hostile"
)

// What the source says is found: a page that nobody attacks would show here.
func TestReadSite(t *testing.T) {
	t.Parallel()
	site, err := hostile.ReadSite("../../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []hostile.Route{
		{"GET", "/{$}"}, {"POST", "/sign-in/code"}, {"POST", "/invite/multiple/{id}/rows/{row}"}, {"POST", "/sandbox/people/{email}/{act}"},
		{"GET", "/status/export.csv"}, {"", "/graphql"}, {"GET", "/static/"},
	} {
		if !slices.Contains(site.Routes, want) {
			t.Errorf("no route %v", want)
		}
	}
	for _, want := range []string{"email", "code", "next", "keep", "q", "reason", "firstName", "days", "contactNumber", "startOn"} {
		if !slices.Contains(site.Fields, want) {
			t.Errorf("no field %s among %v", want, site.Fields)
		}
	}
	route := hostile.Route{Method: "POST", Path: "/invite/multiple/{id}/rows/{row}"}
	if got := route.Fill(func(name string) string { return "<" + name + ">" }); got != "/invite/multiple/<id>/rows/<row>" || len(route.Wildcards()) != 2 {
		t.Errorf("%s, %v", got, route.Wildcards())
	}
}
