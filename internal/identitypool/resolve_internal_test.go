package identitypool

import "testing"

// What was read while somebody else merged must not give a merged identity away.
func TestAMergedIdentityIsNobody(t *testing.T) {
	for name, c := range map[string]struct {
		found *found
		want  bool
	}{
		"alive":                      {&found{owners: []*Identity{{ID: "a"}}}, true},
		"merged":                     {&found{owners: []*Identity{{ID: "a", Disabled: true, Into: "b"}}}, false},
		"merged, and asked for":      {&found{given: &Identity{ID: "a", Disabled: true}, owners: []*Identity{{ID: "a", Disabled: true}}}, false},
		"two":                        {&found{owners: []*Identity{{ID: "a"}, {ID: "b"}}}, false},
		"another one than asked for": {&found{given: &Identity{ID: "b"}, owners: []*Identity{{ID: "a"}}}, false},
		"a login that nobody has":    {&found{owners: []*Identity{{ID: "a"}}, fresh: []login{{}}}, false},
	} {
		if got := c.found.settled(); (got != nil) != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
