package httpapi

import (
	"fmt"
	"maps"
	"reflect"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// as copies an SDK shape into another that has the same members: AWS repeats
// the members of Api, Route and so on in the output of each operation that
// returns one. A member that the output lacks is a mistake of the programmer.
func as[Out any](shape any) *Out {
	out := new(Out)
	to, from := reflect.ValueOf(out).Elem(), reflect.ValueOf(shape)
	for i := range from.NumField() {
		member := from.Type().Field(i)
		if !member.IsExported() {
			continue
		}
		field := to.FieldByName(member.Name)
		if !field.IsValid() {
			panic(fmt.Sprintf("httpapi: %T has no member %s", out, member.Name))
		}
		field.Set(from.Field(i))
	}
	return out
}

// text is what a member holds, "" when it is absent.
func text(s *string) string { return aws.ToString(s) }

// yes is what a member holds, false when it is absent.
func yes(b *bool) bool { return aws.ToBool(b) }

// optional leaves an empty text out of an answer, as AWS does.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func instant(milliseconds int64) *time.Time {
	t := time.UnixMilli(milliseconds).UTC()
	return &t
}

// change sets what an update names: an absent member leaves things as they are.
func change[T any](to *T, given *T) {
	if given != nil {
		*to = *given
	}
}

// changeList sets a list that an update names; an empty one empties it.
func changeList(to *[]string, given []string) {
	if given != nil {
		*to = given
	}
}

// merge sets the entries that an update names. One without a value is taken away.
func merge(to *map[string]string, given map[string]string) {
	merged := maps.Clone(*to)
	for name, value := range given {
		if value == "" {
			delete(merged, name)
			continue
		}
		if merged == nil {
			merged = map[string]string{}
		}
		merged[name] = value
	}
	*to = merged
}

func checkLength(what, s string, most int) error {
	if utf8.RuneCountInString(s) > most {
		return badRequest("Invalid %s specified: it has at most %d characters", what, most)
	}
	return nil
}
