package awsapi

import (
	"fmt"
	"reflect"
)

// As copies an SDK shape into another that has the same members: AWS repeats the
// members of RestApi, Route and so on in the output of each operation that returns
// one. A member that the output lacks is a mistake of the programmer, and panics.
func As[Out any](shape any) *Out {
	out := new(Out)
	to, from := reflect.ValueOf(out).Elem(), reflect.ValueOf(shape)
	for i := range from.NumField() {
		member := from.Type().Field(i)
		if !member.IsExported() {
			continue
		}
		field := to.FieldByName(member.Name)
		if !field.IsValid() {
			panic(fmt.Sprintf("awsapi: %T has no member %s", out, member.Name))
		}
		field.Set(from.Field(i))
	}
	return out
}
