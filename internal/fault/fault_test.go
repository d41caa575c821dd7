package fault

import (
	"errors"
	"fmt"
	"testing"
)

func TestCodeOf_FindsTheCodeThroughWrapping(t *testing.T) {
	t.Parallel()
	one := New(NotFound, "not there")
	for name, c := range map[string]struct {
		err  error
		want Code
	}{
		"a fault":                {one, NotFound},
		"a wrapped fault":        {fmt.Errorf("load: %w", one), NotFound},
		"a list":                 {List{Field("email", Required, "x"), one}.Err(), Required},
		"a joined fault":         {errors.Join(errors.New("x"), one), NotFound},
		"something else":         {errors.New("disk full"), Internal},
		"a cause behind a fault": {Wrap(errors.New("disk full"), Unavailable, "later"), Unavailable},
	} {
		if got := CodeOf(c.err); got != c.want {
			t.Errorf("%s: %s", name, got)
		}
	}
	if List(nil).Err() != nil {
		t.Error("an empty list is an error")
	}
}
