package restapi

import (
	"fmt"
	"reflect"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// as copies an SDK shape into another that has the same members: AWS repeats
// the members of RestApi, Method and so on in the output of each operation that
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
			panic(fmt.Sprintf("restapi: %T has no member %s", out, member.Name))
		}
		field.Set(from.Field(i))
	}
	return out
}

// text is what a member holds, "" when it is absent.
func text(s *string) string { return aws.ToString(s) }

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
