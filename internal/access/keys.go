package access

import (
	"maps"
	"slices"
	"strings"
)

// Keys are condition keys, in lower case, with their values: what a call speaks
// for, and what is known of the resource that it is about.
//
// Condition keys have no case, tags have: two tags that differ in case alone are
// two values of one key, which a policy that expects one takes for neither.
type Keys map[string][]string

const tagKeys = "aws:tagkeys"

// One sets a key to its one value, if there is one.
func (k Keys) One(key, value string) {
	if value != "" {
		k[key] = []string{value}
	}
}

// List sets a key to values, if there are any.
func (k Keys) List(key string, values []string) {
	if len(values) > 0 {
		k[key] = values
	}
}

// Gives notes the tags that a call puts onto something.
func (k Keys) Gives(tags map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		k.Tag(name, tags[name])
	}
}

// Tag notes one tag that a call puts onto something. Called twice for one name it
// notes both values.
func (k Keys) Tag(name, value string) {
	k.add("aws:requesttag/"+strings.ToLower(name), value)
	k.add(tagKeys, name)
}

// Takes notes the names of tags that a call takes away.
func (k Keys) Takes(names []string) { k.List(tagKeys, names) }

// Has notes the tags of the resource.
func (k Keys) Has(tags map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		k.add("aws:resourcetag/"+strings.ToLower(name), tags[name])
	}
}

func (k Keys) add(key, value string) { k[key] = append(k[key], value) }
