package formula

import "testing"

func TestNeutral(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "Tan": "Tan", "=1": "'=1", "+65": "'+65", "-1": "'-1", "@a": "'@a", "\tx": "'\tx", "\rx": "'\rx", "a=b": "a=b", "'=1": "'=1", "é=": "é=",
	} {
		if got := Neutral(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}
