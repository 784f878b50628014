package access_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/sallyport/sallyport/internal/access"
)

func TestTagsThatDifferInCaseAloneAreTwoValuesOfOneKey(t *testing.T) {
	k := access.Keys{}
	k.Gives(map[string]string{"Team": "pizza", "team": "pasta", "stage": "prod"})
	k.Has(map[string]string{"Team": "bread"})
	k.One("lambda:principal", "")
	k.List("lambda:layer", nil)
	want := access.Keys{
		"aws:requesttag/team": {"pizza", "pasta"}, "aws:requesttag/stage": {"prod"}, "aws:tagkeys": {"Team", "stage", "team"},
		"aws:resourcetag/team": {"bread"},
	}
	if !maps.EqualFunc(k, want, slices.Equal) {
		t.Errorf("got %v, want %v", k, want)
	}
	k.Takes([]string{"a", "b"})
	if !slices.Equal(k["aws:tagkeys"], []string{"a", "b"}) {
		t.Errorf("taken: %v", k["aws:tagkeys"])
	}
}
