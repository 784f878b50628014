package httpapi

import (
	"maps"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/sallyport/sallyport/internal/awsapi"
)

// as makes an output of a shape that has the same members.
func as[Out any](shape any) *Out { return awsapi.As[Out](shape) }

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
